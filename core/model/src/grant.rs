//! What an author may do, said by the organisation: grants as CWT (RFC 8392) in COSE_Sign1
//! (RFC 9052), and invitations, which are grants that wait for a key.

use coset::cbor::value::Value;
use coset::cwt::{ClaimName, ClaimsSet, ClaimsSetBuilder, Timestamp};
use coset::iana::Algorithm;
use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder};
use data_encoding::BASE64URL_NOPAD;

use crate::ids::{AreaId, Identity, OrganisationId, PersonId};
use crate::keys::{KeyPair, PublicKey, SIGNATURE_LEN, SealTo};
use crate::role::Role;

/// Private claims of RFC 8392 §9.1: below -65536. Never renumbered.
mod claim {
    pub(super) const AUTHOR_KEY: i64 = -70_001;
    pub(super) const AREA: i64 = -70_002;
    pub(super) const ROLE: i64 = -70_003;
    pub(super) const PERSONS: i64 = -70_004;
    pub(super) const LABELS: i64 = -70_005;
    pub(super) const USE_UNTIL: i64 = -70_006;
    pub(super) const OFFICE: i64 = -70_007;
}

/// Most bytes of a signed grant.
pub const GRANT_MAX: usize = 1024;

/// Most persons that one grant names.
pub const PERSONS_MAX: usize = 16;

/// What an author may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Random; an invitation is used up by its id.
    pub id: [u8; 16],
    /// Whose grant.
    pub organisation: OrganisationId,
    /// Whom it empowers; absent in an invitation, which empowers the first key that brings it.
    pub author: Option<PublicKey>,
    /// Where. For an office and for the street's people this is the area whose subtree it covers;
    /// [`AreaId::organisation`] covers all.
    pub area: AreaId,
    /// As what.
    pub role: Role,
    /// Who acts with this key; entries say `by` when there are several.
    pub persons: Vec<PersonId>,
    /// Unix seconds: work from before it is held for review.
    pub not_before: i64,
    /// Unix seconds: work from after it is held for review.
    pub expires: i64,
    /// First number of the label block given to this author, and how many.
    pub labels: Option<(u64, u32)>,
    /// Of an invitation: unix seconds until which its first use flows.
    pub use_until: Option<i64>,
    /// True for the office's own author: its entries may be verdicts, copies and imports.
    pub office: bool,
}

/// Why bytes are not a grant of this organisation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Not a COSE_Sign1 with the claims of a grant, or longer than [`GRANT_MAX`].
    #[error("not a grant: {0}")]
    Malformed(String),
    /// Signed by another key than the organisation's.
    #[error("the grant is not signed by this organisation")]
    WrongSignature,
    /// A grant of another organisation.
    #[error("the grant is another organisation's")]
    WrongOrganisation,
}

impl Grant {
    /// Signs the grant with the organisation's key. Same grant and key, same bytes.
    pub fn sign(&self, organisation: &KeyPair) -> Vec<u8> {
        let claims = self
            .to_claims()
            .to_vec()
            .expect("claims of texts, numbers and bytes always encode");
        let protected = HeaderBuilder::new().algorithm(Algorithm::EdDSA).build();
        CoseSign1Builder::new()
            .protected(protected)
            .payload(claims)
            .create_signature(b"", |message| organisation.sign(message).to_vec())
            .build()
            .to_vec()
            .expect("a signed payload always encodes")
    }

    /// Reads a grant and checks the organisation's signature. Says nothing of times: the caller
    /// judges work by its own time.
    ///
    /// # Errors
    /// See [`GrantError`].
    pub fn open(bytes: &[u8], organisation: &PublicKey) -> Result<Self, GrantError> {
        if bytes.len() > GRANT_MAX {
            return Err(GrantError::Malformed(format!("{} bytes", bytes.len())));
        }
        let malformed = |error: coset::CoseError| GrantError::Malformed(error.to_string());
        let signed = CoseSign1::from_slice(bytes).map_err(malformed)?;
        let eddsa = coset::RegisteredLabelWithPrivate::Assigned(Algorithm::EdDSA);
        if signed.protected.header.alg != Some(eddsa) {
            return Err(GrantError::Malformed("not EdDSA".to_owned()));
        }
        signed.verify_signature(b"", |signature, message| {
            if organisation.verifies(message, signature) {
                Ok(())
            } else {
                Err(GrantError::WrongSignature)
            }
        })?;
        let payload = signed.payload.as_deref().unwrap_or_default();
        let claims = ClaimsSet::from_slice(payload).map_err(malformed)?;
        let grant = Self::from_claims(claims)?;
        if grant.organisation != OrganisationId::of_key(&organisation.0) {
            return Err(GrantError::WrongOrganisation);
        }
        Ok(grant)
    }

