//! The office's ordered list of an area's segments: items, the hashed cursor over them, and what the
//! office signs about both: receipts with cursors, and the start of a new epoch.

use sha2::{Digest, Sha256};

use crate::entry::encode;
use crate::ids::{AreaId, AuthorTag, EpochId, OrganisationId, SegmentHash};
use crate::keys::{KeyPair, PublicKey, SIGNATURE_LEN};

/// Hash over a feed from its start to a position: 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FeedHash(pub [u8; 16]);

impl<C> minicbor::Encode<C> for FeedHash {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for FeedHash {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        d.bytes()?
            .try_into()
            .map(Self)
            .map_err(|_| minicbor::decode::Error::message("a feed hash has 16 bytes").at(at))
    }
}

/// How far a replica has come in an area's feed. Position 0 with the zero hash is the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Cursor {
    /// The feed's epoch.
    #[n(0)]
    pub epoch: EpochId,
    /// Position of the last item held.
    #[n(1)]
    pub position: u64,
    /// Hash over everything up to it.
    #[n(2)]
    pub hash: FeedHash,
}

/// Where an item stood in an earlier epoch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, minicbor::Encode, minicbor::Decode,
)]
#[cbor(array)]
pub struct EarlierPosition {
    /// The earlier epoch.
    #[n(0)]
    pub epoch: EpochId,
    /// The position in it.
    #[n(1)]
    pub position: u64,
}

/// What the office fixed about a segment when it first came: part of every receipt and item, for
/// ever, also in a restored office.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Arrival {
    /// When the office first received it, unix seconds; never falls within an area.
    #[n(0)]
    pub received_at: i64,
    /// Seconds to add to the times of each boot of the segment, in the order of its header; empty
    /// when all are 0.
    #[n(1)]
    pub shifts: Vec<i64>,
    /// Where the segment stood before the office was restored.
    #[n(2)]
    pub earlier: Option<EarlierPosition>,
}

impl Arrival {
    /// The shift of the boot with this index in the segment's header.
    pub fn shift(&self, boot: usize) -> i64 {
        self.shifts.get(boot).copied().unwrap_or(0)
    }
}

impl Cursor {
    /// The start of an epoch that continues nothing.
    pub fn start(epoch: EpochId) -> Self {
        Self {
            epoch,
            position: 0,
            hash: FeedHash::default(),
        }
    }

    /// The cursor after one more item: h = SHA-256(h before ‖ segment hash ‖ arrival), 16 bytes.
    #[must_use]
    pub fn advanced(&self, segment: &SegmentHash, arrival: &Arrival) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(self.hash.0);
        hasher.update(segment.0);
        hasher.update(encode(arrival));
        let digest = hasher.finalize();
        let mut hash = [0; 16];
        hash.copy_from_slice(&digest[..16]);
        Self {
            epoch: self.epoch,
            position: self.position + 1,
            hash: FeedHash(hash),
        }
    }
}

/// One item of a feed as it travels.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct FeedItem {
    /// Position in the feed.
    #[n(0)]
    pub position: u64,
    /// What the office fixed about it.
    #[n(1)]
    pub arrival: Arrival,
    /// The segment, byte for byte.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub segment: Vec<u8>,
}

/// The office's word that one segment is on its disk.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Receipt {
    /// Whose segment.
    #[n(0)]
    pub author: AuthorTag,
    /// Its number.
    #[n(1)]
    pub n: u64,
    /// Where it stands in the feed.
    #[n(2)]
    pub position: u64,
    /// What the office fixed about it.
    #[n(3)]
    pub arrival: Arrival,
}

/// What the office says of one area in a reply.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct AreaStatement {
    /// Which area.
    #[n(0)]
    pub area: AreaId,
    /// Where the asker stands after this reply.
    #[n(1)]
    pub cursor: Cursor,
    /// The asker's segments below it that this reply reports.
    #[n(2)]
    pub receipts: Vec<Receipt>,
    /// Every item up to this position is in the oldest backup still kept.
    #[n(3)]
    pub backed_up: u64,
}

/// What the office signs once a reply that moves anything. Transferable: it proves every item below
/// its cursors to whoever can rebuild the chain.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Statement {
    /// Whose organisation.
    #[n(0)]
    pub organisation: OrganisationId,
    /// Which office author signs.
    #[n(1)]
    pub office: AuthorTag,
    /// Unix seconds, office clock.
    #[n(2)]
    pub at: i64,
    /// What it says.
    #[n(3)]
    pub areas: Vec<AreaStatement>,
}

