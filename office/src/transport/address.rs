//! Addresses of an office as invitations write them, and where plain HTTP may go: to this machine
//! only.

use std::net::IpAddr;
use std::str::FromStr;

use ureq::http::Uri;

/// An address that a client may talk to: `https://host:port`, or `http://` on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    encrypted: bool,
}

/// Why an address is not talked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `https://host:port` or `http://host:port`, without a path.
    #[error("{0:?} is not an address like https://192.168.1.10:8443")]
    Unreadable(String),
    /// Plain HTTP to another machine: everybody between could read and change what is said.
    #[error("{0:?} is plain HTTP to another machine")]
    PlainToAnotherMachine(String),
}

impl Address {
    /// The address of a path on this host.
    pub fn with_path(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// Whether a pinned key guards it.
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let unreadable = || AddressError::Unreadable(text.to_owned());
        let trimmed = text.trim().trim_end_matches('/');
        let uri: Uri = trimmed.parse().map_err(|_| unreadable())?;
        let authority = uri.authority().ok_or_else(unreadable)?;
        let bare = uri.path() == "/" || uri.path().is_empty();
        if !bare || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(unreadable());
        }
        let encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_this_machine(authority.host()) => false,
            Some("http") => return Err(AddressError::PlainToAnotherMachine(text.to_owned())),
            _ => return Err(unreadable()),
        };
        Ok(Self {
            text: trimmed.to_owned(),
            encrypted,
        })
    }
}

/// `localhost` or a loopback literal; no name is resolved to find out.
fn is_this_machine(host: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || literal
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for here in [
            "http://localhost:8080",
            "http://127.0.0.1:8080/",
            "http://127.8.8.8:1",
            "http://[::1]:8080",
        ] {
            assert!(!here.parse::<Address>().unwrap().is_encrypted(), "{here}");
        }
        for away in [
            "http://192.168.1.10:8080",
            "http://office.example:8080",
            "http://localhost.example:8080",
            "http://127.0.0.1.example",
            "http://0.0.0.0:8080",
            "http://[::ffff:10.0.0.1]:80",
        ] {
            let refused = AddressError::PlainToAnotherMachine(away.to_owned());
            assert_eq!(away.parse::<Address>(), Err(refused));
        }
    }

    #[test]
    fn an_address_has_a_host_and_nothing_after_it() {
        let address: Address = " https://192.168.1.10:8443/ ".parse().unwrap();
        assert_eq!(address.with_path("/sync"), "https://192.168.1.10:8443/sync");
        for bad in [
            "",
            "192.168.1.10:8443",
            "ftp://192.168.1.10",
            "https://",
            "https://a.example/else",
            "https://a.example/?x=1",
            "https://name:word@a.example",
            "https://a b",
        ] {
            let unreadable = AddressError::Unreadable(bad.to_owned());
            assert_eq!(bad.parse::<Address>(), Err(unreadable));
        }
    }
}
