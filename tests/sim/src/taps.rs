//! What volunteers tap: visits, checks, second thoughts, fields, hazards and their steps, right ones and
//! such as the rules call claims. Each tap bears a mark by which it is counted.

use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{
    AssetAdded, Body, CaseClass, CaseEvent, CaseStep, Check, Correction, Entry, Field, FieldSet,
    FieldValue, Found, Note, Outcome, PlaceAdded, PlaceKind, Registration, Undo, Visit,
    VisitOutcome,
};
use doorstep_model::ids::{AuthorTag, Identity, PlaceId};
use doorstep_model::time::LocalDay;
use doorstep_replica::testing::About;
use rusqlite::{Connection, params};

use crate::broken::Checked;
use crate::contents::mark_text;
use crate::dice::Dice;
use crate::script::TAPS_A_STEP;
use crate::world::World;

/// Steps of a case that anybody may tap, legal or not.
const STEPS: &[CaseEvent] = &[
    CaseEvent::Registered,
    CaseEvent::FixedOnSpot,
    CaseEvent::Dispatched,
    CaseEvent::Accepted,
    CaseEvent::Returned,
    CaseEvent::Rectifying,
    CaseEvent::Reported,
    CaseEvent::Rechecked,
    CaseEvent::Rechecked,
    CaseEvent::Closed,
    CaseEvent::Extended,
    CaseEvent::Parked,
    CaseEvent::HandedOver,
    CaseEvent::Relapsed,
    CaseEvent::Suspected3,
    CaseEvent::Judged3,
    CaseEvent::Merged,
];

/// The usual way of a case, by the state it leads from: so that some come to their end.
const WAY: &[CaseEvent] = &[
    CaseEvent::Registered,
    CaseEvent::Dispatched,
    CaseEvent::Accepted,
    CaseEvent::Rectifying,
    CaseEvent::Reported,
    CaseEvent::Rechecked,
    CaseEvent::Closed,
];

/// What a screen shows: what there is to tap on.
#[derive(Debug, Default)]
pub struct Screen {
    /// Households with their buildings.
    pub doors: Vec<(Identity, Identity)>,
    /// Assets with their buildings.
    pub assets: Vec<(Identity, Identity)>,
    /// Cases.
    pub cases: Vec<Identity>,
    /// Own checks and visits of the day: (identity, subject, building).
    pub own: Vec<(Identity, Identity, Identity)>,
}

/// One thing tapped.
pub struct Tap {
    /// What it is about.
    pub about: About,
    /// The entry.
    pub entry: Entry,
    /// What it takes back.
    pub undoes: Option<Identity>,
}

/// A few taps on one phone.
///
/// # Errors
/// A broken promise.
pub fn tap_some(world: &mut World, phone: usize, dice: &mut Dice) -> Checked<()> {
    let count = TAPS_A_STEP + dice.below(3);
    for _ in 0..count {
        tap(world, phone, dice)?;
        world.pass(dice.between(5, 90));
    }
    Ok(())
}

/// What makes a tap of what a screen shows: at this time, with this mark.
pub type Choose = fn(&Connection, &Screen, i64, u64, &mut Dice) -> Checked<Option<Tap>>;

/// One tap of somebody on their round. Returns whether it was acknowledged.
///
/// # Errors
/// A broken promise.
pub fn tap(world: &mut World, phone: usize, dice: &mut Dice) -> Checked<bool> {
    tap_one(world, phone, dice, choose)
}

/// One tap. Returns whether it was acknowledged.
///
/// # Errors
/// A broken promise.
pub fn tap_one(world: &mut World, phone: usize, dice: &mut Dice, choose: Choose) -> Checked<bool> {
    let area = world.phones[phone].area.clone();
    let replica = world.phones[phone].site.process()?;
    let (now, author) = (replica.now(), replica.author());
    let day = u32::try_from(LocalDay::of(now).0).unwrap_or(0);
    let mark = world.ledger.next_mark();
    let screen = world.phones[phone]
        .site
        .look(|connection| screen(connection, area.as_str(), day, author))?;
    let made = world.phones[phone]
        .site
        .look(|connection| choose(connection, &screen, now, mark, dice))?;
    let Some(mut tap) = made else {
        return Ok(false);
    };
    let persons = &world.phones[phone].persons;
    if persons.len() > 1 {
        tap.entry = tap.entry.by(dice.pick(persons));
    }
    let (about, entry) = (tap.about, &tap.entry);
    let put = world.phones[phone]
        .site
        .call(|replica| replica.put_as_given(&area, about, entry))?;
    world.phones[phone].taps += 1;
    let Some(identity) = put else {
        return Ok(false);
    };
    let words = format!("phone {phone}, mark {mark}, kind {}", entry.envelope.kind);
    let store = world.phones[phone].site.store;
    world.ledger.acknowledged(store, identity, words);
    if let Some(undone) = tap.undoes {
        world.ledger.undone(undone);
        world.ledger.undone(identity);
    }
    Ok(true)
}

