//! A baseline as it travels: an area's feed from its start to a position, packed for an empty phone
//! in pieces that are named by their hash. Pure: who builds one and what an import writes is the
//! replica's.
//!
//! A piece does not carry changes: they have one encoding, so they are made again from their entries
//! ([`crate::change::build`]) and the segments from them ([`crate::segment::join`]), byte for byte
//! under their authors' signatures. What remains of a check is its asset, its time and its result.
//!
//! First comes the table of segments, then the entries, by building: what a building's piece says is
//! complete for that building, so a phone works there before the others have come. The signatures are
//! last.
//!
//! Rounds below the horizon are left out: no row follows them. Of a segment with changes there the table
//! keeps what the feed's hash needs, and no signature, for nobody can make it again.

mod below;
mod columns;
mod stream;

pub use below::{ChainBelow, ChainsBelow};
pub use columns::{PackedChange, pack, unpack};

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::document::{DocumentName, RoundKey};
use crate::entry::encode;
use crate::feed::{Arrival, Cursor, Signed};
use crate::grant::Proof;
use crate::ids::{AreaId, AuthorTag, Identity, OrganisationId, SegmentHash};
use crate::keys::SIGNATURE_LEN;
use crate::segment::{Boot, Seen};

/// Most bytes of a piece once inflated.
pub const PIECE_MAX: usize = 64 * 1024 * 1024;

/// zstd's level: a piece is packed once and inflated by every new phone.
const LEVEL: i32 = 19;

/// Bytes that are not a piece of a baseline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a piece of a baseline: {0}")]
pub struct NotAPiece(pub(crate) String);

/// SHA-256 of a piece as it travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PieceHash(pub [u8; 32]);

impl PieceHash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl<C> Encode<C> for PieceHash {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for PieceHash {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        d.bytes()?
            .try_into()
            .map(Self)
            .map_err(|_| minicbor::decode::Error::message("a piece's hash has 32 bytes").at(at))
    }
}

/// What a baseline consists of. Travels as [`Signed`] by an office author.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Manifest {
    /// Whose organisation.
    #[n(0)]
    pub organisation: OrganisationId,
    /// Which office author signs.
    #[n(1)]
    pub office: AuthorTag,
    /// Which area.
    #[n(2)]
    pub area: AreaId,
    /// Where a phone stands that has taken it: never above what the office has in a backup.
    #[n(3)]
    pub cursor: Cursor,
    /// Unix seconds, office clock.
    #[n(4)]
    pub at: i64,
    /// Its pieces, in the order to take them where the phone knows no better.
    #[n(5)]
    pub pieces: Vec<PieceName>,
    /// The [`crate::feed::Statement`] of the cursor: what the phone shows as the office's word.
    #[n(6)]
    pub statement: Signed,
}

/// One piece by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PieceName {
    /// SHA-256 of its bytes.
    #[n(0)]
    pub hash: PieceHash,
    /// Its length in bytes.
    #[n(1)]
    pub length: u32,
    /// What is in it.
    #[n(2)]
    pub content: PieceContent,
    /// The building, of a piece with one building's documents.
    #[n(3)]
    pub building: Option<Identity>,
}

/// What is in a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum PieceContent {
    /// The [`SegmentTable`]: taken before all others.
    #[n(0)]
    Segments,
    /// Entries of the documents that the office writes.
    #[n(1)]
    Area,
    /// Entries of the documents of one building.
    #[n(2)]
    Building,
    /// Entries of cases.
    #[n(3)]
    Cases,
    /// The [`Signatures`]: taken last.
    #[n(4)]
    Signatures,
    /// The [`ChainsBelow`] the horizon; absent where nothing lies below.
    #[n(5)]
    Below,
}

/// Every segment of the feed up to the cursor, in order from position 1, without its changes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(array)]
pub struct SegmentTable {
    /// The documents that rows name by index.
    #[n(0)]
    pub documents: Vec<DocumentKey>,
    /// The authors that rows name by index.
    #[n(1)]
    pub authors: Vec<AuthorTag>,
    /// What each segment says of itself and the office of it. Numbers and previous hashes follow
    /// from the order.
    #[n(2)]
    pub rows: Vec<SegmentRow>,
    /// SHA-256 of each segment, one after the other.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub hashes: Vec<u8>,
}

/// The signature of each segment of a [`SegmentTable`] that is neither whole nor cut, in its order. They
/// are half of what a segment costs, and no screen waits for them: they come last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Signatures(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>);

impl Signatures {
    /// Adds the next segment's.
    pub fn push(&mut self, signature: &[u8]) {
        self.0.extend_from_slice(signature);
    }

    /// Each, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.chunks_exact(SIGNATURE_LEN)
    }

    /// The signatures as a piece.
    pub fn to_piece(&self) -> Vec<u8> {
        deflate(&encode(self))
    }

    /// Reads a piece with the signatures of this many segments.
    ///
    /// # Errors
    /// [`NotAPiece`], also where there are more or fewer.
    pub fn from_piece(bytes: &[u8], segments: usize) -> Result<Self, NotAPiece> {
        let signatures: Self = inflate(bytes)?;
        match signatures.0.len() == segments * SIGNATURE_LEN {
            true => Ok(signatures),
            false => Err(NotAPiece("signatures of another table".to_owned())),
        }
    }
}