/// Says that an office was restored or started anew, and what its feed of an area continues.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct EpochStatement {
    /// Whose organisation.
    #[n(0)]
    pub organisation: OrganisationId,
    /// Which office author signs: the one that the new epoch begins with.
    #[n(1)]
    pub office: AuthorTag,
    /// Which area.
    #[n(2)]
    pub area: AreaId,
    /// The new epoch.
    #[n(3)]
    pub epoch: EpochId,
    /// The epochs that it replaces, as learned from signed cursors and its own past.
    #[n(4)]
    pub replaces: Vec<EpochId>,
    /// Position and hash where it goes on.
    #[n(5)]
    pub continues: (u64, FeedHash),
    /// Older points of the same feed: at N−1, N−2, N−4 …, so that a phone finds the highest
    /// position where its own hash is equal.
    #[n(6)]
    pub trail: Vec<(u64, FeedHash)>,
    /// Unix seconds, office clock.
    #[n(7)]
    pub at: i64,
}

/// Something that the office said, with its signature behind it.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct Signed(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

/// Signed bytes that do not say what they should, or are signed by another key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a statement of this office")]
pub struct NotSigned;

impl Signed {
    /// Encodes and signs.
    pub fn new<T: minicbor::Encode<()>>(value: &T, key: &KeyPair) -> Self {
        let mut bytes = encode(value);
        let signature = key.sign(&bytes);
        bytes.extend_from_slice(&signature);
        Self(bytes)
    }

    fn split(&self) -> Result<(&[u8], &[u8]), NotSigned> {
        let at = self.0.len().checked_sub(SIGNATURE_LEN).ok_or(NotSigned)?;
        Ok(self.0.split_at(at))
    }

    /// What it says, whoever signed: to learn whose key to check with.
    ///
    /// # Errors
    /// [`NotSigned`] when it does not decode.
    pub fn claims<'b, T: minicbor::Decode<'b, ()>>(&'b self) -> Result<T, NotSigned> {
        let (message, _) = self.split()?;
        let mut decoder = minicbor::Decoder::new(message);
        let value = decoder.decode().map_err(|_| NotSigned)?;
        if decoder.position() == message.len() {
            Ok(value)
        } else {
            Err(NotSigned)
        }
    }

    /// What it says, once the signature is this key's.
    ///
    /// # Errors
    /// [`NotSigned`] when it is not, or does not decode.
    pub fn open<'b, T: minicbor::Decode<'b, ()>>(
        &'b self,
        key: &PublicKey,
    ) -> Result<T, NotSigned> {
        let (message, signature) = self.split()?;
        if !key.verifies(message, signature) {
            return Err(NotSigned);
        }
        self.claims()
    }
}

/// Positions whose hashes an epoch statement carries: N−1, N−2, N−4 … down to 0, each once.
pub fn trail_positions(continues: u64) -> Vec<u64> {
    let mut positions = Vec::new();
    let mut step = 1u64;
    while step < continues {
        positions.push(continues - step);
        step = step.saturating_mul(2);
    }
    if continues > 0 {
        positions.push(0);
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(at: i64) -> Arrival {
        Arrival {
            received_at: at,
            shifts: vec![],
            earlier: None,
        }
    }

    #[test]
    fn a_cursor_depends_on_every_item_and_on_what_the_office_fixed() {
        let start = Cursor::start(EpochId([1; 8]));
        let (a, b) = (SegmentHash([1; 32]), SegmentHash([2; 32]));
        let ab = start.advanced(&a, &arrival(5)).advanced(&b, &arrival(6));
        let ba = start.advanced(&b, &arrival(5)).advanced(&a, &arrival(6));
        assert_eq!((ab.position, ba.position), (2, 2));
        assert_ne!(ab.hash, ba.hash);
        let shifted = Arrival {
            shifts: vec![-3600],
            ..arrival(6)
        };
        assert_ne!(
            ab.hash,
            start.advanced(&a, &arrival(5)).advanced(&b, &shifted).hash
        );
        assert_eq!(data_encoding::HEXLOWER.encode(&ab.hash.0), GOLDEN);
    }

    const GOLDEN: &str = "e0ce16a6434133989c08eea632716492";

    #[test]
    fn only_the_signer_is_believed() {
        let key = KeyPair::from_secret(&[4; 32]);
        let statement = Statement {
            organisation: OrganisationId([1; 8]),
            office: key.public().tag(),
            at: 1_700_000_000,
            areas: vec![AreaStatement {
                area: AreaId::organisation(),
                cursor: Cursor::start(EpochId([1; 8])),
                receipts: vec![Receipt {
                    author: AuthorTag([1; 4]),
                    n: 3,
                    position: 9,
                    arrival: arrival(5),
                }],
                backed_up: 0,
            }],
        };
        let signed = Signed::new(&statement, &key);
        assert_eq!(signed.open(&key.public()), Ok(statement.clone()));
        let other = KeyPair::from_secret(&[5; 32]).public();
        assert_eq!(signed.open::<Statement>(&other), Err(NotSigned));
        assert_eq!(signed.claims(), Ok(statement));
        assert_eq!(Signed(vec![1, 2]).claims::<Statement>(), Err(NotSigned));
    }

    #[test]
    fn a_trail_thins_out_towards_the_start() {
        assert_eq!(trail_positions(0), Vec::<u64>::new());
        assert_eq!(trail_positions(1), [0]);
        assert_eq!(trail_positions(10), [9, 8, 6, 2, 0]);
    }
}
