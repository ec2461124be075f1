//! Scripted proxies: each leads to one address whatever it is asked for, and keeps what it was asked and what went through.

use super::peer::{Peer, Tapped, relay, until_closed};
use base64::Engine as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// A proxy for CONNECT.
pub struct HttpProxy {
    pub peer: Peer,
    heads: Arc<Mutex<Vec<String>>>,
    pub tunnelled: Arc<Tapped>,
}

impl HttpProxy {
    pub fn start(to: SocketAddr) -> HttpProxy {
        HttpProxy::replying(to, |_| ESTABLISHED.to_vec())
    }

    /// Asks for `user:password`.
    pub fn with_credentials(to: SocketAddr, pair: &str) -> HttpProxy {
        let line = format!(
            "\r\nProxy-Authorization: Basic {}\r\n",
            base64::engine::general_purpose::STANDARD.encode(pair.as_bytes())
        );
        HttpProxy::replying(to, move |head| {
            if head.contains(&line) {
                return ESTABLISHED.to_vec();
            }
            b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n".to_vec()
        })
    }

    /// Replies what `reply` makes of the request's head. The tunnel begins behind a 2xx.
    pub fn replying(to: SocketAddr, reply: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> HttpProxy {
        let (heads, tunnelled) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Tapped::default()));
        let peer = Peer::start({
            let (heads, tunnelled) = (Arc::clone(&heads), Arc::clone(&tunnelled));
            move |mut client| {
                let Some(head) = read_head(&mut client) else { return };
                let reply = reply(&head);
                heads.lock().unwrap().push(head);
                if client.write_all(&reply).is_err() {
                    return;
                }
                if String::from_utf8_lossy(&reply).contains("HTTP/1.1 2") {
                    lead(&client, to, &tunnelled);
                } else {
                    until_closed(&mut client);
                }
            }
        });
        HttpProxy { peer, heads, tunnelled }
    }

    pub fn address(&self) -> SocketAddr {
        self.peer.address
    }

    /// The heads of the requests.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// The head of a request and not a byte more.
pub fn read_head(client: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

fn lead(client: &TcpStream, to: SocketAddr, tunnelled: &Tapped) {
    if let Ok(server) = TcpStream::connect(to) {
        relay(client, &server, tunnelled);
    }
}

/// A request to a SOCKS5 proxy, with what came before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub methods: Vec<u8>,
    /// 1, 3 or 4: an IPv4 address, a name, an IPv6 address.
    pub kind: u8,
    pub host: String,
    pub port: u16,
}

/// A SOCKS5 proxy (RFC 1928, RFC 1929).
pub struct SocksProxy {
    pub peer: Peer,
    asked: Arc<Mutex<Vec<Asked>>>,
    pub tunnelled: Arc<Tapped>,
}

impl SocksProxy {
    pub fn start(to: SocketAddr) -> SocksProxy {
        SocksProxy::scripted(to, None, vec![5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    }

    pub fn with_credentials(to: SocketAddr, user: &str, password: &str) -> SocksProxy {
        let pair = Some((user.to_owned(), password.to_owned()));
        SocksProxy::scripted(to, pair, vec![5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    }

    /// Gives this reply to each request. The tunnel begins behind a success.
    pub fn replying(to: SocketAddr, reply: &[u8]) -> SocksProxy {
        SocksProxy::scripted(to, None, reply.to_vec())
    }

    fn scripted(to: SocketAddr, pair: Option<(String, String)>, reply: Vec<u8>) -> SocksProxy {
        let (asked, tunnelled) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Tapped::default()));
        let peer = Peer::start({
            let (asked, tunnelled) = (Arc::clone(&asked), Arc::clone(&tunnelled));
            move |mut client| {
                let Some(request) = negotiate(&mut client, pair.as_ref()) else {
                    return until_closed(&mut client);
                };
                asked.lock().unwrap().push(request);
                if client.write_all(&reply).is_ok() && reply[1] == 0 {
                    lead(&client, to, &tunnelled);
                } else {
                    until_closed(&mut client);
                }
            }
        });
        SocksProxy { peer, asked, tunnelled }
    }

    pub fn address(&self) -> SocketAddr {
        self.peer.address
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// Reads up to the end of the request; nothing if the client was refused before.
fn negotiate(client: &mut TcpStream, pair: Option<&(String, String)>) -> Option<Asked> {
    let [5, count] = take::<2>(client)? else { return None };
    let methods = take_many(client, count)?;
    let method = if pair.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        client.write_all(&[5, 0xFF]).ok()?;
        return None;
    }
    client.write_all(&[5, method]).ok()?;
    if let Some((user, password)) = pair {
        let [1, length] = take::<2>(client)? else { return None };
        let given_user = take_many(client, length)?;
        let [length] = take::<1>(client)?;
        let given_password = take_many(client, length)?;
        let right = given_user == user.as_bytes() && given_password == password.as_bytes();
        client.write_all(&[1, u8::from(!right)]).ok()?;
        if !right {
            return None;
        }
    }
    let [5, 1, 0, kind] = take::<4>(client)? else { return None };
    let host = match kind {
        1 => std::net::Ipv4Addr::from(take::<4>(client)?).to_string(),
        4 => std::net::Ipv6Addr::from(take::<16>(client)?).to_string(),
        _ => {
            let [length] = take::<1>(client)?;
            String::from_utf8(take_many(client, length)?).ok()?
        }
    };
    Some(Asked { methods, kind, host, port: u16::from_be_bytes(take::<2>(client)?) })
}

fn take<const N: usize>(client: &mut TcpStream) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn take_many(client: &mut TcpStream, count: u8) -> Option<Vec<u8>> {
    let mut bytes = vec![0; count.into()];
    client.read_exact(&mut bytes).ok()?;
    Some(bytes)
}
