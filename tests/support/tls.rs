//! Certificates made on the spot, and a TLS server that does exactly what a test says.

use super::peer::{Peer, Tapped, wait_for_either};
use super::{Next, Seen, read_request};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    HandshakeKind, ProtocolVersion, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    SupportedProtocolVersion,
};
use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

#[allow(unused_imports)] // each test file uses its part
pub use rustls::version::{TLS12, TLS13};

/// A certificate authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key.
pub struct Identity {
    pub certificate: CertificateDer<'static>,
    pub key: PrivateKeyDer<'static>,
    pub certificate_pem: String,
    pub key_pem: String,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, format!("authority {} of the tests", unique()));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A certificate for `names`: addresses in figures and host names.
    pub fn identity(&self, names: &[&str]) -> Identity {
        self.identity_with(names, |_| {})
    }

    pub fn identity_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params(names, change).signed_by(&key, &self.0).unwrap();
        identity(&certificate, &key)
    }
}

/// A certificate that is its own issuer.
pub fn self_signed(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = params(names, change).self_signed(&key).unwrap();
    identity(&certificate, &key)
}

fn params(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a certificate of the tests");
    change(&mut params);
    params
}

fn identity(certificate: &rcgen::Certificate, key: &KeyPair) -> Identity {
    Identity {
        certificate: certificate.der().clone(),
        key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        certificate_pem: certificate.pem(),
        key_pem: key.serialize_pem(),
    }
}

/// A server's settings that take any client.
pub fn config(identity: &Identity, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
    builder(versions)
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.clone()], identity.key.clone_key())
        .unwrap()
}

/// A server's settings that take only clients with a certificate from `clients`.
pub fn config_for(
    identity: &Identity,
    versions: &[&'static SupportedProtocolVersion],
    clients: &Authority,
) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(clients.root()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    builder(versions)
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![identity.certificate.clone()], identity.key.clone_key())
        .unwrap()
}

fn builder(
    versions: &[&'static SupportedProtocolVersion],
) -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
}

/// The server's end of a connection.
pub type Stream = StreamOwned<ServerConnection, TcpStream>;

/// A handshake as the server saw it end.
#[derive(Debug, Clone)]
pub struct Handshake {
    pub kind: Option<HandshakeKind>,
    pub version: Option<ProtocolVersion>,
    pub server_name: Option<String>,
    pub error: Option<String>,
}

pub struct TlsServer {
    peer: Peer,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    seen: Mutex<Vec<Seen>>,
    handshakes: Mutex<Vec<Handshake>>,
}

impl TlsServer {
    pub fn start(
        config: ServerConfig,
        handler: impl Fn(&Seen, &mut Stream) -> Next + Send + Sync + 'static,
    ) -> TlsServer {
        let (config, log) = (Arc::new(config), Arc::new(Log::default()));
        let peer = Peer::start({
            let log = Arc::clone(&log);
            move |socket| {
                if let Some(stream) = accept(socket, &config, &log) {
                    serve(stream, &log, &handler);
                }
            }
        });
        TlsServer { peer, log }
    }

    /// Answers every request with the same bytes, in one record, on a connection that goes on.
    pub fn answering(config: ServerConfig, bytes: impl Into<Vec<u8>>) -> TlsServer {
        let bytes = bytes.into();
        TlsServer::start(config, move |_, stream| {
            let _ = stream.write_all(&bytes);
            let _ = stream.flush();
            Next::Keep
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.peer.address
    }

    pub fn url(&self) -> String {
        format!("https://{}", self.peer.address)
    }

    pub fn connections(&self) -> usize {
        self.peer.connections()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.log.seen.lock().unwrap().clone()
    }

    /// The handshakes that have ended, well or not.
    pub fn handshakes(&self) -> Vec<Handshake> {
        self.log.handshakes.lock().unwrap().clone()
    }
}

fn accept(mut socket: TcpStream, config: &Arc<ServerConfig>, log: &Log) -> Option<Stream> {
    let mut session = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut error = None;
    while session.is_handshaking() && error.is_none() {
        // An alert, if there is one to send, leaves with the failing call.
        error = session.complete_io(&mut socket).err().map(|error| error.to_string());
    }
    let failed = error.is_some();
    log.handshakes.lock().unwrap().push(Handshake {
        kind: session.handshake_kind(),
        version: session.protocol_version(),
        server_name: session.server_name().map(str::to_owned),
        error,
    });
    (!failed).then(|| StreamOwned::new(session, socket))
}

fn serve(stream: Stream, log: &Log, handler: &dyn Fn(&Seen, &mut Stream) -> Next) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        log.seen.lock().unwrap().push(request.clone());
        if handler(&request, reader.get_mut()) == Next::Close {
            return;
        }
    }
}

/// Ends TLS here and carries what it held to `to`, as a TLS front does.
pub fn front(config: ServerConfig, to: SocketAddr) -> Peer {
    let config = Arc::new(config);
    Peer::start(move |socket| {
        let (Some(mut client), Ok(mut server)) = (accept(socket, &config, &Log::default()), TcpStream::connect(to))
        else {
            return;
        };
        server.set_nodelay(true).unwrap();
        carry(&mut client, &mut server);
    })
}

fn carry(client: &mut Stream, server: &mut TcpStream) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let waiting = client.conn.process_new_packets().map_or(0, |state| state.plaintext_bytes_to_read());
        let ready = if waiting > 0 { Some(0) } else { wait_for_either(&client.sock, server) };
        let carried = match ready {
            Some(0) => client.read(&mut buffer).and_then(|read| server.write_all(&buffer[..read]).map(|()| read)),
            Some(_) => server
                .read(&mut buffer)
                .and_then(|read| client.write_all(&buffer[..read]).and_then(|()| client.flush()).map(|()| read)),
            None => return,
        };
        if !carried.is_ok_and(|bytes| bytes > 0) {
            return;
        }
    }
}

/// The TLS records that the client sent, as (type, length of its content).
pub fn records(tapped: &Tapped) -> Vec<(u8, usize)> {
    let bytes = tapped.bytes();
    let (mut records, mut rest) = (Vec::new(), bytes.as_slice());
    while let [kind, _, _, high, low, content @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        records.push((*kind, length));
        rest = content.get(length..).expect("whole records only");
    }
    assert!(rest.is_empty(), "whole records only");
    records
}

fn unique() -> usize {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// A folder that is removed with everything in it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        let name = format!("certificates-{}-{}", std::process::id(), unique());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// A file with this content.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
