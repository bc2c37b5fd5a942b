//! Which place stands in which committee, which buildings stand on it, and what hangs in them: nowhere
//! in the sources, so by seed and marked. Extinguishers come with the handouts.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{AssetAdded, Note, PlaceAdded, PlaceKind, Registration};
use doorstep_model::ids::{AreaId, AssetId, Identity, PlaceId};

use super::sheet::Sheet;
use super::{Building, Committee, Door, Fixture, GENERATED, identity, imported};
use crate::demo::almanac::{HOUR, at, day_of, month};
use crate::demo::dice::Dice;
use crate::import::{PlaceRow, place_entries};

/// How the buildings of one kind of place look.
struct Look {
    /// Kind of the place, as printed.
    of: &'static str,
    /// How often such a place gets one more building, against the others.
    weight: u32,
    old: bool,
    stairwells: (u32, u32),
    floors: (u32, u32),
    doors_a_floor: (u32, u32),
}

/// Kinds of places that people live in. A building of 0 stairwells has its doors on the lane.
const LOOKS: [Look; 4] = [
    Look {
        of: "high-rise residence",
        weight: 0,
        old: false,
        stairwells: (2, 2),
        floors: (18, 18),
        doors_a_floor: (4, 4),
    },
    Look {
        of: "old lane houses",
        weight: 4,
        old: true,
        stairwells: (0, 0),
        floors: (2, 3),
        doors_a_floor: (3, 5),
    },
    Look {
        of: "old estate",
        weight: 3,
        old: true,
        stairwells: (2, 3),
        floors: (5, 6),
        doors_a_floor: (2, 3),
    },
    Look {
        of: "estate",
        weight: 2,
        old: false,
        stairwells: (1, 2),
        floors: (6, 11),
        doors_a_floor: (2, 4),
    },
];

fn look_of(place: &PlaceRow) -> Option<&'static Look> {
    LOOKS.iter().find(|look| look.of == place.kind_text)
}

/// Puts the places into committees and so many buildings on them.
pub(super) fn build(
    seed: u64,
    buildings: u32,
    mut committees: Vec<Committee>,
    mut places: Vec<PlaceRow>,
    sheet: &mut Sheet,
) -> Vec<Committee> {
    let placed_on = at(day_of(2013, 1, 4), 9 * HOUR);
    let mut dice = Dice::of(seed, "committees of places", 0);
    let mut order: Vec<usize> = (0..committees.len()).collect();
    dice.shuffle(&mut order);
    dice.shuffle(&mut places);
    // Places with homes first, so that every committee has some before one has many.
    places.sort_by_key(|place| look_of(place).is_none());
    let mut homes = Vec::new();
    for (number, mut place) in places.into_iter().enumerate() {
        let Some(&committee) = order.get(number % order.len().max(1)) else {
            continue;
        };
        let area = &committees[committee].area;
        place.area = Some(area.clone());
        announce(&place, area, placed_on, sheet);
        if let Some(look) = look_of(&place) {
            homes.push((committee, place, look));
        }
    }
    let mut numbers = vec![0; homes.len()];
    for (number, home) in (0..).zip(deal(buildings, &homes)) {
        let (committee, place, look) = &homes[home];
        numbers[home] += 1;
        let mut dice = Dice::of(seed, "building", number);
        let area = &committees[*committee].area;
        let mut plot = Plot {
            area,
            sheet,
            dice: &mut dice,
            built: placed_on,
        };
        let building = plot.build(place, look, numbers[home]);
        committees[*committee].buildings.push(building);
    }
    committees
}

/// The published place, with a word that nobody published where it stands.
fn announce(place: &PlaceRow, area: &AreaId, time: i64, sheet: &mut Sheet) {
    for mut row in place_entries(std::slice::from_ref(place), time) {
        row.2.envelope.mark = GENERATED;
        sheet.rows.push(imported(area, row));
    }
    let id = place.place();
    let note = Note {
        text: "所属居委会为演示随机分配,原文未载".to_owned(),
        photos: None,
    };
    sheet.say(area, DocumentName::Place(id), id, note, time);
}

