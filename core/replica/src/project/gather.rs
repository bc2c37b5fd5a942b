//! All entries of one subject as the folds take them: one SELECT, each entry decoded once, persons and
//! times as copies and imports have them. What they mean together is the model's.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorstep_model::entry::{Body, Entry, EntryKey};
use doorstep_model::facts::{FeedPoint, Placed, Standing};
use doorstep_model::feed::EarlierPosition;
use doorstep_model::ids::{EpochId, Identity, PersonId};
use doorstep_model::role::Role;
use rusqlite::{Connection, OptionalExtension, Rows, params};

use super::shown::identity;
use super::writers;
use crate::directory::{Author, Directory};
use crate::door::standing;
use crate::error::{Error, Result, StoreProblem};
use crate::store::counter;

/// One entry with what the rows need beside the folds.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) placed: Placed,
    /// Local number of its document.
    pub(crate) document: i64,
    /// Local number of the entry.
    pub(crate) row: i64,
    /// Order in which offices speak: (succession of the author, counter, tag). Of two words the later
    /// holds.
    pub(crate) word: (i64, u64, [u8; 4]),
    /// When the office wrote this copy of somebody's entry, unix seconds; `None`: no copy.
    pub(crate) copied: Option<i64>,
}

/// What is read of the entries below the horizon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Nothing: `carry` entries stand for them. What rows follow.
    Rows,
    /// Everything that is here: reports and histories.
    Everything,
}

/// The entries of one subject.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// What rows may follow, with unread kinds.
    pub(crate) entries: Vec<Loaded>,
    /// What they may not, by entry and code.
    pub(crate) oddities: Vec<Oddity>,
    /// A check was read, whether rows may follow it or not.
    pub(crate) has_checks: bool,
    /// Entries below the horizon were left out.
    pub(super) cut: bool,
    /// One was read that may speak of others: a correction, an undo, a decision, a carry, a copy.
    pub(super) reaches_back: bool,
}

/// An entry that the rows do not follow, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Oddity {
    pub(crate) entry: Identity,
    pub(crate) code: &'static str,
    /// Local number of its document.
    pub(crate) document: i64,
}

impl Gathered {
    /// The entries that `keep` picks, as a fold takes them.
    pub(crate) fn placed(&self, keep: impl Fn(&Body) -> bool) -> Vec<Placed> {
        self.entries
            .iter()
            .filter(|loaded| keep(&loaded.placed.entry.body))
            .map(|loaded| loaded.placed.clone())
            .collect()
    }

