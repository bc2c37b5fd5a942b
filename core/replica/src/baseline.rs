//! Baselines: an office-signed starting point of an area for an empty phone, in resumable pieces.

use doorstep_model::wire::{BaselineAsk, BaselinePart};

use crate::error::Result;
use crate::replica::Session;

/// The wanted part of a baseline; empty when there is no such piece.
pub(crate) fn part(_session: &mut Session<'_>, ask: &BaselineAsk) -> Result<Option<BaselinePart>> {
    Ok(Some(BaselinePart {
        area: ask.area.clone(),
        bytes: Vec::new(),
        total: 0,
    }))
}
