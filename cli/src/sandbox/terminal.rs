//! What a person at a terminal is told: the inbox, what to paste, and a line for each call with why it was refused.

use ants_otp_sandbox::{Builder, LoggedRequest};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::mpsc::{Receiver, sync_channel};

/// How many calls wait for a terminal that is stopped (Ctrl-S). The sandbox never waits for it.
const WAITING: usize = 1000;

const GREEN: u8 = 32;
const YELLOW: u8 = 33;
const RED: u8 = 31;

/// The sandbox, and its calls as they come.
pub fn watched(builder: Builder) -> (Builder, Receiver<LoggedRequest>) {
    let (sender, calls) = sync_channel(WAITING);
    // One that finds no place is left out; the inbox has it.
    (builder.on_request(move |call| drop(sender.try_send(call.clone()))), calls)
}

/// Until the terminal is gone.
pub fn show(environment: &[(&str, &str)], calls: &Receiver<LoggedRequest>) -> io::Result<()> {
    let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    print(&greeting(environment, std::env::vars_os().map(|(name, _)| name)))?;
    for call in calls {
        print(&line(&call, colour))?;
    }
    Ok(())
}

fn print(text: &str) -> io::Result<()> {
    let mut terminal = io::stdout().lock();
    writeln!(terminal, "{text}")?;
    terminal.flush()
}

/// Where the inbox is, and what to paste into the shell of a program that is to use it.
fn greeting(environment: &[(&str, &str)], present: impl Iterator<Item = OsString>) -> String {
    let url = environment.first().map_or("", |(_, url)| url);
    let mut text = format!("The sandbox's inbox: {url}/\nPrograms use it with\n\n");
    // A token or a proxy of the real service's would stay beside these.
    let mut others: Vec<String> = present
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.starts_with("ANTS_OTP_") && environment.iter().all(|(known, _)| known != name))
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        .collect();
    others.sort();
    if !others.is_empty() {
        let _ = writeln!(text, "unset {}", others.join(" "));
    }
    for (name, value) in environment {
        let _ = writeln!(text, "export {name}={}", quoted(value));
    }
    text.push_str("\nStop it with Ctrl-C. The calls, with the sandbox's time:\n");
    text
}

/// As one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.into() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// `12:00:00  verify   66812345678  200  WRONG_CODE  The code is not the one of the SMS.`
fn line(call: &LoggedRequest, colour: bool) -> String {
    let time = httpdate::fmt_http_date(call.time);
    let time = time.split(' ').nth(4).unwrap_or_default();
    let what = match call.operation {
        Some(_) if call.status == 405 => format!("{} {}", call.method, call.path),
        Some(operation) => format!("{:<8} {:<11}", operation.name(), call.mobile.as_deref().unwrap_or("-")),
        None => format!("{} {}", call.method, call.path),
    };
    let tint = match call.code {
        0 => GREEN,
        1.. => YELLOW,
        _ => RED,
    };
    let name = if colour { format!("\x1b[{tint}m{}\x1b[0m", call.name) } else { call.name.into() };
    let mut line = format!("{time}  {:<20}  {}  {name}", printable(&what), call.status);
    if let Some(fault) = call.fault {
        let _ = write!(line, "  [{fault}]");
    }
    if !call.reason.is_empty() {
        let _ = write!(line, "  {}", printable(&call.reason));
    }
    line
}

/// Without what a terminal would obey, or what would change the order of the line: it comes from whoever calls.
fn printable(text: &str) -> String {
    let harmless = |c: char| !c.is_control() && !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if harmless(c) { c } else { '\u{FFFD}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_a_shell() {
        for (text, expected) in [
            ("http://127.0.0.1:8025", "http://127.0.0.1:8025"),
            ("http://[::1]:8025", "'http://[::1]:8025'"),
            ("", "''"),
            ("a b$c", "'a b$c'"),
            ("it's", "'it'\\''s'"),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn variables_that_would_stay_are_unset() {
        let present = ["ANTS_OTP_TOKEN", "ANTS_OTP_BASE_URL", "HOME", "ANTS_OTP_;ls"].map(OsString::from);
        let text = greeting(&[("ANTS_OTP_BASE_URL", "http://x")], present.into_iter());
        assert!(text.contains("\nunset ANTS_OTP_TOKEN\nexport ANTS_OTP_BASE_URL=http://x\n"), "{text}");
    }

    #[test]
    fn nothing_of_a_call_is_obeyed_by_the_terminal() {
        assert_eq!(printable("/\x1b[2J\u{202E}a\n"), "/\u{FFFD}[2J\u{FFFD}a\u{FFFD}");
    }
}
