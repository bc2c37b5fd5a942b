//! The story in Rust, on the replica's own facade: what the other languages are compared with.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use doorstep_model::document::RoundKey;
use doorstep_model::entry::{CaseClass, Found, Outcome, Visit, VisitOutcome};
use doorstep_model::ids::{AreaId, AssetId, PlaceId, RequestId};
use doorstep_office::transport::{ClientError, PinnedClient, Timeouts};
use doorstep_replica::act::{Look, Tap};
use doorstep_replica::query::{AssetFilter, CaseFilter, Door as DoorView, Thing};
use doorstep_replica::sync::phone::{Exchange, Step};
use doorstep_replica::{Error, Options, Part, Place, Replica, SystemClock, name_photo};
use serde_json::{Value, json};

use crate::script::Door;
use crate::stage::Scene;

type Told<T> = Result<T, Box<dyn std::error::Error>>;

/// Most tries to get through the link.
const TRIES: u32 = 200;

/// Longest list of a story.
const ROWS: usize = 500;

/// Tells it and reads back what it left.
pub(crate) fn tell(scene: &Scene) -> Told<Value> {
    let teller = Teller { scene };
    let zhang = teller.phone("zhang", b"zhang")?;
    zhang.enrol(&scene.invitations[0])?;
    teller.sync(&zhang)?;
    let stranger = teller.stranger(&zhang)?;
    let undone = teller.evening(&zhang)?;
    let before = zhang.counters()?;
    teller.sync(&zhang)?;

    let li = teller.phone("li", b"li")?;
    li.enrol(&scene.invitations[1])?;
    teller.sync(&li)?;
    let round = li.open_round(&tap()?, teller.building(&li)?, None, None)?;
    let other = teller.asset(&li, &scene.script.contradicted)?;
    next_second();
    li.check(&tap()?, round, &[Look::new(other, Outcome::Missing)])?;
    teller.sync(&li)?;
    teller.sync(&zhang)?;

    let author = zhang.author();
    zhang.close()?;
    drop(zhang);
    let refusals = teller.refusals("zhang")?;
    copy(&scene.folder.join("zhang"), &scene.folder.join("restored"))?;
    let restored = teller.phone("restored", b"another phone")?;
    let again = teller.asset(&restored, &scene.script.photo_of)?;
    let low = Outcome::of_faults(vec!["pressure_low".to_owned()]);
    next_second();
    restored.check(&tap()?, round, &[Look::new(again, low)])?;
    teller.sync(&restored)?;
    teller.sync(&li)?;

    let area = AreaId::new(scene.script.area)?;
    let counters = restored.counters()?;
    Ok(json!({
        "stranger": stranger,
        "undone": undone,
        "only_here_before": before.only_here,
        "refusals": refusals,
        "restored_is_another_author": restored.author() != author,
        "both_phones_agree": restored.area_checksum(&area)? == li.area_checksum(&area)?,
        "counters": [counters.only_here, counters.received, counters.held, counters.left_out],
        "today": today(&restored, &area)?,
        "doors": teller.doors(&restored, round)?,
        "hazards": hazards(&restored, &area)?,
        "full_disk": teller.full_disk()?,
    }))
}

struct Teller<'a> {
    scene: &'a Scene,
}

