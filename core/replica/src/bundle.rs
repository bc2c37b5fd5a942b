//! Handing in as a file: what the office may not have, sealed to the office's key, over a stick, a
//! chat, anything. The office takes it the way of a request that nobody carries; a file that comes
//! twice says nothing new. What is inside is the model's.

use doorstep_model::bundle::{BUNDLE_MAX, BUNDLE_VERSION, Bundle, BundleError, BundledArea};
use doorstep_model::ids::{AreaId, AuthorTag, BootId};
use doorstep_model::keys::SealTo;
use doorstep_model::segment::Segment;
use doorstep_model::wire::SegmentBytes;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng};
use rusqlite::{Connection, OptionalExtension, params};

use crate::compact::Archive;
use crate::error::{Error, Result, StoreProblem};
use crate::ingest;
use crate::meta::{self, Key};
use crate::replica::{Replica, Session};
use crate::seal;
use crate::sealed::{self, SealingKey};
use crate::store::column;
use crate::sync::office::Office;
use crate::sync::take::{self, Carrier, Taken};
use crate::sync::{epoch, proof, succession};

/// Segments that one slice takes in: keeps the writer free for requests.
const SLICE: usize = 8;

/// What became of a bundle. The same bundle again gives the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BundleSummary {
    /// Segments in the file.
    pub segments: u64,
    /// Of these in the feed now: receipts for them go to their authors' phones.
    pub received: u64,
    /// Of the received ones, held for review.
    pub held: u64,
    /// Kept for the desk: gap, ended author, other branch, failed vetting, doubtful clock.
    pub aside: u64,
    /// Not stored: unreadable, unsigned, of nobody with a grant of this organisation.
    pub refused: u64,
    /// Entries without a signature, kept for the desk.
    pub unsigned: u64,
    /// What was said about segments: code, author, number.
    pub notices: Vec<(String, AuthorTag, u64)>,
}

impl Replica {
    /// Everything that no office has confirmed to this phone, its own and what it carries for others,
    /// those kept aside too, in a file that only the office opens.
    ///
    /// # Errors
    /// [`Error::NotEnrolled`]; [`Error::Refused`] with `bundle.no_key` when the invitation named no key
    /// to seal to, or the one that is kept is damaged; [`Error::Store`].
    pub fn export_bundle(&self) -> Result<Vec<u8>> {
        let (bundle, to, seed) = self.write(|session| {
            session.me()?;
            let to = sealed_to(session.tx())?.ok_or_else(|| Error::refused("bundle.no_key"))?;
            succession::if_due(session)?;
            seal::seal(session)?;
            let mut seed = [0; 32];
            rand_core::Rng::fill_bytes(session.rng, &mut seed);
            Ok((gather(session)?, to, seed))
        })?;
        // Packing and sealing take their time: no tap waits for them.
        seal_to(&to, &bundle, &mut ChaCha20Rng::from_seed(seed))
    }
}

/// What a phone seals its files to; none before it is enrolled, and when the key is damaged.
pub(crate) fn sealed_to(tx: &Connection) -> Result<Option<SealTo>> {
    let stored = meta::get(tx, Key::SealTo)?;
    Ok(stored.and_then(|bytes| SealTo::from_bytes(&bytes)))
}

/// A bundle as only the office that said this key can read it.
pub(crate) fn seal_to(to: &SealTo, bundle: &Bundle, rng: &mut impl CryptoRng) -> Result<Vec<u8>> {
    sealed::seal(to, &bundle.to_bytes(), rng).ok_or_else(|| Error::refused("bundle.no_key"))
}

/// What the office may not have.
pub(crate) fn gather(session: &mut Session<'_>) -> Result<Bundle> {
    let mut areas = Vec::new();
    let mut archive = Archive::default();
    for (area, code) in all_areas(session)? {
        let rows: Vec<i64> = column(
            session.door.tx,
            "SELECT s.id FROM segment s JOIN author a ON a.id = s.author \
                 WHERE s.area = ?1 AND s.position IS NULL AND s.cut = 0 \
                 ORDER BY s.was IS NULL, s.was, a.succession, s.author, s.n",
            [area],
        )?;
        let mut segments = Vec::new();
        for row in rows {
            segments.push(SegmentBytes(archive.segment(session.tx(), row)?));
        }
        let mut select = session
            .door
            .tx
            .prepare_cached("SELECT bytes FROM quarantine WHERE area = ?1 ORDER BY author, n")?;
        let mut rows = select.query([code.as_str()])?;
        while let Some(row) = rows.next()? {
            segments.push(SegmentBytes(row.get(0)?));
        }
        drop(rows);
        drop(select);
        if !segments.is_empty() {
            let chain = epoch::chain(session, area)?;
            areas.push(BundledArea {
                area: code,
                chain,
                segments,
            });
        }
    }
    Ok(Bundle {
        version: BUNDLE_VERSION,
        organisation: session.organisation_id()?,
        areas,
        unsigned: Vec::new(),
    })
}

fn all_areas(session: &Session<'_>) -> Result<Vec<(i64, AreaId)>> {
    let mut select = session
        .door
        .tx
        .prepare_cached("SELECT id, code FROM area ORDER BY code")?;
    let mut rows = select.query([])?;
    let mut areas = Vec::new();
    while let Some(row) = rows.next()? {
        let code = AreaId::new(&row.get::<_, String>(1)?)
            .map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
        areas.push((row.get(0)?, code));
    }
    Ok(areas)
}

