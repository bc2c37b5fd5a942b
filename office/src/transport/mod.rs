//! How bytes travel between a phone and its office: the office's transport key, the pin that a phone
//! holds of it, and the client that obeys the pin. What the bytes say must not matter here.
//!
//! There is no certificate authority in a stairwell. The office makes its key once, the invitation
//! carries the key's SHA-256, and a phone talks to that key and to no other, whatever the
//! certificate around it says of names and dates: a phone with a wrong clock works, and an office
//! may change its address.

mod address;
mod client;
mod connector;
mod key;
mod pin;

pub use address::{Address, AddressError};
pub use client::{Attempt, ClientError, PinnedClient, Timeouts};
pub use key::{FILE as KEY_FILE, KeyError, NEXT_FILE as NEXT_KEY_FILE, TransportKey};
pub use pin::{Pin, WrongKey};

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// The cryptography of every connection, named here so that no process-wide default is needed.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
