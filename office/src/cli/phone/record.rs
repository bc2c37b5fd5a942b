//! What a phone writes down: a look, a hazard, and taking back. Each is on the disk before its result
//! is printed.

use std::fmt::Write as _;

use doorstep_model::document::RoundKey;
use doorstep_model::entry::{CaseClass, Found, Outcome};
use doorstep_model::ids::{AssetId, PlaceId};
use doorstep_model::label::Label;
use doorstep_model::message::Text;
use doorstep_model::pack::{Market, Pack};
use doorstep_replica::act::{Fix, Look};
use doorstep_replica::query::{Bearer, Thing};
use doorstep_replica::{Error, Replica};
use serde::Serialize;

use super::super::{Exit, Failure, Output, Sheet, Shown, moment};
use super::{CheckArgs, HazardArgs, words};
use crate::bureau::tap;

/// A look that was written down.
#[derive(Debug, Serialize)]
struct Checked {
    entry: String,
    label: String,
    #[serde(rename = "type")]
    asset_type: String,
    place: Option<String>,
    result: Vec<String>,
    at: String,
}

impl Shown for Checked {
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(format!(
            "已记下 Recorded: {label} {type} {place} — {result}",
            label = self.label,
            type = words::asset_type(&self.asset_type),
            place = self.place.as_deref().unwrap_or("—"),
            result = words::faults(&self.result)
        ));
    }
}

/// Records one look at the asset with this label.
pub(super) fn check(
    replica: &Replica,
    args: &CheckArgs,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let (label, found) = labelled(replica, &args.label)?;
    known_faults(&args.fault, &found.asset_type)?;
    let outcome = if args.missing {
        Outcome::Missing
    } else {
        Outcome::of_faults(args.fault.clone())
    };
    let look = Look {
        note: args.note.clone(),
        ..Look::new(found.asset, outcome.clone())
    };
    let made = replica.check(&tap()?, today(replica), &[look])?;
    output.show(&Checked {
        entry: made.first().map(ToString::to_string).unwrap_or_default(),
        label,
        asset_type: found.asset_type,
        place: found.place,
        result: match outcome {
            Outcome::Normal => vec!["normal".to_owned()],
            Outcome::Missing => vec!["missing".to_owned()],
            Outcome::Faults(codes) => codes,
        },
        at: moment(replica.now()),
    })
}

/// An asset that was found by its label.
struct Labelled {
    asset: AssetId,
    asset_type: String,
    place: Option<String>,
}

/// The one asset that bears a label, and the label as it is written.
fn labelled(replica: &Replica, typed: &str) -> Result<(String, Labelled), Failure> {
    let written: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .flat_map(char::to_uppercase)
        .collect();
    let bearers = replica.bearers(&written)?;
    let on_assets = bearers.iter().filter_map(|bearer| match &bearer.thing {
        Thing::Asset { id, asset_type } => Some(Labelled {
            asset: *id,
            asset_type: asset_type.clone(),
            place: bearer.place.clone(),
        }),
        Thing::Place(_) => None,
    });
    let mut assets: Vec<Labelled> = on_assets.collect();
    match (assets.pop(), assets.is_empty()) {
        (Some(asset), true) => Ok((written, asset)),
        (Some(_), false) => Err(on_several(&written, &bearers)),
        (None, _) => {
            // A label of ours that was misread says where.
            let _: Label = written.parse().map_err(refused_label)?;
            Err(Error::NotFound {
                what: "asset",
                id: written,
            }
            .into())
        }
    }
}

fn refused_label(error: doorstep_model::label::LabelError) -> Failure {
    use doorstep_model::message::Lang;
    Failure::new(
        Exit::BadInput,
        error.code(),
        (error.message(Lang::Zh), error.message(Lang::En)),
        (
            "请对着标签再读一遍；没有这个标签的器材先在办公室登记。",
            "Read the label again; an asset without it has to be registered at the office first.",
        ),
    )
}

fn on_several(label: &str, bearers: &[Bearer]) -> Failure {
    let mut list = String::new();
    for bearer in bearers {
        let asset_type = match &bearer.thing {
            Thing::Asset { asset_type, .. } => asset_type,
            Thing::Place(_) => "—",
        };
        let place = bearer.place.as_deref().unwrap_or("—");
        // Writing to a string cannot fail.
        let _ = write!(list, " [{asset_type} {place}]");
    }
    Failure::new(
        Exit::Refused,
        "label.on_several",
        (
            format!("标签 {label} 贴在几样东西上：{list}"),
            format!("label {label} is on several things:{list}"),
        ),
        (
            "请告诉办公室：要给其中一样换标签。",
            "Tell the office: one of them needs another label.",
        ),
    )
}

/// A hazard that was written down.
#[derive(Debug, Serialize)]
struct HazardFound {
    case: String,
    kind: String,
    place: String,
    level: u8,
    suspected: bool,
    fixed: bool,
}

impl Shown for HazardFound {
    fn describe(&self, sheet: &mut Sheet) {
        let mut words = format!(
            "已记下 Recorded: {} @ {}，{} 级 level {}",
            words::hazard(&self.kind),
            self.place,
            self.level,
            self.level
        );
        if self.suspected {
            words.push_str("，疑似重大 suspected major");
        }
        if self.fixed {
            words.push_str("，当场已改 put right on the spot");
        }
        sheet.line(words);
    }
}

