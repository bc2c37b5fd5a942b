//! What places and assets are said to be: the value of every field or that several stand against each
//! other, and which things bear which label.

use std::collections::BTreeSet;

use doorstep_model::entry::{Body, Field, FieldValue};
use doorstep_model::ids::Identity;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::said::Said;
use super::{is_undone, read_ids, same, story};
use crate::broken::Checked;

/// Columns of a place that fields fill.
const PLACE: &[(&str, Field)] = &[
    ("name", Field::Name),
    ("label", Field::Label),
    ("parent", Field::Place),
    ("state", Field::HouseholdState),
    ("ordering", Field::Order),
];

/// Columns of an asset that fields fill.
const ASSET: &[(&str, Field)] = &[
    ("label", Field::Label),
    ("type", Field::AssetType),
    ("place", Field::Place),
    ("size", Field::Size),
    ("maker_life", Field::MakerLife),
];

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

/// Everything that says what a field of a thing is.
fn given<'a>(counting: &[&'a Said], thing: Identity, field: Field) -> Vec<Given<'a>> {
    counting
        .iter()
        .filter(|said| said.subject == thing && !is_undone(counting, said))
        .filter_map(|said| {
            value(&said.entry.body, field).map(|value| Given { said: *said, value })
        })
        .collect()
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

/// The values that no other names; in a circle nobody names anybody.
fn candidates<'a, 'b>(all: &'b [Given<'a>]) -> Vec<&'b Given<'a>> {
    let is_replaced = |given: &Given<'_>| {
        all.iter()
            .any(|by| by.names(given) && !leads_to(all, given, by))
    };
    all.iter().filter(|given| !is_replaced(given)).collect()
}

/// Whether one had another before them, or somebody who had.
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

/// The last of the candidates, which is on screen.
fn shown(candidates: &[&Given<'_>]) -> Value {
    let last = candidates.iter().max_by_key(|given| given.said.order());
    match last.map(|given| &given.value) {
        None | Some(FieldValue::Empty) => Value::Null,
        Some(FieldValue::Number(number)) => Value::Integer(number.cast_signed()),
        Some(FieldValue::Text(text)) => Value::Text(text.clone()),
        Some(FieldValue::Id(id)) => Value::Blob(id.as_bytes().to_vec()),
    }
}

/// Several candidates that do not say the same.
fn is_disputed(candidates: &[&Given<'_>]) -> bool {
    let values: BTreeSet<&FieldValue> = candidates.iter().map(|given| &given.value).collect();
    values.len() > 1
}

/// Every place's and asset's row says what its fields come to, and every label's what bears it.
///
/// # Errors
/// A row that differs.
pub fn agrees(connection: &Connection, counting: &[&Said]) -> Checked<()> {
    let places = made(counting, |body| matches!(body, Body::PlaceAdded(_)));
    let assets = made(counting, |body| matches!(body, Body::AssetAdded(_)));
    let mut labels = BTreeSet::new();
    for (table, columns, things) in [("place", PLACE, places), ("asset", ASSET, assets)] {
        let sql = format!("SELECT id FROM {table}");
        same(format_args!("every {table}"), &read_ids(connection, &sql)?, &things)?;
        for thing in things {
            let mut naive = Vec::new();
            for (_, field) in columns {
                let given = given(counting, thing, *field);
                let value = shown(&candidates(&given));
                // Without a number of its own a thing is sorted first.
                naive.push(match (field, value) {
                    (Field::Order, Value::Null) => Value::Integer(0),
                    (_, value) => value,
                });
            }
            let mut disputed = Vec::new();
            for (number, field) in ALL {
                let given = given(counting, thing, *field);
                let candidates = candidates(&given);
                if is_disputed(&candidates) {
                    disputed.push(number.to_string());
                }
                if *field == Field::Label {
                    labels.extend(borne(&candidates, thing));
                }
            }
            naive.push(Value::Text(disputed.join(",")));
            same(
                format_args!("fields of {thing}, of which\n{}\n", story(counting, thing)),
                &row(connection, table, columns, thing)?,
                &naive,
            )?;
        }
    }
    same("labels", &bearers(connection)?, &labels)
}

/// What is there: somebody made it, and did not take it back.
pub fn made(counting: &[&Said], makes: impl Fn(&Body) -> bool) -> BTreeSet<Identity> {
    counting
        .iter()
        .filter(|said| makes(&said.entry.body) && !is_undone(counting, said))
        .map(|said| said.subject)
        .collect()
}

/// A code, what bears it, and whether that is disputed.
type Borne = (String, Identity, bool);

fn borne(candidates: &[&Given<'_>], thing: Identity) -> Vec<Borne> {
    let disputed = is_disputed(candidates);
    candidates
        .iter()
        .filter_map(|given| match &given.value {
            FieldValue::Text(code) => Some((code.clone(), thing, disputed)),
            _ => None,
        })
        .collect()
}

fn bearers(connection: &Connection) -> Checked<BTreeSet<Borne>> {
    let mut select = connection.prepare_cached("SELECT code, subject, disputed FROM label")?;
    let mut rows = select.query([])?;
    let mut bearers = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let subject = super::said::identity(&row.get::<_, Vec<u8>>(1)?)?;
        bearers.insert((row.get(0)?, subject, row.get(2)?));
    }
    Ok(bearers)
}

fn row(
    connection: &Connection,
    table: &str,
    columns: &[(&str, Field)],
    thing: Identity,
) -> Checked<Vec<Value>> {
    let mut names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    names.push("disputed");
    let sql = format!("SELECT {} FROM {table} WHERE id = ?1", names.join(", "));
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([thing.as_bytes()], |row| {
            (0..names.len()).map(|at| row.get(at)).collect()
        })?)
}
