//! Ids as they cross: the base64url text that the console prints; a request's as the text of a UUID.

use doorstep_model::document::RoundKey;
use doorstep_model::ids::{AreaId, AssetId, Identity, PlaceId, RequestId};

use crate::error::DoorstepError;

/// An entry's identity.
pub type EntryId = Identity;

macro_rules! text_id {
    ($name:ident, $what:literal) => {
        uniffi::custom_type!($name, String, {
            remote,
            lower: |id| id.to_string(),
            try_lift: |text| text.parse().map_err(|_| bad($what, &text).into()),
        });
    };
}

text_id!(AssetId, "asset");
text_id!(PlaceId, "place");
text_id!(EntryId, "entry");
text_id!(AreaId, "area");

uniffi::custom_type!(RequestId, String, {
    remote,
    lower: |id| uuid_text(&id),
    try_lift: |text| from_uuid(&text).ok_or_else(|| bad("request", &text).into()),
});

/// Which round of a building.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Round {
    /// One that the office planned.
    Plan {
        /// Its plan.
        plan: EntryId,
    },
    /// One opened at the door.
    AdHoc {
        /// The local day, in days since 1970-01-01.
        day: u32,
    },
}

impl From<Round> for RoundKey {
    fn from(round: Round) -> Self {
        match round {
            Round::Plan { plan } => Self::Plan(plan),
            Round::AdHoc { day } => Self::AdHoc(day),
        }
    }
}

impl From<RoundKey> for Round {
    fn from(round: RoundKey) -> Self {
        match round {
            RoundKey::Plan(plan) => Self::Plan { plan },
            RoundKey::AdHoc(day) => Self::AdHoc { day },
        }
    }
}

fn bad(what: &str, text: &str) -> DoorstepError {
    DoorstepError::bad_argument("call.bad_id", &[("what", what), ("text", text)])
}

fn uuid_text(id: &RequestId) -> String {
    let hex: String = id.0.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

fn from_uuid(text: &str) -> Option<RequestId> {
    let lengths = text.split('-').map(str::len);
    if !lengths.eq([8, 4, 4, 4, 12]) || !text.chars().all(|c| c == '-' || c.is_ascii_hexdigit()) {
        return None;
    }
    let number = u128::from_str_radix(&text.replace('-', ""), 16).ok()?;
    Some(RequestId(number.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{from_uuid, uuid_text};

    #[test]
    fn a_request_id_is_the_text_of_a_uuid() {
        let text = "00112233-4455-6677-8899-aabbccddeeff";
        let id = from_uuid(text).unwrap();
        assert_eq!(id.0[..3], [0x00, 0x11, 0x22]);
        assert_eq!(uuid_text(&id), text);
        assert_eq!(from_uuid(&text.to_uppercase()), Some(id));
    }

    #[test]
    fn another_text_is_no_request_id() {
        for text in [
            "",
            "00112233445566778899aabbccddeeff",
            "0011223-34455-6677-8899-aabbccddeeff",
            "+0112233-4455-6677-8899-aabbccddeeff",
            "消防消防",
        ] {
            assert_eq!(from_uuid(text), None, "{text}");
        }
    }
}
