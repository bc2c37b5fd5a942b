//! The one rule of trust on the wire: these public keys and no other. Names, dates and issuers of the
//! certificate must not be looked at; the handshake's signature must.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme};
use sha2::{Digest, Sha256};

use super::provider;

/// SHA-256 of a transport key's SubjectPublicKeyInfo: what an invitation carries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pin(pub [u8; 32]);

/// The other side holds another key than the invitation names and the office announced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key is {found:?}, the office's is one of {wanted:?}")]
pub struct WrongKey {
    /// What the invitation names and the office announced.
    pub wanted: Vec<Pin>,
    /// What answered.
    pub found: Pin,
}

impl Pin {
    /// The pin of the key inside a certificate.
    ///
    /// # Errors
    /// When the bytes are no X.509 certificate.
    pub fn of_certificate(certificate: &CertificateDer<'_>) -> Result<Self, rustls::Error> {
        let spki = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
        Ok(Self(Sha256::digest(&spki).into()))
    }
}

/// A TLS client that accepts the holder of one of these keys and nobody else.
///
/// # Errors
/// When the cryptography at hand supports no version of TLS that rustls speaks.
pub(super) fn client_config(wanted: Vec<Pin>) -> Result<ClientConfig, rustls::Error> {
    let provider = provider();
    let verifier = PinVerifier {
        wanted,
        provider: Arc::clone(&provider),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.enable_sni = false;
    Ok(config)
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}…", &HEXLOWER.encode(&self.0)[..16])
    }
}

#[derive(Debug)]
struct PinVerifier {
    wanted: Vec<Pin>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found = Pin::of_certificate(end_entity)?;
        if self.wanted.contains(&found) {
            return Ok(ServerCertVerified::assertion());
        }
        let wrong = WrongKey {
            wanted: self.wanted.clone(),
            found,
        };
        Err(CertificateError::Other(OtherError(Arc::new(wrong))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
