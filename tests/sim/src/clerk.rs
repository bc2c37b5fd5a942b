//! What the clerk does at the desk: decides disputes, moves cases, holds and releases entries, imports
//! rows, revokes phones, lets old rounds go below the horizon.

use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{
    AuthorRevoked, Body, Check, Decision, Entry, HorizonRound, Ruling, SegmentName, Verdict,
};
use doorstep_model::ids::{AreaId, AuthorTag, Identity};
use doorstep_model::time::LocalDay;
use doorstep_replica::act::Tap;
use doorstep_replica::testing::About;
use rusqlite::Connection;

use crate::broken::Checked;
use crate::contents::mark_text;
use crate::dice::Dice;
use crate::faults::Fault;
use crate::taps::{self, known, outcome, screen};
use crate::world::{World, person_of};

/// A thing or two at the desk of some area.
///
/// # Errors
/// A broken promise.
pub fn act(world: &mut World, dice: &mut Dice) -> Checked<()> {
    let Some(area) = dice.pick(&world.areas) else {
        return Ok(());
    };
    for _ in 0..1 + dice.below(2) {
        act_once(world, &area, dice)?;
    }
    Ok(())
}

fn act_once(world: &mut World, area: &AreaId, dice: &mut Dice) -> Checked<()> {
    let now = world.now();
    let day = u32::try_from(LocalDay::of(now).0).unwrap_or(0);
    let mark = world.ledger.next_mark();
    let by = Some(person_of(area, dice.below(3)));
    let shown = world
        .office
        .look(|connection| screen(connection, area.as_str(), day, None))?;
    let act: Option<(About, Entry)> = world.office.look(|connection| {
        Ok(match dice.below(8) {
            0 | 1 => decision(connection, &shown, dice)?
                .map(|(about, body)| (about, Entry::new(body, now))),
            2..=4 => taps::step(connection, &shown, now, mark_text(mark), dice)?
                .map(|tap| (tap.about, tap.entry)),
            5 => {
                verdict(connection, area, dice)?.map(|(about, body)| (about, Entry::new(body, now)))
            }
            6 => imported(&shown, now, mark, dice),
            _ => None,
        })
    })?;
    if let Some((about, entry)) = act {
        world.office_puts(area, about, &entry.by(by))?;
    }
    Ok(())
}

/// Settles an asset's checks: all that are known, or only some.
fn decision(
    connection: &Connection,
    shown: &taps::Screen,
    dice: &mut Dice,
) -> Checked<Option<(About, Body)>> {
    let Some((asset, _)) = dice.pick(&shown.assets) else {
        return Ok(None);
    };
    let mut names = known(connection, asset, "5")?;
    if names.is_empty() {
        return Ok(None);
    }
    if dice.one_in(3) {
        names.truncate(1 + dice.below(names.len()));
    }
    let body = Decision {
        names,
        outcome: outcome(dice),
        reason: None,
    };
    Ok(Some((About::Known(DocumentName::Desk, asset), body.into())))
}

/// Holds, refuses, accepts or releases an entry or a whole segment.
fn verdict(
    connection: &Connection,
    area: &AreaId,
    dice: &mut Dice,
) -> Checked<Option<(About, Body)>> {
    let rulings = [
        Ruling::Held,
        Ruling::Accepted,
        Ruling::Accepted,
        Ruling::Refused,
        Ruling::Quarantined,
        Ruling::Released,
    ];
    let ruling = rulings[dice.below(rulings.len())];
    let mut select = connection.prepare_cached(
        "SELECT a.tag, s.n, e.counter, e.origin, e.kind FROM entry e \
         JOIN segment s ON s.id = e.segment JOIN author a ON a.id = e.author \
         WHERE a.office = 0 AND s.area = (SELECT id FROM area WHERE code = ?1) \
         AND e.kind IN (4, 5, 17) ORDER BY e.id DESC LIMIT 30",
    )?;
    let candidates: Vec<([u8; 4], i64, i64, Option<Vec<u8>>)> = select
        .query_map([area.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let Some((tag, n, counter, origin)) = dice.pick(&candidates) else {
        return Ok(None);
    };
    let author = AuthorTag(tag);
    let whole = dice.one_in(2);
    let body = Verdict {
        ruling,
        segment: whole.then_some(SegmentName {
            author,
            n: n.cast_unsigned(),
        }),
        code: "desk.reviewed".to_owned(),
        reason: None,
    };
    let subject = match origin.and_then(|origin| Identity::from_slice(&origin)) {
        _ if whole => area.subject(),
        Some(origin) => origin,
        None => Identity::of_entry(author, counter.cast_unsigned()),
    };
    Ok(Some((
        About::Known(DocumentName::Desk, subject),
        body.into(),
    )))
}

/// A row of somebody's paper log.
fn imported(shown: &taps::Screen, now: i64, mark: u64, dice: &mut Dice) -> Option<(About, Entry)> {
    let (asset, building) = dice.pick(&shown.assets)?;
    let time = now - dice.between(0, 7_200);
    let date_only = dice.one_in(2);
    let day = LocalDay::of(time);
    let check = Check {
        outcome: outcome(dice),
        note: Some(mark_text(mark)),
        photos: None,
        pack: None,
        date_only: date_only.then_some(true),
    };
    let time = if date_only { day.last_second() } else { time };
    let round = RoundKey::AdHoc(u32::try_from(day.0).unwrap_or(0));
    let origin = Identity::hashed("simulated row", &[&mark.to_be_bytes()]);
    let about = About::Known(DocumentName::Round(building, round), asset);
    Some((about, Entry::new(check, time).with_origin(origin)))
}

/// Answers what came late below the horizon of some area, and lets some of the rounds go below it that
/// may.
///
/// # Errors
/// A broken promise.
pub fn set_horizon(world: &mut World, dice: &mut Dice) -> Checked<()> {
    let Some(area) = dice.pick(&world.areas) else {
        return Ok(());
    };
    let today = u32::try_from(LocalDay::of(world.now()).0).unwrap_or(0);
    let over = world.office.process()?.rounds_before(&area, today)?;
    let rounds: Vec<HorizonRound> = over
        .into_iter()
        .filter(|over| over.stays.is_none() && dice.one_in(2))
        .map(|over| over.round)
        .collect();
    let (set, answer) = (Tap::new(world.request()), Tap::new(world.request()));
    let done = world.office.call(|office| {
        let answered = office.answer_late(&answer, &area)?;
        let set = office.set_horizon(&set, &area, &rounds)?;
        Ok((answered, set))
    })?;
    if let Some((answered, set)) = done {
        let (below, carries) = (set.rounds, set.carries);
        world.say(format!(
            "  {below} rounds below the horizon of {area}, {carries} carries, {answered} for what was late"
        ));
    }
    Ok(())
}

/// Revokes the author that a phone has now.
///
/// # Errors
/// A broken promise.
pub fn revoke(world: &mut World, phone: usize) -> Checked<()> {
    let Some(author) = world.phones[phone].site.process()?.author() else {
        return Ok(());
    };
    world.faults.saw(Fault::Revoked);
    world.phones[phone].doubtful = true;
    let organisation = AreaId::organisation();
    let body = AuthorRevoked {
        author,
        reason: None,
    };
    let about = About::Known(DocumentName::Organisation, organisation.subject());
    let entry = Entry::new(body, world.now());
    world.office_puts(&organisation, about, &entry).map(drop)
}
