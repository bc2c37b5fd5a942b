//! Rounds and campaigns as the office planned them. What is covered of a round is asked of its
//! documents, not kept in rows.

use doorstep_model::entry::Body;
use doorstep_model::facts::{Placed, prepare};
use doorstep_model::ids::Identity;
use rusqlite::params;

use super::Desk;
use super::gather::{Gathered, area_of};
use super::words::marks_text;
use crate::error::Result;

/// Writes the rows of a round or campaign.
pub(super) fn project(desk: &mut Desk<'_>, subject: Identity, gathered: &Gathered) -> Result<()> {
    let entries = gathered.placed(|body| {
        matches!(
            body,
            Body::RoundPlanned(_) | Body::Campaign(_) | Body::Undo(_)
        )
    });
    let prepared = prepare(&entries);
    let first = |wanted: fn(&Body) -> bool| {
        prepared
            .counting()
            .find(|placed| wanted(&placed.entry.body))
    };
    if let Some(planned) = first(|body| matches!(body, Body::RoundPlanned(_))) {
        write_round(desk, subject, gathered, planned)?;
    }
    if let Some(placed) = first(|body| matches!(body, Body::Campaign(_)))
        && let Body::Campaign(campaign) = &placed.entry.body
    {
        let area = area_of(
            desk.tx,
            gathered.document_of(placed.identity).unwrap_or_default(),
        )?;
        desk.tx
            .prepare_cached(
                "INSERT INTO campaign (id, area, name, first_day, last_day) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                subject.as_bytes(),
                area,
                campaign.name,
                campaign.from,
                campaign.to
            ])?;
    }
    Ok(())
}

/// A round, closed by the office's last word on it.
fn write_round(
    desk: &mut Desk<'_>,
    subject: Identity,
    gathered: &Gathered,
    placed: &Placed,
) -> Result<()> {
    let Body::RoundPlanned(planned) = &placed.entry.body else {
        return Ok(());
    };
    let closed = gathered.last_word(|body| match body {
        Body::RoundClosed(closed) => Some(marks_text(&closed.table)),
        _ => None,
    });
    let area = area_of(
        desk.tx,
        gathered.document_of(placed.identity).unwrap_or_default(),
    )?;
    desk.tx
        .prepare_cached(
            "INSERT INTO round (id, area, name, first_day, last_day, checklist, campaign, closed) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            subject.as_bytes(),
            area,
            planned.name,
            planned.from,
            planned.to,
            planned.checklist,
            planned.campaign.as_ref().map(Identity::as_bytes),
            closed.map(|(_, marks)| marks),
        ])?;
    Ok(())
}
