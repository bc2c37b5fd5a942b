//! Files that only one key opens: HPKE in base mode (RFC 9180) with X25519, HKDF-SHA256 and
//! ChaCha20-Poly1305, in one piece. What is inside, and who may have made it, is not decided here: base
//! mode hides a content and proves no sender.

use doorstep_model::keys::SealTo;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use rand_core::CryptoRng;

/// How a file begins: its kind and version. The key it is sealed under depends on it too.
const BEGINS: &[u8; 8] = b"DSSEAL1\n";

/// Bytes of the sender's share, after the beginning.
const SHARE: usize = 32;

/// Bytes that a sealed file has beside its content: beginning, share, tag.
pub(crate) const ROOM: usize = BEGINS.len() + SHARE + 16;

/// A key that opens files, from its stored bytes.
pub(crate) struct SealingKey(<X25519HkdfSha256 as Kem>::PrivateKey);

impl SealingKey {
    /// A new key, as it is stored.
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> [u8; 32] {
        let (secret, _) = X25519HkdfSha256::gen_keypair_with_rng(rng);
        secret.to_bytes().into()
    }

    /// The key that [`SealingKey::generate`] made; none when these are not its bytes.
    pub(crate) fn from_stored(bytes: &[u8]) -> Option<Self> {
        <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(bytes)
            .ok()
            .map(Self)
    }

    /// What files for this key are sealed to.
    pub(crate) fn seal_to(&self) -> SealTo {
        SealTo(X25519HkdfSha256::sk_to_pk(&self.0).to_bytes().into())
    }

    /// The content of a file; none when it is cut, damaged or sealed to another key.
    pub(crate) fn open(&self, file: &[u8]) -> Option<Vec<u8>> {
        let (share, content) = file.strip_prefix(BEGINS)?.split_at_checked(SHARE)?;
        let share = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(share).ok()?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.0,
            &share,
            BEGINS,
            content,
            &[],
        )
        .ok()
    }
}

/// The content as only the holder of the key behind `to` can read it; none when `to` is not such a key.
pub(crate) fn seal(to: &SealTo, content: &[u8], rng: &mut impl CryptoRng) -> Option<Vec<u8>> {
    let to = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&to.0).ok()?;
    let (share, content) = hpke::single_shot_seal_with_rng::<
        ChaCha20Poly1305,
        HkdfSha256,
        X25519HkdfSha256,
    >(&OpModeS::Base, &to, BEGINS, content, &[], rng)
    .ok()?;
    Some([BEGINS, &share.to_bytes()[..], &content].concat())
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([7; 32])
    }

    fn key() -> SealingKey {
        SealingKey::from_stored(&SealingKey::generate(&mut rng())).unwrap()
    }

    #[test]
    fn what_was_sealed_to_a_key_comes_out_of_it_and_of_no_other() {
        let key = key();
        let file = seal(&key.seal_to(), "两户没人".as_bytes(), &mut rng()).unwrap();
        assert_eq!(key.open(&file).unwrap(), "两户没人".as_bytes());
        assert_eq!(file.len(), "两户没人".len() + ROOM);
        let other = SealingKey::from_stored(&[9; 32]).unwrap();
        assert_eq!(other.open(&file), None);
    }

    #[test]
    fn a_file_changed_anywhere_or_cut_anywhere_does_not_open() {
        let key = key();
        let file = seal(&key.seal_to(), b"pending", &mut rng()).unwrap();
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(&changed), None, "byte {at}");
            assert_eq!(key.open(&file[..at]), None, "the first {at} bytes");
        }
    }

    #[test]
    fn nothing_is_sealed_to_a_key_that_anybody_could_open() {
        assert_eq!(seal(&SealTo([0; 32]), b"pending", &mut rng()), None);
    }

    #[test]
    fn the_same_content_key_and_numbers_give_the_same_file() {
        let file = seal(&key().seal_to(), b"pending", &mut rng()).unwrap();
        assert_eq!(
            data_encoding::BASE64.encode(&file),
            "RFNTRUFMMQrmuvHGZzkWniqZMQegJhZ9ywKs7If87ja+jqq1EkQhe1HUC52A0uI9NGSUge37PGTR72LZDl1p"
        );
    }
}