    /// Adds what a fold could not use, by entry and code.
    pub(crate) fn note(&mut self, odd: impl IntoIterator<Item = (Identity, &'static str)>) {
        for (entry, code) in odd {
            let document = self.document_of(entry).unwrap_or_default();
            self.oddities.push(Oddity {
                entry,
                code,
                document,
            });
        }
    }

    /// The document of the entry with this identity, of several the first of them.
    pub(crate) fn document_of(&self, entry: Identity) -> Option<i64> {
        let of = |loaded: &&Loaded| loaded.placed.identity == entry;
        self.entries
            .iter()
            .filter(of)
            .map(|loaded| loaded.document)
            .min()
    }

    /// Of the entries that count and that `read` understands the last word of an office.
    pub(crate) fn last_word<'a, T>(
        &'a self,
        read: impl Fn(&'a Body) -> Option<T>,
    ) -> Option<(&'a Loaded, T)> {
        self.entries
            .iter()
            .filter(|loaded| loaded.placed.standing == Standing::Counts)
            .filter_map(|loaded| read(&loaded.placed.entry.body).map(|said| (loaded, said)))
            .max_by_key(|(loaded, _)| loaded.word)
    }
}

const OF_SUBJECT: &str = "SELECT id, author, counter, document, subject, time, standing, origin, \
                          value FROM entry WHERE subject = ?1";
const OF_DOCUMENT: &str = "SELECT id, author, counter, document, subject, time, standing, origin, \
                           value FROM entry WHERE document = ?1";

/// Everything but checks, and the checks of the last [`TAIL`] before the latest.
const TAIL_OF_SUBJECT: &str = "\
    SELECT id, author, counter, document, subject, time, standing, origin, value \
    FROM entry WHERE subject = ?1 AND kind < 5 \
    UNION ALL \
    SELECT id, author, counter, document, subject, time, standing, origin, value \
    FROM entry WHERE subject = ?1 AND kind > 5 \
    UNION ALL \
    SELECT id, author, counter, document, subject, time, standing, origin, value \
    FROM entry WHERE subject = ?1 AND kind = 5 \
    AND time >= (SELECT max(time) FROM entry WHERE subject = ?1 AND kind = 5) - ?2";

/// How far back from its latest check the checks of an asset are read first, in seconds: a week.
pub(super) const TAIL: i64 = 7 * 86_400;

/// Kind of a check.
pub(super) const CHECK: u16 = 5;

/// Reads the entries of a subject without its older checks: of an asset mostly all that its row needs,
/// see [`super::asset::tail_suffices`].
///
/// # Errors
/// As [`entries`].
pub(super) fn tail(
    tx: &Connection,
    directory: &mut Directory,
    subject: Identity,
) -> Result<Gathered> {
    let mut select = tx.prepare_cached(TAIL_OF_SUBJECT)?;
    read(
        tx,
        directory,
        select.query(params![subject.as_bytes(), TAIL])?,
        Depth::Rows,
    )
}

/// Whether any entry about the subject is a copy of another, or imported.
pub(super) fn has_copies(tx: &Connection, subject: Identity) -> Result<bool> {
    let mut select =
        tx.prepare_cached("SELECT 1 FROM entry WHERE subject = ?1 AND origin IS NOT NULL LIMIT 1")?;
    Ok(select.exists([subject.as_bytes()])?)
}

/// Reads the entries of a subject that rows may follow: all but those below the horizon.
///
/// # Errors
/// The store's; corrupt where a stored entry is none.
pub(crate) fn entries(
    tx: &Connection,
    directory: &mut Directory,
    subject: Identity,
) -> Result<Gathered> {
    let mut select = tx.prepare_cached(OF_SUBJECT)?;
    let rows = select.query([subject.as_bytes()])?;
    read(tx, directory, rows, Depth::Rows)
}

/// Reads all entries of a subject that are here, also those below the horizon; what a `carry` stands
/// for is told by its original where that is still here.
///
/// # Errors
/// As [`entries`].
pub(crate) fn history(
    tx: &Connection,
    directory: &mut Directory,
    subject: Identity,
) -> Result<Gathered> {
    let mut select = tx.prepare_cached(OF_SUBJECT)?;
    let rows = select.query([subject.as_bytes()])?;
    let mut gathered = read(tx, directory, rows, Depth::Everything)?;
    let here: BTreeSet<Identity> = gathered
        .entries
        .iter()
        .filter(|loaded| matches!(loaded.placed.entry.body, Body::Check(_) | Body::Visit(_)))
        .map(|loaded| loaded.placed.identity)
        .collect();
    gathered
        .entries
        .retain(|loaded| match &loaded.placed.entry.body {
            Body::Carry(carry) => !here.contains(&carry.entry),
            _ => true,
        });
    Ok(gathered)
}

/// Reads all entries of a document: of a round document the work of that round in that building.
///
/// # Errors
/// As [`entries`].
pub(crate) fn entries_of_document(
    tx: &Connection,
    directory: &mut Directory,
    document: i64,
) -> Result<Gathered> {
    let mut select = tx.prepare_cached(OF_DOCUMENT)?;
    let rows = select.query([document])?;
    read(tx, directory, rows, Depth::Everything)
}

fn read(
    tx: &Connection,
    directory: &mut Directory,
    mut rows: Rows<'_>,
    depth: Depth,
) -> Result<Gathered> {
    let mut gathered = Gathered {
        entries: Vec::with_capacity(16),
        oddities: Vec::new(),
        has_checks: false,
        cut: false,
        reaches_back: false,
    };
    let (mut copies, mut carries) = (false, false);
    while let Some(row) = rows.next()? {
        let document = row.get(3)?;
        if depth == Depth::Rows && directory.is_below(tx, document)? {
            gathered.cut = true;
            continue;
        }
        let author = directory.author(tx, row.get(1)?)?;
        let value = row.get_ref(8)?.as_blob().map_err(rusqlite::Error::from)?;
        let entry = Entry::from_bytes(value).map_err(corrupt)?;
        gathered.has_checks |= entry.envelope.kind == CHECK;
        let origin = identity(row, 7)?;
        copies |= origin.is_some();
        carries |= matches!(entry.body, Body::Carry(_));
        gathered.reaches_back |= origin.is_some()
            || matches!(
                entry.body,
                Body::Correction(_) | Body::Undo(_) | Body::Decision(_) | Body::Carry(_)
            );
        let key = EntryKey {
            subject: identity(row, 4)?.ok_or_else(|| corrupt("a subject of another length"))?,
            author: author.tag,
            counter: counter(row.get(2)?),
        };
        let standing = match row.get(6)? {
            standing::COUNTS => Standing::Counts,
            standing::HELD => Standing::Held,
            _ => Standing::Quarantined,
        };
        let identity = origin.unwrap_or_else(|| key.identity());
        if let Some(code) = refused(author, &entry.body) {
            if standing == Standing::Counts {
                gathered.oddities.push(Oddity {
                    entry: identity,
                    code,
                    document,
                });
            }
            if code != UNREAD {
                continue;
            }
        }
        let mut loaded = Loaded {
            document,
            row: row.get(0)?,
            word: (author.succession, key.counter, author.tag.0),
            copied: None,
            placed: Placed {
                key,
                identity,
                person: entry.envelope.by.unwrap_or(author.person),
                role: author.role,
                time: row.get(5)?,
                date_only: is_date_only(&entry.body),
                imported: author.office && identity.entry_parts().is_none(),
                standing,
                received: Vec::new(),
                seen: None,
                content: [0; 32],
                entry: Arc::new(entry),
            },
        };
        if author.office {
            read_as_office(tx, &mut loaded)?;
        }
        gathered.entries.push(loaded);
    }
    if copies {
        tell_copies_apart(tx, &mut gathered.entries)?;
    }
    if carries {
        keep_last_carry(&mut gathered.entries);
    }
    Ok(gathered)
}

/// Of a log only the day may be known on which somebody looked or called.
fn is_date_only(body: &Body) -> bool {
    let said = match body {
        Body::Check(check) => check.date_only,
        Body::Visit(visit) => visit.date_only,
        _ => None,
    };
    said == Some(true)
}

/// Of several carries of one thing the last in the order in which offices speak holds: an older
/// office's that comes back later outranks nothing.
fn keep_last_carry(entries: &mut Vec<Loaded>) {
    let is_carry = |loaded: &Loaded| matches!(loaded.placed.entry.body, Body::Carry(_));
    let last = entries
        .iter()
        .filter(|loaded| is_carry(loaded) && loaded.placed.standing == Standing::Counts)
        .map(|loaded| loaded.word)
        .max();
    entries.retain(|loaded| !is_carry(loaded) || Some(loaded.word) == last);
}

fn corrupt(details: impl ToString) -> Error {
    Error::store(StoreProblem::Corrupt, details)
}

/// Of a kind, minor version or body that this version cannot read.
const UNREAD: &str = "unread";

fn refused(author: &Author, body: &Body) -> Option<&'static str> {
    match body {
        Body::Unread { .. } => Some(UNREAD),
        body if !writers::may_say(author, body) => Some("not_allowed"),
        _ => None,
    }
}