/// Records a hazard at a place.
pub(super) fn hazard(
    replica: &Replica,
    args: &HazardArgs,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let pack = Pack::shipped(Market::Cn);
    if pack.hazard(&args.kind).is_none() {
        return Err(unknown_hazard(&args.kind, pack));
    }
    let place = place(replica, &args.place)?;
    let found = Found {
        class: CaseClass::Hazard,
        kind: args.kind.clone(),
        place,
        asset: None,
        level: args.level,
        suspected: args.suspected.then_some(true),
        note: args.note.clone(),
        photos: None,
        round: None,
        campaign: None,
    };
    let fix = args.fixed.as_ref().map(|how| Fix {
        note: Some(how.clone()),
        photos: None,
    });
    let case = replica.found(&tap()?, found, fix)?;
    output.show(&HazardFound {
        case: case.to_string(),
        kind: args.kind.clone(),
        place: args.place.clone(),
        level: args.level,
        suspected: args.suspected,
        fixed: args.fixed.is_some(),
    })
}

/// Refuses a fault that this type of asset cannot have, and lists those that it can.
fn known_faults(typed: &[String], asset_type: &str) -> Result<(), Failure> {
    let pack = Pack::shipped(Market::Cn);
    let Some(asset) = pack.asset(asset_type) else {
        // Of a later pack: what it can have is for the replica to say.
        return Ok(());
    };
    let unknown = typed
        .iter()
        .find(|code| !pack.faults_of(&asset.id).any(|fault| fault.code == **code));
    let Some(unknown) = unknown else {
        return Ok(());
    };
    let list = |words: fn(&Text) -> &str| {
        let faults = pack.faults_of(&asset.id);
        let each = faults.map(|fault| format!("{} {}", fault.code, words(&fault.name)));
        each.collect::<Vec<_>>().join(", ")
    };
    Err(Failure::new(
        Exit::BadInput,
        "check.unknown_fault",
        (
            format!(
                "{}没有“{unknown}”这种故障；可用：{}",
                asset.name.zh,
                list(|name| &name.zh)
            ),
            format!(
                "{} has no fault {unknown:?}; there are: {}",
                asset.name.en,
                list(|name| &name.en)
            ),
        ),
        (
            "请从列表里选，细节写在 --note。",
            "Take one of the list and put the details into --note.",
        ),
    ))
}

fn unknown_hazard(typed: &str, pack: &Pack) -> Failure {
    let list = |words: fn(&Text) -> &str| {
        let kinds = pack.hazards().iter();
        let each = kinds.map(|kind| format!("{} {}", kind.id, words(&kind.name)));
        each.collect::<Vec<_>>().join(", ")
    };
    Failure::new(
        Exit::BadInput,
        "case.unknown_kind",
        (
            format!("没有“{typed}”这种隐患；可用：{}", list(|name| &name.zh)),
            format!(
                "there is no hazard {typed:?}; there are: {}",
                list(|name| &name.en)
            ),
        ),
        (
            "请从列表里选最接近的一种，细节写在 --note。",
            "Take the nearest of the list and put the details into --note.",
        ),
    )
}

/// The place with this name, or of this id.
fn place(replica: &Replica, typed: &str) -> Result<PlaceId, Failure> {
    let mut named = replica.places_named(typed.trim())?;
    match (named.pop(), named.is_empty()) {
        (Some(one), true) => Ok(one.id),
        (Some(last), false) => {
            let list: Vec<String> = named
                .iter()
                .chain([&last])
                .map(|place| {
                    let building = place.building.as_deref().unwrap_or("");
                    format!("[{} {building} {}]", place.area, place.id)
                })
                .collect();
            Err(Failure::new(
                Exit::BadInput,
                "place.several",
                (
                    format!("有几个地方叫“{typed}”：{}", list.join(" ")),
                    format!("several places are called {typed:?}: {}", list.join(" ")),
                ),
                (
                    "请把方括号里最后的编号写给 --place。",
                    "Give --place the id at the end of the right bracket.",
                ),
            ))
        }
        (None, _) => {
            let id: Option<PlaceId> = typed.parse().ok();
            let known = match id {
                Some(id) => replica.place_name(id)?.map(|_| id),
                None => None,
            };
            known.ok_or_else(|| {
                Failure::from(Error::NotFound {
                    what: "place",
                    id: typed.to_owned(),
                })
            })
        }
    }
}

/// What was taken back.
#[derive(Debug, Serialize)]
struct Undone {
    taps: u8,
    entries: Vec<String>,
    taps_left: u32,
}

impl Shown for Undone {
    fn describe(&self, sheet: &mut Sheet) {
        let (taps, entries, left) = (self.taps, self.entries.len(), self.taps_left);
        sheet.line(format!(
            "撤销了 {taps} 步（{entries} 条记录），还能撤 {left} 步 · taken back: {taps} (records: {entries}); {left} more can be"
        ));
    }
}

/// Takes back the last taps, one after the other.
pub(super) fn undo(replica: &Replica, taps: u8, output: &mut Output<'_>) -> Result<(), Failure> {
    let mut entries = Vec::new();
    let mut undone = 0;
    let ended = loop {
        if undone == taps {
            break Ok(());
        }
        match replica.undo_last(&tap()?) {
            Ok(made) => entries.extend(made.iter().map(ToString::to_string)),
            Err(error) => break Err(error),
        }
        undone += 1;
    };
    if undone > 0 {
        output.show(&Undone {
            taps: undone,
            entries,
            taps_left: replica.undo_depth()?,
        })?;
    }
    Ok(ended?)
}

/// Today's ad-hoc round.
fn today(replica: &Replica) -> RoundKey {
    RoundKey::AdHoc(doorstep_model::report::local_day(replica.now()))
}
