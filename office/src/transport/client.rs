//! The blocking client of the scriptable phone: one request up, one reply down, to the first address
//! of the office that answers with the right key. What to send, and what to do with the reply, must
//! stay with the replica.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, TcpConnector};
use ureq::{Agent, config::Config};

use super::address::{Address, AddressError};
use super::connector::PinnedConnector;
use super::pin::{self, Pin, WrongKey};

/// How long a client waits. The defaults let 64 KiB through a 2G link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, its TLS handshake in, to one address.
    pub connect: Duration,
    /// For a whole exchange with one address.
    pub exchange: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            exchange: Duration::from_secs(180),
        }
    }
}

/// Most bytes of a reply: a message of the wire format is never longer.
const REPLY_MAX: u64 = doorstep_model::wire::MESSAGE_MAX as u64;

/// Why an exchange gave no reply.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The invitation names no address.
    #[error("the invitation names no address of the office")]
    NoAddress,
    /// An address of the invitation is not talked to.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// An `https` address without a key to trust.
    #[error("the invitation names {0} but not the key to trust there")]
    NoKey(Address),
    /// No address answered, and at one of them another key did: an old address that another machine
    /// has now, or somebody in between.
    #[error("another key answered: {}", list(.0))]
    WrongKey(Vec<Attempt>),
    /// No address answered.
    #[error("the office does not answer: {}", list(.0))]
    NotReachable(Vec<Attempt>),
    /// The office has too much to do: try again after this time.
    #[error("the office is busy; try again in {} s", .0.as_secs())]
    Busy(Duration),
    /// The office answered with another status than 200 and 503.
    #[error("the office answered with HTTP status {0}")]
    Status(u16),
    /// The reply is longer than a message may be.
    #[error("the reply is longer than {REPLY_MAX} bytes")]
    ReplyTooLong,
}

/// What one address said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which address.
    pub address: Address,
    /// What happened there.
    pub why: String,
}

fn list(attempts: &[Attempt]) -> String {
    let attempts: Vec<_> = attempts
        .iter()
        .map(|attempt| format!("{}: {}", attempt.address, attempt.why))
        .collect();
    attempts.join("; ")
}

impl ClientError {
    /// The code of the message catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoAddress => "transport.no_address",
            Self::Address(AddressError::Unreadable(_)) => "transport.bad_address",
            Self::Address(AddressError::PlainToAnotherMachine(_)) => "transport.plain_http",
            Self::NoKey(_) => "transport.no_key",
            Self::WrongKey(_) => "transport.wrong_key",
            Self::NotReachable(_) => "transport.not_reachable",
            Self::Busy(_) => "transport.busy",
            Self::Status(_) => "transport.status",
            Self::ReplyTooLong => "transport.reply_too_long",
        }
    }
}

/// A client of one office.
#[derive(Debug)]
pub struct PinnedClient {
    addresses: Vec<Address>,
    agent: Agent,
    /// Index of the address that answered last: tried first.
    preferred: AtomicUsize,
}

/// How an address fared.
enum Outcome {
    Replied(Vec<u8>),
    /// The office itself said no: other addresses lead to the same office.
    Final(ClientError),
    WrongKey(WrongKey),
    Unreachable(String),
}

