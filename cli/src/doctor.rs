//! `doctor`: what keeps calls from working, line by line: settings, name, connections, proxy, TLS, clock, credentials. It
//! goes the way of every call, through the core, and sends no SMS.

mod certificate;
mod settings;

use crate::arguments::ClientOptions;
use crate::output::{Failure, Output};
use crate::{credentials, head};
use ants_otp::{Call, Client, Code, Diagnosis, Error, Handshake, Record, Step};
use certificate::Certificate;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

/// A certificate that ends sooner is a warning: renewals come a month before the end.
const DAYS_LEFT: i64 = 14;
/// More is no network delay, and begins to matter: certificates and dates are judged by this machine's clock.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// What one look found.
pub struct Check {
    name: &'static str,
    grade: Grade,
    message: String,
    advice: String,
    /// For programs.
    fields: Value,
}

enum Grade {
    Ok,
    Warning,
    /// With the exit status of a call that fails for the same reason.
    Failure(u8),
}

impl Check {
    pub fn ok(name: &'static str, message: impl Into<String>, fields: Value) -> Self {
        Check { name, grade: Grade::Ok, message: message.into(), advice: String::new(), fields }
    }

    pub fn warning(name: &'static str, message: impl Into<String>, advice: impl Into<String>, fields: Value) -> Self {
        Check { grade: Grade::Warning, advice: advice.into(), ..Check::ok(name, message, fields) }
    }

    fn failure(name: &'static str, failure: Failure) -> Self {
        let (status, message, advice, fields) = failure.into_parts();
        Check { grade: Grade::Failure(status), advice: advice.to_owned(), ..Check::ok(name, message, fields) }
    }

    fn error(name: &'static str, error: Error) -> Self {
        Check::failure(name, error.into())
    }

    fn grade(&self) -> &'static str {
        match self.grade {
            Grade::Ok => "ok",
            Grade::Warning => "warning",
            Grade::Failure(_) => "failure",
        }
    }

    fn text(&self) -> String {
        let line = format!("{:<8} {:<12} {}", self.grade(), self.name, self.message);
        if self.advice.is_empty() { line } else { format!("{line}\n{:22}what to do: {}", "", self.advice) }
    }

    fn json(&self) -> Value {
        json!({
            "check": self.name, "status": self.grade(), "message": self.message, "advice": self.advice,
            "details": self.fields,
        })
    }
}

/// Looks at everything that can be looked at.
pub fn report(arguments: &ClientOptions) -> Output {
    let mut checks = settings::checks(arguments);
    let (client, may_ask) = client(arguments, &mut checks);
    if let Some(client) = client {
        checks.extend(client.warning().map(|warning| {
            let advice = "repair or remove what is left out: the service's authority may be among it";
            Check::warning("settings", warning, advice, json!({ "setting": "CA file" }))
        }));
        let way_is_free = way(client.diagnose(), &mut checks);
        if way_is_free && may_ask {
            account(&client, &mut checks);
        }
    }
    let count = |wanted: &str| checks.iter().filter(|check| check.grade() == wanted).count();
    let (failures, warnings) = (count("failure"), count("warning"));
    let status = checks.iter().find_map(|check| match check.grade {
        Grade::Failure(status) => Some(status),
        _ => None,
    });
    let mut text: Vec<String> = checks.iter().map(Check::text).collect();
    text.push(match (failures, warnings) {
        (0, 0) => "All is well: calls should work.".to_owned(),
        (0, _) => format!("No failures; warnings: {warnings}."),
        _ => format!("Calls will fail; failures: {failures}, warnings: {warnings}."),
    });
    let checks: Vec<Value> = checks.iter().map(Check::json).collect();
    let grade = if failures > 0 {
        "failure"
    } else if warnings > 0 {
        "warning"
    } else {
        "ok"
    };
    let json = json!({ "status": grade, "failures": failures, "warnings": warnings, "checks": checks });
    Output::new(text.join("\n"), json).with_status(status.unwrap_or_default())
}