    /// Whether the author may work in `area`; `within(area, ancestor)` knows the tree.
    pub fn covers(&self, area: &AreaId, within: impl FnOnce(&AreaId, &AreaId) -> bool) -> bool {
        self.area == *area || self.area == AreaId::organisation() || within(area, &self.area)
    }

    fn to_claims(&self) -> ClaimsSet {
        let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
        let persons = self
            .persons
            .iter()
            .map(|p| bytes(p.identity().as_bytes()))
            .collect();
        let mut claims = ClaimsSetBuilder::new()
            .audience(self.organisation.to_string())
            .expiration_time(Timestamp::WholeSeconds(self.expires))
            .not_before(Timestamp::WholeSeconds(self.not_before))
            .cwt_id(self.id.to_vec())
            .private_claim(claim::AREA, Value::Text(self.area.as_str().to_owned()))
            .private_claim(claim::ROLE, Value::from(self.role.code()))
            .private_claim(claim::PERSONS, Value::Array(persons));
        if let Some(author) = &self.author {
            claims = claims.private_claim(claim::AUTHOR_KEY, bytes(&author.0));
        }
        if let Some((first, count)) = self.labels {
            let block = Value::Array(vec![Value::from(first), Value::from(count)]);
            claims = claims.private_claim(claim::LABELS, block);
        }
        if let Some(until) = self.use_until {
            claims = claims.private_claim(claim::USE_UNTIL, Value::from(until));
        }
        if self.office {
            claims = claims.private_claim(claim::OFFICE, Value::Bool(true));
        }
        claims.build()
    }

    fn from_claims(claims: ClaimsSet) -> Result<Self, GrantError> {
        let missing = |what: &str| GrantError::Malformed(format!("{what} is missing or wrong"));
        let private = |id: i64| {
            claims
                .rest
                .iter()
                .find(|(name, _)| *name == ClaimName::PrivateUse(id))
                .map(|(_, value)| value)
        };
        let seconds = |time: &Option<Timestamp>| match time {
            Some(Timestamp::WholeSeconds(seconds)) => Some(*seconds),
            _ => None,
        };
        let number = |value: &Value| value.as_integer().and_then(|n| i64::try_from(n).ok());
        let persons = private(claim::PERSONS)
            .and_then(Value::as_array)
            .filter(|persons| persons.len() <= PERSONS_MAX)
            .ok_or_else(|| missing("persons"))?
            .iter()
            .map(|person| {
                person
                    .as_bytes()
                    .and_then(|b| Identity::from_slice(b))
                    .map(PersonId)
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| missing("persons"))?;
        let author = match private(claim::AUTHOR_KEY) {
            None => None,
            Some(value) => Some(
                value
                    .as_bytes()
                    .and_then(|b| <[u8; 32]>::try_from(b.as_slice()).ok())
                    .map(PublicKey)
                    .ok_or_else(|| missing("author key"))?,
            ),
        };
        let labels = match private(claim::LABELS).map(|v| v.as_array()) {
            None => None,
            Some(Some(block)) if block.len() == 2 => {
                let first = number(&block[0]).and_then(|n| u64::try_from(n).ok());
                let count = number(&block[1]).and_then(|n| u32::try_from(n).ok());
                Some(first.zip(count).ok_or_else(|| missing("labels"))?)
            }
            Some(_) => return Err(missing("labels")),
        };
        Ok(Self {
            id: claims
                .cwt_id
                .as_deref()
                .and_then(|id| id.try_into().ok())
                .ok_or_else(|| missing("id"))?,
            organisation: claims
                .audience
                .as_deref()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| missing("organisation"))?,
            author,
            area: private(claim::AREA)
                .and_then(Value::as_text)
                .and_then(|text| AreaId::new(text).ok())
                .ok_or_else(|| missing("area"))?,
            role: private(claim::ROLE)
                .and_then(number)
                .and_then(|code| u8::try_from(code).ok())
                .and_then(Role::from_code)
                .ok_or_else(|| missing("role"))?,
            persons,
            not_before: seconds(&claims.not_before).ok_or_else(|| missing("not before"))?,
            expires: seconds(&claims.expiration_time).ok_or_else(|| missing("expiry"))?,
            labels,
            use_until: private(claim::USE_UNTIL).and_then(number),
            office: private(claim::OFFICE)
                .and_then(Value::as_bool)
                .unwrap_or(false),
        })
    }
}

