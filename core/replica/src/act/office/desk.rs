//! The desk: what becomes of segments and entries that wait for a person. What a verdict does to rows
//! is the door's; disputes between checks are settled in `act::decisions`.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Body, Ruling, SegmentName, Verdict};
use doorstep_model::ids::{AreaId, AuthorTag, Identity, PersonId};
use doorstep_model::message;
use rusqlite::params;

use super::super::{Fingerprint, Tap, find, text};
use crate::error::{Error, Result, StoreProblem};
use crate::ingest;
use crate::store::counter;
use crate::sync::office::Office;

/// What a verdict is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// All entries of one segment in an area.
    Segment(AreaId, SegmentName),
    /// One entry.
    Entry(Identity),
}

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLine {
    /// What a verdict has to name.
    pub target: Target,
    /// Where it was written.
    pub area: AreaId,
    /// Who wrote it.
    pub author: AuthorTag,
    /// Whose work it is when its entries name nobody.
    pub person: PersonId,
    /// Why it waits: a key of the messages.
    pub code: String,
    /// How many entries wait with it.
    pub entries: u64,
    /// Received-at of its segment, unix seconds.
    pub received_at: Option<i64>,
}

impl Office {
    /// Says what becomes of a segment or an entry. Of several verdicts on one the last holds.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not here; [`Error::Refused`] with `verdict.unknown_code` for a
    /// code without a text, `verdict.no_reason` when something is refused or quarantined without one,
    /// `verdict.horizon` when a horizon would be taken back: what left the phones by it stays away.
    pub fn verdict(
        &self,
        tap: &Tap,
        target: &Target,
        ruling: Ruling,
        code: &str,
        reason: Option<&str>,
    ) -> Result<Identity> {
        let print = Fingerprint::of("verdict")
            .with(ruling)
            .with(code)
            .with(reason);
        let print = match target {
            Target::Segment(area, name) => print.with(area).with(name),
            Target::Entry(identity) => print.with(identity),
        };
        self.act(tap, &print, |acting| {
            if !message::keys().any(|key| key == code) {
                return Err(Error::Refused {
                    code: "verdict.unknown_code",
                    details: vec![("code", text::clean(code))],
                });
            }
            let reason = text::note(reason.map(str::to_owned))?;
            if reason.is_none() && matches!(ruling, Ruling::Refused | Ruling::Quarantined) {
                return Err(Error::refused("verdict.no_reason"));
            }
            let takes_back = !matches!(ruling, Ruling::Accepted | Ruling::Released);
            let (area, subject, segment) = match target {
                Target::Entry(identity) => {
                    let found = find::entry(acting.session, *identity)?
                        .ok_or_else(|| find::not_found("entry", identity))?;
                    if takes_back && matches!(found.entry.body, Body::Horizon(_)) {
                        return Err(Error::refused("verdict.horizon"));
                    }
                    (found.area, *identity, None)
                }
                Target::Segment(area, name) => {
                    let missing = || find::not_found("segment", name.n);
                    let door = &mut acting.session.door;
                    let id = door.directory.area(door.tx, area)?;
                    let author = door
                        .directory
                        .author_by_tag(door.tx, name.author)?
                        .ok_or_else(missing)?
                        .id;
                    let tx = acting.session.tx();
                    let (row, ..) = ingest::find(tx, id, author, name.n)?.ok_or_else(missing)?;
                    let mut horizon =
                        tx.prepare_cached("SELECT 1 FROM sealed WHERE within = ?1 AND kind = 36")?;
                    if takes_back && horizon.exists([row])? {
                        return Err(Error::refused("verdict.horizon"));
                    }
                    (area.clone(), area.subject(), Some(*name))
                }
            };
            let body = Verdict {
                ruling,
                segment,
                code: code.to_owned(),
                reason,
            };
            acting.put(&area, &DocumentName::Desk, subject, body)
        })
    }

    /// What waits for a person: held segments, then entries that are held one by one, each the oldest
    /// first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn held(&self) -> Result<Vec<HeldLine>> {
        let reader = self.replica().reader()?;
        let mut lines = Vec::new();
        let mut select = reader.prepare_cached(
            "SELECT area.code, author.tag, author.person, segment.n, segment.received_at, \
             segment.area, (SELECT count(*) FROM sealed WHERE sealed.within = segment.id) \
             FROM segment JOIN area ON area.id = segment.area \
             JOIN author ON author.id = segment.author \
             WHERE segment.standing = 1 ORDER BY segment.received_at, segment.id",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let name = SegmentName {
                author: AuthorTag(row.get(1)?),
                n: counter(row.get(3)?),
            };
            let area = area(row.get(0)?)?;
            let target = crate::door::segment_target(row.get(5)?, name);
            lines.push(HeldLine {
                target: Target::Segment(area.clone(), name),
                area,
                author: name.author,
                person: person(row.get(2)?)?,
                code: last_code(&reader, &target)?,
                entries: counter(row.get(6)?),
                received_at: row.get(4)?,
            });
        }
        let mut select = reader.prepare_cached(
            "SELECT area.code, author.tag, author.person, entry.counter, entry.origin, \
             segment.received_at FROM entry JOIN document ON document.id = entry.document \
             JOIN area ON area.id = document.area JOIN author ON author.id = entry.author \
             LEFT JOIN segment ON segment.id = entry.segment \
             WHERE entry.standing = 1 AND COALESCE(segment.standing, 0) = 0 ORDER BY entry.id",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let author = AuthorTag(row.get(1)?);
            let origin: Option<Vec<u8>> = row.get(4)?;
            let own = Identity::of_entry(author, counter(row.get(3)?));
            let identity = origin
                .and_then(|origin| Identity::from_slice(&origin))
                .unwrap_or(own);
            lines.push(HeldLine {
                target: Target::Entry(identity),
                area: area(row.get(0)?)?,
                author,
                person: person(row.get(2)?)?,
                code: last_code(&reader, &crate::door::entry_target(identity))?,
                entries: 1,
                received_at: row.get(5)?,
            });
        }
        Ok(lines)
    }
}

/// The code of the last verdict on something.
fn last_code(tx: &rusqlite::Connection, target: &[u8]) -> Result<String> {
    Ok(tx
        .prepare_cached(
            "SELECT code FROM verdict WHERE target = ?1 \
             ORDER BY succession DESC, n DESC, counter DESC LIMIT 1",
        )?
        .query_row(params![target], |row| row.get(0))?)
}

pub(super) fn area(code: String) -> Result<AreaId> {
    AreaId::new(&code).map_err(|error| Error::store(StoreProblem::Corrupt, error))
}

pub(super) fn person(bytes: Vec<u8>) -> Result<PersonId> {
    Identity::from_slice(&bytes)
        .map(PersonId)
        .ok_or_else(|| Error::store(StoreProblem::Corrupt, "a person's id"))
}
