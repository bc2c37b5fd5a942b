//! The messages between a replica and its office. One exchange is one HTTP request: what the phone
//! pushes and asks for goes up, receipts and news come down. Nothing here decides anything.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::baseline::PieceHash;
use crate::entry::encode;
use crate::feed::{Arrival, Cursor, FeedHash, FeedItem, Signed};
use crate::grant::Proof;
use crate::ids::{AreaId, AuthorTag, BootId, OrganisationId, SegmentHash};

/// Version of the messages.
pub const WIRE_VERSION: u16 = 1;

/// Most bytes of a message once inflated.
pub const MESSAGE_MAX: usize = 4 * 1024 * 1024;

/// Messages from this many bytes on are compressed.
const COMPRESS_FROM: usize = 400;

/// An evening's work is small and travels once: it is worth a closer look (9 % fewer bytes) than a
/// long reply, of which an office makes many.
fn compression_level(length: usize) -> i32 {
    if length <= 32 * 1024 { 12 } else { 6 }
}

/// What a replica sends.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Request {
    /// [`WIRE_VERSION`].
    #[n(0)]
    pub version: u16,
    /// Whose organisation.
    #[n(1)]
    pub organisation: OrganisationId,
    /// Who asks.
    #[n(2)]
    pub author: AuthorTag,
    /// The office author whose proof the asker holds already.
    #[n(3)]
    pub office: Option<AuthorTag>,
    /// The last ticket.
    #[n(4)]
    pub ticket: Option<Ticket>,
    /// The asker's boot and what its clock says now, unix seconds: for the shift.
    #[n(5)]
    pub clock: (BootId, i64),
    /// Answer to a challenge.
    #[n(6)]
    pub answer: Option<Answer>,
    /// Per area: what is pushed and asked for.
    #[n(7)]
    pub areas: Vec<AreaAsk>,
    /// Most bytes of items that the asker wants in the reply, before compression.
    #[n(8)]
    pub budget: Option<u32>,
    /// A piece of a baseline that the asker wants: see [`BaselineAsk`].
    #[n(9)]
    pub baseline: Option<BaselineAsk>,
    /// How many entries the asker still holds alone once this request is answered.
    #[n(10)]
    pub unsent: Option<u32>,
}

/// What a replica pushes to and asks of one area.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct AreaAsk {
    /// Which area.
    #[n(0)]
    pub area: AreaId,
    /// Where the asker stands; none when it has nothing of the feed yet.
    #[n(1)]
    pub cursor: Option<Cursor>,
    /// Number and first 8 bytes of the hash of the asker's own last segment, pushed ones included.
    #[n(2)]
    pub own: Option<OwnTip>,
    /// Segments, verbatim; each author's in order.
    #[n(3)]
    pub segments: Vec<SegmentBytes>,
    /// The last statement of an office about this area: sent when the office asked for it.
    #[n(4)]
    pub statement: Option<StatementProof>,
    /// What an earlier office had fixed about segments that are offered again.
    #[n(5)]
    pub chain: Option<ArrivalChain>,
    /// True: no items now, a baseline of this feed is on its way.
    #[n(6)]
    pub only_push: Option<bool>,
}

/// Proves what an office had fixed about the items after a position: hashing them onto the feed that
/// the receiver holds up to there gives a cursor under an office's signature.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct ArrivalChain {
    /// Position that both sides hold.
    #[n(0)]
    pub from: u64,
    /// The items after it, in order.
    #[n(1)]
    pub items: Vec<ChainLink>,
    /// The statement with the cursor behind the last item.
    #[n(2)]
    pub statement: StatementProof,
}

/// One item of an [`ArrivalChain`].
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct ChainLink {
    /// The segment.
    #[n(0)]
    pub segment: SegmentHash,
    /// What the office fixed about it.
    #[n(1)]
    pub arrival: Arrival,
}

/// A statement and the proof of the office author that signed it.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct StatementProof {
    /// The statement.
    #[n(0)]
    pub statement: Signed,
    /// Its signer's proof.
    #[n(1)]
    pub office: Proof,
}

/// The bytes of a segment.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct SegmentBytes(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

/// An author's last segment in an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct OwnTip {
    /// Its number.
    #[n(0)]
    pub n: u64,
    /// First 8 bytes of its hash.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 8],
}

impl OwnTip {
    /// The tip of a chain that ends with this segment.
    pub fn new(n: u64, hash: &SegmentHash) -> Self {
        let mut short = [0; 8];
        short.copy_from_slice(&hash.0[..8]);
        Self { n, hash: short }
    }
}

