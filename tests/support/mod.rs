//! A server over real sockets that does exactly what a test says, and counts what it sees.
#![allow(dead_code)] // each test file uses its part

pub mod peer;
pub mod proxy;
pub mod tls;

use ants_otp::{Client, Options};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

pub const OTP_ID: &str = "0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6";
pub const OTC_ID: &str = "0DC8E7AD-0168-440C-AF10-BF556B164D83";
pub const MOBILE: &str = "66812345678";

/// A request as the server read it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub head: String,
    pub body: String,
}

/// What a handler gets: a connection on which a request has just been read.
type Handler = dyn Fn(usize, &Seen, &mut TcpStream) -> Next + Send + Sync;

/// Whether a connection goes on after an answer.
#[derive(PartialEq, Eq)]
pub enum Next {
    Keep,
    Close,
}

pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// `handler` is asked for each request.
    pub fn start(handler: impl Fn(&Seen, &mut TcpStream) -> Next + Send + Sync + 'static) -> Server {
        Server::per_connection(move |_, seen, stream| handler(seen, stream))
    }

    /// The same, with the request's number on its connection, from 1.
    pub fn per_connection(handler: impl Fn(usize, &Seen, &mut TcpStream) -> Next + Send + Sync + 'static) -> Server {
        Server::serving(move |stream, seen| serve(stream, seen, &handler))
    }

    /// A server that gets each connection as it is, with nothing read from it.
    pub fn raw(handler: impl Fn(TcpStream) + Send + Sync + 'static) -> Server {
        Server::serving(move |stream, _| handler(stream))
    }

    fn serving(handler: impl Fn(TcpStream, &Mutex<Vec<Seen>>) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, connections, stop) =
            (Arc::default(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let handler = Arc::new(handler);
        let thread = std::thread::spawn({
            let (seen, connections, stop) = (Arc::clone(&seen), Arc::clone(&connections), Arc::clone(&stop));
            move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    connections.fetch_add(1, Ordering::SeqCst);
                    let (seen, handler) = (Arc::clone(&seen), Arc::clone(&handler));
                    std::thread::spawn(move || handler(stream.unwrap(), &seen));
                }
            }
        });
        Server { address, seen, connections, stop, thread: Some(thread) }
    }

    /// Answers every request with the same bytes on a connection that goes on.
    pub fn answering(bytes: impl Into<Vec<u8>>) -> Server {
        let bytes = bytes.into();
        Server::start(move |_, stream| {
            let _ = stream.write_all(&bytes);
            Next::Keep
        })
    }

    /// Answers each request with an otpId of its own.
    pub fn sending() -> Server {
        let count = AtomicUsize::new(0);
        Server::start(move |seen, stream| {
            let _ = stream.write_all(&http(200, sent(&seen.body, count.fetch_add(1, Ordering::SeqCst))));
            Next::Keep
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn client(&self) -> Client {
        self.options().build().unwrap()
    }

    pub fn options(&self) -> Options {
        options(&self.url())
    }
}

pub fn options(url: &str) -> Options {
    Client::builder().base_url(url).credentials("user", "password").otc_id(OTC_ID).timeout(Duration::from_secs(5))
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Seen>>, handler: &Handler) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    for number in 1.. {
        let Some(request) = read_request(&mut reader) else { return };
        seen.lock().unwrap().push(request.clone());
        if handler(number, &request, &mut stream) == Next::Close {
            return;
        }
    }
}

/// Reads one request; none where the connection ends.
pub fn read_request(reader: &mut impl BufRead) -> Option<Seen> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { head, body: String::from_utf8(body).ok()? })
}

/// Reads one request off a raw connection.
pub fn read_one(stream: &mut TcpStream) -> Option<Seen> {
    read_request(&mut BufReader::new(stream))
}

/// Closes a connection with RST instead of FIN.
pub fn reset(stream: TcpStream) {
    let linger = rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO));
    linger.unwrap();
    // The linger applies when the last copy is closed; shutting it first would send FIN.
    let _ = rustix::net::connect_unspec(&stream);
}

/// The answer to a request: its `otcId`, and an otpId that differs with `number`.
pub fn sent(request: &str, number: usize) -> String {
    let otc_id = request.split(r#""otcId":""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or(OTC_ID);
    SENT.replace(OTC_ID, otc_id).replace("0c342e74", &format!("{number:08x}"))
}

/// An HTTP answer with a length.
pub fn http(status: u16, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!(
        "HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub const VERIFIED: &str =
    r#"{"otpId":"0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6","result":true," isErrorCount":false,"isExprCode":false}"#;
pub const SENT: &str = r#"{"otcId":"0DC8E7AD-0168-440C-AF10-BF556B164D83","otpId":"0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6","referenceCode":"IpA6k","success":{"message":"success","description":""}}"#;
