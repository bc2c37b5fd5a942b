//! The devices that write for this organisation: whose they are, when they were last heard of, and
//! which of them may go on.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Ruling, Verdict};
use doorstep_model::grant::Proof;
use doorstep_model::ids::{AreaId, AuthorTag, PersonId};
use doorstep_model::role::Role;

use super::super::{Fingerprint, Tap, find};
use super::desk::{HeldLine, Target};
use crate::error::{Error, Result, StoreProblem};
use crate::store::counter;
use crate::sync::judge;
use crate::sync::office::Office;

/// Why the work of a second successor is held.
const SECOND: &str = "held.second_succession";

/// One author of a device. A device that went on as a new author has a line for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceLine {
    /// Its author.
    pub author: AuthorTag,
    /// The author before it on the same device.
    pub predecessor: Option<AuthorTag>,
    /// The author that the device goes on as; set on all but the last.
    pub successor: Option<AuthorTag>,
    /// Who acts with it.
    pub persons: Vec<PersonId>,
    /// As what.
    pub role: Role,
    /// Where.
    pub area: AreaId,
    /// Unix seconds: until when its grant lets it work.
    pub work_until: i64,
    /// Unix seconds: its last contact.
    pub last_contact: Option<i64>,
    /// How many entries it still held then.
    pub unsent: Option<u32>,
    /// Its clock minus the office's at that contact, seconds.
    pub clock_off: Option<i64>,
    /// Unix seconds: when it was revoked.
    pub revoked_at: Option<i64>,
    /// Why it may go no further in some area: a key of the messages.
    pub ended: Option<String>,
    /// How many of its entries are here.
    pub entries: u64,
}

impl Office {
    /// Every author that is no office, the last heard of first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn devices(&self) -> Result<Vec<DeviceLine>> {
        let organisation = self.replica().write(|session| session.organisation())?;
        let reader = self.replica().reader()?;
        let mut select = reader.prepare_cached(
            "SELECT author.tag, author.predecessor, author.proof, author.revoked_at, contact.at, \
             contact.unsent, contact.off, \
             (SELECT min(ended) FROM chain WHERE chain.author = author.id), \
             (SELECT count(*) FROM entry WHERE entry.author = author.id AND entry.kind <> 0), \
             (SELECT min(next.tag) FROM author AS next WHERE next.predecessor = author.tag) \
             FROM author LEFT JOIN contact ON contact.author = author.id \
             WHERE author.office = 0 ORDER BY contact.at DESC NULLS LAST, author.id",
        )?;
        let mut rows = select.query([])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let proof: Vec<u8> = row.get(2)?;
            let proof: Proof = minicbor::decode(&proof).map_err(corrupt)?;
            let grant = proof.open(&organisation).map_err(corrupt)?;
            lines.push(DeviceLine {
                author: AuthorTag(row.get(0)?),
                predecessor: row.get::<_, Option<[u8; 4]>>(1)?.map(AuthorTag),
                successor: row.get::<_, Option<[u8; 4]>>(9)?.map(AuthorTag),
                persons: grant.persons,
                role: grant.role,
                area: grant.area,
                work_until: grant.expires,
                last_contact: row.get(4)?,
                unsent: row.get(5)?,
                clock_off: row.get(6)?,
                revoked_at: row.get(3)?,
                ended: row.get(7)?,
                entries: counter(row.get(8)?),
            });
        }
        Ok(lines)
    }

    /// What is held because another device went on from the same author before: the devices that
    /// [`Office::confirm_device`] lets go on.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn held_second_successors(&self) -> Result<Vec<HeldLine>> {
        let held = self.held()?.into_iter();
        Ok(held.filter(|line| line.code == SECOND).collect())
    }

    /// Lets a device go on although another one has succeeded the same author before: a clerk has it in
    /// her hand and knows that it is no copy. What of it was held for that counts now. Returns how many
    /// segments that are.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown author; [`Error::Refused`] with `device.not_second` when it is
    /// no second successor, or was let go on already; [`Error::Store`].
    pub fn confirm_device(&self, tap: &Tap, author: AuthorTag) -> Result<u64> {
        let held: Vec<Target> = self
            .held_second_successors()?
            .into_iter()
            .filter(|line| line.author == author)
            .map(|line| line.target)
            .collect();
        let print = Fingerprint::of("confirm_device").with(author);
        self.act(tap, &print, |acting| {
            let door = &mut acting.session.door;
            let known = door.directory.author_by_tag(door.tx, author)?;
            let known = known.ok_or_else(|| find::not_found("author", author))?;
            let second = match known.predecessor {
                Some(predecessor) => judge::is_second(door.tx, predecessor, known.id)?,
                None => false,
            };
            if !second {
                return Err(Error::refused("device.not_second"));
            }
            door.tx
                .prepare_cached("UPDATE author SET confirmed = 1 WHERE id = ?1")?
                .execute([known.id])?;
            let mut released = 0;
            for target in &held {
                let Target::Segment(area, name) = target else {
                    continue;
                };
                let verdict = Verdict {
                    ruling: Ruling::Accepted,
                    segment: Some(*name),
                    code: SECOND.to_owned(),
                    reason: None,
                };
                acting.put(area, &DocumentName::Desk, area.subject(), verdict)?;
                released += 1;
            }
            Ok(released)
        })
    }
}

fn corrupt(error: impl ToString) -> Error {
    Error::store(StoreProblem::Corrupt, error)
}
