//! Everything that must hold of a pack beyond its form; the first line of defence against bad data.
//!
//! Collects problems and never stops at the first. Changes nothing and fills nothing in.

use std::collections::BTreeSet;

use super::{
    AssetType, Duty, FactoryMonth, Interval, OnUnreadable, Pack, Problem, ProblemKind, Situation,
    Source,
};
use crate::message::Text;

/// The longest interval that makes sense: a hundred years of months.
const MOST_MONTHS: u16 = 1_200;
/// The longest interval in days that makes sense: a leap year. Longer ones are months.
const MOST_DAYS: u16 = 366;
/// The highest level a hazard may start with; the next is judged, never given.
const MOST_LEVEL: u8 = 2;

/// All problems of `pack`, in the order of its lists.
pub(super) fn problems(pack: &Pack) -> Vec<Problem> {
    let mut found = Found(Vec::new());
    header(pack, &mut found);
    duties(pack, &mut found);
    assets(pack, &mut found);
    lists(pack, &mut found);
    readings_used(pack, &mut found);
    found.0
}

struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, place: impl Into<String>, kind: ProblemKind) {
        self.0.push(Problem {
            place: place.into(),
            kind,
        });
    }

    fn text(&mut self, place: &str, text: &Text) {
        if text.is_incomplete() {
            self.add(place, ProblemKind::TextMissing);
        }
    }

    fn source(&mut self, place: &str, source: &Source) {
        if source.clause.trim().is_empty() {
            self.add(format!("{place}.clause"), ProblemKind::Blank);
        }
    }

    /// Ids that are blank or stand twice in one list.
    fn ids<'a>(&mut self, place: &str, ids: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            if id.trim().is_empty() {
                self.add(place, ProblemKind::Blank);
            } else if !seen.insert(id) {
                self.add(place, ProblemKind::Duplicate(id.to_owned()));
            }
        }
    }

    fn reference(&mut self, place: &str, id: &str, exists: bool) {
        if !exists {
            self.add(place, ProblemKind::UnknownReference(id.to_owned()));
        }
    }
}

fn header(pack: &Pack, found: &mut Found) {
    if pack.id.trim().is_empty() {
        found.add("id", ProblemKind::Blank);
    }
    if pack.number == 0 {
        found.add("number", ProblemKind::Range(0));
    }
    if pack.missing_severity == 0 {
        found.add("missing_severity", ProblemKind::Range(0));
    }
    found.source("month_task", &pack.month_task);
    if let Some(rule) = &pack.away {
        found.source("away", &rule.source);
        found.reference(
            "away.reading",
            &rule.reading,
            pack.reading(&rule.reading).is_some(),
        );
        if rule.of == 0 || rule.parts > rule.of {
            found.add("away", ProblemKind::Range(rule.parts));
        }
    }
    if let Some(rule) = &pack.rating {
        found.source("rating", &rule.source);
        found.reference(
            "rating.reading",
            &rule.reading,
            pack.reading(&rule.reading).is_some(),
        );
        if rule.step_square_metres == 0 {
            found.add("rating.step_square_metres", ProblemKind::Range(0));
        }
    }
}

fn duties(pack: &Pack, found: &mut Found) {
    found.ids("duties", pack.duties.iter().map(|duty| duty.id.as_str()));
    for duty in &pack.duties {
        let place = format!("duties.{}", duty.id);
        found.text(&format!("{place}.name"), &duty.name);
        found.source(&place, &duty.source);
        if let Some(condition) = &duty.condition {
            found.text(&format!("{place}.condition"), condition);
        }
        if duty.kind.as_str().trim().is_empty() {
            found.add(format!("{place}.kind"), ProblemKind::Blank);
        }
        for reading in &duty.readings {
            found.reference(
                &format!("{place}.readings"),
                reading,
                pack.reading(reading).is_some(),
            );
        }
        intervals(&place, duty, found);
        if !pack
            .assets
            .iter()
            .any(|asset| asset.duties.contains(&duty.id))
        {
            found.add("duties", ProblemKind::Unused(duty.id.clone()));
        }
    }
}

fn intervals(place: &str, duty: &Duty, found: &mut Found) {
    let mut within = |value: u16, most: u16| {
        if value == 0 || value > most {
            found.add(
                format!("{place}.rule"),
                ProblemKind::Interval(u32::from(value)),
            );
        }
    };
    match &duty.rule {
        Interval::Rounds => {}
        Interval::Look { at_most_days, .. } => within(at_most_days.unwrap_or(MOST_DAYS), MOST_DAYS),
        Interval::Days { days } => within(*days, MOST_DAYS),
        Interval::Months {
            from_factory,
            from_registration,
            every,
            ..
        } => {
            within(*every, MOST_MONTHS);
            // Without a beginning it would never be due.
            let begins = from_factory.unwrap_or(u16::from(*from_registration));
            within(begins, MOST_MONTHS);
        }
        Interval::Life { months, .. } => within(*months, MOST_MONTHS),
    }
}

