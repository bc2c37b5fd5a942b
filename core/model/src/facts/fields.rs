//! The fields of one place or asset: all values are kept, and which of them stand is decided here.
//! What a value means (a month, a label) is for whoever reads it.
//!
//! The entry that made the place or asset gives the first value of each field that it states. It
//! counts as a value like any other: a candidate until the `after` of another value of that field
//! names it. Somebody who sets a field without having seen the creation disagrees with it.

use std::collections::BTreeMap;

use super::circles::components;
use super::{Beside, Placed, prepare};
use crate::entry::{AssetAdded, Body, Field, FieldValue, PlaceAdded};
use crate::ids::{Identity, PersonId};

/// One value that somebody gave a field, and that nobody who had seen it replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The entry that gives it.
    pub identity: Identity,
    /// The value.
    pub value: FieldValue,
    /// Who gave it.
    pub person: PersonId,
    /// When, unix seconds.
    pub time: i64,
}

/// What is known of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldState {
    /// At least one, in order; the last is on screen.
    pub candidates: Vec<Candidate>,
}

impl FieldState {
    /// The value on screen: that of the latest candidate.
    pub fn shown(&self) -> Option<&FieldValue> {
        self.candidates.last().map(|candidate| &candidate.value)
    }

    /// Candidates say different things and the office has to decide. Several that say the same are
    /// no dispute.
    pub fn disputed(&self) -> bool {
        self.candidates
            .windows(2)
            .any(|two| two[0].value != two[1].value)
    }

    /// What the `after` of a new value has to name: all candidates.
    pub fn identities(&self) -> Vec<Identity> {
        self.candidates.iter().map(|one| one.identity).collect()
    }
}

/// The fields of one place or asset.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldsState {
    /// The entry that made it, if that is known and counts; of several the first in order.
    pub created_by: Option<Identity>,
    /// Every field that anybody gave a value.
    pub fields: BTreeMap<Field, FieldState>,
    /// What is held, quarantined or doubled: reported, not in the rest.
    pub beside: Beside,
}

struct Value<'a> {
    placed: &'a Placed,
    value: FieldValue,
}

/// Folds the entries of **one** place or asset: its creation and the values of its fields.
pub fn fold(entries: &[Placed]) -> FieldsState {
    let prepared = prepare(entries);
    let mut created_by = None;
    let mut values: BTreeMap<Field, Vec<Value<'_>>> = BTreeMap::new();
    let mut put = |placed, field, value| {
        let value = Value { placed, value };
        values.entry(field).or_default().push(value);
    };
    for placed in prepared.counting() {
        let stated = match &placed.entry.body {
            Body::FieldSet(set) => {
                put(placed, set.field, set.value.clone());
                continue;
            }
            Body::AssetAdded(asset) => stated_by_asset(asset),
            Body::PlaceAdded(place) => stated_by_place(place),
            _ => continue,
        };
        created_by = created_by.or(Some(placed.identity));
        for (field, value) in stated {
            put(placed, field, value);
        }
    }
    FieldsState {
        created_by,
        fields: values
            .into_iter()
            .map(|(field, values)| (field, candidates(&values)))
            .collect(),
        beside: prepared.beside,
    }
}

fn stated_by_asset(asset: &AssetAdded) -> Vec<(Field, FieldValue)> {
    let mut stated = vec![
        (Field::AssetType, FieldValue::Text(asset.asset_type.clone())),
        (Field::Place, FieldValue::Id(asset.place.identity())),
    ];
    let text = |text: &Option<String>| text.clone().map(FieldValue::Text);
    let number = |number: Option<u32>| number.map(|number| FieldValue::Number(number.into()));
    let life = asset.maker_life_years.map(u32::from);
    let optional = [
        (Field::Label, text(&asset.label)),
        (Field::Factory, number(asset.factory)),
        (Field::Size, text(&asset.size)),
        (Field::MakerLife, number(life)),
    ];
    stated.extend(optional.into_iter().filter_map(|(f, v)| Some((f, v?))));
    stated
}

fn stated_by_place(place: &PlaceAdded) -> Vec<(Field, FieldValue)> {
    let mut stated = vec![(Field::Name, FieldValue::Text(place.name.clone()))];
    let parent = place.parent.map(|parent| FieldValue::Id(parent.identity()));
    let order = place.order.map(|order| FieldValue::Number(order.into()));
    let optional = [(Field::Place, parent), (Field::Order, order)];
    stated.extend(optional.into_iter().filter_map(|(f, v)| Some((f, v?))));
    stated
}

