//! What of a folded thing is on screen: the value of a field, where the thing lives, whether it is
//! real. How the candidates of a field come about is the model's.

use doorstep_model::entry::{Field, FieldValue, Mark};
use doorstep_model::facts::fields::FieldsState;
use doorstep_model::facts::{Placed, Standing};
use doorstep_model::ids::Identity;
use rusqlite::{Connection, Row, params};

use super::gather::Gathered;
use crate::error::Result;

/// The text on screen of a field.
pub(super) fn text(fields: &FieldsState, field: Field) -> Option<String> {
    match fields.fields.get(&field)?.shown()? {
        FieldValue::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// The number on screen of a field.
pub(super) fn number(fields: &FieldsState, field: Field) -> Option<u64> {
    match fields.fields.get(&field)?.shown()? {
        FieldValue::Number(number) => Some(*number),
        _ => None,
    }
}

/// The thing that a field on screen names.
pub(super) fn id(fields: &FieldsState, field: Field) -> Option<Identity> {
    match fields.fields.get(&field)?.shown()? {
        FieldValue::Id(id) => Some(*id),
        _ => None,
    }
}

/// The number of a field in entries and rows.
pub(crate) fn field_number(field: Field) -> u8 {
    match field {
        Field::Name => 1,
        Field::Label => LABEL,
        Field::Factory => 3,
        Field::AssetType => 4,
        Field::Place => 5,
        Field::Size => 6,
        Field::MakerLife => 7,
        Field::HouseholdState => 8,
        Field::BatteryMonth => 9,
        Field::Order => 10,
    }
}

const LABEL: u8 = 2;

/// Numbers of the disputed fields, joined by commas.
pub(super) fn disputed(fields: &FieldsState) -> String {
    let disputed = fields.fields.iter().filter(|(_, state)| state.disputed());
    let numbers: Vec<String> = disputed
        .map(|(field, _)| field_number(*field).to_string())
        .collect();
    numbers.join(",")
}

/// Whether [`disputed`] says so of the label.
pub(super) fn label_is_disputed(disputed: &str) -> bool {
    disputed.split(',').any(|number| number == "2")
}

/// 0 real work, else [`Mark::code`]: 1 generated, 2 practice.
pub(super) fn mark(placed: &Placed) -> u16 {
    placed.entry.envelope.mark.map_or(0, Mark::code)
}

/// The document where a thing lives: that of its creation, or of the last copy that an office wrote
/// into a successor document when the thing moved to another area.
pub(super) fn home(gathered: &Gathered, made_by: Identity) -> i64 {
    gathered
        .entries
        .iter()
        .filter(|loaded| loaded.placed.identity == made_by)
        .filter(|loaded| loaded.placed.standing == Standing::Counts)
        .max_by_key(|loaded| (loaded.copied, loaded.word))
        .map_or(0, |loaded| loaded.document)
}

/// Writes which label codes lead to a thing: the one on screen, of a disputed label every candidate,
/// so that any sticker found on it leads there.
pub(super) fn write_labels(
    tx: &Connection,
    subject: Identity,
    area: i64,
    fields: &FieldsState,
) -> Result<()> {
    tx.prepare_cached("DELETE FROM label WHERE subject = ?1")?
        .execute([subject.as_bytes()])?;
    let Some(label) = fields.fields.get(&Field::Label) else {
        return Ok(());
    };
    let disputed = label.disputed();
    for candidate in &label.candidates {
        if let FieldValue::Text(code) = &candidate.value {
            tx.prepare_cached(
                "INSERT INTO label (code, subject, area, disputed) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![code, subject.as_bytes(), area, disputed])?;
        }
    }
    Ok(())
}

/// Reads an identity from a column; NULL, or bytes that are none, is `None`.
pub(crate) fn identity(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Identity>> {
    let bytes = row.get_ref(column)?.as_blob_or_null()?;
    Ok(bytes.and_then(Identity::from_slice))
}
