//! What may never happen, asked after every step: nothing acknowledged vanishes, receipts are for what is
//! on the office's disk, a time moves at its receipt and else only to what the office dates it, and equal
//! cursors show equal rows.

use std::collections::BTreeMap;

use doorstep_model::feed::Statement;
use doorstep_model::ids::{AreaId, AssetId, AuthorTag};
use doorstep_model::wire::{self, Reply};
use doorstep_replica::{Replica, TableSum};
use rusqlite::{Connection, OptionalExtension, params};

use crate::broken::{Broken, Checked, Promise};
use crate::contents::Contents;
use crate::ledger::{OFFICE, StoreName};
use crate::naive::Naive;
use crate::world::World;

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Watch {
    /// The office's first assets.
    pub assets: Vec<AssetId>,
    contents: Contents,
    times: BTreeMap<StoreName, BTreeMap<(AuthorTag, i64), Timed>>,
    /// Sums of an area's rows by the cursors of the area and of the organisation.
    sums: BTreeMap<Cursors, (StoreName, Vec<String>)>,
}

/// When an entry was, and whether its segment is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Timed {
    time: i64,
    n: Option<i64>,
    /// By its place in the feed: a receipt before it moves nothing.
    received: Option<i64>,
    dated: u32,
}

/// How far a replica is in an area's feed and in the organisation's.
type Cursors = (AreaId, Vec<u8>, Vec<u8>);

/// Looks at both stores of a contact.
///
/// # Errors
/// A broken promise.
pub fn after_contact(world: &mut World, phone: usize) -> Checked<()> {
    refresh_office(world)?;
    refresh_phone(world, phone)?;
    let area = world.phones[phone].area.clone();
    let World {
        phones,
        office,
        watch,
        naive,
        ..
    } = world;
    let site = &phones[phone].site;
    watch.compare_times(naive, site.store, site.process()?)?;
    watch.compare_times(naive, OFFICE, office.process()?.replica())?;
    watch.compare_sums(site.store, site.process()?, &area)?;
    watch.compare_sums(OFFICE, office.process()?.replica(), &area)
}

/// Reads anew what the office holds.
///
/// # Errors
/// A broken promise.
pub fn refresh_office(world: &mut World) -> Checked<()> {
    let contents = &mut world.watch.contents;
    let held = world.office.look(|connection| contents.held(connection))?;
    world.ledger.refresh(OFFICE, held)
}

/// Reads anew what a phone holds.
///
/// # Errors
/// A broken promise.
pub fn refresh_phone(world: &mut World, phone: usize) -> Checked<()> {
    let contents = &mut world.watch.contents;
    let site = &world.phones[phone].site;
    let held = site.look(|connection| contents.held(connection))?;
    world.ledger.refresh(site.store, held)
}

/// A store was put back from a copy: what it held and nobody else does is gone.
///
/// # Errors
/// A call that failed.
pub fn office_was_put_back(world: &mut World) -> Checked<()> {
    let contents = &mut world.watch.contents;
    let held = world.office.look(|connection| contents.held(connection))?;
    world.watch.times.remove(&OFFICE);
    world.ledger.replaced(OFFICE, held);
    Ok(())
}

/// As [`office_was_put_back`], of a phone that was put back, copied or lost.
///
/// # Errors
/// A call that failed.
pub fn phone_was_replaced(world: &mut World, phone: usize) -> Checked<()> {
    let contents = &mut world.watch.contents;
    let this = &world.phones[phone];
    let held = match this.lost {
        true => Default::default(),
        false => this.site.look(|connection| contents.held(connection))?,
    };
    world.watch.times.remove(&this.site.store);
    world.ledger.replaced(this.site.store, held);
    Ok(())
}

/// Every receipt of a reply is for a segment on the office's disk.
///
/// # Errors
/// [`Promise::Receipt`].
pub fn receipts(world: &World, reply: &[u8]) -> Checked<()> {
    let Ok(reply) = wire::from_wire::<Reply>(reply) else {
        return Err(Broken::new(
            Promise::Failed,
            "the office's reply does not decode",
        ));
    };
    let Some(statement) = reply.statement else {
        return Ok(());
    };
    let Ok(statement) = statement.claims::<Statement>() else {
        return Err(Broken::new(
            Promise::Failed,
            "the office's statement does not decode",
        ));
    };
    world.office.look(|connection| {
        for said in &statement.areas {
            for receipt in &said.receipts {
                let there: Option<i64> = connection
                    .prepare_cached(
                        "SELECT s.id FROM segment s JOIN author a ON a.id = s.author \
                         JOIN area ar ON ar.id = s.area WHERE ar.code = ?1 AND a.tag = ?2 \
                         AND s.n = ?3 AND s.position = ?4 AND s.received_at = ?5",
                    )?
                    .query_row(
                        params![
                            said.area.as_str(),
                            receipt.author.0,
                            receipt.n.cast_signed(),
                            receipt.position.cast_signed(),
                            receipt.arrival.received_at
                        ],
                        |row| row.get(0),
                    )
                    .optional()?;
                if there.is_none() {
                    return Err(Broken::new(
                        Promise::Receipt,
                        format!("{} {} of {}", receipt.author, receipt.n, said.area),
                    ));
                }
            }
        }
        Ok(())
    })
}