/// The client, and whether its credentials are the user's. Where they are all that is missing, the way to the service can
/// still be looked at.
fn client(arguments: &ClientOptions, checks: &mut Vec<Check>) -> (Option<Client>, bool) {
    match credentials::options(arguments) {
        Ok(options) => match options.build() {
            Ok(client) => return (Some(client), true),
            Err(error) => checks.push(Check::error("settings", error)),
        },
        Err(failure) => checks.push(Check::failure("settings", failure)),
    }
    // A token that is never sent takes the place of what is missing.
    (arguments.fill(arguments.to_options().token("none")).build().ok(), false)
}

/// The steps up to the first request; whether all of them could be taken.
fn way(diagnosis: Diagnosis, checks: &mut Vec<Check>) -> bool {
    let Diagnosis { host, port, proxy, resolved, connected, led, tls } = diagnosis;
    let before = checks.len();
    let first = proxy.as_ref().map_or(host.as_str(), |proxy| &proxy.host);
    let whose = if proxy.is_some() { "the proxy" } else { "the service" };
    checks.push(match resolved.outcome {
        Ok(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            let message = format!("{first} ({whose}): {} ({})", addresses.join(", "), time(resolved.took));
            Check::ok("dns", message, json!({ "host": first, "addresses": addresses, "ms": ms(resolved.took) }))
        }
        Err(error) => Check::error("dns", error),
    });
    tcp(connected, whose, checks);
    if let (Some(proxy), Some(step)) = (&proxy, led) {
        let login = if proxy.has_credentials { " with user name and password" } else { "" };
        let url = format!("{}://{}:{}", proxy.scheme, proxy.host, proxy.port);
        let fields = json!({ "proxy": url, "ms": ms(step.took) });
        checks.push(match step.outcome {
            Ok(()) => Check::ok("proxy", format!("{url}{login} leads to {host}:{port} ({})", time(step.took)), fields),
            Err(error) => Check::error("proxy", error),
        });
    }
    if let Some(handshake) = tls {
        self::tls(&host, handshake, checks);
    }
    checks[before..].iter().all(|check| !matches!(check.grade, Grade::Failure(_)))
}

/// A call takes the first address that connects.
fn tcp(connected: Vec<(SocketAddr, Step<()>)>, whose: &str, checks: &mut Vec<Check>) {
    let is_reached = connected.iter().any(|(_, step)| step.outcome.is_ok());
    let mut failed: Vec<(String, Error)> = Vec::new();
    for (address, step) in connected {
        let fields = json!({ "address": address.to_string(), "ms": ms(step.took) });
        match step.outcome {
            Ok(()) => {
                let message = format!("{address} ({whose}): connected ({})", time(step.took));
                checks.push(Check::ok("tcp", message, fields));
            }
            // `localhost` has two addresses, and a server there needs no more than one.
            Err(_) if is_reached && address.ip().is_loopback() => {
                let message = format!("{address} ({whose}): not needed, since another loopback address answers");
                checks.push(Check::ok("tcp", message, fields));
            }
            Err(error) if is_reached => {
                let family = if address.is_ipv6() { "IPv6" } else { "IPv4" };
                let advice =
                    format!("calls use another address, and may lose time: check this machine's {family} route");
                checks.push(Check::warning("tcp", format!("{address} ({whose}): {}", error.message()), advice, fields));
            }
            // One cause is told once.
            Err(error) => match failed.iter_mut().find(|(_, other)| other.message() == error.message()) {
                Some((addresses, _)) => *addresses += &format!(", {address}"),
                None => failed.push((address.to_string(), error)),
            },
        }
    }
    for (addresses, error) in failed {
        let check = Check::error("tcp", error);
        checks.push(Check { message: format!("{addresses} ({whose}): {}", check.message), ..check });
    }
}

fn tls(host: &str, Handshake { step: Step { took, outcome }, chain }: Handshake, checks: &mut Vec<Check>) {
    checks.push(match outcome {
        Ok((version, suite)) => {
            let fields = json!({ "version": version, "cipher_suite": suite, "ms": ms(took) });
            Check::ok("tls", format!("{host}: {version}, {suite}, certificate trusted ({})", time(took)), fields)
        }
        Err(error) => Check::error("tls", error),
    });
    let now = SystemTime::now();
    for der in chain {
        checks.push(match Certificate::read(&der) {
            Some(certificate) => dated(&certificate, certificate.days_left(now)),
            None => Check::warning(
                "certificate",
                "a certificate of the chain cannot be read",
                "ask the provider",
                json!({}),
            ),
        });
    }
}

