//! A second opinion: the rows of an office worked out from all its entries at once, by the plainest
//! reading of the rules and with no regard to speed. Written apart from the product: nothing here calls
//! or imitates the model's `facts` or the replica's projection, so that an error must be made twice to
//! go unseen. Work below a horizon is not here: no simulated office draws one.

pub mod cases;
pub mod doors;
pub mod fields;
pub mod looks;
pub mod order;
pub mod said;
pub mod standing;
pub mod time;

use std::collections::BTreeSet;

use doorstep_model::entry::Body;
use doorstep_model::ids::Identity;
use doorstep_model::keys::PublicKey;
use doorstep_model::time::LocalDay;
use rusqlite::Connection;

use crate::broken::{Broken, Checked, Promise};
pub use said::{Person, Said, Sealed};

/// Holds an office's store against the second opinion.
///
/// # Errors
/// [`Promise::Diverged`] with the first row that differs, or the store's.
pub fn agrees(connection: &Connection, organisation: &PublicKey) -> Checked<()> {
    let mut all = said::read(connection, organisation)?;
    time::settle(&mut all);
    time::agrees(connection, &all)?;
    standing::settle(&mut all);
    standing::agrees(connection, &all)?;
    let counts = standing::counting(&all);
    looks::agrees(connection, &counts)?;
    doors::agrees(connection, &counts)?;
    fields::agrees(connection, &counts)?;
    cases::agrees(connection, &all, &counts)
}

/// Its own person took it back on its own day.
fn is_undone(about: &[&Said], said: &Said) -> bool {
    let takes_back = |undo: &&Said| {
        matches!(&undo.entry.body, Body::Undo(body) if body.of == said.identity)
            && undo.person == said.person
            && LocalDay::of(undo.time) == LocalDay::of(said.time)
    };
    !matches!(said.entry.body, Body::Undo(_)) && about.iter().any(takes_back)
}

/// The identities that a query gives.
fn read_ids(connection: &Connection, sql: &str) -> Checked<BTreeSet<Identity>> {
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([])?;
    let mut ids = BTreeSet::new();
    while let Some(row) = rows.next()? {
        ids.insert(said::identity(&row.get::<_, Vec<u8>>(0)?)?);
    }
    Ok(ids)
}

/// What was said of something, in order, for whoever must find out who is right.
fn story(counting: &[&Said], subject: Identity) -> String {
    let mut about: Vec<&Said> = counting
        .iter()
        .filter(|said| said.subject == subject)
        .copied()
        .collect();
    about.sort_by_key(|said| said.order());
    let lines: Vec<String> = about
        .iter()
        .map(|said| {
            let (own, name, person) = (said.own_name(), said.identity, said.person);
            let (role, standing) = (said.writer.role, said.standing);
            let place = said.sealed.as_ref().map(|s| (s.position, s.earlier, s.seen));
            let (after, body) = (&said.entry.envelope.after, &said.entry.body);
            format!(
                "  {} {name} (own {own}) {person:?} {role} {standing:?} {place:?} after {after:?}: {body:?}",
                said.time
            )
        })
        .collect();
    lines.join("\n")
}

/// What a row says is what the second opinion says of it.
fn same<T: PartialEq + std::fmt::Debug>(
    what: impl std::fmt::Display,
    row: &T,
    naive: &T,
) -> Checked<()> {
    if row == naive {
        return Ok(());
    }
    Err(Broken::new(
        Promise::Diverged,
        format!("{what}: the row says {row:?}, the naive fold {naive:?}"),
    ))
}
