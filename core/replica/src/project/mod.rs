//! From entries to rows: everything that is on a screen, computed anew for one subject from all its
//! entries. A set function: the order in which entries came does not show, and nothing that depends
//! on now or on this replica gets into a row. How facts merge is the model's; asking the rows is
//! `query`'s.
//!
//! A subject has one *facet*, by the entries about it: it is an asset, a place, a case and so on. Its
//! main row stands in the table of that facet only, which is why an old row of the same facet proves
//! that no other table holds one.

mod area;
mod asset;
mod checksum;
mod due;
mod extras;
mod gather;
mod horizon;
mod later;
mod ledger;
mod matter;
mod packs;
mod place;
mod plan;
mod rebuild;
mod shown;
mod words;
mod writers;

use doorstep_model::entry::Body;
use doorstep_model::facts::Standing;
use doorstep_model::ids::Identity;
use rusqlite::Connection;

use crate::directory::Directory;
use crate::error::Result;

pub(crate) use asset::{is_look, is_structure};
pub use checksum::TableSum;
pub(crate) use checksum::{area_checksum, checksums};
pub(crate) use gather::{Gathered, entries, entries_of_document, history, place_in_feed};
pub(crate) use later::{Later, Overwriting};
pub(crate) use packs::Working;
pub use packs::{PackRefused, Packs};
#[cfg(feature = "testing")]
pub(crate) use rebuild::fill;
pub(crate) use rebuild::{rebuild, rebuild_slice};
pub(crate) use shown::{field_number, identity};
pub(crate) use words::{UNREADABLE, month_number, result_text};

/// What every projection works with.
struct Desk<'a> {
    tx: &'a Connection,
    directory: &'a mut Directory,
    packs: &'a Packs,
}

/// Computes the rows of a subject anew. Returns further subjects whose rows depend on what changed:
/// they have to be computed again even if they were already.
///
/// # Errors
/// The store's; and [`crate::Error::Store`] as corrupt where a stored entry is none.
pub(crate) fn recompute(
    tx: &Connection,
    directory: &mut Directory,
    packs: &Packs,
    subject: Identity,
) -> Result<Vec<Identity>> {
    let mut gathered = gather::tail(tx, directory, subject)?;
    let mut facet = Facet::of(&gathered);
    let suffices = match facet {
        Facet::Asset => asset::tail_suffices(tx, subject, &gathered)?,
        // The latest check is in every tail: without one there are none, and nothing was left out.
        _ => !gathered.has_checks && !gathered.cut,
    };
    if !suffices {
        gathered = gather::entries(tx, directory, subject)?;
        facet = Facet::of(&gathered);
    }
    let desk = &mut Desk {
        tx,
        directory,
        packs,
    };
    match facet {
        Facet::Asset => asset::project(desk, subject, gathered).map(|()| Vec::new()),
        Facet::Place => place::project(desk, subject, gathered).map(|()| Vec::new()),
        facet => {
            clear(tx, subject)?;
            if facet == Facet::Nothing {
                note_orphans(&mut gathered);
            }
            if facet != Facet::Case {
                extras::write(desk, subject, &gathered, true)?;
            }
            let mut further = ledger::project_person(desk, subject, &gathered)?;
            further.extend(ledger::project_import(desk, subject, &gathered)?);
            further.extend(area::project(desk, subject, &gathered)?);
            further.extend(horizon::project(desk, subject, &gathered)?);
            match facet {
                Facet::Case => matter::project(desk, subject, gathered)?,
                Facet::Ledger => ledger::project(desk, subject, &gathered)?,
                Facet::Plan => plan::project(desk, subject, &gathered)?,
                Facet::Asset | Facet::Place | Facet::Nothing => {}
            }
            Ok(further)
        }
    }
}

/// Shows entries about a thing that nobody made, as far as this replica knows.
fn note_orphans(gathered: &mut Gathered) {
    let orphans: Vec<Identity> = gathered
        .entries
        .iter()
        .map(|loaded| &loaded.placed)
        .filter(|placed| placed.standing == Standing::Counts)
        .filter(|placed| {
            matches!(
                placed.entry.body,
                Body::FieldSet(_)
                    | Body::Visit(_)
                    | Body::Check(_)
                    | Body::CaseStep(_)
                    | Body::Service(_)
            )
        })
        .map(|placed| placed.identity)
        .collect();
    gathered.note(orphans.into_iter().map(|entry| (entry, "orphan")));
}

/// What a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Facet {
    Asset,
    Place,
    Case,
    /// Batches and figures.
    Ledger,
    /// Rounds and campaigns.
    Plan,
    /// Everything else: areas, persons, imports, verdicts, things that nobody made.
    Nothing,
}

impl Facet {
    /// By the entries that make a subject; of several the first in the order of this list, so that it
    /// is one whatever somebody wrote.
    fn of(gathered: &Gathered) -> Self {
        let said = |body: &Body| match body {
            Body::AssetAdded(_) => Self::Asset,
            Body::PlaceAdded(_) => Self::Place,
            Body::Found(_) => Self::Case,
            Body::HandoutBatch(_) | Body::ReportedFigure(_) => Self::Ledger,
            Body::RoundPlanned(_) | Body::Campaign(_) => Self::Plan,
            _ => Self::Nothing,
        };
        let entries = gathered.entries.iter();
        entries
            .map(|loaded| said(&loaded.placed.entry.body))
            .min()
            .unwrap_or(Self::Nothing)
    }
}

/// Tables that hold rows of a subject by its facet, and the column that names it.
const TABLES: &[(&str, &str)] = &[
    ("asset", "id"),
    ("dispute", "asset"),
    ("label", "subject"),
    ("matter", "id"),
    ("handout_batch", "id"),
    ("figure", "id"),
    ("round", "id"),
    ("campaign", "id"),
    ("month_close", "subject"),
    ("transport_key", "subject"),
];

/// Tables whose rows are compared before they are written, because others hear of a change.
const COMPARED: &[(&str, &str)] = &[
    ("person", "id"),
    ("import_row", "subject"),
    ("import_undone", "subject"),
    ("area_row", "subject"),
    ("adopted_pack", "subject"),
    ("revocation", "subject"),
    ("horizon", "subject"),
];

/// Takes out the rows of a subject, but those that are compared first.
fn clear(tx: &Connection, subject: Identity) -> Result<()> {
    delete(tx, TABLES, subject)?;
    place::remove(tx, subject)
}

/// Takes out the rows of a subject that is a place or an asset now, whatever it was.
fn clear_all(tx: &Connection, subject: Identity) -> Result<()> {
    delete(tx, COMPARED, subject)?;
    clear(tx, subject)
}

fn delete(tx: &Connection, tables: &[(&str, &str)], subject: Identity) -> Result<()> {
    for (table, column) in tables {
        let sql = format!("DELETE FROM {table} WHERE {column} = ?1");
        tx.prepare_cached(&sql)?.execute([subject.as_bytes()])?;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
