//! The messages between two phones of one organisation, and their frames on a pipe. What a phone
//! gives, and what it makes of what it is given, is the replica's.

use crate::entry::encode;
use crate::grant::Proof;
use crate::ids::{AreaId, AuthorTag, OrganisationId};
use crate::keys::KeyPair;
use crate::wire::{MESSAGE_MAX, OwnTip, SegmentBytes, WireError, from_wire, to_wire};

/// Version of the messages.
pub const PEER_VERSION: u16 = 1;

/// What the two say to each other in turns, each about at most a piece.
#[derive(Debug, Clone, PartialEq, Eq, Default, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct PeerMessage {
    /// In each side's first message.
    #[n(0)]
    pub hello: Option<Hello>,
    /// [`Hello::answer`] to the other's nonce: in the first message after its hello.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub answer: Option<Vec<u8>>,
    /// Segments that the other lacks, verbatim, each author's in order.
    #[n(2)]
    pub segments: Vec<SegmentBytes>,
    /// Segments that the sender keeps aside and the other does not know.
    #[n(3)]
    pub aside: Vec<SegmentBytes>,
    /// Nothing follows from this side.
    #[n(4)]
    pub done: bool,
}

/// Who speaks, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Hello {
    /// [`PEER_VERSION`].
    #[n(0)]
    pub version: u16,
    /// Of which organisation.
    #[n(1)]
    pub organisation: OrganisationId,
    /// The author, and why it may read.
    #[n(2)]
    pub proof: Proof,
    /// For the other to sign.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub nonce: [u8; 16],
    /// Per area that it wants to hold: how far it has come with each author.
    #[n(4)]
    pub areas: Vec<AreaTips>,
    /// First 8 bytes of the hash of each segment that it keeps aside, one after the other.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub aside: Vec<u8>,
}

/// What a replica holds of an area: chains have no holes, so their ends say it all.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct AreaTips {
    /// Which area.
    #[n(0)]
    pub area: AreaId,
    /// The last segment of each author.
    #[n(1)]
    pub tips: Vec<(AuthorTag, OwnTip)>,
}

impl Hello {
    /// Proves that the speaker holds the key of its hello, to whoever made `nonce`.
    pub fn answer(&self, nonce: &[u8; 16], key: &KeyPair) -> Vec<u8> {
        key.sign(&self.message(nonce)).to_vec()
    }

    /// Whether `answer` is that proof.
    pub fn is_answered(&self, nonce: &[u8; 16], answer: &[u8]) -> bool {
        self.proof.key().verifies(&self.message(nonce), answer)
    }

    fn message(&self, nonce: &[u8; 16]) -> Vec<u8> {
        [b"doorstep peer".as_slice(), nonce, &encode(self)].concat()
    }
}

/// A message as it goes into the pipe: its length in 4 bytes, big-endian, then itself.
pub fn to_frame(message: &PeerMessage) -> Vec<u8> {
    let bytes = to_wire(message);
    let length = u32::try_from(bytes.len()).expect("a message is a piece long");
    [&length.to_be_bytes(), bytes.as_slice()].concat()
}

/// Takes the next message out of what has come through the pipe; `None` when it is not whole yet.
///
/// # Errors
/// [`WireError`]: what comes through this pipe is not a conversation of ours.
pub fn next_frame(pipe: &mut Vec<u8>) -> Result<Option<PeerMessage>, WireError> {
    let Some((length, rest)) = pipe.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    if length > MESSAGE_MAX {
        return Err(WireError::TooLong);
    }
    let Some(bytes) = rest.get(..length) else {
        return Ok(None);
    };
    let message = from_wire(bytes)?;
    pipe.drain(..4 + length);
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(key: &KeyPair) -> Hello {
        Hello {
            version: PEER_VERSION,
            organisation: OrganisationId([1; 8]),
            proof: Proof::Granted {
                key: key.public(),
                grant: vec![1, 2],
            },
            nonce: [3; 16],
            areas: Vec::new(),
            aside: vec![7; 16],
        }
    }

    #[test]
    fn a_message_comes_through_a_pipe_in_whatever_bits() {
        let key = KeyPair::from_secret(&[2; 32]);
        let message = PeerMessage {
            hello: Some(hello(&key)),
            segments: vec![SegmentBytes(vec![9; 3_000])],
            ..PeerMessage::default()
        };
        let frame = to_frame(&message);
        let mut pipe = Vec::new();
        for byte in &frame[..frame.len() - 1] {
            pipe.push(*byte);
            assert_eq!(next_frame(&mut pipe), Ok(None));
        }
        pipe.push(frame[frame.len() - 1]);
        pipe.extend_from_slice(&frame);
        assert_eq!(next_frame(&mut pipe), Ok(Some(message.clone())));
        assert_eq!(next_frame(&mut pipe), Ok(Some(message)));
        assert!(pipe.is_empty());
    }

    #[test]
    fn a_pipe_of_something_else_is_an_error() {
        let mut pipe = b"GET / HTTP/1.1".to_vec();
        assert_eq!(next_frame(&mut pipe), Err(WireError::TooLong));
    }

    #[test]
    fn an_answer_is_for_one_nonce_one_hello_and_one_key() {
        let key = KeyPair::from_secret(&[2; 32]);
        let said = hello(&key);
        let answer = said.answer(&[5; 16], &key);
        assert!(said.is_answered(&[5; 16], &answer));
        assert!(!said.is_answered(&[6; 16], &answer));
        let other = KeyPair::from_secret(&[4; 32]);
        assert!(!said.is_answered(&[5; 16], &said.answer(&[5; 16], &other)));
        let mut changed = hello(&key);
        changed.aside.clear();
        assert!(!changed.is_answered(&[5; 16], &answer));
    }
}
