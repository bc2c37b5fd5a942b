//! What a photo is called: by the hash of its file, once that is on the disk. Taking, shrinking and
//! carrying photos are the host's.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use doorstep_model::ids::PhotoHash;
use sha2::{Digest, Sha256};

use crate::error::Result;

/// The name of the photo in this file, after the file is safe from a power cut: an entry may name it
/// from then on. The file stays as it is.
///
/// # Errors
/// [`crate::Error::Store`] when the file cannot be read or synced.
pub fn name_photo(file: &Path) -> Result<PhotoHash> {
    let mut photo = File::open(file)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match photo.read(&mut piece)? {
            0 => break,
            length => hasher.update(&piece[..length]),
        }
    }
    photo.sync_all()?;
    Ok(PhotoHash(hasher.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::name_photo;

    #[test]
    fn a_photo_is_called_by_the_hash_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gauge.jpg");
        std::fs::write(&file, b"abc").unwrap();
        // SHA-256 of `abc`, FIPS 180-2.
        assert_eq!(
            name_photo(&file).unwrap().to_string(),
            "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
        );
        let missing = name_photo(&folder.path().join("none")).unwrap_err();
        assert_eq!(missing.code(), "store.io");
    }
}
