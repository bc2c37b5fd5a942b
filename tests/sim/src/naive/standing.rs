//! What the office lets count: its verdicts, and one of what was said several times.

use doorstep_model::entry::{Body, Ruling, Verdict};
use doorstep_model::ids::Identity;
use rusqlite::Connection;

use super::said::{Said, Standing};
use super::same;
use crate::broken::Checked;

/// Gives every entry the standing that the office's last words give it.
pub fn settle(all: &mut [Said]) {
    let standings: Vec<Standing> = all.iter().map(|said| ruled(all, said)).collect();
    for (said, standing) in all.iter_mut().zip(standings) {
        said.standing = standing;
    }
}

/// The stricter of the last verdict on the entry and the last on its segment.
fn ruled(all: &[Said], said: &Said) -> Standing {
    let on_segment = last_verdict(all, said, |word, verdict| {
        verdict.segment.is_some_and(|segment| {
            let n = said.sealed.as_ref().map(|sealed| sealed.n);
            segment.author == said.writer.tag && Some(segment.n) == n && word.area == said.area
        })
    });
    let on_entry = last_verdict(all, said, |word, verdict| {
        verdict.segment.is_none() && word.subject == said.identity
    });
    on_segment.max(on_entry)
}

fn last_verdict(all: &[Said], said: &Said, is_on_it: impl Fn(&Said, &Verdict) -> bool) -> Standing {
    all.iter()
        .filter(|word| word.writer.office && word.area == said.area)
        .filter_map(|word| match &word.entry.body {
            Body::Verdict(verdict) if is_on_it(word, verdict) => {
                Some((word.office_order(), verdict.ruling))
            }
            _ => None,
        })
        .max_by_key(|(order, _)| *order)
        .map_or(Standing::Counts, |(_, ruling)| match ruling {
            Ruling::Held => Standing::Held,
            Ruling::Refused | Ruling::Quarantined => Standing::Out,
            Ruling::Accepted | Ruling::Released => Standing::Counts,
        })
}

/// What counts, each once: of several with one name and one content the first in order.
pub fn counting(all: &[Said]) -> Vec<&Said> {
    once(all.iter().filter(|said| said.standing == Standing::Counts))
}

/// Of several with one name and one content the first in order.
pub fn once<'a>(all: impl Iterator<Item = &'a Said> + Clone) -> Vec<&'a Said> {
    all.clone()
        .filter(|said| {
            !all.clone().any(|other| {
                other.identity == said.identity
                    && other.content == said.content
                    && other.order() < said.order()
            })
        })
        .collect()
}

/// The office's store says the same names and standings.
///
/// # Errors
/// One that differs.
pub fn agrees(connection: &Connection, all: &[Said]) -> Checked<()> {
    let mut select =
        connection.prepare_cached("SELECT standing, origin FROM entry WHERE id = ?1")?;
    for said in all {
        let (standing, origin): (i64, Option<Vec<u8>>) =
            select.query_row([said.row], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let naive = match said.standing {
            Standing::Counts => 0,
            Standing::Held => 1,
            Standing::Out => 2,
        };
        let name = said.own_name();
        same(format_args!("standing of {name}"), &standing, &naive)?;
        let called = origin.and_then(|bytes| Identity::from_slice(&bytes));
        same(
            format_args!("what {name} is called"),
            &called.unwrap_or(name),
            &said.identity,
        )?;
    }
    Ok(())
}
