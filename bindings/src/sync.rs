//! Exchanges, as they cross: with the office, with another phone, by file. Everything is bytes that the
//! host carries. No sockets here.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorstep_model::ids::{AuthorTag, PhotoHash};
use doorstep_replica::sync::{peer, phone};

use crate::crossing::crosses;
use crate::error::{Problem, Result, Words};
use crate::handle::{Doorstep, alone, database_key};

crosses! {
    /// Where the office is.
    pub struct OfficeAddress {
        /// Addresses, in the order to try.
        pub addresses: Vec<String>,
        /// SHA-256 of every transport key that it may have: the invitation's, and the last two that it
        /// announced. None where the invitation names plain addresses of this machine only.
        pub keys_sha256: Vec<Vec<u8>>,
    }
}

crosses! {
    /// How an exchange stands.
    pub enum Step {
        /// Send these bytes to the office and give its reply to the next step.
        Send {
            /// The request.
            request: Vec<u8>,
        },
        /// Nothing is left to exchange.
        Done {
            /// What it brought.
            summary: Summary,
        },
    }
}

crosses! {
    /// What an exchange brought.
    pub struct Summary {
        /// Own segments that the office confirmed.
        pub confirmed: u64,
        /// Segments of others that came.
        pub received: u64,
        /// Round trips made.
        pub round_trips: u32,
        /// Bytes sent, without HTTP.
        pub bytes_sent: u64,
        /// Bytes received, without HTTP.
        pub bytes_received: u64,
        /// What the office said about segments.
        pub notices: Vec<Notice>,
        /// Set when the office takes pushes only, or refuses this author: what to show.
        pub limited: Option<Problem>,
    }
}

crosses! {
    /// What the office said about a segment.
    pub struct Notice {
        /// Code of the message catalogue.
        pub code: String,
        /// Its words; the code where this version has none.
        pub words: Words,
        /// Tag of the segment's author.
        pub author: AuthorTag,
        /// Number of the segment.
        pub number: u64,
    }
}

crosses! {
    /// How an exchange with another phone stands.
    pub struct PeerStep {
        /// What to send to it; nothing while its words are awaited.
        pub send: Option<Vec<u8>>,
        /// Both have nothing more to say.
        pub done: bool,
        /// What it brought so far.
        pub summary: PeerSummary,
    }
}

crosses! {
    /// What an exchange with another phone brought.
    pub struct PeerSummary {
        /// Segments given.
        pub given: u64,
        /// Segments taken: provisional until the office's feed has them.
        pub taken: u64,
        /// Segments kept aside.
        pub aside: u64,
        /// Segments thrown away: of nobody here.
        pub refused: u64,
    }
}

crosses! {
    /// What a rescue found.
    pub struct Rescued {
        /// Segments in the file.
        pub segments: u64,
        /// Pending entries that could be signed.
        pub signed: u64,
        /// Pending entries that are in the file as they are.
        pub unsigned: u64,
        /// Rows that could not be read.
        pub unreadable: u64,
    }
}

/// One exchange with the office between its steps. A new one may begin at any time.
#[derive(uniffi::Object)]
pub struct Exchange {
    doorstep: Arc<Doorstep>,
    state: Mutex<phone::Exchange>,
    #[cfg(feature = "testkit")]
    _counted: crate::testkit::Counted,
}

/// One exchange with another phone between its steps. A cut costs nothing but the way.
#[derive(uniffi::Object)]
pub struct PeerExchange {
    doorstep: Arc<Doorstep>,
    state: Mutex<peer::PeerExchange>,
    #[cfg(feature = "testkit")]
    _counted: crate::testkit::Counted,
}

#[uniffi::export]
impl Doorstep {
    /// Where the office is, and which keys it may have. No other is to be trusted, whatever the date on
    /// the phone.
    pub fn office_address(&self) -> Result<OfficeAddress> {
        self.call("Doorstep.office_address", (), |replica, ()| {
            let office = replica.office_address()?;
            Ok(OfficeAddress {
                addresses: office.addresses,
                keys_sha256: office.keys.into_iter().map(Vec::from).collect(),
            })
        })
    }

    /// A new exchange with the office.
    pub fn exchange(self: Arc<Self>) -> Result<Arc<Exchange>> {
        self.call("Doorstep.exchange", (), |_, ()| {
            Ok(Arc::new(Exchange {
                doorstep: Arc::clone(&self),
                state: Mutex::default(),
                #[cfg(feature = "testkit")]
                _counted: crate::testkit::Counted::new(),
            }))
        })
    }

