//! The service's address: checked once, used as given (wire.md, "Service").

use crate::check::Checked;
use std::net::{IpAddr, Ipv6Addr};
use ureq_proto::http::uri::Scheme;
use ureq_proto::http::{HeaderValue, Uri};

const DEFAULT: &str = "https://api-service.ants.co.th";
const MAX_URL: usize = 2048;

/// A base URL without user, query and fragment; its path, if any, stands before the service's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    text: String,
    host: String,
    secure: bool,
}

impl Default for BaseUrl {
    fn default() -> Self {
        BaseUrl { text: DEFAULT.to_owned(), host: DEFAULT.trim_start_matches("https://").to_owned(), secure: true }
    }
}

impl BaseUrl {
    pub fn parse(text: &str) -> Checked<BaseUrl> {
        let text = text.trim();
        if text.len() > MAX_URL {
            return Err(format!("base_url is {} bytes long: at most {MAX_URL} are taken", text.len()));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("base_url has no scheme: begin it with https://".to_owned());
        };
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("base_url must begin with https:// (or http:// for loopback)".to_owned()),
        };
        if rest.contains(['?', '#']) {
            return Err("base_url must not hold a query or a fragment: remove what follows ? or #".to_owned());
        }
        let authority = rest.split('/').next().unwrap_or_default();
        check_authority(authority)?;
        let uri: Uri = text.parse().map_err(|_| {
            "base_url is not a URL: write https://host or https://host:port/path in ASCII (a Thai host in its xn-- form)".to_owned()
        })?;
        let host = uri.host().unwrap_or_default();
        if host.is_empty() {
            return Err("base_url names no host".to_owned());
        }
        Ok(BaseUrl {
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            secure,
            text: text.trim_end_matches('/').to_owned(),
        })
    }

    /// Whether what is sent can be read on the way: credentials and OTP codes stand in it.
    pub fn is_plain(&self) -> bool {
        !self.secure
    }

    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// The Host header: the port is in it where it is not the scheme's own (RFC 9110, section 7.2).
    pub fn host_header(&self) -> Checked<HeaderValue> {
        let url = self.join("/")?;
        let own = if self.secure { 443 } else { 80 };
        let host = url.host().unwrap_or_default();
        let text = match url.port_u16() {
            Some(port) if port != own => format!("{host}:{port}"),
            _ => host.to_owned(),
        };
        HeaderValue::try_from(text).map_err(|_| "base_url is not a URL".to_owned())
    }

    /// The address of one of the service's functions, such as `/otp/requestOTP`.
    pub fn join(&self, path: &str) -> Checked<Uri> {
        let uri: Uri = format!("{}{path}", self.text).parse().map_err(|_| "base_url is not a URL".to_owned())?;
        debug_assert!(uri.scheme() == Some(if self.secure { &Scheme::HTTPS } else { &Scheme::HTTP }));
        Ok(uri)
    }
}

/// Whether `host` is this machine without a look-up: 127.0.0.0/8, ::1 or `localhost`. Any other is another machine, also one
/// that leads here: what it leads to is for others to say.
pub(crate) fn is_loopback(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => is_localhost(host),
    }
}

/// `localhost` is never looked up (RFC 6761, section 6.3): plain HTTP is allowed to it because it is this machine, whatever
/// a file or a name server say.
pub(crate) fn is_localhost(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
}

/// Refuses what the `http` crate would let pass: credentials, and ports that it would silently replace by the default.
fn check_authority(authority: &str) -> Checked<()> {
    if authority.contains('@') {
        return Err("base_url must not hold credentials: give them as user and password or token".to_owned());
    }
    let after_host = match authority.strip_prefix('[') {
        Some(rest) => check_ipv6(rest)?,
        None => authority,
    };
    if let Some((_, port)) = after_host.split_once(':') {
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !port.parse::<u16>().is_ok_and(|port| port > 0) {
            return Err("base_url has a port that is none: use 1 to 65535".to_owned());
        }
    }
    Ok(())
}

/// `rest` begins behind the bracket; gives back what follows the other one: nothing, or a port. A zone has no place in an
/// address that names a service, and no certificate could hold it.
fn check_ipv6(rest: &str) -> Checked<&str> {
    match rest.split_once(']') {
        Some((_, after)) if !after.is_empty() && !after.starts_with(':') => {
            Err("base_url has a text after the bracketed address: only a port may follow, as in [::1]:8080".to_owned())
        }
        Some((address, after)) if address.parse::<Ipv6Addr>().is_ok() => Ok(after),
        _ => Err("base_url has brackets without an IPv6 address: write [2001:db8::1], without a zone".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stands_before_the_services_own() {
        let url = BaseUrl::parse("https://sms.example.com/Gateway/").unwrap();
        assert_eq!(url.join("/otp/requestOTP").unwrap(), "https://sms.example.com/Gateway/otp/requestOTP");
        assert_eq!(BaseUrl::default(), BaseUrl::parse(DEFAULT).unwrap());
    }

    #[test]
    fn what_cannot_work_is_refused_with_a_sentence() {
        let bad = [
            "",
            "api-service.example.com",
            "ftp://example.com",
            "https://",
            "https:///otp",
            "https://user:pw@example.com",
            "https://user@example.com",
            "https://example.com:70000",
            "https://example.com:0",
            "https://example.com:",
            "https://example.com:abc",
            "https://example.com:+80",
            "https://example.com/?a=b",
            "https://example.com#x",
            "https://exa mple.com",
            "https://ตัวอย่าง.ไทย",
            "https://example.com/\r\nX: y",
            "https://[::1",
            "https://[::1]:99999",
            "https://[fe80::1%25eth0]",
            "https://[127.0.0.1]",
            "http://[::1]evil.com",
            "http://[::1]evil.com:80",
            "http://[::1].evil.com",
            "https://[::1][::2]",
            "https://[::1]]:80",
            "https://[::1]8080",
            "https://[::1]:80:90",
            "https://evil.com[::1]",
            "https://evil.com]",
        ];
        for text in bad {
            let problem = BaseUrl::parse(text).expect_err(text);
            assert!(problem.contains("base_url"), "{text}: {problem}");
        }
        assert!(BaseUrl::parse(&format!("https://{}", "a".repeat(1 << 20))).is_err());
    }

    #[test]
    fn the_host_header_names_a_port_that_is_not_the_schemes_own() {
        let cases = [
            ("https://example.com/path", "example.com"),
            ("https://example.com:443", "example.com"),
            ("https://example.com:80", "example.com:80"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[::1]:80", "[::1]"),
            ("http://[::1]:81/path", "[::1]:81"),
        ];
        for (url, host) in cases {
            assert_eq!(BaseUrl::parse(url).unwrap().host_header().unwrap(), host, "{url}");
        }
    }

    #[test]
    fn loopback_is_what_needs_no_look_up_to_be_this_machine() {
        for here in ["http://127.0.0.1:80", "https://127.8.9.1/x", "http://[::1]:8080", "https://LOCALHOST"] {
            assert!(BaseUrl::parse(here).unwrap().is_loopback(), "{here}");
        }
        for other in [
            "http://example.com",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.",
            "http://0.0.0.0",
            "http://[::ffff:127.0.0.1]",
            "http://[::2]",
            "http://127.1",
        ] {
            assert!(!BaseUrl::parse(other).unwrap().is_loopback(), "{other}");
        }
    }
}