/// One of the chain. That it is over already is told by TLS, which may be satisfied with others.
fn dated(certificate: &Certificate, days: i64) -> Check {
    let names =
        if certificate.names.is_empty() { String::new() } else { format!(" for {}", certificate.names.join(", ")) };
    let who = format!("{}{names}, from {}", certificate.subject, certificate.issuer);
    let message = format!("{who}, until {} ({days} days)", certificate.not_after);
    if days < DAYS_LEFT {
        let advice = "ask the provider to renew it in time, or check this machine's clock";
        return Check::warning("certificate", message, advice, certificate.json(days));
    }
    Check::ok("certificate", message, certificate.json(days))
}

/// The one question to the service. It costs nothing.
fn account(client: &Client, checks: &mut Vec<Check>) {
    let record = Record::new();
    let asked = SystemTime::now();
    let answer = client.balance_with(&Call::new().record(&record));
    let answered = SystemTime::now();
    if let Some(date) = head::header(&record.received(), "date").and_then(|date| httpdate::parse_http_date(&date).ok())
    {
        checks.push(clock(date, asked, answered));
    }
    checks.push(match answer {
        Ok(account) => {
            let fields = json!({ "type": account.kind(), "credit": account.credit() });
            let message = format!("credentials accepted; {}, credit {}", account.kind(), account.credit());
            let is_used_up = account.credit().parse::<f64>().is_ok_and(|credit| credit <= 0.0);
            if is_used_up && account.kind().eq_ignore_ascii_case("prepaid") {
                Check::warning("account", message, Code::CreditNotEnough.advice(), fields)
            } else {
                Check::ok("account", message, fields)
            }
        }
        Err(error) => unanswered(error, &record.received()),
    });
}

/// A server that is not the service's, or a path that is not: a web server answers everything somehow. Some white labels may
/// have no balance, so that this is no failure yet.
fn unanswered(error: Error, received: &[u8]) -> Check {
    let Some(status) = error.http_status().filter(|_| error.code() != Code::AuthenticationFailed) else {
        return Check::error("account", error);
    };
    let is_page = head::header(received, "content-type").is_some_and(|kind| kind.trim().starts_with("text/html"));
    let what = match status {
        _ if is_page => format!("a web page answered instead of the service (HTTP {status})"),
        300..=399 => format!("the service redirects elsewhere (HTTP {status}), which calls do not follow"),
        404 | 405 => format!("there is no /account/balance at this base URL (HTTP {status})"),
        _ => return Check::error("account", error),
    };
    Check::warning(
        "account",
        format!("{what}: the credentials could not be tried"),
        "check the base URL and its path; if they are right, the first request tests the credentials",
        json!({ "http_status": status }),
    )
}

/// The service's clock tells whole seconds; what the call took is no skew.
fn clock(date: SystemTime, asked: SystemTime, answered: SystemTime) -> Check {
    let slow = date.duration_since(answered).unwrap_or_default();
    let fast = asked.duration_since(date + Duration::from_secs(1)).unwrap_or_default();
    let (skew, seconds) = if slow > fast { (slow, -slow.as_secs_f64()) } else { (fast, fast.as_secs_f64()) };
    let fields = json!({ "ahead_seconds": (seconds * 10.0).round() / 10.0 + 0.0 });
    if skew > CLOCK_SKEW {
        let way = if slow > fast { "behind" } else { "ahead of" };
        let message = format!("this machine's clock is {} s {way} the service's", skew.as_secs());
        return Check::warning("clock", message, "set the clock (NTP): certificates are checked against it", fields);
    }
    Check::ok("clock", "this machine's clock agrees with the service's", fields)
}

fn time(took: Duration) -> String {
    format!("{} ms", took.as_millis())
}

fn ms(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_judged_by_more_than_the_call_took_and_seconds_round() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let grade = |date| clock(at(date), at(1_000), at(1_005)).grade();
        assert_eq!([939, 940, 1_003, 1_065, 1_066].map(grade), ["ok", "ok", "ok", "ok", "warning"]);
        assert_eq!(grade(938), "warning");
        assert!(clock(at(800), at(1_000), at(1_005)).message.contains("199 s ahead of"));
    }
}
