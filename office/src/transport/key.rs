//! The office's transport key: made once, kept in the office's folder and in its backups. It proves
//! only that the office is the one of the invitation; nothing is signed with it but handshakes.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::pin::Pin;
use super::provider;

/// The file in the office's folder; it holds the private key and the certificate, readable by its
/// owner only.
pub const FILE: &str = "transport.pem";

/// The key that will be the office's, once every phone has heard of it.
pub const NEXT_FILE: &str = "transport-next.pem";

/// The key that was the office's before: only for who changed it too early.
const OLD_FILE: &str = "transport-old.pem";

/// The office's transport key with its certificate.
pub struct TransportKey {
    key: PrivateKeyDer<'static>,
    certificate: CertificateDer<'static>,
    pin: Pin,
}

/// Why there is no transport key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds no key and certificate that belong together. Every phone trusts the lost key:
    /// the file must come back from a backup, a new key would lock all phones out.
    #[error("{path} holds no usable transport key: {why}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No key could be made.
    #[error("no transport key can be made: {0}")]
    NotMade(#[from] rcgen::Error),
}

impl KeyError {
    /// The code of the message catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "transport.key_file",
            Self::Damaged { .. } => "transport.key_damaged",
            Self::NotMade(_) => "transport.key_not_made",
        }
    }
}

impl TransportKey {
    /// The key kept in `folder`; the first call makes it. Two processes that start at once end with
    /// the same key.
    ///
    /// # Errors
    /// See [`KeyError`]. A file that is there but damaged is never replaced.
    pub fn load_or_create(folder: &Path) -> Result<Self, KeyError> {
        Self::named(folder, FILE)
    }

    /// The key that comes next, if one was made.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn next(folder: &Path) -> Result<Option<Self>, KeyError> {
        let path = folder.join(NEXT_FILE);
        path.exists().then(|| Self::load(path)).transpose()
    }

    /// The key that comes next; the first call makes it.
    ///
    /// # Errors
    /// As [`TransportKey::load_or_create`].
    pub fn next_or_create(folder: &Path) -> Result<Self, KeyError> {
        Self::named(folder, NEXT_FILE)
    }

    /// Makes the next key the office's. The one before is kept beside it. At no moment is there none.
    ///
    /// # Errors
    /// See [`KeyError`]: the key before holds, or already the next one.
    pub fn switch(folder: &Path) -> Result<(), KeyError> {
        let [now, next, old] = [FILE, NEXT_FILE, OLD_FILE].map(|name| folder.join(name));
        // A damaged key takes no whole one's place.
        Self::load(next.clone())?;
        let moved = || {
            match fs::remove_file(&old) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            fs::hard_link(&now, &old)?;
            fs::rename(&next, &now)?;
            File::open(folder)?.sync_all()
        };
        moved().map_err(|source| KeyError::File {
            path: next.clone(),
            source,
        })
    }

    fn named(folder: &Path, name: &str) -> Result<Self, KeyError> {
        let path = folder.join(name);
        if !path.exists() {
            let pem = new_pem()?;
            place(folder, &path, pem.as_bytes()).map_err(|source| KeyError::File {
                path: path.clone(),
                source,
            })?;
        }
        Self::load(path)
    }

    fn load(path: PathBuf) -> Result<Self, KeyError> {
        let pem = match read_private(&path) {
            Ok(pem) => pem,
            Err(source) => return Err(KeyError::File { path, source }),
        };
        Self::from_pem(&pem).map_err(|why| KeyError::Damaged { path, why })
    }

    /// Reads a PKCS#8 private key and its certificate from one PEM text.
    fn from_pem(pem: &[u8]) -> Result<Self, String> {
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| error.to_string())?;
        let certificate = CertificateDer::from_pem_slice(pem).map_err(|error| error.to_string())?;
        let pin = Pin::of_certificate(&certificate).map_err(|error| error.to_string())?;
        let found = Self {
            key,
            certificate,
            pin,
        };
        // rustls refuses a key that is not the certificate's: better now than at the first phone.
        found.server_config().map_err(|error| error.to_string())?;
        Ok(found)
    }

    /// SHA-256 of the key's SubjectPublicKeyInfo, for invitations.
    pub fn spki_sha256(&self) -> [u8; 32] {
        self.pin.0
    }

    /// The TLS server that proves this key.
    ///
    /// # Errors
    /// When key and certificate do not fit; [`TransportKey::load_or_create`] has made sure of it.
    pub fn server_config(&self) -> Result<ServerConfig, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl std::fmt::Debug for TransportKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TransportKey({:?}, secret withheld)", self.pin)
    }
}

