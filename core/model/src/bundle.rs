//! What a phone hands in as a file: the same segments that it would push, and what nobody could sign
//! any more. Only what is inside; that the file is sealed to the office's key is the replica's.

use crate::document::RoundKey;
use crate::entry::encode;
use crate::ids::{AreaId, AuthorTag, Identity, OrganisationId};
use crate::wire::{ArrivalChain, SegmentBytes};

/// Version of the content.
pub const BUNDLE_VERSION: u16 = 1;

/// Most bytes of a bundle once inflated.
pub const BUNDLE_MAX: usize = 64 * 1024 * 1024;

const COMPRESSION_LEVEL: i32 = 9;

/// The content of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Bundle {
    /// [`BUNDLE_VERSION`].
    #[n(0)]
    pub version: u16,
    /// For which organisation's office.
    #[n(1)]
    pub organisation: OrganisationId,
    /// Per area: what the office may not have.
    #[n(2)]
    pub areas: Vec<BundledArea>,
    /// Entries that were rescued from a broken store without their author's key.
    #[n(3)]
    pub unsigned: Vec<UnsignedEntry>,
}

/// What is handed in of one area.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct BundledArea {
    /// Which area.
    #[n(0)]
    pub area: AreaId,
    /// What an earlier office had fixed about some of the segments.
    #[n(1)]
    pub chain: Option<ArrivalChain>,
    /// Segments, verbatim; each author's in order. Those kept aside are last.
    #[n(2)]
    pub segments: Vec<SegmentBytes>,
}

/// An entry whose author can no longer sign it. It counts for nothing until a person takes it over.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct UnsignedEntry {
    /// Its area.
    #[n(0)]
    pub area: AreaId,
    /// Kind, subject and round of its document.
    #[n(1)]
    pub document: (u8, Identity, Option<RoundKey>),
    /// Who wrote it, as the store said.
    #[n(2)]
    pub author: AuthorTag,
    /// Its counter.
    #[n(3)]
    pub counter: u64,
    /// What it is about.
    #[n(4)]
    pub subject: Identity,
    /// Its value.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub value: Vec<u8>,
}

/// Bytes that are not the content of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Longer than [`BUNDLE_MAX`] once inflated.
    #[error("the bundle is longer than {BUNDLE_MAX} bytes")]
    TooLong,
    /// Of a newer version: the office must be updated first.
    #[error("a bundle of version {0}")]
    Newer(u16),
    /// Cut or damaged.
    #[error("the bundle cannot be read: {0}")]
    Unreadable(String),
}

impl Bundle {
    /// The content as it is sealed.
    pub fn to_bytes(&self) -> Vec<u8> {
        zstd::bulk::compress(&encode(self), COMPRESSION_LEVEL)
            .expect("compressing in memory fails for lack of memory alone, as any other allocation")
    }

    /// Reads the content.
    ///
    /// # Errors
    /// See [`BundleError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BundleError> {
        let unreadable = |why: String| BundleError::Unreadable(why);
        let size = zstd::zstd_safe::get_frame_content_size(bytes)
            .ok()
            .flatten()
            .ok_or_else(|| unreadable("of no stated length".to_owned()))?;
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size <= BUNDLE_MAX);
        let plain = zstd::bulk::decompress(bytes, size.ok_or(BundleError::TooLong)?)
            .map_err(|error| unreadable(error.to_string()))?;
        let mut decoder = minicbor::Decoder::new(&plain);
        let bundle: Self = decoder
            .decode()
            .map_err(|error| unreadable(error.to_string()))?;
        if bundle.version > BUNDLE_VERSION {
            return Err(BundleError::Newer(bundle.version));
        }
        match decoder.position() == plain.len() {
            true => Ok(bundle),
            false => Err(unreadable("bytes after it".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        Bundle {
            version: BUNDLE_VERSION,
            organisation: OrganisationId([1; 8]),
            areas: vec![BundledArea {
                area: AreaId::organisation(),
                chain: None,
                segments: vec![SegmentBytes(vec![5; 400])],
            }],
            unsigned: vec![UnsignedEntry {
                area: AreaId::organisation(),
                document: (1, Identity::of_hash([2; 16]), None),
                author: AuthorTag([3; 4]),
                counter: 7,
                subject: Identity::of_hash([2; 16]),
                value: vec![0xa0],
            }],
        }
    }

    #[test]
    fn a_bundle_reads_back_and_no_cut_one_does() {
        let bytes = bundle().to_bytes();
        assert_eq!(Bundle::from_bytes(&bytes), Ok(bundle()));
        for at in 0..bytes.len() {
            assert!(Bundle::from_bytes(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_newer_bundle_says_so_and_a_bomb_is_refused() {
        let newer = Bundle {
            version: BUNDLE_VERSION + 1,
            ..bundle()
        };
        assert_eq!(
            Bundle::from_bytes(&newer.to_bytes()),
            Err(BundleError::Newer(BUNDLE_VERSION + 1))
        );
        let bomb = zstd::bulk::compress(&vec![0; BUNDLE_MAX + 1], 1).unwrap();
        assert_eq!(Bundle::from_bytes(&bomb), Err(BundleError::TooLong));
    }
}
