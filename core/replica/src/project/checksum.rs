//! The checksum of an area's rows, table by table: what two replicas compare that hold the same feed.
//! Rows are hashed in the order of their keys, every column with its type. Local numbers never enter:
//! an area stands by its code.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use doorstep_model::ids::AreaId;

use super::Packs;
use crate::error::Result;
use crate::store::count;

/// The rows of one table in one area.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TableSum {
    /// The table.
    pub table: &'static str,
    /// Version of its columns: sums of two versions say nothing about each other.
    pub version: u16,
    /// How many rows there are.
    pub rows: u64,
    /// SHA-256 over the rows.
    #[serde(serialize_with = "as_hex")]
    pub hash: [u8; 32],
}

fn as_hex<S: serde::Serializer>(hash: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&data_encoding::HEXLOWER.encode(hash))
}

/// A table that is compared: its version, its key and its other columns, `area` left out.
struct Summed {
    table: &'static str,
    version: u16,
    key: &'static str,
    rest: &'static str,
}

const SUMMED: &[Summed] = &[
    Summed {
        table: "place",
        version: 2,
        key: "id",
        rest: "kind, parent, building, name, ordering, label, state, visit, visit_at, visit_next, \
               attempts, disputed, extras, reaches_back",
    },
    Summed {
        table: "asset",
        version: 2,
        key: "id",
        rest: "type, place, building, label, factory, size, batch, registration, maker_life, \
               registered, mark, services, ended, away, result, counts, checked_at, looked_on, \
               looked_by, waiting, due, look_due, work_due, disputed, extras, reaches_back",
    },
    Summed {
        table: "label",
        version: 1,
        key: "code, subject",
        rest: "disputed",
    },
    Summed {
        table: "dispute",
        version: 1,
        key: "asset, number",
        rest: "since, checks",
    },
    Summed {
        table: "matter",
        version: 1,
        key: "id",
        rest: "class, kind, place, asset, state, open, level, suspected, judged, found_at, found_by, \
               round, campaign, deadline, stopped, review, rectified, on_spot, duplicate, merged, \
               claims, note, photos, mark",
    },
    Summed {
        table: "handout",
        version: 1,
        key: "subject, identity",
        rest: "batch, item, quantity, unit, day, mark",
    },
    Summed {
        table: "handout_batch",
        version: 1,
        key: "id",
        rest: "item, size, manner, day, project, maker, factory, mark",
    },
    Summed {
        table: "attendance",
        version: 1,
        key: "subject, identity",
        rest: "person_times, day, force, mark",
    },
    Summed {
        table: "round",
        version: 1,
        key: "id",
        rest: "name, first_day, last_day, checklist, campaign, closed",
    },
    Summed {
        table: "round_target",
        version: 1,
        key: "building, round, subject",
        rest: "door",
    },
    Summed {
        table: "campaign",
        version: 1,
        key: "id",
        rest: "name, first_day, last_day",
    },
    Summed {
        table: "month_close",
        version: 1,
        key: "subject, month",
        rest: "marks",
    },
    Summed {
        table: "horizon",
        version: 1,
        key: "building, round, subject",
        rest: "at",
    },
    Summed {
        table: "figure",
        version: 1,
        key: "id",
        rest: "year, line, measure, value, unit, precision, quotes, note, cumulative",
    },
    Summed {
        table: "area_row",
        version: 1,
        key: "subject",
        rest: "code, parent, level, name, since, until",
    },
    Summed {
        table: "person",
        version: 1,
        key: "id",
        rest: "roster, role, force",
    },
    Summed {
        table: "adopted_pack",
        version: 1,
        key: "subject",
        rest: "pack, number, hash",
    },
    Summed {
        table: "revocation",
        version: 1,
        key: "subject, author",
        rest: "received_at",
    },
    Summed {
        table: "transport_key",
        version: 1,
        key: "subject",
        rest: "key",
    },
    Summed {
        table: "same_as",
        version: 1,
        key: "subject, other",
        rest: "subject",
    },
    Summed {
        table: "import_row",
        version: 1,
        key: "subject, batch",
        rest: "subject",
    },
    Summed {
        table: "import_undone",
        version: 1,
        key: "subject",
        rest: "subject",
    },
];

