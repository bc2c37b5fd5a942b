//! The row of a case. The flow and its rules are the model's; what a list of cases shows is here.

use doorstep_model::entry::{Body, Found};
use doorstep_model::facts::Placed;
use doorstep_model::facts::cases::{self, CaseState, Ending};
use doorstep_model::ids::Identity;
use rusqlite::params;

use super::gather::{Gathered, area_of, place_in_feed};
use super::shown::{home, mark};
use super::words::json;
use super::{Desk, extras};
use crate::error::Result;

/// Writes the row of a case; a case whose finding does not count has none.
pub(super) fn project(
    desk: &mut Desk<'_>,
    subject: Identity,
    mut gathered: Gathered,
) -> Result<()> {
    place_in_feed(desk.tx, subject, &mut gathered.entries)?;
    let placed = gathered.placed(|_| true);
    let case = cases::fold(&placed);
    gathered.note(case.beside.twins.iter().map(|entry| (*entry, "clash")));
    gathered.note(
        case.unknown_after
            .iter()
            .map(|(entry, _)| (*entry, "unknown_after")),
    );
    gathered.note(
        case.circular_after
            .iter()
            .map(|(entry, _)| (*entry, "circular_after")),
    );
    extras::write(desk, subject, &gathered, true)?;
    let Some((found_by, found)) = finding(&placed, &case) else {
        return Ok(());
    };
    let claims: Vec<(String, &'static str)> = case
        .claims()
        .map(|(event, why)| (event.to_string(), why.code()))
        .collect();
    let photos: usize = placed.iter().map(|placed| photos(&placed.entry.body)).sum();
    let rectified = case
        .rectified_at()
        .map(|at| doorstep_model::time::LocalDay::of(at).0);
    let ended = |how| case.end.is_some_and(|end| end.how == how);
    desk.tx
        .prepare_cached(
            "INSERT INTO matter (id, area, class, kind, place, asset, state, open, level, suspected, \
             judged, found_at, found_by, round, campaign, deadline, stopped, review, rectified, \
             on_spot, duplicate, merged, claims, note, photos, mark) VALUES (?1, ?2, ?3, ?4, ?5, ?6, \
             ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, \
             ?25, ?26)",
        )?
        .execute(params![
            subject.as_bytes(),
            area_of(desk.tx, home(&gathered, found_by.identity))?,
            found.class as u8,
            found.kind,
            found.place.identity().as_bytes(),
            found.asset.as_ref().map(|asset| asset.0.as_bytes()),
            case.state.name(),
            case.open(),
            case.level.unwrap_or_default(),
            case.suspected,
            case.judged,
            found_by.stands_at(),
            found_by.person.0.as_bytes(),
            found.round.map(|round| round.to_bytes()),
            found.campaign.as_ref().map(Identity::as_bytes),
            case.deadline.map(|day| day.0),
            case.clock_stopped,
            case.review.map(|day| day.0),
            rectified,
            ended(Ending::OnTheSpot),
            ended(Ending::Merged),
            case.merged_into.as_ref().map(|case| case.0.as_bytes()),
            json(&claims),
            found.note,
            photos as i64,
            mark(found_by),
        ])?;
    Ok(())
}

/// The finding that was taken.
fn finding<'a>(placed: &'a [Placed], case: &CaseState) -> Option<(&'a Placed, &'a Found)> {
    let (by, _) = case.found?;
    placed
        .iter()
        .filter(|placed| placed.identity == by)
        .filter_map(|placed| match &placed.entry.body {
            Body::Found(found) => Some((placed, found)),
            _ => None,
        })
        .min_by_key(|(placed, _)| (placed.standing, placed.order(), placed.content))
}

fn photos(body: &Body) -> usize {
    match body {
        Body::Found(found) => &found.photos,
        Body::CaseStep(step) => &step.photos,
        Body::Note(note) => &note.photos,
        _ => return 0,
    }
    .as_ref()
    .map_or(0, Vec::len)
}