impl Teller<'_> {
    fn phone(&self, name: &str, marker: &[u8]) -> Told<Replica> {
        let key = self.scene.keys.as_ref().map(|[key, _]| key.as_str());
        Ok(open(&self.scene.folder.join(name), marker, key)?)
    }

    fn building(&self, phone: &Replica) -> Told<PlaceId> {
        let area = AreaId::new(self.scene.script.area)?;
        let page = phone.places(&area, None, Part::first(ROWS))?;
        let found = page
            .rows
            .iter()
            .find(|place| place.name == self.scene.script.building);
        Ok(found.ok_or("the building is not there")?.id)
    }

    fn asset(&self, phone: &Replica, label: &str) -> Told<AssetId> {
        let [bearer] = &phone.bearers(label)?[..] else {
            return Err(format!("not one thing bears {label}").into());
        };
        match bearer.thing {
            Thing::Asset { id, .. } => Ok(id),
            Thing::Place(_) => Err("the label is on a place".into()),
        }
    }

    /// The doors, the photo, the hazards, the mistake. Returns how many entries were taken back.
    fn evening(&self, phone: &Replica) -> Told<usize> {
        let script = &self.scene.script;
        let building = self.building(phone)?;
        let round = phone.open_round(&tap()?, building, None, None)?;
        let plan = phone.door_plan(building, None)?;
        let places: Vec<_> = plan.floors.iter().flat_map(|floor| &floor.doors).collect();
        for door in &script.doors {
            let place = places.iter().find(|one| one.place.name == door.name);
            let place = place.ok_or("a door is not there")?.place.id;
            phone.visit(&tap()?, place, round, visit(door))?;
            if door.outcome == "answered" {
                let asset = self.asset(phone, &door.label)?;
                phone.check(&tap()?, round, &[look(asset, door)])?;
            }
        }
        let photographed = Look {
            photos: Some(vec![name_photo(&self.scene.photo)?]),
            ..Look::new(self.asset(phone, &script.photo_of)?, Outcome::Normal)
        };
        phone.check(&tap()?, round, &[photographed])?;
        for hazard in &script.hazards {
            let found = Found {
                class: CaseClass::Hazard,
                kind: hazard.kind.to_owned(),
                place: building,
                asset: None,
                level: hazard.level,
                suspected: None,
                note: Some(hazard.note.clone()),
                photos: None,
                round: Some(round),
                campaign: None,
            };
            phone.found(&tap()?, found, None)?;
        }
        let mistaken = Look::new(self.asset(phone, &script.undone)?, Outcome::Missing);
        phone.check(&tap()?, round, &[mistaken])?;
        Ok(phone.undo_last(&tap()?)?.len())
    }

    /// Exchanges until nothing is left, through a link that cuts.
    fn sync(&self, phone: &Replica) -> Told<()> {
        let office = phone.office_address()?;
        let client = PinnedClient::new(&office.addresses, &office.keys, Timeouts::default())?;
        for _ in 0..TRIES {
            let mut exchange = Exchange::default();
            let mut reply = None;
            loop {
                match phone.sync_step(&mut exchange, reply.as_deref())? {
                    Step::Done(_) => return Ok(()),
                    Step::Send(request) => match client.exchange(&request) {
                        Ok(answer) => reply = Some(answer),
                        // Cut: everything begins again, and nothing is lost but the way.
                        Err(_) => break,
                    },
                }
            }
        }
        Err("the link never let anything through".into())
    }

    /// What becomes of a request to somebody with another key.
    fn stranger(&self, phone: &Replica) -> Told<&'static str> {
        let keys = phone.office_address()?.keys;
        let address = [self.scene.stranger.clone()];
        let client = PinnedClient::new(&address, &keys, Timeouts::default())?;
        Ok(match client.exchange(b"hello") {
            Err(ClientError::WrongKey(_)) => "refused",
            _ => "talked to",
        })
    }

    /// What a wrong key, and a missing one, are answered. Where nothing is encrypted: any key at all.
    fn refusals(&self, name: &str) -> Told<Value> {
        let folder = self.scene.folder.join(name);
        let code = |key: Option<&str>| match open(&folder, name.as_bytes(), key) {
            Ok(_) => "opened",
            Err(error) => error.code(),
        };
        Ok(match &self.scene.keys {
            Some([_, wrong]) => json!([code(Some(wrong)), code(None)]),
            None => json!([code(Some(&"4b".repeat(32)))]),
        })
    }

    /// What a full disk is answered, and that nothing was lost by it.
    fn full_disk(&self) -> Told<Value> {
        let Some(disk) = &self.scene.small_disk else {
            return Ok(Value::Null);
        };
        let key = self.scene.keys.as_ref().map(|[key, _]| key.as_str());
        let phone = open(&disk.join("phone"), b"small", key)?;
        phone.set_draft("before", "有电")?;
        let large = "满".repeat(20_000);
        let mut code = "never full";
        for number in 0..TRIES {
            if let Err(error) = phone.set_draft(&format!("{number}"), &large) {
                code = error.code();
                break;
            }
        }
        Ok(json!([code, phone.draft("before")?]))
    }

    fn doors(&self, phone: &Replica, round: RoundKey) -> Told<Value> {
        let plan = phone.door_plan(self.building(phone)?, Some(round))?;
        let mut doors: Vec<(String, Value)> = Vec::new();
        for door in plan.floors.iter().flat_map(|floor| &floor.doors) {
            doors.push((door.place.name.clone(), self.door(phone, door)?));
        }
        doors.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(doors.into_iter().map(|(_, door)| door).collect())
    }

    fn door(&self, phone: &Replica, door: &DoorView) -> Told<Value> {
        let outcome = door
            .outcome
            .map(|code| ["answered", "absent", "refused", "empty"][usize::from(code)]);
        let mut bottles = Vec::new();
        for (asset, checked) in door.assets.iter().zip(&door.checked) {
            let page = phone.asset(asset.id)?;
            let looks: Vec<Value> = page
                .history
                .iter()
                .map(|look| {
                    let superseded = look.superseded_by.is_some();
                    json!([
                        seen(&look.result),
                        look.note,
                        look.photos.len(),
                        superseded,
                        look.waiting
                    ])
                })
                .collect();
            let due: Vec<Value> = asset
                .owed
                .iter()
                .map(|owed| json!([owed.kind, owed.due_month]))
                .collect();
            bottles.push(json!({
                "label": asset.label,
                "factory": asset.factory,
                "result": asset.result.as_deref().map(seen),
                "disputes": asset.waiting,
                "checked": checked,
                "looks": looks,
                "due": due,
            }));
        }
        Ok(json!({
            "name": door.place.name,
            "outcome": outcome,
            "answered": door.answered,
            "bottles": bottles,
        }))
    }
}