    /// A new exchange with another phone.
    pub fn peer_exchange(self: Arc<Self>) -> Result<Arc<PeerExchange>> {
        self.call("Doorstep.peer_exchange", (), |_, ()| {
            Ok(Arc::new(PeerExchange {
                doorstep: Arc::clone(&self),
                state: Mutex::default(),
                #[cfg(feature = "testkit")]
                _counted: crate::testkit::Counted::new(),
            }))
        })
    }

    /// The authors that are known by an invitation alone: what they wrote is provisional.
    pub fn provisional_authors(&self) -> Result<Vec<AuthorTag>> {
        self.call("Doorstep.provisional_authors", (), |replica, ()| {
            Ok(replica.provisional_authors()?)
        })
    }

    /// Everything that no office has confirmed to this phone, in a file that only the office opens.
    pub fn export_bundle(&self) -> Result<Vec<u8>> {
        self.call("Doorstep.export_bundle", (), |replica, ()| {
            Ok(replica.export_bundle()?)
        })
    }
}

#[uniffi::export]
impl Exchange {
    /// One step: without a reply it begins and everything pending is sealed. A lost reply costs
    /// nothing but the way.
    pub fn sync_step(&self, reply: Option<Vec<u8>>) -> Result<Step> {
        self.doorstep
            .call("Exchange.sync_step", reply, |replica, reply| {
                let step = replica.sync_step(&mut sound(&self.state), reply.as_deref())?;
                Ok(step.into())
            })
    }
}

#[uniffi::export]
impl PeerExchange {
    /// Takes what came from the other phone, in any portions. Who begins gives nothing once.
    pub fn step(&self, incoming: Option<Vec<u8>>) -> Result<PeerStep> {
        self.doorstep
            .call("PeerExchange.step", incoming, |replica, incoming| {
                let mut state = sound(&self.state);
                let send = state.step(replica, incoming.as_deref())?;
                let summary = state.summary();
                Ok(PeerStep {
                    send,
                    done: state.is_done(),
                    summary: PeerSummary {
                        given: summary.given,
                        taken: summary.taken,
                        aside: summary.aside,
                        refused: summary.refused,
                    },
                })
            })
    }
}

/// Puts everything readable and unconfirmed of a database that `open` refuses into the file `out`,
/// sealed to the office. `invitation` is the text of any of the office's, for a database that cannot
/// tell its office.
#[uniffi::export]
pub fn rescue(
    folder: &str,
    key: Option<Vec<u8>>,
    invitation: Option<String>,
    out: &str,
) -> Result<Rescued> {
    alone(
        "rescue",
        (folder, key, invitation, out),
        |(folder, key, invitation, out)| {
            let key = key.as_deref().map(database_key).transpose()?;
            let found = doorstep_replica::rescue(
                Path::new(folder),
                key.as_ref(),
                invitation.as_deref(),
                Path::new(out),
            )?;
            Ok(Rescued {
                segments: found.segments,
                signed: found.signed,
                unsigned: found.unsigned,
                unreadable: found.unreadable,
            })
        },
    )
}

/// The name of the photo in this file, once the file is safe from a power cut. Entries name photos by
/// it; the file stays as it is.
#[uniffi::export]
pub fn name_photo(file: &str) -> Result<PhotoHash> {
    alone("name_photo", file, |file| {
        Ok(doorstep_replica::name_photo(Path::new(file))?)
    })
}

/// An exchange whose step broke off is begun again by the host; its state is still a state.
fn sound<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<phone::Step> for Step {
    fn from(step: phone::Step) -> Self {
        match step {
            phone::Step::Send(request) => Self::Send { request },
            phone::Step::Done(summary) => Self::Done {
                summary: summary.into(),
            },
        }
    }
}

impl From<phone::Summary> for Summary {
    fn from(summary: phone::Summary) -> Self {
        let notices = summary.notices.into_iter();
        Self {
            confirmed: summary.confirmed,
            received: summary.received,
            round_trips: summary.round_trips,
            bytes_sent: summary.bytes.0,
            bytes_received: summary.bytes.1,
            notices: notices
                .map(|(code, author, number)| Notice {
                    words: Words::of(&code, &[]),
                    code,
                    author,
                    number,
                })
                .collect(),
            limited: summary.limited.map(|code| Problem::of(code, &[])),
        }
    }
}
