//! Reaches the service through an HTTP proxy (CONNECT, RFC 9110, section 9.3.6) or a SOCKS5 proxy (RFC 1928, RFC 1929).

use super::bounds::Bounds;
use super::failure::{Failure, WaitError};
use super::link::Link;
use crate::Code;
use crate::check::Checked;
use crate::environment;
use crate::secret::{Secret, Wiped};
use base64::Engine as _;
use percent_encoding::percent_decode_str;
use std::net::IpAddr;
use ureq_proto::http::Uri;
use zeroize::Zeroizing;

/// A reply to CONNECT longer than this is no reply.
const MAX_REPLY: usize = 16 * 1024;
/// The longest user name and the longest password of SOCKS5 (RFC 1929, section 2).
const MAX_LOGIN: usize = 255;

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Http,
    /// CONNECT over TLS.
    Https,
    /// SOCKS5; names are resolved here.
    Socks5,
    /// SOCKS5; names are resolved by the proxy.
    Socks5h,
}

impl Kind {
    /// As it is written in the proxy's URL.
    pub fn scheme(self) -> &'static str {
        match self {
            Kind::Http => "http",
            Kind::Https => "https",
            Kind::Socks5 => "socks5",
            Kind::Socks5h => "socks5h",
        }
    }
}

/// A proxy's address and credentials.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    pub kind: Kind,
    pub host: String,
    pub port: u16,
    credentials: Option<(String, Secret)>,
}

/// Where the proxy is to lead.
pub(crate) enum Target<'a> {
    Name(&'a str, u16),
    Address(IpAddr, u16),
}

