//! TLS 1.2 and 1.3 with rustls and ring: which roots are trusted, and a sentence for each way it can fail.

use super::exchange::Failure;
use crate::Code;
use crate::check::Checked;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore,
    SignatureScheme,
};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use zeroize::Zeroizing;

/// Larger than any bundle of roots.
const MAX_FILE: u64 = 4 << 20;

/// Which roots are trusted beside the user's own.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Roots {
    /// Mozilla's, compiled in.
    #[default]
    Bundled,
    /// This machine's.
    System,
}

/// Who is at the other end. The client's own certificate is for the service alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Service,
    Proxy,
}

/// What certificates are checked against, and the client's own. Immutable, so that a forked child can use it again.
pub(crate) struct Tls {
    roots: Arc<RootCertStore>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Tls {
    /// Reads the files. The sentence of an error names the option to change.
    pub fn load(roots: Roots, ca_file: Option<&Path>, identity: Option<&(PathBuf, PathBuf)>) -> Checked<Tls> {
        let mut store = match roots {
            Roots::Bundled => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
            Roots::System => system_roots()?,
        };
        if let Some(path) = ca_file {
            for certificate in certificates("ca_file", path)? {
                store.add(certificate).map_err(|error| {
                    format!("ca_file {} holds a certificate that cannot be a root: {error}", path.display())
                })?;
            }
        }
        let identity = match identity {
            Some((certificate, key)) => Some(load_identity(certificate, key)?),
            None => None,
        };
        let tls = Tls { roots: Arc::new(store), identity };
        tls.config(Peer::Service)?;
        Ok(tls)
    }

    /// A configuration with a session cache of its own.
    pub fn config(&self, peer: Peer) -> Checked<Arc<ClientConfig>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| format!("TLS cannot be set up: {error}"))?
            .with_root_certificates(Arc::clone(&self.roots));
        let config = match &self.identity {
            Some((chain, key)) if peer == Peer::Service => builder.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(|error| {
                format!(
                    "client_certificate: the certificate and the key do not belong together or cannot be used ({error})"
                )
            })?,
            _ => builder.with_no_client_auth(),
        };
        Ok(Arc::new(config))
    }

    /// The same configuration, which also keeps the certificates that the other end shows.
    pub fn watching(&self, peer: Peer, shown: &Arc<OnceLock<Vec<Vec<u8>>>>) -> Checked<Arc<ClientConfig>> {
        let mut config = ClientConfig::clone(&*self.config(peer)?);
        let provider = Arc::clone(config.crypto_provider());
        let checked_by = WebPkiServerVerifier::builder_with_provider(Arc::clone(&self.roots), provider)
            .build()
            .map_err(|error| format!("TLS cannot be set up: {error}"))?;
        let watching = Watching { checked_by, shown: Arc::clone(shown) };
        config.dangerous().set_certificate_verifier(Arc::new(watching));
        Ok(Arc::new(config))
    }
}

/// Checks certificates as for every call, and keeps those that were shown, also where they are refused.
#[derive(Debug)]
struct Watching {
    checked_by: Arc<WebPkiServerVerifier>,
    shown: Arc<OnceLock<Vec<Vec<u8>>>>,
}

impl ServerCertVerifier for Watching {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(certificate).chain(others).map(|one| one.to_vec()).collect();
        // A handshake shows them once.
        let _ = self.shown.set(chain);
        self.checked_by.verify_server_cert(certificate, others, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.checked_by.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.checked_by.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.checked_by.supported_verify_schemes()
    }
}

/// A session with `host`, not yet begun.
pub(crate) fn session(config: &Arc<ClientConfig>, host: &str) -> Result<ClientConnection, Failure> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        Failure::not_sent(Code::Tls, format!("{host} is no name that a certificate can be for.")).for_good()
    })?;
    ClientConnection::new(Arc::clone(config), name).map_err(|error| refusal(&error, host))
}

/// What went wrong in a handshake, as a sentence.
pub(crate) fn refusal(error: &rustls::Error, host: &str) -> Failure {
    Failure::not_sent(Code::Tls, sentence(error, host)).for_good()
}

