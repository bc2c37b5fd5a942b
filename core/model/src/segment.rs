//! A segment: an author's next changes in one area, chained to its previous segment and signed. The
//! bytes are header, changes, signature and nothing else; they are kept and forwarded verbatim.

use sha2::{Digest, Sha256};

use crate::entry::encode;
use crate::grant::Proof;
use crate::ids::{AreaId, AuthorTag, BootId, DocumentId, EpochId, OrganisationId, SegmentHash};
use crate::keys::{KeyPair, PublicKey, SIGNATURE_LEN};

/// Most bytes of a segment, signature included.
pub const SEGMENT_MAX: usize = 16 * 1024;

/// The major version that this code writes and reads. Header fields never change in any major; the
/// changes of an unknown major are opaque.
pub const MAJOR: u16 = 1;

/// The newest feed item that the author held at the first tap of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Seen {
    /// The feed's epoch.
    #[n(0)]
    pub epoch: EpochId,
    /// Position in it.
    #[n(1)]
    pub position: u64,
    /// That item's received-at, unix seconds: no entry of the segment is earlier.
    #[n(2)]
    pub received_at: i64,
}

/// From which counter on entries were made under which boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Boot {
    /// First counter of this boot in the segment.
    #[n(0)]
    pub from: u64,
    /// The boot.
    #[n(1)]
    pub id: BootId,
    /// What its clock said when monotonic time was 0, unix seconds.
    #[n(2)]
    pub anchor: i64,
}

/// What a segment says of itself.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct SegmentHeader {
    /// Major version of the changes.
    #[n(0)]
    pub version: u16,
    /// Whose organisation.
    #[n(1)]
    pub organisation: OrganisationId,
    /// Which area's feed.
    #[n(2)]
    pub area: AreaId,
    /// Whose segment.
    #[n(3)]
    pub author: AuthorTag,
    /// Its number among the author's in this area, from 1, without holes.
    #[n(4)]
    pub n: u64,
    /// Hash of the author's segment before; none at n = 1.
    #[n(5)]
    pub previous: Option<SegmentHash>,
    /// The boots that its entries were made under, by rising counter.
    #[n(6)]
    pub boots: Vec<Boot>,
    /// What the author held of the feed at the first tap; none when it had nothing.
    #[n(7)]
    pub seen: Option<Seen>,
    /// The author's grant: at n = 1 and after a new grant.
    #[n(8)]
    pub proof: Option<Proof>,
    /// Of a re-authored segment: the one whose `seen` and boots it repeats.
    #[n(9)]
    pub replaces: Option<(AuthorTag, u64)>,
}

/// One automerge change and the document it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentChange<'a> {
    /// Which document.
    pub document: DocumentId,
    /// The raw, uncompressed change.
    pub bytes: &'a [u8],
}

/// A segment read from its bytes; the signature is not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<'a> {
    /// What it says of itself.
    pub header: SegmentHeader,
    /// Its changes; empty when `header.version` is unknown, for they are opaque then.
    pub changes: Vec<SegmentChange<'a>>,
    /// All of it.
    pub bytes: &'a [u8],
}

/// Why bytes are no segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// More than [`SEGMENT_MAX`] bytes.
    #[error("a segment of {0} bytes")]
    TooLong(usize),
    /// No header can be read.
    #[error("no readable header: {0}")]
    NoHeader(String),
    /// The header is there, the changes behind it are not.
    #[error("no readable changes: {0}")]
    NoChanges(String),
}

