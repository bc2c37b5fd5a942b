//! What the summaries of 2013-2017 say was handed out, household by household: batches, lines, and the
//! extinguishers that came of them with their factory months. Numbers are `figures`'.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{AssetAdded, HandoutBatch, HandoutLine, HandoutManner, Registration};
use doorstep_model::ids::{AreaId, AssetId, Identity};

use super::figures::Figures;
use super::sheet::Sheet;
use super::{Committee, identity};
use crate::demo::almanac::{HOUR, at, day_of, month};
use crate::demo::dice::Dice;

/// Batches of a year.
const BATCHES: u32 = 4;

const BOTTLE: &str = "extinguisher.dry_powder";
const BOARD: &str = "board.fire";

/// Where a door is: committee, building, door.
type At = (usize, usize, usize);

/// Hands everything out. Returns how many extinguishers there are now.
pub(super) fn give(
    seed: u64,
    wanted: &Figures<'_>,
    committees: &mut [Committee],
    sheet: &mut Sheet,
) -> u32 {
    let mut doors = doors_of(committees);
    Dice::of(seed, "who gets extinguishers", 0).shuffle(&mut doors);
    let mut turn = doors.iter().cycle();
    let mut bottles = 0;
    for (year, number) in wanted.share("S01", "extinguishers handed out") {
        let mut dice = Dice::of(seed, "extinguishers", year.into());
        let mut left = number;
        while left > 0 {
            let Some(&door) = turn.next() else { break };
            let several = if dice.one_in(12) { 2 } else { 1 };
            let quantity = several.min(left);
            let batch = Batch::of(BOTTLE, year, (number - left) * BATCHES / number);
            give_bottles(committees, door, &batch, quantity, &mut dice, sheet);
            left -= quantity;
            bottles += quantity;
        }
    }
    let households = wanted.share("S02", "kitchen fire-proof boards: households");
    let boards = wanted.share("S02", "kitchen fire-proof boards: boards");
    let each = |years: Vec<(u16, u32)>, quantity| years.into_iter().map(move |one| (one, quantity));
    // Kitchens of old houses first.
    doors.sort_by_key(|door| !committees[door.0].buildings[door.1].old);
    let mut turn = doors.iter().cycle();
    for ((year, number), each) in each(households, 1).chain(each(boards, 2)) {
        let mut left = number;
        while left > 0 {
            let Some(&door) = turn.next() else { break };
            let quantity = each.min(left);
            let batch = Batch::of(BOARD, year, (number - left) * BATCHES / number);
            give_line(committees, door, &batch, quantity, "张", sheet);
            left -= quantity;
        }
    }
    retrofit(committees, sheet);
    bottles
}

fn doors_of(committees: &[Committee]) -> Vec<At> {
    let mut doors = Vec::new();
    for (committee, one) in committees.iter().enumerate() {
        for (building, other) in one.buildings.iter().enumerate() {
            doors.extend((0..other.doors.len()).map(|door| (committee, building, door)));
        }
    }
    doors
}

/// One delivery of a year; each committee got its part as a batch of its own.
struct Batch {
    item: &'static str,
    year: u16,
    number: u32,
}

impl Batch {
    fn of(item: &'static str, year: u16, number: u32) -> Self {
        Self { item, year, number }
    }

    fn day(&self) -> u32 {
        day_of(self.year, 3 * self.number + 3, 10)
    }

    /// Bottles leave the factory two months before they are handed out.
    fn factory(&self) -> u32 {
        month(self.year, 3 * self.number + 1)
    }

    /// Its id in this committee; the batch is written where its first line is.
    fn id(&self, area: &AreaId, sheet: &mut Sheet) -> Identity {
        let (year, number) = (self.year.to_be_bytes(), self.number.to_be_bytes());
        let parts = [
            area.as_str().as_bytes(),
            self.item.as_bytes(),
            &year,
            &number,
        ];
        let id = identity("batch", &parts);
        if !sheet.has(id) {
            let batch = HandoutBatch {
                item: self.item.to_owned(),
                size: (self.item == BOTTLE).then(|| "2kg".to_owned()),
                manner: HandoutManner::Additional,
                day: self.day(),
                project: Some(format!("{}年实事项目", self.year)),
                maker: None,
                factory: (self.item == BOTTLE).then(|| self.factory()),
            };
            let time = at(self.day(), 8 * HOUR);
            sheet.make(area, DocumentName::Plan, id, batch, time);
        }
        id
    }
}

fn give_line(
    committees: &[Committee],
    (committee, building, door): At,
    batch: &Batch,
    quantity: u32,
    unit: &str,
    sheet: &mut Sheet,
) -> Identity {
    let Committee {
        area, buildings, ..
    } = &committees[committee];
    let id = batch.id(area, sheet);
    let building = &buildings[building];
    let line = HandoutLine {
        batch: id,
        quantity,
        unit: unit.to_owned(),
        day: Some(batch.day()),
        item: batch.item.to_owned(),
    };
    let document = DocumentName::Place(building.id.identity());
    let household = building.doors[door].id.identity();
    sheet.say(area, document, household, line, at(batch.day(), 10 * HOUR));
    id
}

fn give_bottles(
    committees: &mut [Committee],
    door: At,
    batch: &Batch,
    quantity: u32,
    dice: &mut Dice,
    sheet: &mut Sheet,
) {
    let id = give_line(committees, door, batch, quantity, "只", sheet);
    let Committee {
        area, buildings, ..
    } = &mut committees[door.0];
    let building = &mut buildings[door.1];
    let document = DocumentName::Place(building.id.identity());
    let door = &mut building.doors[door.2];
    for _ in 0..quantity {
        let number = (door.bottles.len() as u64).to_be_bytes();
        let bottle = identity("bottle", &[door.id.identity().as_bytes(), &number]);
        let added = AssetAdded {
            asset_type: BOTTLE.to_owned(),
            place: door.id,
            label: None,
            // A few stamps are a month older than the delivery.
            factory: Some(batch.factory() - u32::from(dice.one_in(5))),
            size: Some("2kg".to_owned()),
            batch: Some(id),
            registration: Registration::HandedOut,
            maker_life_years: None,
        };
        sheet.make(area, document, bottle, added, at(batch.day(), 10 * HOUR));
        door.bottles.push(AssetId(bottle));
    }
}

/// 2013: 陆林大楼 got simple sprinklers and alarms, as one project.
fn retrofit(committees: &[Committee], sheet: &mut Sheet) {
    let batch = Batch::of("retrofit.high_rise", 2013, 2);
    for Committee {
        area, buildings, ..
    } in committees
    {
        let high_rise = buildings.iter().find(|one| one.name == "陆林大楼");
        let Some(building) = high_rise else { continue };
        let line = HandoutLine {
            batch: batch.id(area, sheet),
            quantity: 1,
            unit: "幢".to_owned(),
            day: Some(batch.day()),
            item: batch.item.to_owned(),
        };
        let id = building.id.identity();
        let time = at(batch.day(), 10 * HOUR);
        sheet.say(area, DocumentName::Place(id), id, line, time);
    }
}