fn assets(pack: &Pack, found: &mut Found) {
    found.ids("assets", pack.assets.iter().map(|asset| asset.id.as_str()));
    for asset in &pack.assets {
        let place = format!("assets.{}", asset.id);
        found.text(&format!("{place}.name"), &asset.name);
        if let Some(list) = &asset.checklist {
            found.reference(
                &format!("{place}.checklist"),
                list,
                pack.checklist(list).is_some(),
            );
        }
        for id in &asset.duties {
            let exists = pack.duties.iter().any(|duty| duty.id == *id);
            found.reference(&format!("{place}.duties"), id, exists);
        }
        found.ids(
            &format!("{place}.duties"),
            pack.duties_of(asset).map(|duty| duty.kind.as_str()),
        );
        kinds_named(pack, asset, &place, found);
        factory_month(pack, asset, &place, found);
    }
}

/// Kinds that the intervals of one asset type name must be among what is owed to it.
fn kinds_named(pack: &Pack, asset: &AssetType, place: &str, found: &mut Found) {
    for duty in pack.duties_of(asset) {
        let Interval::Months {
            contained_in,
            ends_with,
            ..
        } = &duty.rule
        else {
            continue;
        };
        let place = format!("{place}.duties.{}", duty.id);
        for kind in contained_in {
            let exists = pack.duties_of(asset).any(|other| other.kind == *kind);
            found.reference(&place, kind.as_str(), exists);
        }
        if let Some(kind) = ends_with {
            let exists = pack
                .duties_of(asset)
                .any(|other| other.kind == *kind && matches!(other.rule, Interval::Life { .. }));
            found.reference(&place, kind.as_str(), exists);
        }
    }
}

fn factory_month(pack: &Pack, asset: &AssetType, place: &str, found: &mut Found) {
    let lives = pack
        .duties_of(asset)
        .filter(|duty| matches!(duty.rule, Interval::Life { .. }))
        .count();
    if let OnUnreadable::Scrap(source) = &asset.unreadable {
        found.source(&format!("{place}.unreadable"), source);
        if lives != 1 {
            found.add(format!("{place}.unreadable"), ProblemKind::NoLife);
        }
    }
    if lives > 0 && asset.factory_month == FactoryMonth::Optional {
        found.add(format!("{place}.factory_month"), ProblemKind::NoLife);
    }
}

fn lists(pack: &Pack, found: &mut Found) {
    found.ids("units", pack.units.iter().map(|unit| unit.id.as_str()));
    for unit in &pack.units {
        found.text(&format!("units.{}", unit.id), &unit.name);
    }
    found.ids(
        "checklists",
        pack.checklists.iter().map(|list| list.id.as_str()),
    );
    for list in &pack.checklists {
        let place = format!("checklists.{}", list.id);
        found.text(&place, &list.name);
        if list.points.is_empty() {
            found.add(&place, ProblemKind::Blank);
        }
        found.ids(&place, list.points.iter().map(|point| point.id.as_str()));
        for point in &list.points {
            found.text(&format!("{place}.{}", point.id), &point.name);
        }
    }
    found.ids(
        "faults",
        pack.faults.iter().map(|fault| fault.code.as_str()),
    );
    for fault in &pack.faults {
        let place = format!("faults.{}", fault.code);
        found.text(&place, &fault.name);
        if fault.severity == 0 {
            found.add(format!("{place}.severity"), ProblemKind::Range(0));
        }
        found.ids(
            &format!("{place}.assets"),
            fault.assets.iter().map(String::as_str),
        );
        for asset in &fault.assets {
            found.reference(
                &format!("{place}.assets"),
                asset,
                pack.asset(asset).is_some(),
            );
        }
    }
    found.ids(
        "hazards",
        pack.hazards.iter().map(|hazard| hazard.id.as_str()),
    );
    for hazard in &pack.hazards {
        let place = format!("hazards.{}", hazard.id);
        found.text(&place, &hazard.name);
        found.reference(
            &format!("{place}.unit"),
            &hazard.unit,
            pack.unit(&hazard.unit).is_some(),
        );
        if hazard.level > MOST_LEVEL {
            found.add(
                format!("{place}.level"),
                ProblemKind::Range(u32::from(hazard.level)),
            );
        }
        if let Some(source) = &hazard.source {
            found.source(&place, source);
        }
    }
}

/// Every reading has words and is either of a known situation or referred to.
fn readings_used(pack: &Pack, found: &mut Found) {
    found.ids(
        "readings",
        pack.readings.iter().map(|reading| reading.id.as_str()),
    );
    let mut used: BTreeSet<&str> = Situation::ALL
        .iter()
        .map(|situation| situation.id())
        .collect();
    used.extend(
        pack.duties
            .iter()
            .flat_map(|duty| duty.readings.iter().map(String::as_str)),
    );
    used.extend(pack.away.iter().map(|rule| rule.reading.as_str()));
    used.extend(pack.rating.iter().map(|rule| rule.reading.as_str()));
    for reading in &pack.readings {
        found.text(&format!("readings.{}", reading.id), &reading.why);
        if !used.contains(reading.id.as_str()) {
            found.add("readings", ProblemKind::Unused(reading.id.clone()));
        }
    }
}
