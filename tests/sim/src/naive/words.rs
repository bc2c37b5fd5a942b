//! What the office says of areas, persons, authors and its own key, and which rounds it let go below the
//! horizon: of several words about one thing its last holds.

use std::collections::BTreeMap;

use doorstep_model::entry::Body;

use super::about::{Known, named_by};
use super::table::{Table, row};

/// The tables of the office's words.
pub fn tables(known: &Known<'_>) -> [Table; 5] {
    [
        areas(known),
        persons(known),
        revocations(known),
        keys(known),
        horizon(known),
    ]
}

fn areas(known: &Known<'_>) -> Table {
    let rows = known.things().filter_map(|(subject, about)| {
        let (_, area) = about.last_word(|body| match body {
            Body::AreaDeclared(area) => Some(area),
            _ => None,
        })?;
        Some(row![
            subject,
            &area.code,
            area.parent.clone(),
            &area.level,
            &area.name,
            area.from,
            area.until
        ])
    });
    Table {
        name: "area_row",
        columns: "subject, code, parent, level, name, since, until",
        rows: rows.collect(),
    }
}

fn persons(known: &Known<'_>) -> Table {
    let rows = known.things().filter_map(|(subject, about)| {
        let (_, person) = about.last_word(|body| match body {
            Body::PersonDeclared(person) => Some(person),
            _ => None,
        })?;
        let force = person.force.clone();
        Some(row![subject, &person.roster, person.role, force])
    });
    Table {
        name: "person",
        columns: "id, roster, role, force",
        rows: rows.collect(),
    }
}

/// From the first word on, as the office received it.
fn revocations(known: &Known<'_>) -> Table {
    let mut first = BTreeMap::new();
    for (subject, about) in known.things() {
        let revoked = about.each(|body| match body {
            Body::AuthorRevoked(revoked) => Some(revoked.author),
            _ => None,
        });
        for (said, author) in revoked {
            let arrival = said
                .sealed
                .as_ref()
                .and_then(|sealed| sealed.arrival.as_ref());
            if let Some((at, _)) = arrival {
                let first = first.entry((subject, author)).or_insert(*at);
                *first = (*first).min(*at);
            }
        }
    }
    let rows = first
        .into_iter()
        .map(|((subject, author), at)| row![subject, author.0.to_vec(), at]);
    Table {
        name: "revocation",
        columns: "subject, author, received_at",
        rows: rows.collect(),
    }
}

fn keys(known: &Known<'_>) -> Table {
    let rows = known.things().filter_map(|(subject, about)| {
        let (_, key) = about.last_word(|body| match body {
            Body::TransportKey(key) => Some(key),
            _ => None,
        })?;
        Some(row![subject, key.key.to_vec()])
    });
    Table {
        name: "transport_key",
        columns: "subject, key",
        rows: rows.collect(),
    }
}

/// Since an office first said so.
fn horizon(known: &Known<'_>) -> Table {
    let mut first = BTreeMap::new();
    for (subject, about) in known.things() {
        for said in &about.counting {
            for (building, round) in named_by(said) {
                let key = (building, round.to_bytes(), subject);
                let first = first.entry(key).or_insert(said.time);
                *first = (*first).min(said.time);
            }
        }
    }
    let rows = first
        .into_iter()
        .map(|((building, round, subject), at)| row![building, round, subject, at]);
    Table {
        name: "horizon",
        columns: "building, round, subject, at",
        rows: rows.collect(),
    }
}