/// One segment of a [`SegmentTable`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SegmentRow {
    /// Index of its author.
    #[n(0)]
    pub author: u32,
    /// As in its header; none where all its changes are left out.
    #[n(1)]
    pub boots: Vec<Boot>,
    /// As in its header; none where all its changes are left out.
    #[n(2)]
    pub seen: Option<Seen>,
    /// What the office fixed about it.
    #[n(3)]
    pub arrival: Arrival,
    /// Indexes of the documents that it has a change of, in its order; those left out are not named.
    #[n(4)]
    pub documents: Vec<u32>,
    /// As in its header.
    #[n(5)]
    pub proof: Option<Proof>,
    /// As in its header.
    #[n(6)]
    pub replaces: Option<(AuthorTag, u64)>,
    /// All of it, when its changes cannot be read by the office: it is passed on as it is.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub whole: Option<Vec<u8>>,
    /// It has changes below the horizon, which are left out.
    #[n(8)]
    pub cut: bool,
}

impl SegmentRow {
    /// Whether the segment can be made again from the baseline's entries, so that its signature travels.
    pub fn is_made_again(&self) -> bool {
        self.whole.is_none() && !self.cut
    }
}

/// A document by what its id is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct DocumentKey {
    /// [`DocumentName::kind_code`].
    #[n(0)]
    pub kind: u8,
    /// What it is about.
    #[n(1)]
    pub subject: Identity,
    /// Which round.
    #[n(2)]
    pub round: Option<RoundKey>,
}

impl DocumentKey {
    /// The key of this document in an area.
    pub fn of(name: &DocumentName, area: &AreaId) -> Self {
        Self {
            kind: name.kind_code(),
            subject: name.subject(area),
            round: name.round(),
        }
    }

    /// The document that it names.
    ///
    /// # Errors
    /// [`NotAPiece`] when its parts do not fit together.
    pub fn name(&self) -> Result<DocumentName, NotAPiece> {
        DocumentName::from_parts(self.kind, self.subject, self.round)
            .ok_or_else(|| NotAPiece("a key names no document".to_owned()))
    }

    /// Which piece the document's entries travel in.
    pub fn content(&self) -> (PieceContent, Option<Identity>) {
        match self.name() {
            Ok(DocumentName::Place(building) | DocumentName::Round(building, _)) => {
                (PieceContent::Building, Some(building))
            }
            Ok(DocumentName::Case(_)) => (PieceContent::Cases, None),
            Ok(
                DocumentName::Plan
                | DocumentName::Desk
                | DocumentName::Organisation
                | DocumentName::Later(..),
            )
            | Err(_) => (PieceContent::Area, None),
        }
    }
}

impl SegmentTable {
    /// The table as a piece.
    pub fn to_piece(&self) -> Vec<u8> {
        deflate(&encode(self))
    }

    /// Reads a piece.
    ///
    /// # Errors
    /// [`NotAPiece`], also where the columns are of different lengths or name what is not there.
    pub fn from_piece(bytes: &[u8]) -> Result<Self, NotAPiece> {
        let table: Self = inflate(bytes)?;
        let fits = table.hashes.len() == table.rows.len() * 32
            && table.rows.iter().all(|row| {
                (row.author as usize) < table.authors.len()
                    && row
                        .documents
                        .iter()
                        .all(|at| (*at as usize) < table.documents.len())
            });
        match fits {
            true => Ok(table),
            false => Err(NotAPiece("a table whose columns do not fit".to_owned())),
        }
    }

    /// The hash of the row at this index.
    pub fn hash(&self, row: usize) -> SegmentHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(&self.hashes[row * 32..(row + 1) * 32]);
        SegmentHash(hash)
    }

    /// Where the feed stands after the last row, counted from its start.
    pub fn end(&self, start: Cursor) -> Cursor {
        (0..self.rows.len()).fold(start, |cursor, row| {
            cursor.advanced(&self.hash(row), &self.rows[row].arrival)
        })
    }
}

fn deflate(plain: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(plain, LEVEL)
        .expect("compressing in memory fails for lack of memory alone, as any other allocation")
}

fn inflate<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<T, NotAPiece> {
    let wrong = |why: String| NotAPiece(why);
    let size = zstd::zstd_safe::get_frame_content_size(bytes)
        .ok()
        .flatten()
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size <= PIECE_MAX)
        .ok_or_else(|| wrong("of no stated length, or too long".to_owned()))?;
    let plain = zstd::bulk::decompress(bytes, size).map_err(|error| wrong(error.to_string()))?;
    let mut decoder = minicbor::Decoder::new(&plain);
    let value = decoder.decode().map_err(|error| wrong(error.to_string()))?;
    match decoder.position() == plain.len() {
        true => Ok(value),
        false => Err(wrong("bytes after it".to_owned())),
    }
}

#[cfg(test)]
mod tests;