fn open(folder: &Path, marker: &[u8], key: Option<&str>) -> Result<Replica, Error> {
    let key = key.and_then(|hex| data_encoding::HEXLOWER.decode(hex.as_bytes()).ok());
    Replica::open(Options {
        place: Place::Folder(folder.to_owned()),
        key: key.and_then(|bytes| bytes.try_into().ok()),
        marker: marker.to_vec(),
        clock: Arc::new(SystemClock),
        seed: None,
    })
}

fn tap() -> Told<Tap> {
    let mut id = [0; 16];
    getrandom::fill(&mut id)?;
    Ok(Tap::new(RequestId(id)))
}

/// Entries tell time in seconds, and in one second the order of two phones is anybody's: what comes
/// after something in the story comes in a later one.
fn next_second() {
    std::thread::sleep(Duration::from_millis(1_100));
}

fn visit(door: &Door) -> Visit {
    let outcome = match door.outcome {
        "answered" => VisitOutcome::Answered,
        "absent" => VisitOutcome::Absent,
        "refused" => VisitOutcome::Refused,
        _ => VisitOutcome::Empty,
    };
    Visit {
        outcome,
        note: None,
        next: None,
        date_only: None,
    }
}

fn look(asset: AssetId, door: &Door) -> Look {
    let faults = door.faults.iter().map(|code| (*code).to_owned()).collect();
    let outcome = if door.missing {
        Outcome::Missing
    } else {
        Outcome::of_faults(faults)
    };
    Look {
        note: door.note.map(str::to_owned),
        ..Look::new(asset, outcome)
    }
}

/// `normal`, `missing`, or a list of faults.
fn seen(row: &str) -> Value {
    serde_json::from_str(row).unwrap_or_else(|_| json!(row))
}

fn today(phone: &Replica, area: &AreaId) -> Told<Value> {
    let [today] = &phone.today(std::slice::from_ref(area))?[..] else {
        return Err("the area is not there".into());
    };
    let all = phone.assets(area, &AssetFilter::default(), Part::first(ROWS))?;
    Ok(json!({
        "name": today.name,
        "doors": today.doors,
        "assets": today.assets,
        "listed": all.rows.len(),
        "missing": today.missing,
        "faulty": today.faulty,
        "open_cases": today.open_cases,
        "disputes": today.disputes,
    }))
}

fn hazards(phone: &Replica, area: &AreaId) -> Told<Value> {
    let page = phone.cases(area, CaseFilter::Open, Part::first(ROWS))?;
    let mut lines: Vec<_> = page
        .rows
        .iter()
        .map(|case| (&case.note, &case.kind, case.level, &case.state))
        .collect();
    lines.sort();
    Ok(json!(lines))
}

fn copy(from: &Path, to: &Path) -> Told<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
