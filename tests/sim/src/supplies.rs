//! What volunteers tap beside their rounds: bottles serviced and taken away, months and labels read,
//! things moved, handed out and in need of repair, who came.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{
    Attendance, Body, CaseClass, Entry, Field, FieldSet, FieldValue, Found, HandoutBatch,
    HandoutLine, HandoutManner, Service, ServiceKind,
};
use doorstep_model::ids::{AssetId, Identity, PlaceId};
use doorstep_model::time::LocalDay;
use doorstep_replica::testing::About;
use rusqlite::Connection;

use crate::broken::Checked;
use crate::contents::mark_text;
use crate::dice::Dice;
use crate::script::TAPS_A_STEP;
use crate::taps::{Screen, Tap, known, tap_one};
use crate::world::World;

/// What may be done to an asset, the usual more often.
const WORKS: &[ServiceKind] = &[
    ServiceKind::Serviced,
    ServiceKind::Serviced,
    ServiceKind::TakenAway,
    ServiceKind::BroughtBack,
    ServiceKind::PressureTested,
    ServiceKind::Battery,
    ServiceKind::Scrapped,
    ServiceKind::Replaced,
];

/// January of 2019, as entries count months.
const FIRST_MONTH: usize = 2_019 * 12;

/// Months from then to the days of the worlds.
const MONTHS: usize = 87;

/// A few taps on one phone.
///
/// # Errors
/// A broken promise.
pub fn tap_some(world: &mut World, phone: usize, dice: &mut Dice) -> Checked<()> {
    for _ in 0..TAPS_A_STEP + dice.below(3) {
        tap_one(world, phone, dice, choose)?;
        world.pass(dice.between(5, 90));
    }
    Ok(())
}

fn choose(
    connection: &Connection,
    screen: &Screen,
    now: i64,
    mark: u64,
    dice: &mut Dice,
) -> Checked<Option<Tap>> {
    let text = mark_text(mark);
    let day = u32::try_from(LocalDay::of(now).0).unwrap_or(0);
    let (asset, door) = (dice.pick(&screen.assets), dice.pick(&screen.doors));
    let (Some((asset, building)), Some((door, at))) = (asset, door) else {
        return Ok(None);
    };
    let of_asset = About::Known(DocumentName::Place(building), asset);
    let of_door = About::Known(DocumentName::Place(at), door);
    let (about, body): (About, Body) = match dice.below(12) {
        0..=2 => (of_asset, service(text, dice).into()),
        3..=6 => return field(connection, (asset, building), door, now, dice).map(Some),
        7 | 8 => (of_door, line(text, dice).into()),
        9 => {
            let attendance = Attendance {
                person_times: u32::try_from(dice.below(20)).unwrap_or(1),
                day,
                force: Some(text),
            };
            (of_door, attendance.into())
        }
        10 => (
            About::New(DocumentName::Place(building)),
            batch(text, day, dice).into(),
        ),
        _ => (
            About::NewDocument(DocumentName::Case),
            repair(asset, door, text).into(),
        ),
    };
    Ok(Some(Tap {
        about,
        entry: Entry::new(body, now),
        undoes: None,
    }))
}

fn month(dice: &mut Dice) -> u32 {
    u32::try_from(FIRST_MONTH + dice.below(MONTHS)).unwrap_or(0)
}

fn service(text: String, dice: &mut Dice) -> Service {
    Service {
        kind: WORKS[dice.below(WORKS.len())],
        month: month(dice),
        firm: Some(text),
        note: None,
        successor: None,
    }
}

/// A value of an asset that is read from it: of a few, so that two phones may read the same.
fn field(
    connection: &Connection,
    (asset, building): (Identity, Identity),
    door: Identity,
    now: i64,
    dice: &mut Dice,
) -> Checked<Tap> {
    let types = [
        "extinguisher.dry_powder",
        "extinguisher.co2",
        "alarm.smoke",
        "hydrant.wall",
    ];
    let (field, value) = match dice.below(6) {
        0 => (Field::Factory, FieldValue::Number(0)),
        1 => (Field::Factory, FieldValue::Number(month(dice).into())),
        2 => (
            Field::Label,
            FieldValue::Text(format!("ABCDEF{}", dice.below(4))),
        ),
        3 => (Field::Place, FieldValue::Id(door)),
        4 => (
            Field::MakerLife,
            FieldValue::Number(dice.below(15) as u64 + 1),
        ),
        _ => (
            Field::AssetType,
            FieldValue::Text(types[dice.below(types.len())].to_owned()),
        ),
    };
    let mut seen = known(connection, asset, "1, 2, 3")?;
    if dice.one_in(3) {
        seen.truncate(dice.below(seen.len() + 1));
    }
    Ok(Tap {
        about: About::Known(DocumentName::Place(building), asset),
        entry: Entry::new(FieldSet { field, value }, now).after(seen),
        undoes: None,
    })
}

fn line(text: String, dice: &mut Dice) -> HandoutLine {
    HandoutLine {
        batch: Identity::hashed("simulated batch", &[]),
        quantity: u32::try_from(dice.below(5)).unwrap_or(1),
        unit: text,
        day: None,
        item: "extinguisher.dry_powder".to_owned(),
    }
}

fn batch(text: String, day: u32, dice: &mut Dice) -> HandoutBatch {
    HandoutBatch {
        item: "extinguisher.dry_powder".to_owned(),
        size: None,
        manner: HandoutManner::Additional,
        day,
        project: Some(text),
        maker: None,
        factory: dice.one_in(2).then(|| month(dice)),
    }
}

fn repair(asset: Identity, door: Identity, text: String) -> Found {
    Found {
        class: CaseClass::Repair,
        kind: "pressure_low".to_owned(),
        place: PlaceId(door),
        asset: Some(AssetId(asset)),
        level: 1,
        suspected: None,
        note: Some(text),
        photos: None,
        round: None,
        campaign: None,
    }
}
