//! The kinds of entries and what each says. Numbers are for ever: a kind or a key is never given a
//! new meaning, and new keys are optional. Months are `year * 12 + month - 1`; days are local
//! (+08:00) days since 1970-01-01.

mod cases;
mod desk;
mod ledgers;
mod looks;
mod organisation;
mod places;
mod plans;

pub use cases::*;
pub use desk::*;
pub use ledgers::*;
pub use looks::*;
pub use organisation::*;
pub use places::*;
pub use plans::*;

use minicbor::{Decode, Encode};

use crate::document::RoundKey;

macro_rules! bodies {
    ($($(#[$doc:meta])* $code:literal $name:ident),* $(,)?) => {
        /// What an entry says, by kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Body {
            $($(#[$doc])* $name($name),)*
            /// Of a kind or minor version that this version does not know, or a body it cannot read.
            /// Stored and forwarded, never projected; the bytes are in the entry.
            Unread {
                /// The kind's number.
                kind: u16,
            },
        }

        impl Body {
            /// The kind's number in the envelope.
            pub fn kind(&self) -> u16 {
                match self {
                    $(Self::$name(_) => $code,)*
                    Self::Unread { kind } => *kind,
                }
            }

            /// The numbers of all kinds that this version knows.
            pub const KINDS: &'static [u16] = &[$($code),*];

            pub(super) fn to_map(&self) -> Vec<u8> {
                match self {
                    $(Self::$name(body) => super::encode(body),)*
                    Self::Unread { .. } => super::map_head(0),
                }
            }

            pub(super) fn from_map(kind: u16, minor: u16, bytes: &[u8]) -> Self {
                if minor != 0 {
                    return Self::Unread { kind };
                }
                let read = match kind {
                    $($code => minicbor::decode(bytes).map(Self::$name),)*
                    _ => return Self::Unread { kind },
                };
                read.unwrap_or(Self::Unread { kind })
            }
        }

        $(impl From<$name> for Body {
            fn from(body: $name) -> Self {
                Self::$name(body)
            }
        })*
    };
}

bodies! {
    /// First entry of an author in a document: names the document.
    0 Opened,
    /// A place comes to be; the subject is the place itself.
    1 PlaceAdded,
    /// An asset comes to be; the subject is the asset itself.
    2 AssetAdded,
    /// A field of a place or asset gets a value.
    3 FieldSet,
    /// One attempt at a door; the subject is the household or premises.
    4 Visit,
    /// One look at one asset; the subject is the asset.
    5 Check,
    /// Takes back the writer's own entry of the same day.
    6 Undo,
    /// Replaces what an earlier check or visit said; the old one is kept.
    7 Correction,
    /// The opener's list of an ad-hoc round; lists of several openers are united.
    8 AdHocTargets,
    /// A hazard or other matter is found; the subject is the case itself.
    16 Found,
    /// A later step of a case.
    17 CaseStep,
    /// Words or photos to anything.
    18 Note,
    /// A batch of things to hand out; the subject is the batch itself.
    24 HandoutBatch,
    /// What one household or point got of a batch.
    25 HandoutLine,
    /// Something was done to an asset: serviced, scrapped, taken away.
    26 Service,
    /// Person-times (人次) of a round, campaign or training.
    27 Attendance,
    /// A round is planned; the subject is the round itself.
    32 RoundPlanned,
    /// The frozen list of one building in a planned round.
    33 RoundTargets,
    /// A round is closed with the table of what it counts.
    34 RoundClosed,
    /// A month is closed with the table of what it counts.
    35 MonthClosed,
    /// Names the rounds that leave phones.
    36 Horizon,
    /// What remains of an asset or household below the horizon.
    37 Carry,
    /// A campaign (专项行动) with its dates.
    38 Campaign,
    /// A figure that was reported in a text, with its quotes.
    39 ReportedFigure,
    /// What becomes of another entry or segment.
    40 Verdict,
    /// Settles a dispute between checks.
    41 Decision,
    /// Two subjects are one thing, or are no longer said to be.
    42 SameAs,
    /// A proof of an earlier receipt that came after its segment.
    43 Dated,
    /// An import batch is taken back.
    44 BatchUndone,
    /// One imported row of a log or register belongs to this batch.
    45 BatchRow,
    /// An area of the tree.
    48 AreaDeclared,
    /// A person of the roster; names are kept apart from entries.
    49 PersonDeclared,
    /// The pack that an area works with from now on.
    50 PackAdopted,
    /// An author may write no more.
    51 AuthorRevoked,
    /// One author goes on as another.
    52 AuthorSucceeded,
    /// The office's next transport key.
    53 TransportKey,
    /// An invitation is void.
    54 InvitationVoided,
}

/// Kind 0. Names the document: its kind, with the subject its building, case or area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Opened {
    /// [`crate::document::DocumentName::kind_code`].
    #[n(8)]
    pub document: u8,
    /// Of a round document: which round.
    #[n(9)]
    pub round: Option<RoundKey>,
    /// Number of the pack that the writer works with here.
    #[n(10)]
    pub pack: Option<u32>,
}

impl Opened {
    /// Its number, also of minor versions that are not known yet.
    pub const KIND: u16 = 0;
}
