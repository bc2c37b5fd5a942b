//! What places and assets are said to be: the value of every field or that several stand against each
//! other, which things bear which label, and what stands in which building.

use std::collections::BTreeSet;

use doorstep_model::entry::{Body, Field, FieldValue};
use doorstep_model::ids::Identity;

use super::about::{About, Known};
use super::doors;
use super::said::Said;
use super::table::{Cell, Table, row};

/// All fields with their numbers.
const ALL: &[(u8, Field)] = &[
    (1, Field::Name),
    (2, Field::Label),
    (3, Field::Factory),
    (4, Field::AssetType),
    (5, Field::Place),
    (6, Field::Size),
    (7, Field::MakerLife),
    (8, Field::HouseholdState),
    (9, Field::BatteryMonth),
    (10, Field::Order),
];

/// One value that somebody gave to a field.
struct Given<'a> {
    said: &'a Said,
    value: FieldValue,
}

impl Given<'_> {
    /// Whoever wrote this had that one before them.
    fn names(&self, other: &Given<'_>) -> bool {
        let after = self.said.entry.envelope.after.as_deref();
        after.unwrap_or_default().contains(&other.said.identity)
    }
}

/// What a field of a thing comes to: of the values that no other names the last in order, and all of
/// them.
struct Candidates<'a>(Vec<Given<'a>>);

impl<'a> Candidates<'a> {
    fn of(about: &About<'a>, field: Field) -> Self {
        let all: Vec<Given<'_>> = about
            .each(|body| value(body, field))
            .map(|(said, value)| Given { said, value })
            .collect();
        let replaced: Vec<bool> = all
            .iter()
            .map(|given| {
                all.iter()
                    .any(|by| by.names(given) && !leads_to(&all, given, by))
            })
            .collect();
        let kept = all.into_iter().zip(replaced);
        Self(
            kept.filter_map(|(given, replaced)| (!replaced).then_some(given))
                .collect(),
        )
    }

    fn shown(&self) -> Option<&FieldValue> {
        let last = self.0.iter().max_by_key(|given| given.said.order());
        last.map(|given| &given.value)
    }

    /// Several that do not say the same.
    fn is_disputed(&self) -> bool {
        let values: BTreeSet<&FieldValue> = self.0.iter().map(|given| &given.value).collect();
        values.len() > 1
    }
}

/// What an entry says of a field: the one that sets it, or the one that makes the thing.
fn value(body: &Body, field: Field) -> Option<FieldValue> {
    let text = |text: &String| FieldValue::Text(text.clone());
    let number = |number: u32| FieldValue::Number(number.into());
    match (body, field) {
        (Body::FieldSet(set), _) if set.field == field => Some(set.value.clone()),
        (Body::PlaceAdded(place), Field::Name) => Some(text(&place.name)),
        (Body::PlaceAdded(place), Field::Place) => {
            place.parent.map(|parent| FieldValue::Id(parent.identity()))
        }
        (Body::PlaceAdded(place), Field::Order) => place.order.map(number),
        (Body::AssetAdded(asset), Field::AssetType) => Some(text(&asset.asset_type)),
        (Body::AssetAdded(asset), Field::Place) => Some(FieldValue::Id(asset.place.identity())),
        (Body::AssetAdded(asset), Field::Label) => asset.label.as_ref().map(text),
        (Body::AssetAdded(asset), Field::Size) => asset.size.as_ref().map(text),
        (Body::AssetAdded(asset), Field::Factory) => asset.factory.map(number),
        (Body::AssetAdded(asset), Field::MakerLife) => {
            asset.maker_life_years.map(|years| number(years.into()))
        }
        _ => None,
    }
}