impl Proxy {
    /// Reads `scheme://[user:password@]host[:port]`.
    pub fn parse(url: &str) -> Checked<Proxy> {
        let Some((scheme, rest)) = url.trim().split_once("://") else {
            return Err("proxy has no scheme: begin it with http://, https://, socks5:// or socks5h://".to_owned());
        };
        let (kind, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (Kind::Http, 80),
            "https" => (Kind::Https, 443),
            "socks5" => (Kind::Socks5, 1080),
            "socks5h" => (Kind::Socks5h, 1080),
            _ => return Err("proxy must begin with http://, https://, socks5:// or socks5h://".to_owned()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, address) = match rest.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, rest),
        };
        let (host, port) = host_and_port(address)
            .ok_or("proxy is not scheme://host:port, with a port of 1 to 65535 and nothing after it")?;
        let credentials = user.map(credentials).transpose()?;
        let fits_socks =
            |(user, password): &(String, Secret)| user.len().max(password.expose_secret().len()) <= MAX_LOGIN;
        if matches!(kind, Kind::Socks5 | Kind::Socks5h) && !credentials.iter().all(fits_socks) {
            return Err(format!(
                "proxy has a user name or a password of more than {MAX_LOGIN} bytes: SOCKS5 takes none"
            ));
        }
        Ok(Proxy { kind, host, port: port.unwrap_or(default_port), credentials })
    }

    pub fn has_credentials(&self) -> bool {
        self.credentials.is_some()
    }

    /// The proxy that HTTPS_PROXY or ALL_PROXY name for `target`, unless NO_PROXY excepts it.
    pub fn from_env(target: &Uri) -> Checked<Option<Proxy>> {
        let host = target.host().unwrap_or_default();
        let port = target.port_u16().unwrap_or(if target.scheme_str() == Some("http") { 80 } else { 443 });
        if variable("NO_PROXY")?.is_some_and(|list| is_excepted(&list, host, port)) {
            return Ok(None);
        }
        let url = match variable("HTTPS_PROXY")? {
            Some(url) => url,
            None => match variable("ALL_PROXY")? {
                Some(url) => url,
                None => return Ok(None),
            },
        };
        // Other programs take a bare host:port as http://.
        let url = if url.contains("://") { url } else { Zeroizing::new(["http://", &url].concat()) };
        Proxy::parse(&url).map(Some).map_err(|problem| format!("{problem} (from HTTPS_PROXY or ALL_PROXY)"))
    }

    /// Asks the proxy at the other end of `link` to lead to `target`. The inner failure is that of a proxy that works but
    /// does not reach it.
    pub fn tunnel(&self, link: Link, target: &Target<'_>, bounds: &Bounds) -> Result<Result<Link, Failure>, Failure> {
        match self.kind {
            Kind::Http | Kind::Https => self.connect_http(link, target, bounds),
            Kind::Socks5 | Kind::Socks5h => self.connect_socks(link, target, bounds),
        }
    }

    fn connect_http(
        &self,
        mut link: Link,
        target: &Target<'_>,
        bounds: &Bounds,
    ) -> Result<Result<Link, Failure>, Failure> {
        let authority = match target {
            Target::Name(host, port) => format!("{host}:{port}"),
            Target::Address(IpAddr::V6(address), port) => format!("[{address}]:{port}"),
            Target::Address(address, port) => format!("{address}:{port}"),
        };
        let mut login = Zeroizing::new(String::new());
        if let Some((user, password)) = &self.credentials {
            let pair = Zeroizing::new([user, ":", password.expose_secret()].concat());
            let encoded = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(pair.as_bytes()));
            login = Zeroizing::new(["Proxy-Authorization: Basic ", &encoded, "\r\n"].concat());
        }
        let head = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        // In one piece from the start: a text that grew would leave copies behind.
        let head = Zeroizing::new([&head, login.as_str(), "\r\n"].concat());
        link.send(head.as_bytes(), bounds).map_err(|fault| failed(&fault))?;
        let reply = read_reply(&mut link, bounds)?;
        match reply.status {
            // What it says of a body is ignored, but not forgotten.
            200..300 if !reply.has_body() => Ok(Ok(link)),
            200..300 if link.has_unread() => Err(no_tunnel()),
            200..300 => Ok(Ok(link.after_a_body())),
            // 407 is the status for it; tinyproxy answers wrong credentials with 401.
            401 | 407 => Err(refused(&reply.credentials_wanted()).for_good()),
            status => Ok(Err(refused(&format!("it answered CONNECT with HTTP status {status}")))),
        }
    }

    fn connect_socks(
        &self,
        mut link: Link,
        target: &Target<'_>,
        bounds: &Bounds,
    ) -> Result<Result<Link, Failure>, Failure> {
        const NO_LOGIN: u8 = 0;
        const LOGIN: u8 = 2;
        let methods: &[u8] = if self.credentials.is_some() { &[5, 2, NO_LOGIN, LOGIN] } else { &[5, 1, NO_LOGIN] };
        link.send(methods, bounds).map_err(|fault| failed(&fault))?;
        match (receive_exactly::<2>(&mut link, bounds)?, &self.credentials) {
            ([5, NO_LOGIN], _) => {}
            ([5, LOGIN], Some((user, password))) => log_in(&mut link, user, password, bounds)?,
            ([5, 0xFF | LOGIN], None) => {
                return Err(refused("it asks for credentials: put user:password@ into its URL").for_good());
            }
            ([5, _], _) => return Err(refused("it takes none of the ways to log in").for_good()),
            _ => return Err(refused("it does not speak SOCKS5").for_good()),
        }
        link.send(&socks_request(target)?, bounds).map_err(|fault| failed(&fault))?;
        let [version, reply, _, kind] = receive_exactly::<4>(&mut link, bounds)?;
        match (version, reply) {
            (5, 0) => {}
            (5, _) => return Ok(Err(refused(socks_reply(reply)))),
            _ => return Err(refused("its reply is not SOCKS5").for_good()),
        }
        // The bound address tells nothing we need; its bytes must not be taken for the service's.
        match kind {
            1 => receive_exactly::<6>(&mut link, bounds).map(drop)?,
            4 => receive_exactly::<18>(&mut link, bounds).map(drop)?,
            3 => {
                let [length] = receive_exactly::<1>(&mut link, bounds)?;
                for _ in 0..usize::from(length) + 2 {
                    receive_exactly::<1>(&mut link, bounds)?;
                }
            }
            _ => return Err(refused("its reply is not SOCKS5").for_good()),
        }
        Ok(Ok(link))
    }
}

