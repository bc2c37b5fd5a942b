//! Ed25519 keys of authors, offices and organisations, and the key that files for an office are sealed
//! to. Keys are made by the caller's generator and kept by the replica; nothing here stores one.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand_core::CryptoRng;

use crate::ids::{AuthorTag, bytes_in_cbor, digest_parts};

/// A public key: who signed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 32]);

/// Bytes of an Ed25519 signature.
pub const SIGNATURE_LEN: usize = 64;

impl PublicKey {
    /// The author tag of this key.
    pub fn tag(&self) -> AuthorTag {
        AuthorTag::of_key(&self.0)
    }

    /// Whether `signature` is this key's over `message`, by the strict rules of RFC 8032: no small
    /// orders, no second encodings.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else {
            return false;
        };
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "PublicKey({})",
            data_encoding::BASE64URL_NOPAD.encode(&self.0)
        )
    }
}

impl<C> minicbor::Encode<C> for PublicKey {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for PublicKey {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        d.bytes()?
            .try_into()
            .map(Self)
            .map_err(|_| minicbor::decode::Error::message("a public key has 32 bytes").at(at))
    }
}

/// What files for an office are sealed to: an X25519 key (RFC 7748).
///
/// Any 32 bytes are such a key, and what is sealed to a damaged one is lost. So wherever it is kept or
/// carried, four bytes of its digest stand behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealTo(pub [u8; 32]);

impl SealTo {
    /// The key and its check.
    pub fn to_bytes(&self) -> [u8; 36] {
        let mut bytes = [0; 36];
        bytes[..32].copy_from_slice(&self.0);
        bytes[32..].copy_from_slice(&self.check());
        bytes
    }

    /// Reads [`SealTo::to_bytes`]; none when a byte of it is another one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (key, check) = bytes.split_first_chunk::<32>()?;
        let read = Self(*key);
        (check == read.check()).then_some(read)
    }

    fn check(&self) -> [u8; 4] {
        let digest = digest_parts("doorstep seal to", &[&self.0]);
        [digest[0], digest[1], digest[2], digest[3]]
    }
}

bytes_in_cbor!(SealTo, "a damaged key to seal to");

/// A key pair. Its secret is wiped from memory when dropped.
#[derive(Clone)]
pub struct KeyPair(SigningKey);

impl KeyPair {
    /// A new key pair from this generator.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut secret = [0; 32];
        rng.fill_bytes(&mut secret);
        Self(SigningKey::from_bytes(&secret))
    }

    /// The key pair with this secret.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The secret, for the replica to store.
    pub fn secret(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        self.0.sign(message).to_bytes()
    }
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyPair({:?}, secret withheld)", self.public())
    }
}

#[cfg(test)]
mod tests {
    use super::SealTo;

    #[test]
    fn a_key_to_seal_to_is_kept_with_the_beginning_of_its_digest() {
        let kept = SealTo([9; 32]).to_bytes();
        assert_eq!(data_encoding::HEXLOWER.encode(&kept[32..]), "8499103c");
        assert_eq!(SealTo::from_bytes(&kept), Some(SealTo([9; 32])));
        for at in 0..kept.len() {
            let mut damaged = kept;
            damaged[at] ^= 1;
            assert_eq!(SealTo::from_bytes(&damaged), None, "byte {at}");
        }
        assert_eq!(SealTo::from_bytes(&kept[..35]), None);
    }
}