/// Whether one had another before them, or somebody who had: in a circle nobody names anybody.
fn leads_to(all: &[Given<'_>], from: &Given<'_>, to: &Given<'_>) -> bool {
    let mut reached = vec![from];
    let mut done = 0;
    while done < reached.len() {
        let by = reached[done];
        done += 1;
        for one in all.iter().filter(|one| by.names(one)) {
            if !reached.iter().any(|known| std::ptr::eq(*known, one)) {
                reached.push(one);
            }
        }
    }
    reached.iter().any(|known| std::ptr::eq(*known, to))
}

/// What is on screen of a field.
pub fn shown(about: &About<'_>, field: Field) -> Cell {
    match Candidates::of(about, field).shown() {
        None | Some(FieldValue::Empty) => Cell::Null,
        Some(FieldValue::Number(number)) => Cell::Number(number.cast_signed()),
        Some(FieldValue::Text(text)) => text.into(),
        Some(FieldValue::Id(id)) => (*id).into(),
    }
}

/// The thing that a field on screen names.
pub fn named(about: &About<'_>, field: Field) -> Option<Identity> {
    match Candidates::of(about, field).shown() {
        Some(FieldValue::Id(id)) => Some(*id),
        _ => None,
    }
}

/// The number of a field on screen.
pub fn number(about: &About<'_>, field: Field) -> Option<i64> {
    match Candidates::of(about, field).shown() {
        Some(FieldValue::Number(number)) => Some(number.cast_signed()),
        _ => None,
    }
}

/// The text of a field on screen.
pub fn text(about: &About<'_>, field: Field) -> Option<String> {
    match Candidates::of(about, field).shown() {
        Some(FieldValue::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Numbers of the disputed fields, joined by commas.
pub fn disputed(about: &About<'_>) -> String {
    let disputed = ALL
        .iter()
        .filter(|(_, field)| Candidates::of(about, *field).is_disputed());
    let numbers: Vec<String> = disputed.map(|(number, _)| number.to_string()).collect();
    numbers.join(",")
}

/// The topmost place that holds this one. Of places that hold one another in a circle the least.
pub fn building(known: &Known<'_>, place: Identity) -> Identity {
    let mut path = vec![place];
    loop {
        let at = path[path.len() - 1];
        let parent = known
            .about(at)
            .filter(|about| about.first(place_added).is_some())
            .and_then(|about| named(about, Field::Place));
        let Some(parent) = parent else { return at };
        if let Some(from) = path.iter().position(|passed| *passed == parent) {
            return path[from..].iter().copied().min().unwrap_or(at);
        }
        path.push(parent);
    }
}

fn place_added(body: &Body) -> Option<&doorstep_model::entry::PlaceAdded> {
    match body {
        Body::PlaceAdded(place) => Some(place),
        _ => None,
    }
}

/// Every place: what its fields come to, and the attempts at its door.
pub fn places(known: &Known<'_>) -> Table {
    let rows = known.made(place_added).map(|(id, about, _, place)| {
        let parent = named(about, Field::Place);
        let mut row = row![
            id,
            place.kind as u8,
            parent,
            building(known, id),
            shown(about, Field::Name),
            number(about, Field::Order).unwrap_or(0),
            shown(about, Field::Label),
            shown(about, Field::HouseholdState)
        ];
        row.extend(doors::attempts(about));
        row.push(disputed(about).into());
        row
    });
    Table {
        name: "place",
        columns: "id, kind, parent, building, name, ordering, label, state, visit, visit_at, \
                  visit_next, attempts, disputed",
        rows: rows.collect(),
    }
}

/// Every label that a place or asset is said to bear.
pub fn labels(known: &Known<'_>) -> Table {
    let things = known.made(|body| match body {
        Body::PlaceAdded(_) | Body::AssetAdded(_) => Some(()),
        _ => None,
    });
    let rows = things.flat_map(|(thing, about, ..)| {
        let candidates = Candidates::of(about, Field::Label);
        let disputed = candidates.is_disputed();
        let codes = candidates
            .0
            .into_iter()
            .filter_map(|given| match given.value {
                FieldValue::Text(code) => Some(code),
                _ => None,
            });
        codes.map(move |code| row![code, thing, disputed])
    });
    Table {
        name: "label",
        columns: "code, subject, disputed",
        rows: rows.collect(),
    }
}
