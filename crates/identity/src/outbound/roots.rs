//! Who may vouch for servers.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use thiserror::Error;

/// The certificates of those who may vouch for servers.
#[derive(Clone)]
pub struct Roots(pub(super) RootCertStore);

/// Says why certificates cannot be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RootsError {
    /// The text is not PEM.
    #[error("not PEM")]
    Pem,
    /// There is no certificate in the text.
    #[error("no certificate in the text")]
    Empty,
    /// A certificate is malformed, or cannot vouch for others.
    #[error("not a certificate of an authority")]
    Certificate,
}

impl Roots {
    /// Returns those whom browsers trust.
    pub fn public() -> Self {
        Self(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())
    }

    /// Adds the certificates of a closed network, as PEM.
    ///
    /// # Errors
    ///
    /// [`RootsError`] if there is none, or one that cannot be read. Those before it are added.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<(), RootsError> {
        let before = self.0.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| RootsError::Pem)?;
            self.0.add(certificate).map_err(|_| RootsError::Certificate)?;
        }
        if self.0.len() == before { Err(RootsError::Empty) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certificates_are_added() {
        let mut roots = Roots::public();
        assert_eq!(roots.add_pem(b"nothing"), Err(RootsError::Empty));
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(roots.add_pem(pem.as_bytes()), Err(RootsError::Certificate));
        let pem = "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n";
        assert_eq!(roots.add_pem(pem.as_bytes()), Err(RootsError::Pem));
    }
}