/// Which part of a baseline is wanted.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct BaselineAsk {
    /// Of which area.
    #[n(0)]
    pub area: AreaId,
    /// The pieces still wanted, in this order; none for the newest manifest.
    #[n(1)]
    pub pieces: Vec<PieceHash>,
    /// From which byte of the first of them.
    #[n(2)]
    pub offset: u64,
}

/// A part of a baseline.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct BaselinePart {
    /// Of which area.
    #[n(0)]
    pub area: AreaId,
    /// The signed manifest, when it was asked for.
    #[n(1)]
    pub manifest: Option<Signed>,
    /// Else bytes of the wanted pieces, one after the other from the wanted offset on, cut anywhere;
    /// empty when the first of them is no longer here.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// What the office answers.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Reply {
    /// [`WIRE_VERSION`].
    #[n(0)]
    pub version: u16,
    /// How the request as a whole fared.
    #[n(1)]
    pub outcome: ReplyOutcome,
    /// The next ticket.
    #[n(2)]
    pub ticket: Option<Ticket>,
    /// A nonce to sign, when `outcome` is [`ReplyOutcome::Challenge`].
    #[n(3)]
    pub nonce: Option<Nonce>,
    /// The proof of the office author, when the asker does not hold it.
    #[n(4)]
    pub office: Option<Proof>,
    /// Per area that has something to say.
    #[n(5)]
    pub areas: Vec<AreaReply>,
    /// Receipts and cursors under one signature; none when nothing moved.
    #[n(6)]
    pub statement: Option<Signed>,
    /// A grant that replaces the asker's.
    #[n(7)]
    pub grant: Option<GrantBytes>,
    /// The wanted part of a baseline.
    #[n(8)]
    pub baseline: Option<BaselinePart>,
}

/// The bytes of a signed grant.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct GrantBytes(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

/// How a request as a whole fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub enum ReplyOutcome {
    /// Done, see the areas.
    #[n(0)]
    Done,
    /// No valid ticket: sign the nonce and send the request again.
    #[n(1)]
    Challenge,
    /// No grant of this organisation for this author.
    #[n(2)]
    UnknownAuthor,
    /// Another organisation's office.
    #[n(3)]
    WrongOrganisation,
    /// The request cannot be read by this office: an older office, or a broken message.
    #[n(4)]
    Unreadable,
    /// Only pushes are taken: the author may not read (its grant has ended, or it is revoked), or the
    /// office was restored and its list of authors is not confirmed yet.
    #[n(5)]
    PushOnly,
}

/// What the office answers of one area.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct AreaReply {
    /// Which area.
    #[n(0)]
    pub area: AreaId,
    /// Items after the asker's cursor, its own left out.
    #[n(1)]
    pub items: Vec<FeedItem>,
    /// True when the feed goes on behind them.
    #[n(2)]
    pub more: bool,
    /// What became of pushed segments that did not simply flow.
    #[n(3)]
    pub notices: Vec<Notice>,
    /// The area's epoch, when the asker's is not the current one.
    #[n(4)]
    pub epoch: Option<Signed>,
    /// The office does not know the asker's cursor: it wants the statement behind it.
    #[n(5)]
    pub wants_statement: bool,
}

/// What became of a pushed segment.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Notice {
    /// What the sender should do or show.
    #[n(0)]
    pub kind: NoticeKind,
    /// Whose segment.
    #[n(1)]
    pub author: AuthorTag,
    /// Its number.
    #[n(2)]
    pub n: u64,
    /// Why, as a code of the message catalogue.
    #[n(3)]
    pub code: String,
}

/// What the sender of a segment should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub enum NoticeKind {
    /// Stored and in the feed, but held for review.
    #[n(0)]
    Held,
    /// Two segments with one number: go on as a new author.
    #[n(1)]
    Forked,
    /// A change failed vetting: go on as a new author without the bad entry.
    #[n(2)]
    Restart,
    /// Segments before this one are missing here: send them first.
    #[n(3)]
    Gap,
    /// The office's clock is in doubt: stored, without a position yet.
    #[n(4)]
    Wait,
    /// Not stored: no readable header, or no valid signature of a known author.
    #[n(5)]
    Refused,
    /// The author was ended or revoked: stored for the desk.
    #[n(6)]
    Ended,
}

/// A MAC over author and time that spares the challenge: 8 bytes issued-at, 16 bytes MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(pub [u8; 24]);

/// A nonce to sign: 8 bytes issued-at, 16 bytes MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce(pub [u8; 24]);

