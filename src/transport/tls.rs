//! TLS 1.2 and 1.3 with rustls and ring, and a sentence for each way it can fail.

use super::der;
use super::failure::Failure;
use super::trust::{Roots, Trust};
use crate::Code;
use crate::check::Checked;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, InvalidMessage,
    PeerIncompatible, RootCertStore, SignatureScheme,
};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use zeroize::Zeroizing;

pub(crate) const NO_RANDOM: &str = "TLS needs random numbers, and this system gives none: let the process call getrandom \
                                    (a sandbox's filter may forbid it) or read /dev/urandom.";
/// Larger than any bundle of roots.
const MAX_FILE: u64 = 4 << 20;

/// Who is at the other end. The client's own certificate is for the service alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Service,
    Proxy,
}

/// What certificates are checked against, and the client's own. Immutable, so that a forked child can use it again.
pub(crate) struct Tls {
    roots: Arc<RootCertStore>,
    /// See [`Trust`].
    pub left_out: Option<Arc<str>>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

/// What a handshake needs, and what its sentences tell.
#[derive(Clone)]
pub(crate) struct Config {
    rustls: Arc<ClientConfig>,
    left_out: Option<Arc<str>>,
}

impl Tls {
    /// Reads the files. The sentence of an error names the option to change.
    pub fn load(roots: Roots, ca_file: Option<&Path>, identity: Option<&(PathBuf, PathBuf)>) -> Checked<Tls> {
        let text = ca_file.map(|path| read_file("ca_file", path)).transpose()?;
        let Trust { store, left_out } = Trust::new(roots, ca_file.zip(text.as_deref().map(Vec::as_slice)))?;
        let identity = match identity {
            Some((certificate, key)) => Some(load_identity(certificate, key)?),
            None => None,
        };
        let tls = Tls { roots: Arc::new(store), left_out, identity };
        tls.config(Peer::Service)?;
        Ok(tls)
    }

    /// A configuration with a session cache of its own.
    pub fn config(&self, peer: Peer) -> Checked<Config> {
        // rustls's session cache is a HashMap, which would panic.
        check_random()?;
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
        Ok(Config { rustls: Arc::new(config), left_out: self.left_out.clone() })
    }

    /// The same configuration, which also keeps the certificates that the other end shows.
    pub fn watching(&self, peer: Peer, shown: &Arc<OnceLock<Vec<Vec<u8>>>>) -> Checked<Config> {
        let mut config = ClientConfig::clone(&self.config(peer)?.rustls);
        let provider = Arc::clone(config.crypto_provider());
        let checked_by = WebPkiServerVerifier::builder_with_provider(Arc::clone(&self.roots), provider)
            .build()
            .map_err(|error| format!("TLS cannot be set up: {error}"))?;
        let watching = Watching { checked_by, shown: Arc::clone(shown) };
        config.dangerous().set_certificate_verifier(Arc::new(watching));
        Ok(Config { rustls: Arc::new(config), left_out: self.left_out.clone() })
    }
}

/// Whether there are random numbers: a sandbox may forbid them.
pub(crate) fn check_random() -> Checked<()> {
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut [0; 8]).map_err(|_| NO_RANDOM.to_owned())
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
pub(crate) fn session(config: &Config, host: &str) -> Result<ClientConnection, Failure> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        Failure::not_sent(Code::Tls, format!("{host} is no name that a certificate can be for.")).for_good()
    })?;
    ClientConnection::new(Arc::clone(&config.rustls), name).map_err(|error| refusal(&error, host, config))
}

/// What went wrong in a handshake, as a sentence.
pub(crate) fn refusal(error: &rustls::Error, host: &str, config: &Config) -> Failure {
    let mut sentence = sentence(error, host);
    let unknown = matches!(error, rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer));
    if let (true, Some(left_out)) = (unknown, &config.left_out) {
        sentence.push_str(&format!(" Left out of ca_file: {left_out}."));
    }
    Failure::not_sent(Code::Tls, sentence).for_good()
}

pub(crate) fn sentence(error: &rustls::Error, host: &str) -> String {
    use rustls::Error as E;
    match error {
        E::InvalidCertificate(problem) => certificate_problem(problem, host),
        E::AlertReceived(AlertDescription::ProtocolVersion)
        | E::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => format!("{host} speaks no TLS that is safe: TLS 1.2 or 1.3 is needed ({error})."),
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
        // OpenSSL's servers say it too where TLS 1.2 lacks a client certificate, and where their own key is of another kind.
        E::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity) => {
            format!(
                "{host} wants a client certificate (set client_certificate), or has nothing in common with this client: \
                 neither a cipher nor a kind of key other than RSA, P-256, P-384 and Ed25519 can be agreed on ({error})."
            )
        }
        E::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::CertificatePayloadTooLarge) => {
            format!(
                "{host} shows a certificate chain of more than 64 KiB, which is too long: the provider must send its own \
             certificate and those between it and the root alone."
            )
        }
        E::InvalidMessage(_) => format!("{host} does not speak TLS on this port: check the URL ({error})."),
        E::FailedToGetRandomBytes => NO_RANDOM.to_owned(),
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
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => format!(
            "The certificate of {host}, or its authority's, is not for servers: have one issued whose extended key \
             usage has serverAuth."
        ),
        C::UnsupportedSignatureAlgorithmContext { signature_algorithm_id, .. } => {
            unsupported(host, &der::algorithm(signature_algorithm_id))
        }
        C::UnsupportedSignatureAlgorithmForPublicKeyContext { signature_algorithm_id, public_key_algorithm_id } => {
            let (signature, key) = (der::algorithm(signature_algorithm_id), der::algorithm(public_key_algorithm_id));
            unsupported(host, &format!("{signature} by a key of the kind {key}"))
        }
        C::BadSignature => format!(
            "A signature of {host} or of its certificate's authority does not hold: it is wrong, or made with an RSA key \
             of fewer than 2048 bits."
        ),
        // rustls has no name for it.
        _ if format!("{problem:?}").contains("CaUsedAsEndEntity") => format!(
            "The certificate of {host} is an authority's (CA:TRUE), which no server certificate may be: have one issued \
             with CA:FALSE, and name the authority that signed it in ca_file."
        ),
        _ => format!("The certificate of {host} is not trusted: {problem}."),
    }
}

fn unsupported(host: &str, signature: &str) -> String {
    format!(
        "The certificate of {host}, or one above it, is signed with {signature}, which is not supported: have it issued \
         with RSA of 2048 bits or more, or ECDSA on P-256 or P-384, and SHA-256 or SHA-384."
    )
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

/// The client's own chain: one that lacks a certificate is no chain.
fn own_chain(path: &Path) -> Checked<Vec<CertificateDer<'static>>> {
    let option = "client_certificate";
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
    let chain = own_chain(certificate)?;
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
