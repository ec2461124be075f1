//! The floor over TLS: rustls with ring on a socket, one record a request, httparse and serde_json for the answer. No
//! deadline, no checks of what comes, no errors told. With an http URL, the same without TLS.

use ants_otp_peers::{Answer, QUESTION, authorization, measure};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

struct Floor {
    socket: TcpStream,
    tls: Option<ClientConnection>,
    head: String,
    answer: Vec<u8>,
}

fn main() {
    measure(|url, ca| {
        let (scheme, host) = url.split_once("://").expect("a URL");
        let socket = TcpStream::connect(host).expect("a server");
        socket.set_nodelay(true).expect("a socket");
        let head = format!(
            "POST /otp/verifyOTP HTTP/1.1\r\nHost: {host}\r\nAuthorization: {}\r\n\
             Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: ",
            authorization()
        );
        let name = host.split(':').next().unwrap_or_default().to_owned();
        let tls = (scheme == "https").then(|| session(name, ca.expect("--ca")));
        let mut floor = Floor { socket, tls, head, answer: vec![0; 4096] };
        move || floor.verify()
    });
}

fn session(name: String, ca: &str) -> ClientConnection {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).expect("a CA file") {
        roots.add(certificate.expect("a certificate")).expect("a root");
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    ClientConnection::new(Arc::new(config), ServerName::try_from(name).expect("a name")).expect("a session")
}

impl Floor {
    fn verify(&mut self) {
        let mut body = [0u8; 128];
        let mut rest = &mut body[..];
        serde_json::to_writer(&mut rest, &QUESTION).expect("room");
        let length = 128 - rest.len();
        let mut request = Vec::with_capacity(512);
        write!(request, "{}{length}\r\n\r\n", self.head).expect("memory");
        request.extend_from_slice(&body[..length]);
        self.send(&request);
        let mut filled = 0;
        loop {
            filled += self.receive(filled);
            let mut headers = [httparse::EMPTY_HEADER; 32];
            let mut response = httparse::Response::new(&mut headers);
            let Ok(httparse::Status::Complete(head)) = response.parse(&self.answer[..filled]) else { continue };
            let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
            let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
            let end = head + length.expect("a length");
            if filled >= end {
                let answer: Answer = serde_json::from_slice(&self.answer[head..end]).expect("JSON");
                return assert!(answer.is_verified());
            }
        }
    }

    fn send(&mut self, request: &[u8]) {
        match &mut self.tls {
            None => self.socket.write_all(request).expect("a connection"),
            Some(tls) => {
                while tls.is_handshaking() {
                    tls.complete_io(&mut self.socket).expect("a handshake");
                }
                tls.writer().write_all(request).expect("memory");
                while tls.wants_write() {
                    tls.write_tls(&mut self.socket).expect("a connection");
                }
            }
        }
    }

    fn receive(&mut self, filled: usize) -> usize {
        let into = &mut self.answer[filled..];
        match &mut self.tls {
            None => self.socket.read(into).expect("a connection"),
            Some(tls) => loop {
                match tls.reader().read(into) {
                    Ok(read) => return read,
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(error) => panic!("{error}"),
                }
                tls.read_tls(&mut self.socket).expect("a connection");
                tls.process_new_packets().expect("records");
            },
        }
    }
}