macro_rules! bytes24 {
    ($name:ident) => {
        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?;
                Ok(())
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let at = d.position();
                d.bytes()?
                    .try_into()
                    .map(Self)
                    .map_err(|_| minicbor::decode::Error::message("24 bytes").at(at))
            }
        }
    };
}
bytes24!(Ticket);
bytes24!(Nonce);

/// The office's secret for tickets and nonces.
#[derive(Clone)]
pub struct TicketKey(pub [u8; 32]);

impl std::fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketKey(withheld)")
    }
}

/// How long a ticket spares the challenge, seconds.
pub const TICKET_LIFE: i64 = 30 * 24 * 3600;

/// How long a nonce may take to come back, seconds: it bounds the delay of a clock reading.
pub const NONCE_LIFE: i64 = 60;

impl TicketKey {
    fn stamp(&self, label: &[u8], author: AuthorTag, issued: i64) -> [u8; 24] {
        let mut mac =
            <Hmac<Sha256>>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(label);
        mac.update(&author.0);
        mac.update(&issued.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let mut stamp = [0; 24];
        stamp[..8].copy_from_slice(&issued.to_be_bytes());
        stamp[8..].copy_from_slice(&digest[..16]);
        stamp
    }

    /// When a stamp of ours was issued; `None` when it is not ours. Compared in constant time.
    fn issued(&self, label: &[u8], author: AuthorTag, stamp: &[u8; 24]) -> Option<i64> {
        let mut issued = [0; 8];
        issued.copy_from_slice(&stamp[..8]);
        let issued = i64::from_be_bytes(issued);
        let expected = self.stamp(label, author, issued);
        let difference = expected
            .iter()
            .zip(stamp)
            .fold(0, |sum, (a, b)| sum | (a ^ b));
        (difference == 0).then_some(issued)
    }

    /// A ticket for this author.
    pub fn ticket(&self, author: AuthorTag, now: i64) -> Ticket {
        Ticket(self.stamp(b"ticket", author, now))
    }

    /// Whether the ticket is ours, this author's, and not expired.
    pub fn accepts(&self, author: AuthorTag, ticket: &Ticket, now: i64) -> bool {
        self.issued(b"ticket", author, &ticket.0)
            .is_some_and(|at| now - at <= TICKET_LIFE)
    }

    /// A nonce for this author.
    pub fn nonce(&self, author: AuthorTag, now: i64) -> Nonce {
        Nonce(self.stamp(b"nonce", author, now))
    }

    /// Whether the nonce is ours, this author's, and fresh.
    pub fn is_fresh(&self, author: AuthorTag, nonce: &Nonce, now: i64) -> bool {
        self.issued(b"nonce", author, &nonce.0)
            .is_some_and(|at| (0..=NONCE_LIFE).contains(&(now - at)))
    }
}

/// The answer to a challenge: the author's signature over [`Answer::message`].
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Answer {
    /// The office's nonce.
    #[n(0)]
    pub nonce: Nonce,
    /// 64 bytes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: Vec<u8>,
    /// The author's proof, for an office that does not know it yet.
    #[n(2)]
    pub proof: Option<Proof>,
}

impl Answer {
    /// What is signed: the nonce and the clock reading of the request that carries the answer.
    pub fn message(nonce: &Nonce, clock: (BootId, i64)) -> Vec<u8> {
        [
            b"doorstep answer".as_slice(),
            &nonce.0,
            &clock.0.0,
            &clock.1.to_be_bytes(),
        ]
        .concat()
    }
}

/// Bytes that are no message of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Longer than [`MESSAGE_MAX`], as sent or once inflated.
    #[error("the message is longer than {MESSAGE_MAX} bytes")]
    TooLong,
    /// Cut, damaged, or of another version.
    #[error("the message cannot be read: {0}")]
    Unreadable(String),
}

/// A message as it travels: a byte that says whether it is compressed, then its CBOR.
pub fn to_wire<T: minicbor::Encode<()>>(message: &T) -> Vec<u8> {
    let plain = encode(message);
    if plain.len() >= COMPRESS_FROM {
        let packed = zstd::bulk::compress(&plain, compression_level(plain.len())).expect(
            "compressing in memory fails for lack of memory alone, as any other allocation",
        );
        if packed.len() < plain.len() {
            return [&[1], packed.as_slice()].concat();
        }
    }
    [&[0], plain.as_slice()].concat()
}