/// What a segment shows once for its author: at n = 1, and after a new grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A grant or invitation, as signed by the organisation.
    Granted {
        /// The author's key; an invitation does not name it.
        key: PublicKey,
        /// [`Grant::sign`].
        grant: Vec<u8>,
    },
    /// The author goes on from an older one of the same device, under the grant of the first.
    Succeeds {
        /// The new author's key.
        key: PublicKey,
        /// The authors before it, the latest first: each signs the key that follows it.
        links: Vec<SuccessionLink>,
        /// The first author's grant or invitation.
        grant: Vec<u8>,
    },
}

/// One hand-over from an author to the next of the same device.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct SuccessionLink {
    /// The older author's key.
    #[n(0)]
    pub old: PublicKey,
    /// The older key's signature over [`Proof::succession_message`].
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: [u8; SIGNATURE_LEN],
}

/// Most hand-overs that a proof shows.
pub const SUCCESSIONS_MAX: usize = 100;

impl Proof {
    /// What an old key signs to hand on to a new one.
    pub fn succession_message(old: &PublicKey, new: &PublicKey) -> Vec<u8> {
        [b"doorstep succession".as_slice(), &old.0, &new.0].concat()
    }

    /// The key of the author that shows it.
    pub fn key(&self) -> PublicKey {
        match self {
            Self::Granted { key, .. } | Self::Succeeds { key, .. } => *key,
        }
    }

    /// The grant or invitation inside.
    pub fn grant(&self) -> &[u8] {
        match self {
            Self::Granted { grant, .. } | Self::Succeeds { grant, .. } => grant,
        }
    }

    /// The author that this one succeeds.
    pub fn predecessor(&self) -> Option<PublicKey> {
        match self {
            Self::Granted { .. } => None,
            Self::Succeeds { links, .. } => links.first().map(|link| link.old),
        }
    }

    /// The proof of the author that follows the one with `old`'s key and this proof.
    #[must_use]
    pub fn handed_on(&self, old: &KeyPair, new: &PublicKey) -> Self {
        let signature = old.sign(&Self::succession_message(&old.public(), new));
        let mut links = vec![SuccessionLink {
            old: old.public(),
            signature,
        }];
        if let Self::Succeeds { links: earlier, .. } = self {
            links.extend(earlier.iter().cloned());
        }
        Self::Succeeds {
            key: *new,
            links,
            grant: self.grant().to_vec(),
        }
    }

    /// The key that the grant names: the first author's.
    pub fn holder(&self) -> PublicKey {
        match self {
            Self::Granted { key, .. } => *key,
            Self::Succeeds { key, links, .. } => links.last().map_or(*key, |link| link.old),
        }
    }

    /// The same author's proof under a newer grant; [`Proof::open`] says whether it fits.
    #[must_use]
    pub fn regranted(&self, grant: Vec<u8>) -> Self {
        let mut proof = self.clone();
        match &mut proof {
            Self::Granted { grant: old, .. } | Self::Succeeds { grant: old, .. } => *old = grant,
        }
        proof
    }

    /// Reads the grant inside and checks every signature and that it fits the key.
    ///
    /// # Errors
    /// See [`GrantError`]; a grant of another key is [`GrantError::WrongSignature`].
    pub fn open(&self, organisation: &PublicKey) -> Result<Grant, GrantError> {
        let grant = Grant::open(self.grant(), organisation)?;
        let holder = match self {
            Self::Granted { key, .. } => key,
            Self::Succeeds { key, links, .. } => {
                let mut newer = key;
                if links.is_empty() || links.len() > SUCCESSIONS_MAX {
                    return Err(GrantError::Malformed(format!(
                        "{} successions",
                        links.len()
                    )));
                }
                for SuccessionLink { old, signature } in links {
                    if !old.verifies(&Self::succession_message(old, newer), signature) {
                        return Err(GrantError::WrongSignature);
                    }
                    newer = old;
                }
                newer
            }
        };
        if grant.author.is_some_and(|author| author != *holder) {
            return Err(GrantError::WrongSignature);
        }
        Ok(grant)
    }
}