/// On which home each building stands: the high-rise has one, the others by their weights in turns.
fn deal(buildings: u32, homes: &[(usize, PlaceRow, &Look)]) -> Vec<usize> {
    let single = (0..homes.len()).filter(|home| homes[*home].2.weight == 0);
    let round: Vec<usize> = (1..=4)
        .flat_map(|turn| (0..homes.len()).filter(move |home| homes[*home].2.weight >= turn))
        .collect();
    single
        .chain(round.into_iter().cycle())
        .take(usize::try_from(buildings).unwrap_or(usize::MAX))
        .collect()
}

/// Where a building is going up.
struct Plot<'a> {
    area: &'a AreaId,
    sheet: &'a mut Sheet,
    dice: &'a mut Dice,
    built: i64,
}

impl Plot<'_> {
    fn build(&mut self, place: &PlaceRow, look: &Look, number: u32) -> Building {
        // The high-rise is published as a building: it is the place itself.
        let (id, name) = match place.kind {
            PlaceKind::Building => (place.place(), place.name.clone()),
            _ => {
                let id = identity(
                    "building",
                    &[place.place().as_bytes(), &number.to_be_bytes()],
                );
                let name = match look.stairwells {
                    (0, 0) => format!("{}{number}号", place.name),
                    _ => format!("{}{number}号楼", place.name),
                };
                self.place(id, id, PlaceKind::Building, None, &name, None);
                (id, name)
            }
        };
        let mut building = Building {
            id: PlaceId(id),
            name,
            old: look.old,
            doors: Vec::new(),
            common: Vec::new(),
        };
        let stairwells = self.dice.between(look.stairwells.0, look.stairwells.1);
        let floors = self.dice.between(look.floors.0, look.floors.1);
        let a_floor = self
            .dice
            .between(look.doors_a_floor.0, look.doors_a_floor.1);
        if stairwells == 0 {
            self.doors(&mut building, id, floors, a_floor);
            self.fixtures(&mut building, id, look);
        }
        for number in 1..=stairwells {
            let stairwell = identity("stairwell", &[id.as_bytes(), &number.to_be_bytes()]);
            let name = format!("{number}单元");
            self.place(
                id,
                stairwell,
                PlaceKind::Stairwell,
                Some(id),
                &name,
                Some(number),
            );
            self.doors(&mut building, stairwell, floors, a_floor);
            self.fixtures(&mut building, stairwell, look);
        }
        building
    }

    fn place(
        &mut self,
        building: Identity,
        id: Identity,
        kind: PlaceKind,
        parent: Option<Identity>,
        name: &str,
        order: Option<u32>,
    ) {
        let added = PlaceAdded {
            kind,
            parent: parent.map(PlaceId),
            name: name.to_owned(),
            order,
        };
        let document = DocumentName::Place(building);
        self.sheet.make(self.area, document, id, added, self.built);
    }

    fn doors(&mut self, building: &mut Building, parent: Identity, floors: u32, a_floor: u32) {
        for floor in 1..=floors {
            for door in 1..=a_floor {
                let number = floor * 100 + door;
                let id = identity("door", &[parent.as_bytes(), &number.to_be_bytes()]);
                let (kind, name) = (PlaceKind::Household, number.to_string());
                self.place(
                    building.id.identity(),
                    id,
                    kind,
                    Some(parent),
                    &name,
                    Some(number),
                );
                building.doors.push(Door {
                    id: PlaceId(id),
                    bottles: Vec::new(),
                });
            }
        }
    }

    /// A hydrant everywhere; simple sprinklers and alarms where the summaries speak of them: in lane
    /// houses and in the high-rise.
    fn fixtures(&mut self, building: &mut Building, place: Identity, look: &Look) {
        let mut kinds = vec!["hydrant.wall"];
        if look.stairwells == (0, 0) || look.weight == 0 {
            kinds.extend(["sprinkler.simple", "sprinkler.simple", "alarm.smoke"]);
        }
        for (number, kind) in (0_u32..).zip(kinds) {
            let id = identity("fixture", &[place.as_bytes(), &number.to_be_bytes()]);
            let added = AssetAdded {
                asset_type: kind.to_owned(),
                place: PlaceId(place),
                label: None,
                factory: (kind == "alarm.smoke").then(|| month(2012, self.dice.between(1, 12))),
                size: None,
                batch: None,
                registration: Registration::Registered,
                maker_life_years: None,
            };
            let document = DocumentName::Place(building.id.identity());
            self.sheet.make(self.area, document, id, added, self.built);
            building.common.push(Fixture {
                id: AssetId(id),
                kind,
                place: PlaceId(place),
            });
        }
    }
}