pub(crate) fn sentence(error: &rustls::Error, host: &str) -> String {
    use rustls::Error as E;
    match error {
        E::InvalidCertificate(problem) => certificate_problem(problem, host),
        E::AlertReceived(AlertDescription::ProtocolVersion) | E::PeerIncompatible(_) => {
            format!("{host} speaks no TLS that is safe: TLS 1.2 or 1.3 is needed ({error}).")
        }
        E::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::AccessDenied,
        ) => format!("{host} refused the client certificate, or wants one: set client_certificate ({error})."),
        // OpenSSL's servers say it too where TLS 1.2 lacks a client certificate.
        E::AlertReceived(AlertDescription::HandshakeFailure) => {
            format!(
                "{host} shares no cipher with this client, or wants a client certificate: set client_certificate ({error})."
            )
        }
        E::InvalidMessage(_) => format!("{host} does not speak TLS on this port: check the URL ({error})."),
        _ => format!("The TLS connection with {host} failed: {error}."),
    }
}

fn certificate_problem(problem: &CertificateError, host: &str) -> String {
    use CertificateError as C;
    match problem {
        C::UnknownIssuer => format!(
            "The certificate of {host} comes from an authority that is not trusted: if it is your own, name its \
             certificate in ca_file."
        ),
        C::NotValidForName | C::NotValidForNameContext { .. } => {
            format!("The certificate of {host} is for another name: check the URL.")
        }
        C::Expired | C::ExpiredContext { .. } => {
            format!("The certificate of {host} has expired: check this machine's clock, or tell the provider.")
        }
        C::NotValidYet | C::NotValidYetContext { .. } => {
            format!("The certificate of {host} is not valid yet: check this machine's clock.")
        }
        _ if format!("{problem:?}").contains("CaUsedAsEndEntity") => format!(
            "The certificate of {host} is self-signed as an authority, which no server certificate may be: have one \
             signed by an authority and name that in ca_file."
        ),
        _ => format!("The certificate of {host} is not trusted: {problem}."),
    }
}

fn system_roots() -> Checked<RootCertStore> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        return Err("root_certificates is \"system\", but this machine has none: install ca-certificates".to_owned());
    }
    Ok(store)
}

/// A file of certificates or a key: never a pipe, which may not end, or a device, which has none.
fn read_file(what: &str, path: &Path) -> Checked<Zeroizing<Vec<u8>>> {
    let unreadable = |error: io::Error| format!("{what} {} cannot be read: {error}", path.display());
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() || about.len() > MAX_FILE {
        return Err(format!("{what} {} cannot be read: it is no file of at most 4 MiB", path.display()));
    }
    std::fs::read(path).map(Zeroizing::new).map_err(unreadable)
}

fn certificates(option: &str, path: &Path) -> Checked<Vec<CertificateDer<'static>>> {
    let text = read_file(option, path)?;
    match CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>() {
        Ok(found) if found.is_empty() => {
            Err(format!("{option} {} holds no certificate: it must be PEM", path.display()))
        }
        Ok(found) => Ok(found),
        Err(error) => Err(format!("{option} {} cannot be read: {error}", path.display())),
    }
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn load_identity(certificate: &Path, key: &Path) -> Checked<Identity> {
    let chain = certificates("client_certificate", certificate)?;
    let text = read_file("client_certificate: the key", key)?;
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            format!("client_certificate: {} holds no private key: it must be PEM and not encrypted", key.display())
        }
        _ => format!("client_certificate: the key {} cannot be read: {error}", key.display()),
    })?;
    Ok((chain, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_authority_stands_beside_the_bundled_roots() {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let path = std::env::temp_dir().join(format!("ants-otp-ca-{}.pem", std::process::id()));
        std::fs::write(&path, authority.pem()).unwrap();
        let with_own = Tls::load(Roots::Bundled, Some(&path), None);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(with_own.unwrap().roots.len(), webpki_roots::TLS_SERVER_ROOTS.len() + 1);
    }
}