/// The sum of every compared table in one area.
///
/// # Errors
/// The store's.
pub(crate) fn checksums(connection: &Connection, area: &AreaId) -> Result<Vec<TableSum>> {
    SUMMED
        .iter()
        .map(|summed| summed.of(connection, area))
        .collect()
}

/// One hash over [`checksums`], with the area's code and the pack that the rows were made with: rows of
/// different packs never compare as equal.
///
/// # Errors
/// The store's.
pub(crate) fn area_checksum(
    connection: &Connection,
    packs: &Packs,
    area: &AreaId,
) -> Result<[u8; 32]> {
    let working = packs.of_code(connection, area)?;
    let mut hasher = Sha256::new();
    hash_bytes(&mut hasher, b'a', area.as_str().as_bytes());
    hash_bytes(&mut hasher, b'p', working.pack.id().as_bytes());
    hasher.update(working.pack.number().to_be_bytes());
    for sum in checksums(connection, area)? {
        hash_bytes(&mut hasher, b't', sum.table.as_bytes());
        hasher.update(sum.version.to_be_bytes());
        hasher.update(sum.rows.to_be_bytes());
        hasher.update(sum.hash);
    }
    Ok(hasher.finalize().into())
}

impl Summed {
    fn of(&self, connection: &Connection, area: &AreaId) -> Result<TableSum> {
        let Self {
            table,
            key,
            rest,
            version,
        } = self;
        let sql = format!(
            "SELECT {key}, {rest} FROM {table} \
             WHERE area = (SELECT id FROM area WHERE code = ?1) ORDER BY {key}"
        );
        let mut select = connection.prepare_cached(&sql)?;
        let columns = select.column_count();
        let mut rows = select.query([area.as_str()])?;
        let mut hasher = Sha256::new();
        let mut seen = 0;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                hash_value(&mut hasher, row.get_ref(column)?);
            }
            seen += 1;
        }
        Ok(TableSum {
            table,
            version: *version,
            rows: count(seen),
            hash: hasher.finalize().into(),
        })
    }
}

/// A value with its type; of texts and blobs also the length, so that no two rows hash alike.
fn hash_value(hasher: &mut Sha256, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => hasher.update(b"n"),
        ValueRef::Integer(number) => {
            hasher.update(b"i");
            hasher.update(number.to_be_bytes());
        }
        ValueRef::Real(number) => {
            hasher.update(b"r");
            hasher.update(number.to_bits().to_be_bytes());
        }
        ValueRef::Text(text) => hash_bytes(hasher, b's', text),
        ValueRef::Blob(blob) => hash_bytes(hasher, b'b', blob),
    }
}

fn hash_bytes(hasher: &mut Sha256, kind: u8, bytes: &[u8]) {
    hasher.update([kind]);
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::SUMMED;
    use crate::store::{Place, Store};

    #[test]
    fn every_column_of_a_compared_row_is_summed_but_its_local_area() {
        let store = Store::open(&Place::Memory, None).unwrap();
        let reader = store.reader();
        for summed in SUMMED {
            let mut select = reader
                .prepare("SELECT name FROM pragma_table_info(?1)")
                .unwrap();
            let columns: BTreeSet<String> = select
                .query_map([summed.table], |row| row.get(0))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            let named = [summed.key, summed.rest].join(", ");
            let mut named: BTreeSet<String> =
                named.split(", ").map(|n| n.trim().to_owned()).collect();
            named.insert("area".to_owned());
            assert_eq!(columns, named, "{}", summed.table);
        }
    }
}
