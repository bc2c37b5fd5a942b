//! Who hands in what is not theirs, and who sends what no honest phone sends: what bears a known author's
//! signature is kept, whatever else is wrong with it, and what does not is not.

use doorstep_model::ids::{EpochId, Identity};
use doorstep_model::keys::KeyPair;
use doorstep_model::segment::{Seen, hash_of};
use rusqlite::OptionalExtension;

use crate::broken::{Broken, Checked, Promise};
use crate::dice::Dice;
use crate::faults::Fault;
use crate::stranger::{Bent, Stranger, grant};
use crate::taps::screen;
use crate::watch;
use crate::world::World;

/// Somebody else hands in what a phone has.
///
/// # Errors
/// A broken promise.
pub fn relay(world: &mut World, phone: usize, dice: &mut Dice) -> Checked<()> {
    let area = world.phones[phone].area.clone();
    let Some(on) = target(world, phone, dice)? else {
        return Ok(());
    };
    world.phones[phone]
        .site
        .call(|replica| replica.seal_now())?;
    let segments: Vec<Vec<u8>> = world.phones[phone].site.look(|connection| {
        let mut select = connection.prepare_cached(
            "SELECT bytes FROM segment WHERE area = (SELECT id FROM area WHERE code = ?1) \
             AND received_at IS NULL AND compacted = 0 ORDER BY author, n",
        )?;
        let rows = select.query_map([area.as_str()], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    })?;
    if segments.is_empty() {
        return Ok(());
    }
    world.faults.saw(Fault::Relay);
    let courier = Stranger::new(world, &area, on, dice)?;
    for notice in courier.hand_in(world, &area, &segments)? {
        world.say(format!(
            "  relayed: {} for {} {}",
            notice.code, notice.author, notice.n
        ));
    }
    watch::refresh_office(world)
}

/// Somebody sends what no honest phone sends.
///
/// # Errors
/// A broken promise.
pub fn attack(world: &mut World, phone: usize, dice: &mut Dice) -> Checked<()> {
    let Some(on) = target(world, phone, dice)? else {
        return Ok(());
    };
    world.faults.saw(Fault::Hostile);
    let area = world.phones[phone].area.clone();
    let mut stranger = Stranger::new(world, &area, on, dice)?;
    let kind = dice.below(9);
    world.say(format!(
        "  attack {kind} by {}",
        stranger.key.public().tag()
    ));
    match kind {
        0 => bad_signature(world, &mut stranger)?,
        1 => forged(world, &mut stranger, phone)?,
        2 => gap(world, &mut stranger, dice)?,
        3 => {
            fails_vetting(world, &mut stranger)?;
            counts_again(world, &mut Stranger::new(world, &area, on, dice)?)?;
        }
        4 => wrong_area(world, &mut stranger)?,
        5 => second_use(world, on, phone, dice)?,
        6 => contradicted_seen(world, &mut stranger)?,
        7 => two_branches(world, &mut stranger, on)?,
        _ => again(world, &mut stranger)?,
    }
    watch::refresh_office(world)
}

/// An asset and its building, to write about.
fn target(world: &World, phone: usize, dice: &mut Dice) -> Checked<Option<(Identity, Identity)>> {
    let area = &world.phones[phone].area;
    let shown = world
        .office
        .look(|connection| screen(connection, area.as_str(), 0, None))?;
    Ok(dice.pick(&shown.assets))
}

fn bad_signature(world: &mut World, stranger: &mut Stranger) -> Checked<()> {
    let mut segment = stranger.segment(world.now(), &Bent::default())?;
    if let Some(last) = segment.last_mut() {
        *last ^= 1;
    }
    stranger.hand_in(
        world,
        &stranger.area.clone(),
        std::slice::from_ref(&segment),
    )?;
    must_be_kept(world, &segment, false)
}

/// Bears the tag of a phone, at the number that this phone would write next.
fn forged(world: &mut World, stranger: &mut Stranger, phone: usize) -> Checked<()> {
    let Some(victim) = world.phones[phone].site.process()?.author() else {
        return Ok(());
    };
    let tip = world.office.look(|connection| {
        Ok(connection
            .prepare_cached(
                "SELECT s.n, s.hash FROM segment s JOIN author a ON a.id = s.author \
                 WHERE a.tag = ?1 ORDER BY s.n DESC LIMIT 1",
            )?
            .query_row([victim.0], |row| {
                let n: i64 = row.get(0)?;
                Ok((n.cast_unsigned(), row.get::<_, [u8; 32]>(1)?))
            })
            .optional()?)
    })?;
    let Some((n, hash)) = tip else { return Ok(()) };
    let bent = Bent {
        as_author: Some((victim, n + 1, Some(doorstep_model::ids::SegmentHash(hash)))),
        ..Bent::default()
    };
    let segment = stranger.segment(world.now(), &bent)?;
    stranger.hand_in(
        world,
        &stranger.area.clone(),
        std::slice::from_ref(&segment),
    )?;
    must_be_kept(world, &segment, false)
}

/// The third segment before the second, which may come later or never.
fn gap(world: &mut World, stranger: &mut Stranger, dice: &mut Dice) -> Checked<()> {
    let now = world.now();
    let area = stranger.area.clone();
    let segments: Vec<Vec<u8>> = (0..3)
        .map(|_| stranger.segment(now, &Bent::default()))
        .collect::<Checked<_>>()?;
    for at in [0, 2] {
        stranger.hand_in(world, &area, &segments[at..=at])?;
        must_be_kept(world, &segments[at], true)?;
    }
    if dice.one_in(2) {
        stranger.hand_in(world, &area, &segments[1..2])?;
        must_be_kept(world, &segments[1], true)?;
        must_be_kept(world, &segments[2], true)?;
    }
    Ok(())
}

fn fails_vetting(world: &mut World, stranger: &mut Stranger) -> Checked<()> {
    let now = world.now();
    let area = stranger.area.clone();
    let bent = Bent {
        change: true,
        ..Bent::default()
    };
    for bent in [Bent::default(), bent, Bent::default()] {
        let segment = stranger.segment(now, &bent)?;
        stranger.hand_in(world, &area, std::slice::from_ref(&segment))?;
        must_be_kept(world, &segment, true)?;
    }
    Ok(())
}

/// Gives the numbers of its first document again in a second.
fn counts_again(world: &mut World, stranger: &mut Stranger) -> Checked<()> {
    let now = world.now();
    let area = stranger.area.clone();
    let first = stranger.segment(now, &Bent::default())?;
    stranger.begin_again();
    let second = stranger.segment(now, &Bent::default())?;
    for segment in [first, second] {
        stranger.hand_in(world, &area, std::slice::from_ref(&segment))?;
        must_be_kept(world, &segment, true)?;
    }
    Ok(())
}

fn wrong_area(world: &mut World, stranger: &mut Stranger) -> Checked<()> {
    let elsewhere = doorstep_model::ids::AreaId::new("310101019099")
        .map_err(|error| Broken::new(Promise::Failed, error.to_string()))?;
    let bent = Bent {
        area: Some(elsewhere.clone()),
        ..Bent::default()
    };
    let segment = stranger.segment(world.now(), &bent)?;
    let notices = stranger.hand_in(world, &elsewhere, std::slice::from_ref(&segment))?;
    must_be_kept(world, &segment, true)?;
    must_be_held(&notices, "held.outside_area")
}

/// Two keys with one invitation.
fn second_use(
    world: &mut World,
    on: (Identity, Identity),
    phone: usize,
    dice: &mut Dice,
) -> Checked<()> {
    let area = world.phones[phone].area.clone();
    let grant = grant(world, &area, None, dice)?;
    let signed = grant.sign(&world.office.process()?.organisation_key()?);
    let mut notices = Vec::new();
    for _ in 0..2 {
        let key = KeyPair::from_secret(&dice.seed());
        let mut stranger = Stranger::with(key, signed.clone(), &grant, on, world);
        let segment = stranger.segment(world.now(), &Bent::default())?;
        notices = stranger.hand_in(world, &area, std::slice::from_ref(&segment))?;
        must_be_kept(world, &segment, true)?;
    }
    must_be_held(&notices, "held.invitation")
}

fn contradicted_seen(world: &mut World, stranger: &mut Stranger) -> Checked<()> {
    let area = stranger.area.clone();
    let epoch = world.office.look(|connection| {
        Ok(connection
            .prepare_cached("SELECT epoch FROM area WHERE code = ?1")?
            .query_row([area.as_str()], |row| row.get::<_, Option<[u8; 8]>>(0))?)
    })?;
    let Some(epoch) = epoch else { return Ok(()) };
    let bent = Bent {
        seen: Some(Seen {
            epoch: EpochId(epoch),
            position: 1,
            received_at: 1,
        }),
        ..Bent::default()
    };
    let segment = stranger.segment(world.now(), &bent)?;
    let notices = stranger.hand_in(world, &area, std::slice::from_ref(&segment))?;
    must_be_kept(world, &segment, true)?;
    must_be_held(&notices, "held.contradicted_seen")
}

/// Two first segments under one key.
fn two_branches(
    world: &mut World,
    stranger: &mut Stranger,
    on: (Identity, Identity),
) -> Checked<()> {
    let area = stranger.area.clone();
    let doorstep_model::grant::Proof::Granted { grant: signed, .. } = stranger.proof.clone() else {
        return Ok(());
    };
    let organisation = world.office.process()?.organisation_key()?.public();
    let grant = doorstep_model::grant::Grant::open(&signed, &organisation)
        .map_err(|error| Broken::new(Promise::Failed, error.to_string()))?;
    let mut twin = Stranger::with(stranger.key.clone(), signed, &grant, on, world);
    let one = stranger.segment(world.now(), &Bent::default())?;
    let other = twin.segment(world.now() - 1, &Bent::default())?;
    for segment in [&one, &other] {
        stranger.hand_in(world, &area, std::slice::from_ref(segment))?;
        must_be_kept(world, segment, true)?;
    }
    Ok(())
}

/// The same segment three times.
fn again(world: &mut World, stranger: &mut Stranger) -> Checked<()> {
    let area = stranger.area.clone();
    let segment = stranger.segment(world.now(), &Bent::default())?;
    let twice = [segment.clone(), segment.clone()];
    stranger.hand_in(world, &area, &twice)?;
    stranger.hand_in(world, &area, &twice[..1])?;
    must_be_kept(world, &segment, true)
}

/// Whether the office has these bytes on its disk, in the feed or aside.
fn must_be_kept(world: &World, segment: &[u8], kept: bool) -> Checked<()> {
    let hash = hash_of(segment);
    let there: bool = world.office.look(|connection| {
        Ok(connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM segment WHERE hash = ?1) \
                 OR EXISTS (SELECT 1 FROM quarantine WHERE hash = ?1)",
            )?
            .query_row([hash.0], |row| row.get(0))?)
    })?;
    match (there, kept) {
        (true, true) | (false, false) => Ok(()),
        (false, true) => Err(Broken::new(Promise::Lost, "signed bytes were not kept")),
        (true, false) => Err(Broken::new(Promise::Failed, "bytes of nobody were kept")),
    }
}

/// The office said so, unless its own clock keeps everything waiting.
fn must_be_held(notices: &[doorstep_model::wire::Notice], code: &str) -> Checked<()> {
    let said = |notice: &doorstep_model::wire::Notice| {
        notice.code.starts_with(code) || notice.code.starts_with("clock.")
    };
    if notices.iter().any(said) {
        return Ok(());
    }
    Err(Broken::new(
        Promise::Failed,
        format!("not held with {code}, but {notices:?}"),
    ))
}
