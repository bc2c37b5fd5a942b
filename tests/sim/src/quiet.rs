//! A quiet point: everybody who can syncs until nothing is new, then everything is compared with
//! everything: replicas with the office, and the rows of each with their rebuild and with a naive fold
//! of all its entries at once.

use std::collections::BTreeMap;

use doorstep_model::ids::AreaId;
use rusqlite::OptionalExtension;

use crate::broken::{Broken, Checked, Promise};
use crate::contact;
use crate::dice::Dice;
use crate::ledger::OFFICE;
use crate::naive::Naive;
use crate::site::{Process, Site};
use crate::watch;
use crate::world::World;

/// Rounds of contacts after which everything must have arrived everywhere.
const ROUNDS_MAX: usize = 8;

/// Lets everything arrive, and compares. Now and then one of them alone before it: rows hold in
/// the middle of everything too.
///
/// # Errors
/// A broken promise.
pub fn settle(world: &mut World, dice: &mut Dice) -> Checked<()> {
    if dice.one_in(4) {
        somebodys_rows_hold(world, dice)?;
    }
    clerk_confirms(world)?;
    let mut rounds = 0;
    while let Some(behind) = somebody_is_behind(world)? {
        rounds += 1;
        if rounds > ROUNDS_MAX {
            return Err(Broken::new(Promise::Stuck, behind));
        }
        for phone in there(world) {
            contact::talk(world, phone)?;
        }
        // A loss that only a phone could prove has come out by now.
        clerk_confirms(world)?;
    }
    let missing = world.ledger.missing_at_office();
    if let Some(first) = missing.first() {
        return Err(Broken::new(
            Promise::Lost,
            format!(
                "{} records never reached the office, first {first}",
                missing.len()
            ),
        ));
    }
    watch::nothing_twice(world)?;
    compare(world)
}

/// The rows of one replica are right whatever it holds and misses.
fn somebodys_rows_hold(world: &mut World, dice: &mut Dice) -> Checked<()> {
    let there = there(world);
    if there.is_empty() {
        return Ok(());
    }
    let phone = &world.phones[there[dice.below(there.len())]];
    let own = [phone.area.clone(), AreaId::organisation()];
    rows_hold(&mut world.naive, &phone.site, &own, Rebuild::Yes).map(drop)
}

/// The clerk has looked at the authors and at the clock.
fn clerk_confirms(world: &mut World) -> Checked<()> {
    let confirmed = world.office.call(|office| {
        office.confirm_authors()?;
        office.confirm_clock()
    })?;
    match confirmed {
        Some(()) => Ok(()),
        None => Err(Broken::new(Promise::Failed, "the office died unasked")),
    }
}

fn there(world: &World) -> Vec<usize> {
    (0..world.phones.len())
        .filter(|at| !world.phones[*at].lost)
        .collect()
}

/// A phone that has not all of its area's feed, or something the office has not.
fn somebody_is_behind(world: &World) -> Checked<Option<String>> {
    for at in there(world) {
        let phone = &world.phones[at];
        let replica = phone.site.process()?;
        let unplaced = replica.inspect(unplaced)?;
        if unplaced > 0 {
            return Ok(Some(format!(
                "phone {at} has {unplaced} unplaced segments or entries"
            )));
        }
        if phone.reads_nothing() {
            continue;
        }
        for area in [phone.area.clone(), AreaId::organisation()] {
            let here = replica.inspect(|connection| cursor(connection, &area))?;
            let office = world.office.look(|connection| cursor(connection, &area))?;
            if here != office {
                return Ok(Some(format!(
                    "phone {at} (limited: {:?}) is at {here:?} of {area}, the office at {office:?}",
                    phone.limited
                )));
            }
        }
    }
    Ok(None)
}

fn unplaced(connection: &rusqlite::Connection) -> Checked<i64> {
    Ok(connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM segment WHERE received_at IS NULL) \
             + (SELECT count(*) FROM entry WHERE segment IS NULL)",
        )?
        .query_row([], |row| row.get(0))?)
}

type Place = (Option<Vec<u8>>, i64, Vec<u8>);

fn cursor(connection: &rusqlite::Connection, area: &AreaId) -> Checked<Option<Place>> {
    Ok(connection
        .prepare_cached("SELECT epoch, position, hash FROM area WHERE code = ?1")?
        .query_row([area.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?)
}

/// All rows of all replicas are the office's, those of the naive fold, and those of a rebuild.
///
/// A phone with the entries and the rows of the office has its rebuild too. It is made where one of the
/// two may be missing: what came as a baseline has fewer entries, and some phones may read nothing.
fn compare(world: &mut World) -> Checked<()> {
    let organisation = AreaId::organisation();
    let mut areas = world.areas.clone();
    areas.push(organisation.clone());
    let office = rows_hold(&mut world.naive, &world.office, &areas, Rebuild::Yes)?;
    for phone in world.phones.iter().filter(|phone| !phone.lost) {
        let own = [phone.area.clone(), organisation.clone()];
        let as_office = !phone.reads_nothing() && !phone.site.look(any_reduced)?;
        let rebuild = if as_office { Rebuild::No } else { Rebuild::Yes };
        let here = rows_hold(&mut world.naive, &phone.site, &own, rebuild)?;
        if phone.reads_nothing() {
            continue;
        }
        for (area, here) in here {
            watch::differ(OFFICE, &office[&area], phone.site.store, &here)?;
        }
    }
    Ok(())
}

/// Whether rows are computed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rebuild {
    Yes,
    No,
}

/// Whether a store holds segments that came without all of their changes.
fn any_reduced(connection: &rusqlite::Connection) -> Checked<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM segment WHERE compacted = 1 LIMIT 1")?
        .exists([])?)
}

/// The rows of a store are those of the naive fold of its entries, and computed again they are the same.
/// Returns their sums.
fn rows_hold<P: Process>(
    naive: &mut Naive,
    site: &Site<P>,
    areas: &[AreaId],
    rebuild: Rebuild,
) -> Checked<BTreeMap<AreaId, Vec<String>>> {
    site.look(|connection| naive.agrees(site.store, connection))?;
    let replica = site.process()?.replica();
    let mut sums = BTreeMap::new();
    for area in areas {
        sums.insert(area.clone(), watch::sums(replica, area)?);
    }
    if rebuild == Rebuild::Yes {
        for (area, rebuilt) in areas.iter().zip(&replica.sums_rebuilt(areas)?) {
            watch::differ(site.store, &sums[area], site.store, &watch::words(rebuilt))?;
        }
    }
    Ok(sums)
}