/// A new ECDSA P-256 key and a certificate that outlives every phone, as PEM.
fn new_pem() -> Result<String, rcgen::Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new(vec!["doorstep.invalid".to_owned()])?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Doorstep office");
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(9999, 12, 31);
    let certificate = params.self_signed(&key)?;
    Ok(format!("{}{}", key.serialize_pem(), certificate.pem()))
}

/// Writes `bytes` beside `path` and gives them that name once they are on the disk. A file that
/// another process has put there meanwhile stays.
fn place(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let draft = folder.join(format!("{FILE}.{}.tmp", std::process::id()));
    let written = write_private(&draft, bytes).and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => File::open(folder)?.sync_all(),
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Reads a secret file; one that others may read (a copied folder loses its modes) is closed to
/// them first.
fn read_private(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "transport key was readable by others; closed");
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
    }
    fs::read(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_key_takes_the_place_of_the_one_before_which_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let before = TransportKey::load_or_create(folder.path()).unwrap();
        assert!(TransportKey::next(folder.path()).unwrap().is_none());
        assert!(
            TransportKey::switch(folder.path()).is_err(),
            "there is none"
        );
        let next = TransportKey::next_or_create(folder.path()).unwrap();
        let again = TransportKey::next_or_create(folder.path()).unwrap();
        assert_eq!(next.spki_sha256(), again.spki_sha256());
        for _ in 0..2 {
            let _ = TransportKey::next_or_create(folder.path()).unwrap();
            TransportKey::switch(folder.path()).unwrap();
        }
        let old = TransportKey::load(folder.path().join(OLD_FILE)).unwrap();
        assert_eq!(old.spki_sha256(), next.spki_sha256());
        let now = TransportKey::load_or_create(folder.path()).unwrap();
        assert_ne!(now.spki_sha256(), before.spki_sha256());
    }

    #[test]
    fn a_damaged_next_key_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let before = TransportKey::load_or_create(folder.path()).unwrap();
        fs::write(folder.path().join(NEXT_FILE), "no key").unwrap();
        let refused = TransportKey::switch(folder.path()).unwrap_err();
        assert_eq!(refused.code(), "transport.key_damaged");
        let now = TransportKey::load_or_create(folder.path()).unwrap();
        assert_eq!(now.spki_sha256(), before.spki_sha256());
    }

    #[test]
    fn the_key_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let first = TransportKey::load_or_create(folder.path()).unwrap();
        let again = TransportKey::load_or_create(folder.path()).unwrap();
        assert_eq!(first.spki_sha256(), again.spki_sha256());
        let files: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(files, [FILE], "no draft stays behind");
        let other = tempfile::tempdir().unwrap();
        let other = TransportKey::load_or_create(other.path()).unwrap();
        assert_ne!(first.spki_sha256(), other.spki_sha256());
    }

    #[test]
    fn only_its_owner_may_read_the_file_even_after_a_careless_copy() {
        let folder = tempfile::tempdir().unwrap();
        TransportKey::load_or_create(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        TransportKey::load_or_create(folder.path()).unwrap();
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn a_damaged_key_is_reported_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        TransportKey::load_or_create(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        let whole = fs::read_to_string(&path).unwrap();
        let stranger = new_pem().unwrap();
        let (strange_key, _) = stranger.split_once("-----BEGIN CERT").unwrap();
        let (_, certificate) = whole.split_once("-----BEGIN CERT").unwrap();
        let another_key = format!("{strange_key}-----BEGIN CERT{certificate}");
        for bad in ["", &whole[..whole.len() / 2], another_key.as_str()] {
            fs::write(&path, bad).unwrap();
            let error = TransportKey::load_or_create(folder.path()).unwrap_err();
            assert_eq!(error.code(), "transport.key_damaged");
            assert_eq!(fs::read_to_string(&path).unwrap(), bad);
        }
    }

    #[test]
    fn processes_that_start_at_once_end_with_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        place(folder.path(), &path, new_pem().unwrap().as_bytes()).unwrap();
        let first = TransportKey::load_or_create(folder.path()).unwrap();
        place(folder.path(), &path, new_pem().unwrap().as_bytes()).unwrap();
        let second = TransportKey::load_or_create(folder.path()).unwrap();
        assert_eq!(first.spki_sha256(), second.spki_sha256());
    }

    #[test]
    fn the_secret_never_shows() {
        let folder = tempfile::tempdir().unwrap();
        let key = TransportKey::load_or_create(folder.path()).unwrap();
        assert!(format!("{key:?}").ends_with("secret withheld)"));
    }
}