/// Reads what there is to tap on for this author.
///
/// # Errors
/// The store's.
pub fn screen(
    connection: &Connection,
    area: &str,
    day: u32,
    author: Option<AuthorTag>,
) -> Checked<Screen> {
    let pairs = |sql: &str| -> Checked<Vec<(Identity, Identity)>> {
        let mut select = connection.prepare_cached(sql)?;
        let mut rows = select.query([area])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (one, two): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
            found.extend(Identity::from_slice(&one).zip(Identity::from_slice(&two)));
        }
        Ok(found)
    };
    let within = "area = (SELECT id FROM area WHERE code = ?1)";
    let doors = pairs(&format!(
        "SELECT id, building FROM place WHERE kind = 3 AND {within}"
    ))?;
    let assets = pairs(&format!("SELECT id, building FROM asset WHERE {within}"))?;
    let cases = pairs(&format!("SELECT id, place FROM matter WHERE {within}"))?;
    Ok(Screen {
        own: own_of_day(connection, day, author)?,
        cases: cases.into_iter().map(|(case, _)| case).collect(),
        doors,
        assets,
    })
}

fn own_of_day(
    connection: &Connection,
    day: u32,
    author: Option<AuthorTag>,
) -> Checked<Vec<(Identity, Identity, Identity)>> {
    let mut select = connection.prepare_cached(
        "SELECT a.tag, e.counter, e.subject, d.subject, e.origin FROM entry e \
         JOIN author a ON a.id = e.author JOIN document d ON d.id = e.document \
         WHERE e.kind IN (4, 5) AND d.kind = 2 AND d.round = ?1 \
         AND a.tag = ?2",
    )?;
    let mut rows = select.query(params![
        RoundKey::AdHoc(day).to_bytes(),
        author.map(|tag| tag.0)
    ])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (subject, building): (Vec<u8>, Vec<u8>) = (row.get(2)?, row.get(3)?);
        let own = identity(row.get(0)?, row.get(1)?, row.get(4)?);
        if let Some((subject, building)) =
            Identity::from_slice(&subject).zip(Identity::from_slice(&building))
        {
            found.push((own, subject, building));
        }
    }
    Ok(found)
}

fn identity(tag: [u8; 4], counter: i64, origin: Option<Vec<u8>>) -> Identity {
    origin
        .and_then(|origin| Identity::from_slice(&origin))
        .unwrap_or_else(|| Identity::of_entry(AuthorTag(tag), counter.cast_unsigned()))
}