/// The values, given in order, that no other one's `after` names. An `after` inside a circle names
/// nothing, so there is always a candidate.
fn candidates(values: &[Value<'_>]) -> FieldState {
    let named = named(values);
    let candidates = values
        .iter()
        .zip(named)
        .filter(|(_, named)| !named)
        .map(|(value, _)| Candidate {
            identity: value.placed.identity,
            value: value.value.clone(),
            person: value.placed.person,
            time: value.placed.stands_at(),
        })
        .collect();
    FieldState { candidates }
}

fn named(values: &[Value<'_>]) -> Vec<bool> {
    let mut named = vec![false; values.len()];
    if values.iter().all(|value| value.placed.after().is_empty()) {
        return named;
    }
    let mut places: Vec<(Identity, usize)> = values
        .iter()
        .enumerate()
        .map(|(at, value)| (value.placed.identity, at))
        .collect();
    places.sort_unstable();
    let mut edges = Vec::new();
    for (from, value) in values.iter().enumerate() {
        for &identity in value.placed.after() {
            let first = places.partition_point(|place| place.0 < identity);
            let same = places[first..].iter();
            for &(_, to) in same.take_while(|place| place.0 == identity) {
                edges.push((from, to));
            }
        }
    }
    let circle = components(values.len(), &edges);
    for (from, to) in edges {
        named[to] |= circle[from] != circle[to];
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{FieldSet, Registration};
    use crate::facts::testing::{Draft, NOON, entry, id, permuted, undo};
    use crate::ids::PlaceId;
    use proptest::prelude::*;

    fn set(by: u8, n: u64, time: i64, value: u64) -> Draft {
        let set = FieldSet {
            field: Field::Factory,
            value: FieldValue::Number(value),
        };
        entry(by, n, time, set)
    }

    fn extinguisher(factory: Option<u32>) -> AssetAdded {
        AssetAdded {
            asset_type: "extinguisher.dry_powder".to_owned(),
            place: PlaceId(id(500)),
            label: None,
            factory,
            size: Some("2kg".to_owned()),
            batch: None,
            registration: Registration::Registered,
            maker_life_years: None,
        }
    }

    fn factory(entries: &[Placed]) -> FieldState {
        fold(entries).fields[&Field::Factory].clone()
    }

    #[test]
    fn the_creation_gives_the_first_values_and_only_those_it_states() {
        let state = fold(&[entry(1, 1, NOON, extinguisher(None)).placed()]);
        assert_eq!(state.created_by, Some(id(1)));
        let fields: Vec<_> = state.fields.keys().collect();
        assert_eq!(fields, [&Field::AssetType, &Field::Place, &Field::Size]);
    }

    #[test]
    fn a_value_that_had_seen_the_creation_replaces_it() {
        let all = [
            entry(1, 1, NOON, extinguisher(Some(24_000))).placed(),
            set(2, 2, NOON + 1, 24_005).after(&[1]).placed(),
        ];
        for slice in permuted(&all) {
            let state = factory(&slice);
            assert_eq!(state.shown(), Some(&FieldValue::Number(24_005)));
            assert!(!state.disputed());
        }
    }

    #[test]
    fn a_value_that_had_not_seen_the_creation_disputes_it() {
        let all = [
            entry(1, 1, NOON, extinguisher(Some(24_000))).placed(),
            set(2, 2, NOON - 60, 24_005).placed(),
        ];
        for slice in permuted(&all) {
            let state = factory(&slice);
            assert!(state.disputed());
            assert_eq!(state.shown(), Some(&FieldValue::Number(24_000)));
            assert_eq!(state.identities(), [id(2), id(1)]);
        }
    }

    #[test]
    fn two_who_say_the_same_do_not_dispute() {
        let all = [
            set(1, 1, NOON, 24_000).placed(),
            set(2, 2, NOON, 24_000).placed(),
        ];
        let state = factory(&all);
        assert_eq!(state.candidates.len(), 2);
        assert!(!state.disputed());
    }

    #[test]
    fn values_that_name_one_another_in_a_circle_all_stand() {
        let all = [
            set(1, 1, NOON, 1).placed(),
            set(1, 2, NOON + 1, 2).after(&[1, 3, 2]).placed(),
            set(2, 3, NOON + 2, 3).after(&[2]).placed(),
        ];
        for slice in permuted(&all) {
            assert_eq!(factory(&slice).identities(), [id(2), id(3)]);
        }
    }

    #[test]
    fn what_is_held_or_undone_replaces_nothing() {
        let first = set(1, 1, NOON, 1).placed();
        let held = set(2, 2, NOON + 1, 2).after(&[1]).held().placed();
        let undone = set(1, 3, NOON + 2, 3).after(&[1]).placed();
        let undo = entry(1, 4, NOON + 3, undo(id(3))).placed();
        let state = fold(&[first, held, undone, undo]);
        assert_eq!(state.fields[&Field::Factory].identities(), [id(1)]);
        assert_eq!(state.beside.held, [id(2)]);
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_show(
            values in proptest::collection::vec((0u8..3, 0i64..3, 0u64..3, proptest::collection::vec(0u64..8, 0..3)), 1..8),
            turn in 0usize..8,
        ) {
            let all: Vec<Placed> = values
                .iter()
                .enumerate()
                .map(|(n, (by, time, value, after))| {
                    set(*by, n as u64, NOON + time, *value).after(after).placed()
                })
                .collect();
            let state = fold(&all);
            prop_assert!(!state.fields[&Field::Factory].candidates.is_empty());
            for mut slice in permuted(&all) {
                slice.rotate_left(turn % all.len());
                prop_assert_eq!(&fold(&slice), &state);
            }
        }
    }
}