/// One tap counts once: in what has a place in the office's feeds, a mark belongs to one identity.
///
/// # Errors
/// [`Promise::Twice`].
pub fn nothing_twice(world: &mut World) -> Checked<()> {
    let contents = &mut world.watch.contents;
    let feeds = world
        .office
        .look(|connection| contents.in_feeds(connection))?;
    let mut by_mark = BTreeMap::new();
    for content in feeds.iter().flat_map(|segment| segment.iter()) {
        let Some(mark) = content.mark else { continue };
        let first = *by_mark.entry(mark).or_insert(content.identity);
        if first != content.identity {
            return Err(Broken::new(
                Promise::Twice,
                format!("mark {mark} is {first} and {}", content.identity),
            ));
        }
    }
    Ok(())
}

impl Watch {
    /// A time moves at its receipt, and once more when the office dates it: to what it then says.
    fn compare_times(
        &mut self,
        naive: &mut Naive,
        store: StoreName,
        replica: &Replica,
    ) -> Checked<()> {
        let now = replica.inspect(times)?;
        let before = self.times.entry(store).or_default();
        let mut dated = None;
        for (key, timed) in &now {
            let Some(then) = before.get(key) else {
                continue;
            };
            let at_receipt = timed.received.is_some() && then.received.is_none();
            if timed.time == then.time || at_receipt {
                continue;
            }
            let expected = match timed.dated == then.dated {
                true => None,
                false => {
                    let times = match dated.take() {
                        Some(times) => times,
                        None => replica.inspect(|connection| naive.times(connection))?,
                    };
                    dated.insert(times).get(key).copied()
                }
            };
            if expected != Some(timed.time) {
                return Err(Broken::new(
                    Promise::Moved,
                    format!(
                        "store {store}: {key:?} from {then:?} to {timed:?}, dated {expected:?}"
                    ),
                ));
            }
        }
        *before = now;
        Ok(())
    }

    /// Holds the rows of an area against those of whoever stood at the same place of its feed.
    fn compare_sums(&mut self, store: StoreName, replica: &Replica, area: &AreaId) -> Checked<()> {
        let Some(cursors) = replica.inspect(|connection| clean_cursors(connection, area))? else {
            return Ok(());
        };
        let sums = sums(replica, area)?;
        let (first, known) = self
            .sums
            .entry(cursors)
            .or_insert_with(|| (store, sums.clone()));
        differ(*first, known, store, &sums)
    }
}

/// The sums of an area's tables, as comparable words.
///
/// # Errors
/// The store's.
pub fn sums(replica: &Replica, area: &AreaId) -> Checked<Vec<String>> {
    Ok(words(&replica.sums(area)?))
}

/// Sums as comparable words.
pub fn words(sums: &[TableSum]) -> Vec<String> {
    sums.iter()
        .map(|sum| {
            let hash: String = sum.hash[..6].iter().map(|b| format!("{b:02x}")).collect();
            format!("{} {} rows {hash}", sum.table, sum.rows)
        })
        .collect()
}

/// Two lists of sums are the same.
///
/// # Errors
/// [`Promise::Diverged`] with the first table that differs.
pub fn differ(one: StoreName, a: &[String], other: StoreName, b: &[String]) -> Checked<()> {
    match a.iter().zip(b).find(|(a, b)| a != b) {
        None => Ok(()),
        Some((a, b)) => Err(Broken::new(
            Promise::Diverged,
            format!("store {one} has {a}, store {other} has {b}"),
        )),
    }
}

/// Where a replica stands, if nothing in it is pending or without a place.
fn clean_cursors(connection: &Connection, area: &AreaId) -> Checked<Option<Cursors>> {
    let codes = [area.clone(), AreaId::organisation()];
    let mut cursors = Vec::new();
    for code in &codes {
        let row: Option<(Option<[u8; 8]>, i64, [u8; 16], bool)> = connection
            .prepare_cached(
                "SELECT a.epoch, a.position, a.hash, \
                 EXISTS (SELECT 1 FROM segment s WHERE s.area = a.id AND s.position IS NULL) OR \
                 EXISTS (SELECT 1 FROM entry e JOIN document d ON d.id = e.document \
                 WHERE e.segment IS NULL AND d.area = a.id) FROM area a WHERE a.code = ?1",
            )?
            .query_row([code.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let Some((Some(epoch), position, hash, false)) = row else {
            return Ok(None);
        };
        cursors.push([epoch.as_slice(), &position.to_be_bytes(), &hash].concat());
    }
    let organisation = cursors.pop().unwrap_or_default();
    let own = cursors.pop().unwrap_or_default();
    Ok(Some((area.clone(), own, organisation)))
}

fn times(connection: &Connection) -> Checked<BTreeMap<(AuthorTag, i64), Timed>> {
    let mut select = connection.prepare_cached(
        "SELECT a.tag, e.counter, e.time, s.n, \
         CASE WHEN s.position IS NULL AND s.was IS NULL THEN NULL ELSE s.received_at END, \
         (SELECT count(*) FROM dated d WHERE d.area = s.area AND d.author = a.tag AND d.n = s.n) \
         FROM entry e JOIN author a ON a.id = e.author LEFT JOIN segment s ON s.id = e.segment",
    )?;
    let rows = select.query_map([], |row| {
        let timed = Timed {
            time: row.get(2)?,
            n: row.get(3)?,
            received: row.get(4)?,
            dated: row.get(5)?,
        };
        Ok(((AuthorTag(row.get(0)?), row.get(1)?), timed))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