/// Reads [`to_wire`]; inflates at most [`MESSAGE_MAX`] bytes.
///
/// # Errors
/// See [`WireError`].
pub fn from_wire<T: for<'b> minicbor::Decode<'b, ()>>(bytes: &[u8]) -> Result<T, WireError> {
    if bytes.len() > MESSAGE_MAX {
        return Err(WireError::TooLong);
    }
    let unreadable = |why: String| WireError::Unreadable(why);
    let inflated;
    let plain = match bytes.split_first() {
        Some((0, plain)) => plain,
        Some((1, packed)) => {
            let stated = zstd::zstd_safe::get_frame_content_size(packed);
            let room = match stated.ok().flatten().map(usize::try_from) {
                Some(Ok(size)) if size <= MESSAGE_MAX => size,
                Some(_) => return Err(WireError::TooLong),
                None => MESSAGE_MAX,
            };
            inflated = zstd::bulk::decompress(packed, room)
                .map_err(|error| unreadable(error.to_string()))?;
            &inflated
        }
        _ => return Err(unreadable("unknown framing".to_owned())),
    };
    let mut decoder = minicbor::Decoder::new(plain);
    let message = decoder
        .decode()
        .map_err(|error| unreadable(error.to_string()))?;
    if decoder.position() != plain.len() {
        return Err(unreadable("bytes after the message".to_owned()));
    }
    Ok(message)
}

/// The hash of a feed at its start.
pub const START_HASH: FeedHash = FeedHash([0; 16]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EpochId;

    fn request() -> Request {
        let area = |code: &str, position| AreaAsk {
            area: AreaId::new(code).unwrap(),
            cursor: Some(Cursor {
                epoch: EpochId([9; 8]),
                position,
                hash: FeedHash([7; 16]),
            }),
            own: Some(OwnTip {
                n: 12,
                hash: [5; 8],
            }),
            segments: vec![],
            statement: None,
            chain: None,
            only_push: None,
        };
        let key = TicketKey([1; 32]);
        Request {
            version: WIRE_VERSION,
            organisation: OrganisationId([1; 8]),
            author: AuthorTag([2; 4]),
            office: Some(AuthorTag([3; 4])),
            ticket: Some(key.ticket(AuthorTag([2; 4]), 1_700_000_000)),
            clock: (BootId([4; 8]), 1_700_000_000),
            answer: None,
            areas: vec![
                area("310101019005", 1000),
                area("310101019013", 900),
                area("@", 40),
            ],
            budget: None,
            baseline: None,
            unsent: Some(0),
        }
    }

    #[test]
    fn a_request_with_nothing_new_in_three_feeds_fits_its_bar() {
        let bytes = to_wire(&request());
        assert!(bytes.len() <= 250, "{} bytes", bytes.len());
        assert_eq!(from_wire::<Request>(&bytes), Ok(request()));
    }

    #[test]
    fn golden_bytes_of_a_request() {
        let digest: [u8; 32] = sha2::Digest::finalize(sha2::Digest::chain_update(
            <Sha256 as sha2::Digest>::new(),
            to_wire(&request()),
        ))
        .into();
        assert_eq!(data_encoding::HEXLOWER.encode(&digest), GOLDEN);
    }

    const GOLDEN: &str = "e74c398863ee808b070a36d54112f710e8e26d0886ed5b3fbf4ad7a5ce374290";

    #[test]
    fn a_long_message_is_compressed_and_a_bomb_is_refused() {
        let mut long = request();
        long.areas[0].segments = vec![SegmentBytes(vec![0; 10_000]); 3];
        let bytes = to_wire(&long);
        assert!(bytes.len() < 1000);
        assert_eq!(from_wire::<Request>(&bytes), Ok(long));
        let bomb = zstd::bulk::compress(&vec![0; MESSAGE_MAX + 1], 1).unwrap();
        let bomb = [&[1], bomb.as_slice()].concat();
        assert_eq!(from_wire::<Request>(&bomb), Err(WireError::TooLong));
    }

    #[test]
    fn no_cut_message_is_read() {
        let bytes = to_wire(&request());
        for at in 0..bytes.len() {
            assert!(from_wire::<Request>(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_ticket_is_one_authors_and_ends() {
        let key = TicketKey([1; 32]);
        let (author, other) = (AuthorTag([2; 4]), AuthorTag([3; 4]));
        let ticket = key.ticket(author, 100);
        assert!(key.accepts(author, &ticket, 100 + TICKET_LIFE));
        assert!(!key.accepts(author, &ticket, 101 + TICKET_LIFE));
        assert!(!key.accepts(other, &ticket, 100));
        assert!(!TicketKey([2; 32]).accepts(author, &ticket, 100));
        let nonce = key.nonce(author, 100);
        assert!(key.is_fresh(author, &nonce, 160) && !key.is_fresh(author, &nonce, 161));
        assert!(
            !key.is_fresh(author, &Nonce(ticket.0), 100),
            "a ticket is no nonce"
        );
    }
}
