//! What an office wrote itself, a second time: every segment of its own is appended to a file in
//! another folder before anybody hears that it is saved. After a restore from a backup it is the one
//! thing that no phone may hold. Which segments are taken back is decided in `sync`.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use doorstep_model::ids::BootId;
use doorstep_model::segment::{SEGMENT_MAX, hash_of};
use rusqlite::Connection;

use crate::compact::Archive;
use crate::error::Result;
use crate::sync::office::Office;
use crate::sync::take::{self, Carrier, Taken};

/// Name of the file in its folder: frames of length (4 bytes, big-endian) and segment.
pub const COPIES_FILE: &str = "office.segments";

/// An open file of copies.
#[derive(Debug)]
pub(crate) struct Copies {
    file: File,
    /// Row of the last segment looked at.
    last: i64,
}

impl Copies {
    /// Opens or makes the file in `folder`, and appends what is missing in it.
    pub(crate) fn open(folder: &Path, tx: &Connection) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(COPIES_FILE);
        let mut file =
            File::options().create(true).read(true).write(true).truncate(false).open(path)?;
        let (segments, whole) = read_frames(&mut file)?;
        // What a power cut left half-written is written again.
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
        let known: std::collections::BTreeSet<[u8; 32]> =
            segments.iter().map(|segment| hash_of(segment).0).collect();
        let mut copies = Self { file, last: 0 };
        copies.append(tx, |hash| !known.contains(hash))?;
        Ok(copies)
    }

    /// Appends the office's segments that came to be since the last time, and waits for the disk.
    pub(crate) fn append_new(&mut self, tx: &Connection) -> Result<()> {
        self.append(tx, |_| true)
    }

    fn append(&mut self, tx: &Connection, wanted: impl Fn(&[u8; 32]) -> bool) -> Result<()> {
        let rows: Vec<(i64, [u8; 32])> = tx
            .prepare_cached(
                "SELECT s.id, s.hash FROM segment s JOIN author a ON a.id = s.author \
                 WHERE s.id > ?1 AND a.office = 1 ORDER BY s.id",
            )?
            .query_map([self.last], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut frames = Vec::new();
        let mut archive = Archive::default();
        for (row, hash) in &rows {
            if wanted(hash) {
                let segment = archive.segment(tx, *row)?;
                let length = u32::try_from(segment.len()).unwrap_or(u32::MAX);
                frames.extend_from_slice(&length.to_be_bytes());
                frames.extend_from_slice(&segment);
            }
        }
        if !frames.is_empty() {
            self.file.write_all(&frames)?;
            self.file.sync_data()?;
        }
        if let Some((row, _)) = rows.last() {
            self.last = *row;
        }
        Ok(())
    }
}

/// Every whole frame of a file, and where the last one ends.
fn read_frames(file: &mut File) -> Result<(Vec<Vec<u8>>, u64)> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let mut segments = Vec::new();
    let mut at = 0;
    while let Some((length, rest)) = bytes[at..].split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some(segment) = rest.get(..length).filter(|_| length <= SEGMENT_MAX) else { break };
        segments.push(segment.to_vec());
        at += 4 + length;
    }
    Ok((segments, at as u64))
}

impl Office {
    /// From now on keeps a copy of every segment of this office in `folder`, on another disk: it is
    /// there before any call says that something is saved. What is missing there is appended at once.
    ///
    /// # Errors
    /// [`crate::Error::Store`] when the folder cannot be written. Later the same from any call that
    /// writes: it is saved here then and not there; the same call again, by its request id, says so.
    pub fn copy_to(&self, folder: &Path) -> Result<()> {
        let replica = self.replica();
        let copies = {
            let writer = replica.store.writer();
            Copies::open(folder, &writer)?
        };
        replica.keep_copies(copies);
        Ok(())
    }

    /// Takes back what an office wrote into the copies of `folder` and this one, restored from an
    /// older backup, has lost. Returns how many segments are in the feed or adopted now. Taking them
    /// twice is taking them once.
    ///
    /// # Errors
    /// [`crate::Error::Store`]; what was taken before stays.
    pub fn take_copies(&self, folder: &Path) -> Result<u64> {
        let mut file = File::open(folder.join(COPIES_FILE))?;
        let (segments, _) = read_frames(&mut file)?;
        let carrier = Carrier { author: None, clock: (BootId([0; 8]), 0), challenged: false };
        let mut taken = 0;
        for slice in segments.chunks(8) {
            taken += self.write_slice(|session| {
                let mut taken = 0;
                for segment in slice {
                    let fate = take::take(session, segment, &carrier, None)?;
                    taken += u64::from(matches!(fate, Ok(Taken::InFeed(_))));
                }
                Ok(taken)
            })?;
        }
        Ok(taken)
    }
}