/// What an environment variable holds, in capitals or else in small letters. An empty one counts as not set, so that it
/// does not hide the other; one that cannot be read is no reason to go without.
fn variable(name: &str) -> Checked<Option<Zeroizing<String>>> {
    for name in [name.to_owned(), name.to_ascii_lowercase()] {
        let Some(value) = environment::variable(&name) else { continue };
        let value = Zeroizing::new(value.into_string().map_err(|_| format!("proxy: {name} is not UTF-8"))?);
        if !value.trim().is_empty() {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// RFC 1929.
fn log_in(link: &mut Link, user: &str, password: &Secret, bounds: &Bounds) -> Result<(), Failure> {
    // Room for all of it: a message that grew would leave copies behind.
    let mut message = Zeroizing::new(Vec::with_capacity(3 + 2 * MAX_LOGIN));
    message.push(1);
    for text in [user, password.expose_secret()] {
        let length = u8::try_from(text.len())
            .map_err(|_| refused("SOCKS5 takes a user name and a password of at most 255 bytes").for_good())?;
        message.push(length);
        message.extend_from_slice(text.as_bytes());
    }
    link.send(&message, bounds).map_err(|fault| failed(&fault))?;
    match receive_exactly::<2>(link, bounds)? {
        [_, 0] => Ok(()),
        _ => Err(refused("it does not take the user name and password").for_good()),
    }
}

/// RFC 1928, section 4.
fn socks_request(target: &Target<'_>) -> Result<Vec<u8>, Failure> {
    let mut request = vec![5, 1, 0];
    let port = match target {
        Target::Name(host, port) => {
            let length =
                u8::try_from(host.len()).map_err(|_| refused("the host name is too long for SOCKS5").for_good())?;
            request.extend_from_slice(&[3, length]);
            request.extend_from_slice(host.as_bytes());
            port
        }
        Target::Address(IpAddr::V4(address), port) => {
            request.push(1);
            request.extend_from_slice(&address.octets());
            port
        }
        Target::Address(IpAddr::V6(address), port) => {
            request.push(4);
            request.extend_from_slice(&address.octets());
            port
        }
    };
    request.extend_from_slice(&port.to_be_bytes());
    Ok(request)
}

/// RFC 1928, section 6.
fn socks_reply(reply: u8) -> &'static str {
    match reply {
        1 => "it failed inside",
        2 => "its rules forbid the connection",
        3 => "it finds the network unreachable",
        4 => "it finds the service's host unreachable",
        5 => "the service refused its connection",
        6 => "it ran out of time",
        8 => "it does not know this kind of address",
        _ => "it refused the connection",
    }
}

fn receive_exactly<const N: usize>(link: &mut Link, bounds: &Bounds) -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    let mut filled = 0;
    while filled < N {
        match link.receive(&mut bytes[filled..], bounds).map_err(|fault| failed(&fault))? {
            0 => return Err(refused("it closed the connection")),
            received => filled += received,
        }
    }
    Ok(bytes)
}

/// A reply to CONNECT.
struct Reply {
    status: u16,
    /// The whole head, as text. It may repeat what it was sent.
    head: Secret,
}

/// Reads the reply to CONNECT and not a byte more: what follows it is the service's. Interim replies are skipped. A line may
/// end with LF alone (RFC 9112, section 2.2).
fn read_reply(link: &mut Link, bounds: &Bounds) -> Result<Reply, Failure> {
    const BEGINNING: &[u8] = b"HTTP/1.";
    let not_http = || refused("its reply to CONNECT is not HTTP").for_good();
    let mut reply = Wiped::with_room(256);
    let mut begun = 0;
    loop {
        reply.extend(&receive_exactly::<1>(link, bounds)?);
        if reply.len() > MAX_REPLY {
            return Err(refused("its reply to CONNECT is too long").for_good());
        }
        let head = &reply[begun..];
        // Something else may have no end to wait for.
        if !head.starts_with(BEGINNING) && !BEGINNING.starts_with(head) {
            return Err(not_http());
        }
        if head.ends_with(b"\n\r\n") || head.ends_with(b"\n\n") {
            match status(head).ok_or_else(not_http)? {
                100 | 102..200 => begun = reply.len(),
                status => return Ok(Reply { status, head: Secret::new(String::from_utf8_lossy(head)) }),
            }
        }
    }
}

/// RFC 9112, section 4: `HTTP/1.1 200`, then a space and words or the end of the line.
fn status(head: &[u8]) -> Option<u16> {
    let [b'0'..=b'9', b' ', digits @ .., b' ' | b'\r' | b'\n'] = head.strip_prefix(b"HTTP/1.")?.get(..6)? else {
        return None;
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

impl Reply {
    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let headers = self.head.expose_secret().lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.filter(move |(known, _)| known.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// Whether it announces one. A tunnel has none (RFC 9110, section 9.3.6).
    fn has_body(&self) -> bool {
        self.values("transfer-encoding").next().is_some() || self.values("content-length").any(|length| length != "0")
    }

    /// What is to be done where it wants credentials. Basic is the scheme that is spoken here.
    fn credentials_wanted(&self) -> String {
        let name = if self.status == 407 { "proxy-authenticate" } else { "www-authenticate" };
        let offered: Vec<&str> = self.values(name).flat_map(schemes).collect();
        if offered.is_empty() || offered.iter().any(|scheme| scheme.eq_ignore_ascii_case("Basic")) {
            return "it asks for credentials: put user:password@ into the proxy's URL, or correct them".to_owned();
        }
        // Any other word of the proxy's may be a secret that it repeats.
        let known = SCHEMES.iter().filter(|known| offered.iter().any(|scheme| scheme.eq_ignore_ascii_case(known)));
        let shown = known.copied().collect::<Vec<_>>().join(", ");
        format!(
            "it takes credentials by {} alone, which is not spoken here: have it take Basic too, or put a proxy between \
             that speaks it (such as cntlm or px)",
            if shown.is_empty() { "another scheme" } else { &shown }
        )
    }
}

/// What else a proxy may ask for: IANA's registry of HTTP authentication schemes, and two that it lacks.
const SCHEMES: [&str; 7] = ["Negotiate", "NTLM", "Kerberos", "Digest", "Bearer", "HOBA", "SCRAM-SHA-256"];

/// The schemes in a list of challenges (RFC 9110, section 11.6.1). A comma stands between two challenges, and between two
/// parameters of one.
fn schemes(challenges: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let parts = challenges.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let words = parts.filter_map(|part| part.split_whitespace().next());
    words.filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'))
}

/// A page stands where the tunnel should begin.
pub(crate) fn no_tunnel() -> Failure {
    refused(
        "it answered CONNECT with a page of its own instead of a tunnel: it may want a login in a browser, or forbid \
             the service",
    )
    .for_good()
}

fn refused(why: &str) -> Failure {
    Failure::not_sent(Code::Proxy, format!("The proxy could not be used: {why}."))
}

fn failed(fault: &WaitError) -> Failure {
    match fault {
        WaitError::Interrupted => Failure::interrupted(),
        WaitError::Timeout => Failure::not_sent(Code::Timeout, "The proxy did not answer in time."),
        WaitError::Cut(error) => refused(&error.to_string()),
        WaitError::Tls(error) => refused(&error.to_string()).for_good(),
    }
}

fn credentials(text: &str) -> Checked<(String, Secret)> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    let decode = |text: &str| {
        // In one piece from the start: `decode_utf8` lets its text grow, and leaves copies behind.
        let mut decoded = Wiped::with_room(text.len());
        percent_decode_str(text).for_each(|byte| decoded.extend(&[byte]));
        std::str::from_utf8(&decoded).ok().map(Secret::new)
    };
    let printable = |text: &str| !text.contains(char::is_control);
    match (decode(user), decode(password)) {
        (Some(user), Some(password))
            if !user.expose_secret().contains(':')
                && printable(user.expose_secret())
                && printable(password.expose_secret()) =>
        {
            Ok((user.into_plain(), password))
        }
        _ => {
            Err("proxy has credentials that cannot be sent: percent-encode them as UTF-8, without control characters \
                  and without a colon in the user name"
                .to_owned())
        }
    }
}

/// `host`, `host:port`, `[::1]` or `[::1]:port`.
fn host_and_port(address: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
        }
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let is_host_byte = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    if host.is_empty() || !host.bytes().all(is_host_byte) {
        return None;
    }
    match port {
        None => Some((host.to_owned(), None)),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            port.parse().ok().filter(|port| *port > 0).map(|port| (host.to_owned(), Some(port)))
        }
        Some(_) => None,
    }
}

/// Whether NO_PROXY's `list` names the target: `*`, a name and its sub-domains, an address, a network (CIDR), each with
/// an optional port, separated by commas or spaces.
fn is_excepted(list: &str, host: &str, port: u16) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty()).any(|entry| excepts(entry, &host, port))
}

