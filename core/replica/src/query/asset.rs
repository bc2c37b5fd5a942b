//! One asset: its fields with all candidates, every look at it, what it owes and why, its cases. Asked
//! of its entries where the row does not hold it.

use doorstep_model::calendar::local_day;
use doorstep_model::due::Obligation;
use doorstep_model::entry::{Body, FieldValue};
use doorstep_model::facts::checks;
use doorstep_model::facts::fields;
use doorstep_model::ids::{AssetId, Identity, PersonId, PhotoHash};
use rusqlite::Connection;
use serde::Serialize;

use super::assets::{AssetLine, COLUMNS, facts, line};
use super::cases::{CaseLine, of_asset};
use super::{as_text, as_text_if_any, as_texts};
use crate::directory::Directory;
use crate::error::Result;
use crate::project::{self, Packs, field_number, result_text};

/// An asset with everything known of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AssetPage {
    /// As in lists.
    pub asset: AssetLine,
    /// Every field that anybody gave a value.
    pub fields: Vec<FieldLine>,
    /// Every look, the latest first.
    pub history: Vec<LookLine>,
    /// What is owed on the day asked, with clauses.
    pub obligations: Vec<Obligation>,
    /// Its cases, open ones first.
    pub cases: Vec<CaseLine>,
    /// Entries about it that wait for a person at the desk.
    pub held: u32,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldLine {
    /// The field's number in entries.
    pub field: u8,
    /// Candidates say different things.
    pub disputed: bool,
    /// At least one; the last is on screen. A new value has to name all of them.
    pub candidates: Vec<CandidateLine>,
}

/// One value that nobody who had seen it replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CandidateLine {
    /// The entry that gives it.
    #[serde(serialize_with = "as_text")]
    pub entry: Identity,
    /// The value; none when it is said to be empty.
    pub value: Option<String>,
    /// Who gave it.
    #[serde(serialize_with = "as_text")]
    pub person: PersonId,
    /// When.
    pub time: i64,
}

/// One look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LookLine {
    /// The check.
    #[serde(serialize_with = "as_text")]
    pub check: Identity,
    /// Who looked.
    #[serde(serialize_with = "as_text")]
    pub person: PersonId,
    /// When.
    pub time: i64,
    /// Only the day of it is known.
    pub date_only: bool,
    /// From an imported log.
    pub imported: bool,
    /// `normal`, `missing`, or a JSON list of fault codes.
    pub result: String,
    /// The correction that holds for it.
    #[serde(serialize_with = "as_text_if_any")]
    pub corrected_by: Option<Identity>,
    /// The same person's later look: this one is history only.
    #[serde(serialize_with = "as_text_if_any")]
    pub superseded_by: Option<Identity>,
    /// In a dispute that waits for the desk.
    pub waiting: bool,
    /// A note.
    pub note: Option<String>,
    /// Photos, by hash.
    #[serde(serialize_with = "as_texts")]
    pub photos: Vec<PhotoHash>,
}

/// One asset; `None` when there is none of this id.
pub(crate) fn asset(
    connection: &Connection,
    packs: &Packs,
    id: AssetId,
    now: i64,
) -> Result<Option<AssetPage>> {
    let sql = format!("SELECT {COLUMNS}, area FROM asset WHERE id = ?1");
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([id.0.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let facts = facts(row)?;
    let working = packs.of(connection, row.get(16)?)?;
    let asset = line(row, &working, now)?;
    let gathered = project::history(connection, &mut Directory::default(), id.0)?;
    let state = checks::fold(&gathered.placed(project::is_look), working.as_ref());
    let fields = fields::fold(&gathered.placed(project::is_structure));
    let waiting: Vec<Identity> = state
        .waiting()
        .flat_map(|dispute| dispute.checks.iter().copied())
        .collect();
    let history = state
        .history
        .iter()
        .rev()
        .map(|look| {
            let (note, photos) = words_of(&gathered, look.identity);
            LookLine {
                check: look.identity,
                person: look.person,
                time: look.time,
                date_only: look.date_only,
                imported: look.imported,
                result: result_text(&look.outcome).into_owned(),
                corrected_by: look.corrected_by,
                superseded_by: look.superseded_by,
                waiting: waiting.contains(&look.identity),
                note,
                photos,
            }
        })
        .collect();
    Ok(Some(AssetPage {
        asset,
        fields: field_lines(&fields),
        history,
        obligations: facts.obligations(&working, local_day(now)),
        cases: of_asset(connection, id, now)?,
        held: (state.beside.held.len() + fields.beside.held.len()) as u32,
    }))
}

fn field_lines(fields: &fields::FieldsState) -> Vec<FieldLine> {
    let value = |value: &FieldValue| match value {
        FieldValue::Empty => None,
        FieldValue::Number(number) => Some(number.to_string()),
        FieldValue::Text(text) => Some(text.clone()),
        FieldValue::Id(id) => Some(id.to_string()),
    };
    fields
        .fields
        .iter()
        .map(|(field, state)| FieldLine {
            field: field_number(*field),
            disputed: state.disputed(),
            candidates: state
                .candidates
                .iter()
                .map(|one| CandidateLine {
                    entry: one.identity,
                    value: value(&one.value),
                    person: one.person,
                    time: one.time,
                })
                .collect(),
        })
        .collect()
}

/// Note and photos of a check; of a carried one nothing is left.
fn words_of(gathered: &project::Gathered, check: Identity) -> (Option<String>, Vec<PhotoHash>) {
    gathered
        .entries
        .iter()
        .filter(|loaded| loaded.placed.identity == check)
        .find_map(|loaded| match &loaded.placed.entry.body {
            Body::Check(check) => {
                Some((check.note.clone(), check.photos.clone().unwrap_or_default()))
            }
            _ => None,
        })
        .unwrap_or_default()
}