impl PinnedClient {
    /// A client of the office at these addresses, in the order to try them, with one of the keys that
    /// it may have ([`doorstep_replica::sync::address::OfficeAddress`]).
    ///
    /// # Errors
    /// [`ClientError::NoAddress`], [`ClientError::Address`], [`ClientError::NoKey`].
    pub fn new(
        addresses: &[String],
        transport_keys: &[[u8; 32]],
        timeouts: Timeouts,
    ) -> Result<Self, ClientError> {
        let addresses: Vec<Address> = addresses
            .iter()
            .map(|text| text.parse())
            .collect::<Result<_, _>>()?;
        if addresses.is_empty() {
            return Err(ClientError::NoAddress);
        }
        let encrypted = addresses.iter().find(|address| address.is_encrypted());
        if let (Some(address), []) = (encrypted, transport_keys) {
            return Err(ClientError::NoKey(address.clone()));
        }
        // Without a key only plain addresses are left, and the connector passes those on.
        let tls = pin::client_config(transport_keys.iter().copied().map(Pin).collect())
            .expect("ring supports every version of TLS that rustls speaks");
        let connector =
            ().chain(TcpConnector::default())
                .chain(PinnedConnector::new(Arc::new(tls)));
        let config = Config::builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_connect(Some(timeouts.connect))
            .timeout_per_call(Some(timeouts.exchange))
            .user_agent("")
            .accept("")
            .accept_encoding("")
            .build();
        Ok(Self {
            addresses,
            agent: Agent::with_parts(config, connector, DefaultResolver::default()),
            preferred: AtomicUsize::new(0),
        })
    }

    /// Sends a request and waits for its reply. An exchange may be repeated: the office answers the
    /// same request with the same receipts.
    ///
    /// # Errors
    /// See [`ClientError`]; all but [`ClientError::Status`] and [`ClientError::ReplyTooLong`] are
    /// worth another try later.
    pub fn exchange(&self, request: &[u8]) -> Result<Vec<u8>, ClientError> {
        let first = self.preferred.load(Ordering::Relaxed);
        let mut attempts = Vec::new();
        let mut wrong_key = false;
        for step in 0..self.addresses.len() {
            let index = (first + step) % self.addresses.len();
            let address = &self.addresses[index];
            let why = match self.post(address, request) {
                Outcome::Replied(reply) => {
                    self.preferred.store(index, Ordering::Relaxed);
                    return Ok(reply);
                }
                Outcome::Final(error) => return Err(error),
                Outcome::WrongKey(wrong) => {
                    wrong_key = true;
                    wrong.to_string()
                }
                Outcome::Unreachable(why) => why,
            };
            attempts.push(Attempt {
                address: address.clone(),
                why,
            });
        }
        Err(if wrong_key {
            ClientError::WrongKey(attempts)
        } else {
            ClientError::NotReachable(attempts)
        })
    }

    fn post(&self, address: &Address, request: &[u8]) -> Outcome {
        let sent = self
            .agent
            .post(address.with_path("/sync"))
            .content_type("application/octet-stream")
            .send(request);
        let response = match sent {
            Ok(response) => response,
            Err(error) => return failed(error),
        };
        match response.status().as_u16() {
            200 => {}
            503 => return Outcome::Final(ClientError::Busy(retry_after(response.headers()))),
            status => return Outcome::Final(ClientError::Status(status)),
        }
        let body = response.into_body().into_with_config().limit(REPLY_MAX + 1);
        match body.read_to_vec() {
            Ok(reply) if reply.len() as u64 > REPLY_MAX => {
                Outcome::Final(ClientError::ReplyTooLong)
            }
            Ok(reply) => Outcome::Replied(reply),
            Err(ureq::Error::BodyExceedsLimit(_)) => Outcome::Final(ClientError::ReplyTooLong),
            Err(error) => failed(error),
        }
    }
}

fn failed(error: ureq::Error) -> Outcome {
    match error {
        ureq::Error::Other(inner) => match inner.downcast::<WrongKey>() {
            Ok(wrong) => Outcome::WrongKey(*wrong),
            Err(inner) => Outcome::Unreachable(inner.to_string()),
        },
        error => Outcome::Unreachable(error.to_string()),
    }
}

/// What the office asks for; half a minute when it does not say, an hour at most.
fn retry_after(headers: &ureq::http::HeaderMap) -> Duration {
    let seconds = headers
        .get("retry-after")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse().ok())
        .unwrap_or(30);
    Duration::from_secs(std::cmp::min(seconds, 3600))
}