/// Identities of the entries about a subject, of these kinds.
///
/// # Errors
/// The store's.
pub fn known(connection: &Connection, subject: Identity, kinds: &str) -> Checked<Vec<Identity>> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT a.tag, e.counter, e.origin FROM entry e JOIN author a ON a.id = e.author \
         WHERE e.subject = ?1 AND e.kind IN ({kinds}) ORDER BY e.id"
    ))?;
    let rows = select.query_map([subject.as_bytes()], |row| {
        Ok(identity(row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn choose(
    connection: &Connection,
    screen: &Screen,
    now: i64,
    mark: u64,
    dice: &mut Dice,
) -> Checked<Option<Tap>> {
    let day = u32::try_from(LocalDay::of(now).0).unwrap_or(0);
    let text = mark_text(mark);
    let round = |building| DocumentName::Round(building, RoundKey::AdHoc(day));
    let done = |about, body: Body| {
        Ok(Some(Tap {
            about,
            entry: Entry::new(body, now),
            undoes: None,
        }))
    };
    match dice.below(24) {
        0..=10 => {
            let Some((asset, building)) = dice.pick(&screen.assets) else {
                return Ok(None);
            };
            done(
                About::Known(round(building), asset),
                check(text, dice).into(),
            )
        }
        11..=14 => {
            let Some((door, building)) = dice.pick(&screen.doors) else {
                return Ok(None);
            };
            done(
                About::Known(round(building), door),
                visit(text, dice).into(),
            )
        }
        15 => {
            let Some((own, subject, building)) = dice.pick(&screen.own) else {
                return Ok(None);
            };
            Ok(Some(Tap {
                about: About::Known(round(building), subject),
                entry: Entry::new(Undo { of: own }, now),
                undoes: Some(own),
            }))
        }
        16 => {
            let Some((own, subject, building)) = dice.pick(&screen.own) else {
                return Ok(None);
            };
            let body = Correction {
                of: own,
                outcome: outcome(dice),
                visit: dice.one_in(3).then_some(VisitOutcome::Refused),
                reason: text,
            };
            done(About::Known(round(building), subject), body.into())
        }
        17 | 18 => field(connection, screen, now, text, dice),
        19 => {
            let Some((door, _)) = dice.pick(&screen.doors) else {
                return Ok(None);
            };
            done(
                About::NewDocument(DocumentName::Case),
                found(door, text, dice).into(),
            )
        }
        20 | 21 => step(connection, screen, now, text, dice),
        22 => added(screen, now, text, dice),
        _ => {
            let Some(case) = dice.pick(&screen.cases) else {
                return Ok(None);
            };
            let body = Note { text, photos: None };
            done(About::Known(DocumentName::Case(case), case), body.into())
        }
    }
}

/// What somebody saw.
pub fn outcome(dice: &mut Dice) -> Outcome {
    match dice.below(6) {
        0 => Outcome::Missing,
        1 => Outcome::of_faults(vec!["pressure_low".to_owned()]),
        2 => Outcome::of_faults(vec!["seal_broken".to_owned(), "pressure_low".to_owned()]),
        _ => Outcome::Normal,
    }
}

fn check(note: String, dice: &mut Dice) -> Check {
    Check {
        outcome: outcome(dice),
        note: Some(note),
        photos: None,
        pack: None,
        date_only: None,
    }
}

fn visit(note: String, dice: &mut Dice) -> Visit {
    let outcomes = [
        VisitOutcome::Answered,
        VisitOutcome::Absent,
        VisitOutcome::Refused,
        VisitOutcome::Empty,
    ];
    Visit {
        outcome: outcomes[dice.below(outcomes.len())],
        note: Some(note),
        next: None,
        date_only: None,
    }
}

fn found(door: Identity, note: String, dice: &mut Dice) -> Found {
    Found {
        class: CaseClass::Hazard,
        kind: "corridor_blocked".to_owned(),
        place: PlaceId(door),
        asset: None,
        level: u8::try_from(dice.below(3)).unwrap_or(1),
        suspected: dice.one_in(8).then_some(true),
        note: Some(note),
        photos: None,
        round: None,
        campaign: None,
    }
}

fn field(
    connection: &Connection,
    screen: &Screen,
    now: i64,
    text: String,
    dice: &mut Dice,
) -> Checked<Option<Tap>> {
    let (subject, building, field) = if dice.one_in(2) {
        let Some((door, building)) = dice.pick(&screen.doors) else {
            return Ok(None);
        };
        (door, building, Field::Name)
    } else {
        let Some((asset, building)) = dice.pick(&screen.assets) else {
            return Ok(None);
        };
        (asset, building, Field::Size)
    };
    let body = FieldSet {
        field,
        value: FieldValue::Text(text),
    };
    // Who had the form open sees every value; who was offline sees what was there then.
    let mut seen = known(connection, subject, "1, 2, 3")?;
    if dice.one_in(3) {
        seen.truncate(dice.below(seen.len() + 1));
    }
    Ok(Some(Tap {
        about: About::Known(DocumentName::Place(building), subject),
        entry: Entry::new(body, now).after(seen),
        undoes: None,
    }))
}

/// A step of a case, of this text, after everything or a part of what is known.
///
/// # Errors
/// The store's.
pub fn step(
    connection: &Connection,
    screen: &Screen,
    now: i64,
    text: String,
    dice: &mut Dice,
) -> Checked<Option<Tap>> {
    let Some(case) = dice.pick(&screen.cases) else {
        return Ok(None);
    };
    let mut seen = known(connection, case, "16, 17")?;
    let event = if dice.one_in(3) {
        STEPS[dice.below(STEPS.len())]
    } else {
        WAY[seen.len().saturating_sub(1) % WAY.len()]
    };
    if dice.one_in(5) {
        seen.truncate(dice.below(seen.len() + 1));
    }
    let body = CaseStep {
        event,
        note: Some(text),
        date: Some(u32::try_from(LocalDay::of(now).0).unwrap_or(0) + 7),
        body: Some("station".to_owned()),
        receipt: Some("R-1".to_owned()),
        into: None,
        passed: (event == CaseEvent::Rechecked).then(|| !dice.one_in(4)),
        level: dice.one_in(10).then_some(2),
        approved_by: None,
        helpers: None,
        photos: None,
    };
    Ok(Some(Tap {
        about: About::Known(DocumentName::Case(case), case),
        entry: Entry::new(body, now).after(seen),
        undoes: None,
    }))
}

fn added(screen: &Screen, now: i64, text: String, dice: &mut Dice) -> Checked<Option<Tap>> {
    let Some((door, building)) = dice.pick(&screen.doors) else {
        return Ok(None);
    };
    let body: Body = if dice.one_in(2) {
        PlaceAdded {
            kind: PlaceKind::Household,
            parent: Some(PlaceId(building)),
            name: text,
            order: None,
        }
        .into()
    } else {
        AssetAdded {
            asset_type: "extinguisher.water".to_owned(),
            place: PlaceId(door),
            label: None,
            factory: None,
            size: Some(text),
            batch: None,
            registration: Registration::FoundUnregistered,
            maker_life_years: None,
        }
        .into()
    };
    Ok(Some(Tap {
        about: About::New(DocumentName::Place(building)),
        entry: Entry::new(body, now),
        undoes: None,
    }))
}
