//! What was done to an asset: serviced, tested, scrapped, taken away and brought back. When the next
//! is due is not here.

use doorstep_model::calendar::Month;
use doorstep_model::entry::{Body, ServiceKind};
use doorstep_model::facts::prepare;

use crate::project::gather::Gathered;
use crate::project::words::{json, month};

/// Everything done that counts.
#[derive(Debug, Default)]
pub(super) struct Works {
    /// Kind and month, in order of the entries.
    done: Vec<(ServiceKind, Month)>,
    /// The month from which it is no more: scrapped or replaced.
    pub(super) ended: Option<Month>,
    /// Taken away for service, and not back.
    pub(super) away: bool,
}

impl Works {
    pub(super) fn among(gathered: &Gathered) -> Self {
        let mut works = Self::default();
        let served = |body: &Body| matches!(body, Body::Service(_));
        if !gathered
            .entries
            .iter()
            .any(|loaded| served(&loaded.placed.entry.body))
        {
            return works;
        }
        let entries = gathered.placed(|body| served(body) || matches!(body, Body::Undo(_)));
        for placed in prepare(&entries).counting() {
            let Body::Service(service) = &placed.entry.body else {
                continue;
            };
            let Some(month) = month(service.month) else {
                continue;
            };
            works.done.push((service.kind, month));
            match service.kind {
                ServiceKind::Scrapped | ServiceKind::Replaced => {
                    works.ended = Some(works.ended.map_or(month, |ended| ended.min(month)));
                }
                ServiceKind::TakenAway => works.away = true,
                ServiceKind::BroughtBack => works.away = false,
                ServiceKind::Serviced | ServiceKind::PressureTested | ServiceKind::Battery => {}
            }
        }
        works
    }

    /// JSON of [kind, month], in order.
    pub(super) fn text(&self) -> String {
        let done: Vec<(u8, Month)> = self
            .done
            .iter()
            .map(|(kind, month)| (*kind as u8, *month))
            .collect();
        json(&done)
    }
}
