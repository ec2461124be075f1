//! What a certificate says of itself. Whether to trust it is TLS's to say.

use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::SystemTime;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// More names are not shown.
const MAX_NAMES: usize = 20;
const DAY: i64 = 24 * 60 * 60;

pub struct Certificate {
    pub subject: String,
    pub issuer: String,
    /// Host names and addresses.
    pub names: Vec<String>,
    pub not_before: String,
    pub not_after: String,
    ends: i64,
}

impl Certificate {
    pub fn read(der: &[u8]) -> Option<Certificate> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let names = names.map(|names| names.value.general_names.iter().filter_map(name).take(MAX_NAMES).collect());
        let validity = certificate.validity();
        Some(Certificate {
            subject: shown(&certificate.subject().to_string()),
            issuer: shown(&certificate.issuer().to_string()),
            names: names.unwrap_or_default(),
            not_before: date(validity.not_before.timestamp())?,
            not_after: date(validity.not_after.timestamp())?,
            ends: validity.not_after.timestamp(),
        })
    }

    /// Whole days; below zero when it is over.
    pub fn days_left(&self, now: SystemTime) -> i64 {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        (self.ends - i64::try_from(now).unwrap_or(i64::MAX)).div_euclid(DAY)
    }

    pub fn json(&self, days_left: i64) -> Value {
        json!({
            "subject": self.subject, "issuer": self.issuer, "names": self.names, "not_before": self.not_before,
            "not_after": self.not_after, "days_left": days_left,
        })
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(shown(name)),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// Others wrote it, and a terminal shows it.
fn shown(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if text.is_empty() { "(no name)".to_owned() } else { text }
}

/// As HTTP writes it (RFC 9110, section 5.6.7): a form that nobody takes for another. None before 1970.
fn date(timestamp: i64) -> Option<String> {
    let since = std::time::Duration::from_secs(u64::try_from(timestamp).ok()?);
    // HTTP's dates end with the year 9999.
    (timestamp < 253_402_300_800).then(|| httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since))
}
