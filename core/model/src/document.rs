//! Which document an entry lives in, and the document's id. Nothing here opens a document.

use crate::ids::{AreaId, DocumentId, Identity, bytes_in_cbor, digest_parts};

/// The round of a visit or check within its building.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RoundKey {
    /// A round planned by the office: the identity of its plan entry.
    Plan(Identity),
    /// Opened at the door: the local (+08:00) day, in days since 1970-01-01. With the building in
    /// the document's key, two phones open the same round without asking.
    AdHoc(u32),
}

impl RoundKey {
    /// 4 bytes (ad hoc) or the identity's 12 or 16.
    pub fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Plan(plan) => plan.as_bytes().to_vec(),
            Self::AdHoc(day) => day.to_be_bytes().to_vec(),
        }
    }

    /// Reads [`RoundKey::to_bytes`]; `None` for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match <[u8; 4]>::try_from(bytes) {
            Ok(day) => Some(Self::AdHoc(u32::from_be_bytes(day))),
            Err(_) => Identity::from_slice(bytes).map(Self::Plan),
        }
    }
}

bytes_in_cbor!(RoundKey, "round key");

/// What a document is about. One automerge document each: a flat map of write-once entries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DocumentName {
    /// A building's structure: households, assets, labels, handouts, services.
    Place(Identity),
    /// One round of one building: visits, checks, corrections.
    Round(Identity, RoundKey),
    /// One hazard or other matter with a flow.
    Case(Identity),
    /// The area's rounds, target lists, closes, horizon. The office writes it.
    Plan,
    /// The area's verdicts, decisions, moves. The office writes it.
    Desk,
    /// The organisation's areas, persons, packs, revocations. The office writes it.
    Organisation,
    /// Of a kind that a later version knows: kept and forwarded.
    Later(u8, Identity, Option<RoundKey>),
}

impl DocumentName {
    /// The number that stands for the kind in an `opened` entry.
    pub fn kind_code(&self) -> u8 {
        match self {
            Self::Place(_) => 1,
            Self::Round(..) => 2,
            Self::Case(_) => 3,
            Self::Plan => 4,
            Self::Desk => 5,
            Self::Organisation => 6,
            Self::Later(kind, ..) => *kind,
        }
    }

    /// The identity that the document is about; the area's own where the office writes.
    pub fn subject(&self, area: &AreaId) -> Identity {
        match self {
            Self::Place(subject)
            | Self::Round(subject, _)
            | Self::Case(subject)
            | Self::Later(_, subject, _) => *subject,
            Self::Plan | Self::Desk | Self::Organisation => area.subject(),
        }
    }

    /// The round, of a round document.
    pub fn round(&self) -> Option<RoundKey> {
        match self {
            Self::Round(_, round) => Some(*round),
            Self::Later(_, _, round) => *round,
            Self::Place(_) | Self::Case(_) | Self::Plan | Self::Desk | Self::Organisation => None,
        }
    }

    /// The name made of what an `opened` entry says; `None` when the parts do not fit together.
    pub fn from_parts(kind: u8, subject: Identity, round: Option<RoundKey>) -> Option<Self> {
        match (kind, round) {
            (1, None) => Some(Self::Place(subject)),
            (2, Some(round)) => Some(Self::Round(subject, round)),
            (3, None) => Some(Self::Case(subject)),
            (4, None) => Some(Self::Plan),
            (5, None) => Some(Self::Desk),
            (6, None) => Some(Self::Organisation),
            (7.., round) => Some(Self::Later(kind, subject, round)),
            _ => None,
        }
    }

    /// The document's id: first 16 bytes of SHA-256 over area, kind and key. It never changes: a
    /// building that moves to another area gets a successor document.
    pub fn id(&self, area: &AreaId) -> DocumentId {
        id_of_parts(self.kind_code(), self.subject(area), self.round(), area)
    }

    /// The id of the document that an `opened` entry names, also of a kind that this version does
    /// not know; `None` when the parts of a known kind do not fit together.
    pub fn id_of_opened(
        kind: u8,
        subject: Identity,
        round: Option<RoundKey>,
        area: &AreaId,
    ) -> Option<DocumentId> {
        if kind > Self::Organisation.kind_code() {
            return Some(id_of_parts(kind, subject, round, area));
        }
        Self::from_parts(kind, subject, round).map(|name| name.id(area))
    }
}

fn id_of_parts(kind: u8, subject: Identity, round: Option<RoundKey>, area: &AreaId) -> DocumentId {
    let round = round.map(RoundKey::to_bytes).unwrap_or_default();
    let parts: [&[u8]; 4] = [
        area.as_str().as_bytes(),
        &[kind],
        subject.as_bytes(),
        &round,
    ];
    let digest = digest_parts("doorstep document", &parts);
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    DocumentId(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AuthorTag;

    #[test]
    fn a_document_has_one_id_whoever_opens_it() {
        let area = AreaId::new("310101019005").unwrap();
        let building = Identity::of_entry(AuthorTag([9; 4]), 1);
        let round = DocumentName::Round(building, RoundKey::AdHoc(20_782));
        assert_eq!(round.id(&area), round.id(&area));
        assert_ne!(round.id(&area), DocumentName::Place(building).id(&area));
        assert_ne!(round.id(&area), round.id(&AreaId::organisation()));
        // Golden: changing this orphans every document ever written.
        assert_eq!(round.id(&area).to_string(), GOLDEN_ROUND_ID);
    }

    const GOLDEN_ROUND_ID: &str = "vLaPlygSN0dLNQJsizy3Ew";

    #[test]
    fn an_opened_entry_names_documents_of_kinds_still_to_come() {
        let area = AreaId::new("310101019005").unwrap();
        let building = Identity::of_entry(AuthorTag([9; 4]), 1);
        let opened = |kind, round| DocumentName::id_of_opened(kind, building, round, &area);
        assert_eq!(
            opened(1, None),
            Some(DocumentName::Place(building).id(&area))
        );
        assert!(opened(7, None).is_some());
        assert_eq!(opened(0, None), None);
        assert_eq!(
            opened(1, Some(RoundKey::AdHoc(1))),
            None,
            "a place has no round"
        );
    }

    #[test]
    fn a_round_key_reads_back() {
        for key in [
            RoundKey::AdHoc(1),
            RoundKey::Plan(Identity::of_hash([3; 16])),
        ] {
            assert_eq!(RoundKey::from_bytes(&key.to_bytes()), Some(key));
        }
        assert_eq!(RoundKey::from_bytes(b"12345"), None);
    }
}
