//! Times the building, vetting and reading of changes, beside automerge's own ways, and prints
//! microseconds each.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, Change, ROOT};
use doorstep_model::change;
use doorstep_model::entry::{Check, Entry, Outcome};
use doorstep_model::ids::{AuthorTag, Identity};
use doorstep_mutate::scene::{Author, Keyed};
use doorstep_mutate::semantic::{described, written};

const TIMES: u32 = 20_000;

fn micros<T>(mut work: impl FnMut() -> T) -> f64 {
    let from = Instant::now();
    for _ in 0..TIMES {
        black_box(work());
    }
    from.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES)
}

fn checks(author: &Author, count: usize) -> Vec<Keyed> {
    let checks = (1..count as u64).map(|at| {
        let check = Check {
            outcome: Outcome::Normal,
            note: None,
            photos: None,
            pack: None,
            date_only: None,
        };
        let value = Entry::new(check, 1_795_600_000 + at as i64).to_bytes();
        author.keyed(Identity::of_entry(AuthorTag([9; 4]), at), 1 + at, value)
    });
    std::iter::once(author.opened(1)).chain(checks).collect()
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "entries  build  vet  read  | description  transaction  parse+decode  (µs)"
    )?;
    for count in [1, 4, 67, 256] {
        let author = Author::new([1; 32]);
        let entries = checks(&author, count);
        let built = author
            .would_write(&entries)
            .map_err(std::io::Error::other)?;
        let build = micros(|| author.would_write(&entries));
        let vet = micros(|| author.vet(&built.bytes));
        let read = micros(|| change::read(&built.bytes));
        let described = described(&built.bytes);
        let description = micros(|| written(described.clone()));
        let transaction = micros(|| {
            let mut document = Automerge::new();
            document.set_actor(ActorId::from(author.actor().0));
            let mut transaction = document.transaction();
            for (key, value) in &entries {
                drop(transaction.put(ROOT, key.to_string(), value.clone()));
            }
            transaction.commit()
        });
        let parse = micros(|| Change::try_from(&built.bytes[..]).map(|change| change.decode()));
        writeln!(
            out,
            "{count:>7} {build:>6.1} {vet:>5.1} {read:>5.1} | {description:>11.1} {transaction:>12.1} {parse:>13.1}   {} bytes",
            built.bytes.len()
        )?;
    }
    Ok(())
}
