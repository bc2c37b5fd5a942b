//! Names as they cross: ids as the base64url text that the console prints, a request's as the text of a
//! UUID; which round, which tap, which thing.

use doorstep_model::document::RoundKey;
use doorstep_model::entry::Mark;
use doorstep_model::ids::{
    AreaId, AssetId, AuthorTag, CaseId, Identity, PersonId, PhotoHash, PlaceId, RequestId,
};
use doorstep_replica::act;

use crate::crossing::crosses;
use crate::error::DoorstepError;
use crate::time::Day;

/// An entry's identity.
pub type EntryId = Identity;

macro_rules! text_id {
    ($name:ident, $what:literal) => {
        uniffi::custom_type!($name, String, {
            remote,
            lower: |id| id.to_string(),
            try_lift: |text| text.parse().map_err(|_| DoorstepError::bad_id($what, &text).into()),
        });
    };
}

text_id!(AssetId, "asset");
text_id!(PlaceId, "place");
text_id!(CaseId, "case");
text_id!(EntryId, "entry");
text_id!(PersonId, "person");
text_id!(AreaId, "area");
text_id!(AuthorTag, "author");
text_id!(PhotoHash, "photo");

uniffi::custom_type!(RequestId, String, {
    remote,
    lower: |id| uuid_text(&id),
    try_lift: |text| from_uuid(&text).ok_or_else(|| DoorstepError::bad_id("request", &text).into()),
});

crosses! {
    /// One touch of the screen: which write it is, and who acts. The same tap again gives the same
    /// result and writes nothing.
    #[derive(Copy)]
    pub struct Tap {
        /// The caller's name for this write.
        pub request: RequestId,
        /// Who acts: needed where the grant names several persons.
        #[uniffi(default = None)]
        pub person: Option<PersonId>,
        /// In a practice stairwell: it never enters statistics.
        #[uniffi(default = false)]
        pub practice: bool,
    }
}

crosses! {
    /// Which round of a building.
    #[derive(Copy)]
    pub enum Round {
        /// One that the office planned.
        Plan {
            /// Its plan.
            plan: EntryId,
        },
        /// One opened at the door.
        AdHoc {
            /// The local day.
            day: Day,
        },
    }
}

crosses! {
    /// Anything that words or a value can be about.
    #[derive(Copy)]
    pub enum Subject {
        /// A place.
        Place {
            /// Which.
            id: PlaceId,
        },
        /// An asset.
        Asset {
            /// Which.
            id: AssetId,
        },
        /// A case.
        Case {
            /// Which.
            id: CaseId,
        },
        /// Something that was recorded.
        Entry {
            /// Which.
            id: EntryId,
        },
    }
}

impl From<Tap> for act::Tap {
    fn from(tap: Tap) -> Self {
        Self {
            request: tap.request,
            person: tap.person,
            mark: tap.practice.then_some(Mark::Practice),
        }
    }
}

impl From<Round> for RoundKey {
    fn from(round: Round) -> Self {
        match round {
            Round::Plan { plan } => Self::Plan(plan),
            Round::AdHoc { day } => Self::AdHoc(day.number()),
        }
    }
}

impl From<RoundKey> for Round {
    fn from(round: RoundKey) -> Self {
        match round {
            RoundKey::Plan(plan) => Self::Plan { plan },
            RoundKey::AdHoc(day) => Self::AdHoc { day: Day::of(day) },
        }
    }
}

impl From<Subject> for Identity {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Place { id } => id.identity(),
            Subject::Asset { id } => id.identity(),
            Subject::Case { id } => id.identity(),
            Subject::Entry { id } => id,
        }
    }
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