/// What an office author writes may be somebody else's: a copy keeps author and time of its original,
/// a step of a case is by a person with a role of their own, a row of an import may be taken back.
fn read_as_office(tx: &Connection, loaded: &mut Loaded) -> Result<()> {
    let envelope = &loaded.placed.entry.envelope;
    let (by, written, copy) = (envelope.by, envelope.time, envelope.copy);
    // Only what repeats an original can be a copy of it.
    let repeats = loaded.placed.identity != loaded.placed.key.identity();
    if let Some(copy) = copy.filter(|_| repeats) {
        loaded.copied = Some(written);
        loaded.placed.time = copy.time;
        loaded.placed.key.author = copy.author;
        if let Some((_, count)) = loaded.placed.identity.entry_parts() {
            loaded.placed.key.counter = count;
        }
    }
    let judged = matches!(loaded.placed.entry.body, Body::Found(_) | Body::CaseStep(_));
    if judged && let Some(role) = by.map(|person| role_of(tx, person)).transpose()?.flatten() {
        loaded.placed.role = role;
    }
    if loaded.placed.imported && is_taken_back(tx, loaded.placed.identity)? {
        loaded.placed.standing = Standing::Quarantined;
    }
    Ok(())
}

fn role_of(tx: &Connection, person: PersonId) -> Result<Option<Role>> {
    let code: Option<u8> = tx
        .prepare_cached("SELECT role FROM person WHERE id = ?1")?
        .query_row([person.identity().as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(code.and_then(Role::from_code))
}

/// A row counts as long as one batch whose file holds it stands. One that no batch names stands.
fn is_taken_back(tx: &Connection, row: Identity) -> Result<bool> {
    Ok(tx
        .prepare_cached(
            "SELECT count(*) > 0 AND count(*) = count(undone.subject) FROM import_row \
             LEFT JOIN import_undone AS undone ON undone.subject = import_row.batch \
             WHERE import_row.subject = ?1",
        )?
        .query_row([row.as_bytes()], |row| row.get(0))?)
}

/// Fills in the content of entries that share an identity: only there does it tell copies from twins.
fn tell_copies_apart(tx: &Connection, entries: &mut [Loaded]) -> Result<()> {
    let mut identities: Vec<Identity> = entries.iter().map(|one| one.placed.identity).collect();
    identities.sort_unstable();
    let shared = |identity: Identity| {
        let at = identities.partition_point(|one| *one < identity);
        identities.get(at + 1) == Some(&identity)
    };
    for loaded in entries {
        if shared(loaded.placed.identity) {
            let value: Vec<u8> = tx
                .prepare_cached("SELECT value FROM entry WHERE id = ?1")?
                .query_row([loaded.row], |row| row.get(0))?;
            loaded.placed.content =
                Entry::content(&value, loaded.placed.key.subject).map_err(corrupt)?;
        }
    }
    Ok(())
}

/// Fills in where the entries' segments stand in the feed and what their writers held: what only cases
/// ask for.
pub(crate) fn place_in_feed(
    tx: &Connection,
    subject: Identity,
    entries: &mut [Loaded],
) -> Result<()> {
    let mut select = tx.prepare_cached(
        "SELECT entry.id, segment.position, area.epoch, segment.earlier, segment.seen_epoch, \
         segment.seen FROM entry JOIN segment ON segment.id = entry.segment \
         JOIN area ON area.id = segment.area WHERE entry.subject = ?1",
    )?;
    let mut rows = select.query([subject.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let Some(loaded) = entries.iter_mut().find(|loaded| loaded.row == id) else {
            continue;
        };
        let position: Option<i64> = row.get(1)?;
        let epoch: Option<[u8; 8]> = row.get(2)?;
        if let (Some(position), Some(epoch)) = (position, epoch) {
            loaded.placed.received.push(point(epoch, position));
        }
        let earlier: Option<Vec<u8>> = row.get(3)?;
        if let Some(bytes) = earlier
            && let Ok(earlier) = minicbor::decode::<EarlierPosition>(&bytes)
        {
            let (epoch, position) = (earlier.epoch, earlier.position);
            loaded.placed.received.push(FeedPoint { epoch, position });
        }
        let seen: (Option<[u8; 8]>, Option<i64>) = (row.get(4)?, row.get(5)?);
        if let (Some(epoch), Some(position)) = seen {
            loaded.placed.seen = Some(point(epoch, position));
        }
    }
    drop(rows);
    see_while_pending(tx, subject, entries)
}

/// Entries that are not sealed yet: their segment's `seen` will be what the chain noted at its first
/// tap.
fn see_while_pending(tx: &Connection, subject: Identity, entries: &mut [Loaded]) -> Result<()> {
    let mut select = tx.prepare_cached(
        "SELECT entry.id, chain.seen FROM entry JOIN document ON document.id = entry.document \
         JOIN chain ON chain.area = document.area AND chain.author = entry.author \
         WHERE entry.subject = ?1 AND entry.segment IS NULL AND chain.seen IS NOT NULL",
    )?;
    let mut rows = select.query([subject.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let bytes: Vec<u8> = row.get(1)?;
        if let Ok(seen) = minicbor::decode::<doorstep_model::segment::Seen>(&bytes)
            && let Some(loaded) = entries.iter_mut().find(|loaded| loaded.row == id)
        {
            let (epoch, position) = (seen.epoch, seen.position);
            loaded.placed.seen = Some(FeedPoint { epoch, position });
        }
    }
    Ok(())
}

fn point(epoch: [u8; 8], position: i64) -> FeedPoint {
    FeedPoint {
        epoch: EpochId(epoch),
        position: counter(position),
    }
}

/// The area in which a document was written, by local number.
pub(super) fn area_of(tx: &Connection, document: i64) -> Result<i64> {
    Ok(tx
        .prepare_cached("SELECT area FROM document WHERE id = ?1")?
        .query_row([document], |row| row.get(0))?)
}
