//! An exchange with the office, as it crosses: requests and replies are bytes, and the host carries
//! them. No sockets here.

use std::sync::{Arc, Mutex, PoisonError};

use doorstep_replica::sync::phone;

use crate::error::Result;
use crate::handle::Doorstep;

/// Where the office is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OfficeAddress {
    /// Addresses, in the order to try.
    pub addresses: Vec<String>,
    /// SHA-256 of its transport key.
    pub key_sha256: Option<Vec<u8>>,
}

/// How an exchange stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
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

/// What an exchange brought.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
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
    /// Set when the office takes pushes only, or refuses this author: a code to show.
    pub limited: Option<String>,
}

/// What the office said about a segment.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Notice {
    /// Code of the message catalogue.
    pub code: String,
    /// Tag of the segment's author.
    pub author: String,
    /// Number of the segment.
    pub number: u64,
}

/// One exchange between its steps. A new one may begin at any time.
#[derive(uniffi::Object)]
pub struct Exchange {
    doorstep: Arc<Doorstep>,
    state: Mutex<phone::Exchange>,
}

#[uniffi::export]
impl Doorstep {
    /// Where the office is.
    pub fn office_address(&self) -> Result<OfficeAddress> {
        let (addresses, key) = self.replica.office_address()?;
        Ok(OfficeAddress {
            addresses,
            key_sha256: key.map(Vec::from),
        })
    }

    /// A new exchange with the office.
    pub fn exchange(self: Arc<Self>) -> Result<Arc<Exchange>> {
        Ok(Arc::new(Exchange {
            doorstep: self,
            state: Mutex::default(),
        }))
    }
}

#[uniffi::export]
impl Exchange {
    /// One step: without a reply it begins and everything pending is sealed. A lost reply costs
    /// nothing but the way.
    pub fn sync_step(&self, reply: Option<Vec<u8>>) -> Result<Step> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let step = self
            .doorstep
            .replica
            .sync_step(&mut state, reply.as_deref())?;
        Ok(step.into())
    }
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
                    code,
                    author: author.to_string(),
                    number,
                })
                .collect(),
            limited: summary.limited.map(str::to_owned),
        }
    }
}
