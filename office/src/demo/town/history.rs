//! Repairs, hazards and person-times of 2013-2017: as many as the summaries report, on things of this
//! street. Numbers are `figures`'; how a case goes on paper is `sheet`'s.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Attendance, Campaign, CaseClass, Found};
use doorstep_model::ids::{AreaId, Identity, PlaceId};

use super::figures::Figures;
use super::sheet::Sheet;
use super::{Committee, Fixture, identity};
use crate::demo::almanac::{HOUR, at, day_of};
use crate::demo::dice::Dice;

/// Hazards that people at a door can put right: level 1 of the pack.
pub(in crate::demo) const FIRE: [&str; 8] = [
    "exit_blocked",
    "equipment_blocked",
    "fire_door_open",
    "lane_blocked",
    "e_bike",
    "dangerous_electricity",
    "temporary_wiring",
    "clutter",
];

/// What breaks of each type of fixture, as the pack calls it.
pub(in crate::demo) const FAULTS: [(&str, [&str; 3]); 3] = [
    ("hydrant.wall", ["valve_stuck", "leak", "hose_missing"]),
    ("sprinkler.simple", ["head_damaged", "valve_shut", "leak"]),
    ("alarm.smoke", ["battery_flat", "no_sound", "alarm_covered"]),
];

/// One case in so many went its whole way; the others were fixed on the spot.
const WHOLE: usize = 4;

/// A matter of this class and kind at a place.
pub(in crate::demo) fn matter(class: CaseClass, kind: &str, place: PlaceId) -> Found {
    Found {
        class,
        kind: kind.to_owned(),
        place,
        asset: None,
        level: 1,
        suspected: None,
        note: None,
        photos: None,
        round: None,
        campaign: None,
    }
}

/// Repairs of hydrants, sprinklers and alarms.
pub(super) fn repairs(
    seed: u64,
    wanted: &Figures<'_>,
    committees: &[Committee],
    sheet: &mut Sheet,
) {
    let rows = [
        ("S03", "wall hydrants repaired"),
        ("S04", "simple sprinklers repaired"),
        ("S06", "smoke alarms repaired"),
    ];
    for ((row, measure), (kind, faults)) in rows.into_iter().zip(FAULTS) {
        let mut fixtures: Vec<(&AreaId, &Fixture)> = committees
            .iter()
            .flat_map(|one| one.buildings.iter().map(move |other| (&one.area, other)))
            .flat_map(|(area, building)| building.common.iter().map(move |one| (area, one)))
            .filter(|(_, fixture)| fixture.kind == kind)
            .collect();
        Dice::of(seed, "what breaks", 0).shuffle(&mut fixtures);
        let mut turn = fixtures.iter().cycle();
        for (year, number) in wanted.share(row, measure) {
            let mut dice = Dice::of(seed, row, year.into());
            for (area, fixture) in turn.by_ref().take(as_count(number)) {
                let fault = dice.pick(&faults).copied().unwrap_or(faults[0]);
                let found = Found {
                    asset: Some(fixture.id),
                    ..matter(CaseClass::Repair, fault, fixture.place)
                };
                course(
                    sheet,
                    area,
                    found,
                    some_day(&mut dice, year, 1, 11),
                    &mut dice,
                );
            }
        }
    }
}

/// Hazards: before the holiday of 2013, the mobilisations of 2014 and 2015, production safety.
pub(super) fn hazards(
    seed: u64,
    wanted: &Figures<'_>,
    committees: &[Committee],
    sheet: &mut Sheet,
) {
    let campaign = holiday_campaign(sheet);
    let rows = [
        ("S10", "hazards rectified before the holiday"),
        ("S11", "fire hazards found and rectified"),
        ("S12", "hazards found and rectified"),
        ("S19", "production-safety hazards rectified"),
    ];
    let homes: Vec<&Committee> = committees
        .iter()
        .filter(|one| !one.buildings.is_empty())
        .collect();
    for (row, measure) in rows {
        for (year, number) in wanted.share(row, measure) {
            let mut dice = Dice::of(seed, row, year.into());
            for _ in 0..number {
                let Some((area, place)) = some_place(&homes, &mut dice) else {
                    continue;
                };
                let (kind, months, campaign) = match row {
                    "S10" => (dice.pick(&FIRE), (9, 9), Some(campaign)),
                    "S19" => (Some(&"production"), (1, 11), None),
                    _ => (dice.pick(&FIRE), (1, 11), None),
                };
                let found = Found {
                    campaign,
                    ..matter(CaseClass::Hazard, kind.copied().unwrap_or(FIRE[0]), place)
                };
                let time = some_day(&mut dice, year, months.0, months.1);
                course(sheet, area, found, time, &mut dice);
            }
        }
    }
}

/// Person-times of 2014 and 2015, a month and committee each.
pub(super) fn attendance(
    seed: u64,
    wanted: &Figures<'_>,
    committees: &[Committee],
    sheet: &mut Sheet,
) {
    for row in ["S11", "S12"] {
        for (year, number) in wanted.whole(row, "people taking part in checks") {
            let parts = (committees.len() as u32 * 12).max(1);
            let mut dice = Dice::of(seed, "person-times", year.into());
            let mut part = 0;
            for month in 1..=12 {
                for Committee { area, .. } in committees {
                    let person_times = number * (part + 1) / parts - number * part / parts;
                    part += 1;
                    let day = day_of(year, month, dice.between(1, 28));
                    let attendance = Attendance {
                        person_times,
                        day,
                        force: Some("volunteer".to_owned()),
                    };
                    let subject = area.subject();
                    let time = at(day, 18 * HOUR);
                    sheet.say(area, DocumentName::Plan, subject, attendance, time);
                }
            }
        }
    }
}

fn holiday_campaign(sheet: &mut Sheet) -> Identity {
    let id = identity("campaign", &[b"2013"]);
    let campaign = Campaign {
        name: "2013年国庆节前隐患大检查".to_owned(),
        from: day_of(2013, 9, 1),
        to: day_of(2013, 9, 30),
    };
    let time = at(campaign.from, 8 * HOUR);
    let area = AreaId::organisation();
    sheet.make(&area, DocumentName::Plan, id, campaign, time);
    id
}

fn course(sheet: &mut Sheet, area: &AreaId, found: Found, time: i64, dice: &mut Dice) {
    if dice.one_in(WHOLE) {
        sheet.whole_course(area, found, time);
    } else {
        sheet.fixed_on_spot(area, found, time);
    }
}

/// Some door or common part.
fn some_place<'c>(homes: &[&'c Committee], dice: &mut Dice) -> Option<(&'c AreaId, PlaceId)> {
    let committee = dice.pick(homes)?;
    let building = dice.pick(&committee.buildings)?;
    let place = match dice.one_in(3) {
        true => building.id,
        false => dice.pick(&building.doors)?.id,
    };
    Some((&committee.area, place))
}

/// Some working hour of these months, early enough that a case is closed within them.
fn some_day(dice: &mut Dice, year: u16, from: u32, to: u32) -> i64 {
    let day = day_of(year, dice.between(from, to), dice.between(1, 24));
    at(day, i64::from(dice.between(9 * 3_600, 16 * 3_600)))
}

fn as_count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(0)
}