impl<C> minicbor::Encode<C> for Proof {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Self::Granted { key, grant } => {
                e.array(2)?.encode_with(key, ctx)?.bytes(grant)?;
            }
            Self::Succeeds { key, links, grant } => {
                e.array(3)?
                    .encode_with(key, ctx)?
                    .bytes(grant)?
                    .encode_with(links, ctx)?;
            }
        }
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Proof {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        let wrong = || minicbor::decode::Error::message("proof").at(at);
        let len = d.array()?;
        let key = d.decode_with(ctx)?;
        let grant = d.bytes()?.to_vec();
        match len {
            Some(2) => Ok(Self::Granted { key, grant }),
            Some(3) => Ok(Self::Succeeds {
                key,
                links: d.decode_with(ctx)?,
                grant,
            }),
            _ => Err(wrong()),
        }
    }
}

/// What the clerk's QR holds: an invitation and where to bring it.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Invitation {
    /// The organisation's key: from here on the phone trusts it and no other.
    #[n(0)]
    pub organisation: PublicKey,
    /// [`Grant::sign`] of a grant without a key.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub grant: Vec<u8>,
    /// Addresses of the office, in the order to try them: `https://192.168.1.10:8443`.
    #[n(2)]
    pub addresses: Vec<String>,
    /// SHA-256 of the office's transport key (its SubjectPublicKeyInfo); absent where the office is
    /// reached over loopback only.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub transport_key: Option<[u8; 32]>,
    /// What files for the office are sealed to.
    #[n(4)]
    pub seal_to: Option<SealTo>,
}

/// The first characters of every invitation text of this version.
const INVITATION_PREFIX: &str = "DS1.";

/// A text that is not an invitation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an invitation of this version")]
pub struct NotAnInvitation;

impl Invitation {
    /// The text of the QR.
    pub fn to_text(&self) -> String {
        format!(
            "{INVITATION_PREFIX}{}",
            BASE64URL_NOPAD.encode(&crate::entry::encode(self))
        )
    }

