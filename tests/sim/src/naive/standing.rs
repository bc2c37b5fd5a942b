//! What the office lets count: its verdicts, and one of what was said several times.

use doorstep_model::entry::{Body, Ruling, Verdict};

use super::said::{Said, Standing};
use super::same;
use crate::broken::Checked;

/// Gives every entry the standing that the office's last words give it.
pub fn settle(all: &mut [Said]) {
    let words: Vec<(usize, Verdict)> = (0..all.len())
        .filter(|at| all[*at].writer.office)
        .filter_map(|at| match &all[at].entry.body {
            Body::Verdict(verdict) => Some((at, verdict.clone())),
            _ => None,
        })
        .collect();
    let standings: Vec<Standing> = all.iter().map(|said| ruled(all, &words, said)).collect();
    for (said, standing) in all.iter_mut().zip(standings) {
        said.standing = standing;
    }
}

/// The stricter of the last verdict on the entry and the last on its segment.
fn ruled(all: &[Said], words: &[(usize, Verdict)], said: &Said) -> Standing {
    let n = said.sealed.as_ref().map(|sealed| sealed.n);
    let on_segment = last(all, words, |word, verdict| {
        verdict.segment.is_some_and(|segment| {
            segment.author == said.writer.tag && Some(segment.n) == n && word.area == said.area
        })
    });
    let on_entry = last(all, words, |word, verdict| {
        verdict.segment.is_none() && word.subject == said.identity
    });
    on_segment.max(on_entry)
}

fn last(
    all: &[Said],
    words: &[(usize, Verdict)],
    is_on_it: impl Fn(&Said, &Verdict) -> bool,
) -> Standing {
    words
        .iter()
        .filter(|(word, verdict)| is_on_it(&all[*word], verdict))
        .max_by_key(|(word, _)| all[*word].office_order())
        .map_or(Standing::Counts, |(_, verdict)| match verdict.ruling {
            Ruling::Held => Standing::Held,
            Ruling::Refused | Ruling::Quarantined => Standing::Out,
            Ruling::Accepted | Ruling::Released => Standing::Counts,
        })
}

/// Of several with one name and one content the first in order.
pub fn once<'a>(said: &[&'a Said]) -> Vec<&'a Said> {
    let is_repeated = |one: &Said| {
        said.iter().any(|other| {
            other.identity == one.identity
                && other.order() < one.order()
                && other.content() == one.content()
        })
    };
    said.iter()
        .filter(|one| !is_repeated(one))
        .copied()
        .collect()
}

/// The store says the same names and standings.
///
/// # Errors
/// One that differs.
pub fn agrees(all: &[Said]) -> Checked<()> {
    for said in all {
        let name = said.own_name();
        let standing = match said.standing {
            Standing::Counts => 0,
            Standing::Held => 1,
            Standing::Out => 2,
        };
        let what = format_args!("standing of {name}");
        same(what, &said.stored.standing, &standing)?;
        let called = said.stored.origin.unwrap_or(name);
        same(
            format_args!("what {name} is called"),
            &called,
            &said.identity,
        )?;
    }
    Ok(())
}