impl<'a> Segment<'a> {
    /// Reads a segment. Nothing is verified but its shape.
    ///
    /// # Errors
    /// See [`SegmentError`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, SegmentError> {
        if bytes.len() > SEGMENT_MAX {
            return Err(SegmentError::TooLong(bytes.len()));
        }
        let Some(signed) = bytes.len().checked_sub(SIGNATURE_LEN) else {
            return Err(SegmentError::NoHeader("too short".to_owned()));
        };
        let body = &bytes[..signed];
        let mut decoder = minicbor::Decoder::new(body);
        let header: SegmentHeader = decoder
            .decode()
            .map_err(|error| SegmentError::NoHeader(error.to_string()))?;
        if header.n == 0 || (header.n == 1) != header.previous.is_none() {
            return Err(SegmentError::NoHeader(
                "number and previous hash disagree".to_owned(),
            ));
        }
        if encode(&header) != body[..decoder.position()] {
            return Err(SegmentError::NoHeader("not in its one encoding".to_owned()));
        }
        let changes = if header.version == MAJOR {
            read_changes(&mut decoder, body)
                .map_err(|error| SegmentError::NoChanges(error.to_string()))?
        } else {
            Vec::new()
        };
        Ok(Self {
            header,
            changes,
            bytes,
        })
    }

    /// Reads the header alone: of a segment whose changes cannot be read, kept for the desk.
    pub fn read_header(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() > SEGMENT_MAX || bytes.len() < SIGNATURE_LEN {
            return None;
        }
        let header = minicbor::decode(&bytes[..bytes.len() - SIGNATURE_LEN]).ok()?;
        Some(Self {
            header,
            changes: Vec::new(),
            bytes,
        })
    }

    /// SHA-256 of all its bytes.
    pub fn hash(&self) -> SegmentHash {
        hash_of(self.bytes)
    }

    /// Whether `key` signed it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let (signed, signature) = self.bytes.split_at(self.bytes.len() - SIGNATURE_LEN);
        key.verifies(signed, signature)
    }
}

/// SHA-256 of a segment's bytes.
pub fn hash_of(segment: &[u8]) -> SegmentHash {
    SegmentHash(Sha256::digest(segment).into())
}

fn read_changes<'a>(
    decoder: &mut minicbor::Decoder<'a>,
    body: &'a [u8],
) -> Result<Vec<SegmentChange<'a>>, minicbor::decode::Error> {
    let wrong = minicbor::decode::Error::message;
    let from = decoder.position();
    let count = decoder
        .array()?
        .ok_or_else(|| wrong("changes of unstated number"))?;
    // A change has more than 64 bytes, so the length of the body bounds the list.
    let mut changes = Vec::with_capacity(count.min(body.len() as u64 / 64) as usize);
    for _ in 0..count {
        if decoder.array()? != Some(2) {
            return Err(wrong("a change is a pair"));
        }
        changes.push(SegmentChange {
            document: decoder.decode()?,
            bytes: decoder.bytes()?,
        });
    }
    if decoder.position() != body.len() {
        return Err(wrong("bytes after the changes"));
    }
    // One encoding only: a compacted segment is written again from its parts.
    let list = encode_changes(changes.iter().map(|change| (change.document, change.bytes)));
    if body[from..] != list {
        return Err(wrong("not in their one encoding"));
    }
    let mut documents: Vec<DocumentId> = changes.iter().map(|change| change.document).collect();
    documents.sort_unstable();
    if documents.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(wrong("two changes of one document"));
    }
    Ok(changes)
}

/// The list of changes as it stands between header and signature.
fn encode_changes<'a>(changes: impl ExactSizeIterator<Item = (DocumentId, &'a [u8])>) -> Vec<u8> {
    const MEMORY: &str = "writing CBOR to memory cannot fail";
    let mut bytes = Vec::new();
    let mut encoder = minicbor::Encoder::new(&mut bytes);
    encoder.array(changes.len() as u64).expect(MEMORY);
    for (document, change) in changes {
        let pair = encoder.array(2).expect(MEMORY);
        pair.encode(document).expect(MEMORY);
        encoder.bytes(change).expect(MEMORY);
    }
    bytes
}

/// Signs a header and changes into a segment. Same inputs, same bytes.
pub fn seal(header: &SegmentHeader, changes: &[(DocumentId, Vec<u8>)], key: &KeyPair) -> Vec<u8> {
    let mut bytes = encode(header);
    let changes = changes
        .iter()
        .map(|(document, change)| (*document, change.as_slice()));
    bytes.extend_from_slice(&encode_changes(changes));
    let signature = key.sign(&bytes);
    bytes.extend_from_slice(&signature);
    bytes
}

/// The segment that these parts were taken from: the same bytes, if they are the same parts.
pub fn join<'a>(
    header: &SegmentHeader,
    changes: impl ExactSizeIterator<Item = (DocumentId, &'a [u8])>,
    signature: &[u8],
) -> Vec<u8> {
    let mut bytes = encode(header);
    bytes.extend_from_slice(&encode_changes(changes));
    bytes.extend_from_slice(signature);
    bytes
}