    /// Reads the text of the QR; spaces and line breaks in it are ignored, as pasting makes them.
    ///
    /// # Errors
    /// [`NotAnInvitation`]; the signature is checked by [`Invitation::open`].
    pub fn from_text(text: &str) -> Result<Self, NotAnInvitation> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let code = text
            .strip_prefix(INVITATION_PREFIX)
            .ok_or(NotAnInvitation)?;
        let bytes = BASE64URL_NOPAD
            .decode(code.as_bytes())
            .map_err(|_| NotAnInvitation)?;
        let mut decoder = minicbor::Decoder::new(&bytes);
        let invitation = decoder.decode().map_err(|_| NotAnInvitation)?;
        if decoder.position() != bytes.len() {
            return Err(NotAnInvitation);
        }
        Ok(invitation)
    }

    /// The grant inside, its signature checked.
    ///
    /// # Errors
    /// See [`GrantError`].
    pub fn open(&self) -> Result<Grant, GrantError> {
        Grant::open(&self.grant, &self.organisation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AuthorTag;

    fn organisation() -> KeyPair {
        KeyPair::from_secret(&[1; 32])
    }

    fn grant() -> Grant {
        Grant {
            id: [4; 16],
            organisation: OrganisationId::of_key(&organisation().public().0),
            author: Some(KeyPair::from_secret(&[2; 32]).public()),
            area: AreaId::new("310101019005").unwrap(),
            role: Role::Volunteer,
            persons: vec![PersonId(Identity::of_entry(AuthorTag([1; 4]), 9))],
            not_before: 1_700_000_000,
            expires: 1_900_000_000,
            labels: Some((8192, 8192)),
            use_until: None,
            office: false,
        }
    }

    #[test]
    fn a_grant_reads_back_and_has_the_same_bytes_every_time() {
        let signed = grant().sign(&organisation());
        assert_eq!(signed, grant().sign(&organisation()));
        assert_eq!(Grant::open(&signed, &organisation().public()), Ok(grant()));
        assert!(signed.len() < 260, "{} bytes", signed.len());
    }

    #[test]
    fn a_grant_of_another_key_or_with_a_changed_byte_does_not_open() {
        let signed = grant().sign(&organisation());
        let other = KeyPair::from_secret(&[9; 32]);
        assert_eq!(
            Grant::open(&signed, &other.public()),
            Err(GrantError::WrongSignature)
        );
        for at in 0..signed.len() {
            let mut bent = signed.clone();
            bent[at] ^= 1;
            assert!(
                Grant::open(&bent, &organisation().public()).is_err(),
                "byte {at}"
            );
        }
    }

    #[test]
    fn a_new_key_goes_on_only_with_the_old_keys_word() {
        let (old, new) = (
            KeyPair::from_secret(&[2; 32]),
            KeyPair::from_secret(&[3; 32]),
        );
        let first = Proof::Granted {
            key: old.public(),
            grant: grant().sign(&organisation()),
        };
        let mut proof = first.handed_on(&old, &new.public());
        assert_eq!(proof.open(&organisation().public()), Ok(grant()));
        let third = KeyPair::from_secret(&[5; 32]);
        let onward = proof.handed_on(&new, &third.public());
        assert_eq!(onward.open(&organisation().public()), Ok(grant()));
        assert_eq!(onward.predecessor(), Some(new.public()));
        if let Proof::Succeeds { links, .. } = &mut proof {
            links[0].signature = new.sign(&Proof::succession_message(&old.public(), &new.public()));
        }
        assert_eq!(
            proof.open(&organisation().public()),
            Err(GrantError::WrongSignature)
        );
        let stolen = Proof::Granted {
            key: new.public(),
            grant: grant().sign(&organisation()),
        };
        assert_eq!(
            stolen.open(&organisation().public()),
            Err(GrantError::WrongSignature)
        );
    }

    #[test]
    fn a_newer_grant_of_the_first_key_reaches_its_successors() {
        let (old, new) = (
            KeyPair::from_secret(&[2; 32]),
            KeyPair::from_secret(&[3; 32]),
        );
        let proof = Proof::Granted {
            key: old.public(),
            grant: grant().sign(&organisation()),
        }
        .handed_on(&old, &new.public());
        assert_eq!(proof.holder(), old.public());
        let mut longer = grant();
        longer.expires += 1;
        let regranted = proof.regranted(longer.sign(&organisation()));
        assert_eq!(regranted.open(&organisation().public()), Ok(longer.clone()));
        assert_eq!(regranted.predecessor(), Some(old.public()));
        longer.author = Some(new.public());
        let others = proof.regranted(longer.sign(&organisation()));
        assert!(others.open(&organisation().public()).is_err());
    }

    #[test]
    fn an_invitation_survives_being_pasted() {
        let mut bearer = grant();
        bearer.author = None;
        bearer.use_until = Some(1_700_086_400);
        let invitation = Invitation {
            organisation: organisation().public(),
            grant: bearer.sign(&organisation()),
            addresses: vec!["https://192.168.1.10:8443".into()],
            transport_key: Some([7; 32]),
            seal_to: Some(SealTo([9; 32])),
        };
        let text = invitation.to_text();
        assert!(text.len() < 700, "a QR holds it: {}", text.len());
        let pasted = format!(" {}\n{} ", &text[..80], &text[80..]);
        assert_eq!(Invitation::from_text(&pasted), Ok(invitation.clone()));
        assert_eq!(invitation.open(), Ok(bearer));
        for bad in ["", "DS1.", "DS2.AAAA", &text[..text.len() - 4]] {
            assert_eq!(Invitation::from_text(bad), Err(NotAnInvitation), "{bad}");
        }
        let sealed_to = text.rfind("CQkJ").unwrap();
        let mut damaged = text.clone();
        damaged.replace_range(sealed_to..=sealed_to, "D");
        assert_eq!(Invitation::from_text(&damaged), Err(NotAnInvitation));
    }
}
