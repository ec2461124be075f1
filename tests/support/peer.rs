//! The far end of a TCP connection, below HTTP: a script for each connection, and a tap between two ends.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{AddressFamily, SocketType, sockopt};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// No script waits longer than this for its client: a failing test ends.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a script on each connection, on a thread of its own, and counts the connections.
pub struct Peer {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    pub fn start(script: impl Fn(TcpStream) + Send + Sync + 'static) -> Peer {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let script = Arc::new(script);
        let thread = std::thread::spawn({
            let (connections, stop) = (Arc::clone(&connections), Arc::clone(&stop));
            move || {
                for stream in listener.incoming() {
                    let stream = stream.unwrap();
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    connections.fetch_add(1, Ordering::SeqCst);
                    stream.set_read_timeout(Some(PATIENCE)).unwrap();
                    stream.set_nodelay(true).unwrap();
                    let script = Arc::clone(&script);
                    std::thread::spawn(move || script(stream));
                }
            }
        });
        Peer { address, connections, stop, thread: Some(thread) }
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An address that refuses connections for as long as this lives: the port is taken, but nobody listens.
pub struct Refusing {
    pub address: SocketAddr,
    _socket: OwnedFd,
}

impl Refusing {
    pub fn new() -> Refusing {
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        rustix::net::bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = SocketAddr::try_from(rustix::net::getsockname(&socket).unwrap()).unwrap();
        Refusing { address, _socket: socket }
    }
}

/// Ends a connection with RST instead of FIN.
pub fn reset(stream: TcpStream) {
    sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
}

/// Waits until the client has gone, and throws away what it sends.
pub fn until_closed(stream: &mut TcpStream) {
    let _ = std::io::copy(stream, &mut std::io::sink());
}

/// Sends one byte every 50 ms until the bytes end or the client goes.
pub fn drip(stream: &mut impl Write, bytes: impl IntoIterator<Item = u8>) {
    for byte in bytes {
        if stream.write_all(&[byte]).and_then(|()| stream.flush()).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What a tap saw going from the client to the server: the pieces as they came, one element for each read.
#[derive(Default)]
pub struct Tapped(Mutex<Vec<Vec<u8>>>);

impl Tapped {
    pub fn pieces(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().clone()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.pieces().concat()
    }

    pub fn add(&self, piece: &[u8]) {
        self.0.lock().unwrap().push(piece.to_vec());
    }
}

/// A relay to `to` that keeps what the client sends.
pub fn tap(to: SocketAddr) -> (Peer, Arc<Tapped>) {
    let tapped = Arc::new(Tapped::default());
    let peer = Peer::start({
        let tapped = Arc::clone(&tapped);
        move |client| {
            if let Ok(server) = TcpStream::connect(to) {
                relay(&client, &server, &tapped);
            }
        }
    });
    (peer, tapped)
}

/// Carries bytes both ways until one end has gone.
pub fn relay(client: &TcpStream, server: &TcpStream, tapped: &Tapped) {
    server.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 64 * 1024];
    while let Some(ready) = wait_for_either(client, server) {
        let (mut from, mut to) = if ready == 0 { (client, server) } else { (server, client) };
        match from.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => {
                if ready == 0 {
                    tapped.add(&buffer[..read]);
                }
                if to.write_all(&buffer[..read]).is_err() {
                    return;
                }
            }
        }
    }
}

/// Which of two sockets can be read: 0 or 1. Nothing if neither can for long.
pub fn wait_for_either(first: &TcpStream, second: &TcpStream) -> Option<usize> {
    let mut fds = [PollFd::new(first, PollFlags::IN), PollFd::new(second, PollFlags::IN)];
    let patience = rustix::event::Timespec::try_from(PATIENCE).unwrap();
    if poll(&mut fds, Some(&patience)).ok()? == 0 {
        return None;
    }
    fds.iter().position(|fd| !fd.revents().is_empty())
}