/// The header that these bytes begin with, and its length: of a segment, or of what is left of a
/// compacted one.
///
/// # Errors
/// [`SegmentError::NoHeader`].
pub fn header_of(bytes: &[u8]) -> Result<(SegmentHeader, usize), SegmentError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let header = decoder
        .decode()
        .map_err(|error| SegmentError::NoHeader(error.to_string()))?;
    Ok((header, decoder.position()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(n: u64) -> SegmentHeader {
        let key = KeyPair::from_secret(&[2; 32]).public();
        SegmentHeader {
            version: MAJOR,
            organisation: OrganisationId([8; 8]),
            area: AreaId::new("310101019005").unwrap(),
            author: key.tag(),
            n,
            previous: (n > 1).then_some(SegmentHash([6; 32])),
            boots: vec![Boot {
                from: 1,
                id: BootId([5; 8]),
                anchor: 1_700_000_000,
            }],
            seen: Some(Seen {
                epoch: EpochId([3; 8]),
                position: 12,
                received_at: 1_700_000_100,
            }),
            proof: (n == 1).then(|| Proof::Granted {
                key,
                grant: vec![1, 2, 3],
            }),
            replaces: None,
        }
    }

    fn sealed(n: u64) -> Vec<u8> {
        let changes = vec![
            (DocumentId([1; 16]), vec![7; 90]),
            (DocumentId([2; 16]), vec![8; 70]),
        ];
        seal(&header(n), &changes, &KeyPair::from_secret(&[2; 32]))
    }

    #[test]
    fn a_segment_reads_back_and_knows_its_signer() {
        let bytes = sealed(2);
        let segment = Segment::read(&bytes).unwrap();
        assert_eq!(segment.header, header(2));
        assert_eq!(segment.changes.len(), 2);
        assert_eq!(segment.changes[1].bytes, [8; 70]);
        assert!(segment.is_signed_by(&KeyPair::from_secret(&[2; 32]).public()));
        assert!(!segment.is_signed_by(&KeyPair::from_secret(&[3; 32]).public()));
    }

    #[test]
    fn golden_bytes_of_a_segment() {
        let hash = hash_of(&sealed(1));
        assert_eq!(data_encoding::HEXLOWER.encode(&hash.0), GOLDEN);
    }

    const GOLDEN: &str = "a9d62edb566db384b0ed705d1fc649aade36416207ba7026abd1210dead71e24";

    #[test]
    fn no_changed_byte_and_no_cut_goes_unnoticed() {
        let bytes = sealed(1);
        let key = KeyPair::from_secret(&[2; 32]).public();
        for at in 0..bytes.len() {
            let mut bent = bytes.clone();
            bent[at] ^= 0x10;
            let accepted = Segment::read(&bent).is_ok_and(|segment| segment.is_signed_by(&key));
            assert!(!accepted, "byte {at}");
            let cut = Segment::read(&bytes[..at]).is_ok_and(|segment| segment.is_signed_by(&key));
            assert!(!cut, "cut at {at}");
        }
    }

    #[test]
    fn a_segment_is_the_sum_of_its_parts() {
        let bytes = sealed(2);
        let segment = Segment::read(&bytes).unwrap();
        let changes = segment
            .changes
            .iter()
            .map(|change| (change.document, change.bytes));
        let signature = &bytes[bytes.len() - SIGNATURE_LEN..];
        assert_eq!(join(&segment.header, changes, signature), bytes);
    }

    #[test]
    fn the_list_of_changes_has_one_encoding_and_each_document_once() {
        let key = KeyPair::from_secret(&[2; 32]);
        let twice = vec![(DocumentId([1; 16]), vec![7; 90]); 2];
        let read = |bytes: &[u8]| Segment::read(bytes).map(|_| ());
        assert!(matches!(
            read(&seal(&header(2), &twice, &key)),
            Err(SegmentError::NoChanges(_))
        ));
        // An empty list whose length takes two bytes where one would do.
        let mut long = encode(&header(2));
        long.extend_from_slice(&[0x98, 0]);
        let signature = key.sign(&long);
        long.extend_from_slice(&signature);
        assert!(matches!(read(&long), Err(SegmentError::NoChanges(_))));
    }

    #[test]
    fn the_changes_of_an_unknown_major_are_opaque_and_its_header_is_not() {
        let mut newer = header(2);
        newer.version = 9;
        let key = KeyPair::from_secret(&[2; 32]);
        let mut bytes = encode(&newer);
        bytes.extend_from_slice(b"whatever a later version puts here");
        let signature = key.sign(&bytes);
        bytes.extend_from_slice(&signature);
        let segment = Segment::read(&bytes).unwrap();
        assert_eq!(segment.header.n, 2);
        assert!(segment.changes.is_empty());
        assert!(segment.is_signed_by(&key.public()));
    }
}