/// Makes the key that files are sealed to: once in the life of an office.
pub(crate) fn make_key(session: &mut Session<'_>) -> Result<()> {
    if meta::get(session.tx(), Key::SealingSecret)?.is_some() {
        return Ok(());
    }
    let secret = SealingKey::generate(session.rng);
    meta::set(session.tx(), Key::SealingSecret, &secret)
}

/// What files for this office are sealed to.
pub(crate) fn offices_seal(tx: &Connection) -> Result<SealTo> {
    Ok(sealing_key(tx)?.seal_to())
}

fn sealing_key(tx: &Connection) -> Result<SealingKey> {
    meta::get(tx, Key::SealingSecret)?
        .and_then(|secret| SealingKey::from_stored(&secret))
        .ok_or_else(|| Error::store(StoreProblem::Corrupt, "no key to open bundles with"))
}

impl Office {
    /// What phones seal their files to; it stands in every invitation.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn seal_to(&self) -> Result<SealTo> {
        offices_seal(&*self.replica().reader()?)
    }

    /// Takes a file that a phone handed in.
    ///
    /// # Errors
    /// [`Error::Refused`] with `bundle.unreadable` (cut, damaged, sealed to another office),
    /// `bundle.too_long`, `bundle.newer` or `bundle.other_organisation`: nothing was taken then.
    /// [`Error::Store`] half-way: what was taken stays, and the file can come again.
    pub fn take_bundle(&self, bytes: &[u8]) -> Result<BundleSummary> {
        let bundle = self.open_bundle(bytes)?;
        let mut summary = BundleSummary::default();
        for area in &bundle.areas {
            if let Some(chain) = &area.chain {
                self.write_slice(|session| proof::learn(session, &area.area, chain))?;
            }
            for slice in area.segments.chunks(SLICE) {
                self.write_slice(|session| {
                    slice
                        .iter()
                        .try_for_each(|one| take_one(session, &one.0, &mut summary))
                })?;
            }
        }
        self.write_slice(|session| {
            for entry in &bundle.unsigned {
                keep_unsigned(session, entry)?;
                summary.unsigned += 1;
            }
            Ok(())
        })?;
        Ok(summary)
    }

    fn open_bundle(&self, bytes: &[u8]) -> Result<Bundle> {
        if bytes.len() > BUNDLE_MAX + sealed::ROOM {
            return Err(Error::refused("bundle.too_long"));
        }
        let (key, organisation) = self
            .replica()
            .write(|session| Ok((sealing_key(session.tx())?, session.organisation_id()?)))?;
        let plain = key
            .open(bytes)
            .ok_or_else(|| Error::refused("bundle.unreadable"))?;
        let bundle = Bundle::from_bytes(&plain).map_err(|error| match error {
            BundleError::TooLong => Error::refused("bundle.too_long"),
            BundleError::Newer(_) => Error::refused("bundle.newer"),
            BundleError::Unreadable(_) => Error::refused("bundle.unreadable"),
        })?;
        match bundle.organisation == organisation {
            true => Ok(bundle),
            false => Err(Error::refused("bundle.other_organisation")),
        }
    }
}

fn take_one(session: &mut Session<'_>, bytes: &[u8], summary: &mut BundleSummary) -> Result<()> {
    let carrier = Carrier {
        author: None,
        clock: (BootId([0; 8]), 0),
        challenged: false,
    };
    let proved = proof::of(session, bytes)?;
    summary.segments += 1;
    let notice = match take::take(session, bytes, &carrier, proved.as_ref())? {
        Ok(Taken::InFeed(notice)) => {
            summary.received += 1;
            summary.held += u64::from(is_held(session, bytes)?);
            notice
        }
        Ok(Taken::Aside(notice)) => {
            match notice.kind {
                doorstep_model::wire::NoticeKind::Refused => summary.refused += 1,
                _ => summary.aside += 1,
            }
            Some(notice)
        }
        // A file has no clock to be challenged for.
        Err(take::ChallengeFirst) => None,
    };
    summary
        .notices
        .extend(notice.map(|notice| (notice.code, notice.author, notice.n)));
    Ok(())
}

fn is_held(session: &mut Session<'_>, bytes: &[u8]) -> Result<bool> {
    let Some(segment) = Segment::read_header(bytes) else {
        return Ok(false);
    };
    let header = &segment.header;
    let area = session.door.directory.area(session.door.tx, &header.area)?;
    let author = session
        .door
        .directory
        .author_by_tag(session.door.tx, header.author)?;
    let Some(author) = author.map(|author| author.id) else {
        return Ok(false);
    };
    let Some((row, ..)) = ingest::find(session.tx(), area, author, header.n)? else {
        return Ok(false);
    };
    Ok(session
        .tx()
        .prepare_cached("SELECT standing = 1 FROM segment WHERE id = ?1")?
        .query_row([row], |row| row.get(0))
        .optional()?
        .unwrap_or(false))
}

/// Keeps what nobody can sign any more for the desk: once.
fn keep_unsigned(
    session: &Session<'_>,
    entry: &doorstep_model::bundle::UnsignedEntry,
) -> Result<()> {
    let bytes = minicbor::to_vec(entry).expect("an entry always encodes");
    session
        .tx()
        .prepare_cached(
            "INSERT INTO unsigned_entry (hash, area, entry, stored_at) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (hash) DO NOTHING",
        )?
        .execute(params![
            doorstep_model::baseline::PieceHash::of(&bytes).0,
            entry.area.as_str(),
            bytes,
            session.now
        ])?;
    Ok(())
}

#[cfg(test)]
mod tests;