fn excepts(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        return in_network(host, network, bits).unwrap_or(false);
    }
    let entry = entry.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
    let (name, only_port) = if entry.parse::<IpAddr>().is_ok() {
        (entry, None)
    } else {
        match host_and_port(&entry) {
            Some(split) => split,
            None => return false,
        }
    };
    if only_port.is_some_and(|only| only != port) {
        return false;
    }
    match (name.parse::<IpAddr>(), host.parse::<IpAddr>()) {
        (Ok(a), Ok(b)) => a == b,
        (Err(_), Err(_)) => {
            host == name || host.strip_suffix(name.as_str()).is_some_and(|before| before.ends_with('.'))
        }
        _ => false,
    }
}

fn in_network(host: &str, network: &str, bits: &str) -> Option<bool> {
    let bits: u32 = bits.parse().ok()?;
    match (host.parse().ok()?, network.parse().ok()?) {
        (IpAddr::V4(a), IpAddr::V4(b)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            Some(a.to_bits() & mask == b.to_bits() & mask)
        }
        (IpAddr::V6(a), IpAddr::V6(b)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            Some(a.to_bits() & mask == b.to_bits() & mask)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_credentials_decoded() {
        let proxy = Proxy::parse("socks5h://me:p%40ss%3A@[::1]:9050/").unwrap();
        assert_eq!((proxy.kind, proxy.host.as_str(), proxy.port), (Kind::Socks5h, "::1", 9050));
        let (user, password) = proxy.credentials.unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("me", "p@ss:"));
        assert_eq!(Proxy::parse("http://proxy.example.com").unwrap().port, 80);
    }

    #[test]
    fn what_cannot_be_used_is_refused_without_repeating_it() {
        let bad = [
            "",
            "proxy:8080",
            "htp://bad",
            "::::",
            "http://",
            "http://host:0",
            "http://host:70000",
            "http://host:x",
            "http://host/path",
            "socks4://host",
            "http://us%0aer:secret@host",
            "http://a%ff:secret@host",
            "http://[x]:1",
            "http://[::1]evil.com",
            "http://[::1]evil.com:80",
            "http://[::1]]:80",
            "http://[::1]:80:90",
            "http://evil.com[::1]",
        ];
        for url in bad {
            let problem = Proxy::parse(url).map(|_| ()).expect_err(url);
            assert!(problem.contains("proxy") && !problem.contains("secret"), "{url}: {problem}");
        }
    }

    #[test]
    fn no_proxy_understands_what_people_write() {
        let yes = [
            ("*", "a.test"),
            ("foo, 127.0.0.1", "127.0.0.1"),
            ("example.com", "api.example.com"),
            (".example.com", "example.com"),
            ("*.example.com", "api.example.com"),
            ("10.0.0.0/8", "10.1.2.3"),
            ("a.test:443", "a.test"),
            ("::1", "[::1]"),
            ("fd00::/8", "fd12::1"),
            ("EXAMPLE.com", "example.COM"),
            ("0.0.0.0/0", "1.2.3.4"),
        ];
        for (list, host) in yes {
            assert!(is_excepted(list, host, 443), "{list} {host}");
        }
        let no = [
            ("", "a.test"),
            ("example.com", "badexample.com"),
            ("10.0.0.0/8", "11.0.0.1"),
            ("a.test:80", "a.test"),
            ("10.0.0.0/8", "ten.test"),
            ("10.0.0.0/99", "10.0.0.1"),
            ("1.2.3.4", "1.2.3.45"),
        ];
        for (list, host) in no {
            assert!(!is_excepted(list, host, 443), "{list} {host}");
        }
    }
}
