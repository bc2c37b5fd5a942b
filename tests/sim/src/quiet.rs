//! A quiet point: everybody who can syncs until nothing is new, then everything is compared with
//! everything: replicas with the office, rows with their rebuild.

use doorstep_model::ids::AreaId;
use doorstep_replica::Replica;
use rusqlite::OptionalExtension;

use crate::broken::{Broken, Checked, Promise};
use crate::contact;
use crate::ledger::OFFICE;
use crate::machine::copy;
use crate::naive;
use crate::site::Process;
use crate::watch;
use crate::world::World;

/// Rounds of contacts after which everything must have arrived everywhere.
const ROUNDS_MAX: usize = 8;

/// Lets everything arrive, and compares.
///
/// # Errors
/// A broken promise.
pub fn settle(world: &mut World) -> Checked<()> {
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

/// All rows of all replicas are the office's and its rebuild's.
fn compare(world: &mut World) -> Checked<()> {
    for area in world.areas.clone() {
        let office = watch::sums(world.office.process()?.replica(), &area)?;
        for at in there(world) {
            let phone = &world.phones[at];
            if phone.area != area || phone.reads_nothing() {
                continue;
            }
            let here = watch::sums(phone.site.process()?, &area)?;
            watch::differ(OFFICE, &office, phone.site.store, &here)?;
        }
    }
    let organisation = world.office.process()?.organisation_key()?.public();
    world
        .office
        .look(|connection| naive::agrees(connection, &organisation))?;
    rebuild_is_equal(world)
}

/// A rebuild of a copy of the office gives the same rows.
fn rebuild_is_equal(world: &mut World) -> Checked<()> {
    let database = world.office.look(|connection| Ok(copy(connection)?))?;
    let mut machine = crate::machine::Machine::new(&std::sync::Arc::default(), 0, 0);
    machine.marker.clone_from(&world.office.machine.marker);
    let mounted = machine.mount(database)?;
    let options = machine.options();
    let rebuilt = Replica::start(mounted, options)?;
    rebuilt.rebuild_now()?;
    for area in &world.areas {
        let rows = watch::sums(world.office.process()?.replica(), area)?;
        let again = watch::sums(&rebuilt, area)?;
        watch::differ(OFFICE, &rows, OFFICE, &again)?;
    }
    Ok(())
}
