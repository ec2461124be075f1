//! Which settings a call has, and where each was found. Secrets are not shown.

use super::Check;
use crate::arguments::ClientOptions;
use crate::credentials;
use ants_otp::environment;
use serde_json::json;

/// A line for each setting.
pub fn checks(arguments: &ClientOptions) -> Vec<Check> {
    let ca_file = arguments.ca_file.as_deref().map(|path| path.display().to_string());
    let mut checks = Vec::new();
    if environment::is_privileged() {
        checks.push(Check::ok(
            "settings",
            environment::NOT_USED,
            json!({ "setting": "environment", "value": "not used" }),
        ));
    }
    let base_url = found(arguments, arguments.base_url.clone(), "--base-url", "ANTS_OTP_BASE_URL");
    checks.push(line("base URL", without_login(base_url), "https://api-service.ants.co.th"));
    checks.extend(account(arguments));
    checks.push(match found(arguments, arguments.otc_id.clone(), "--otc-id", "ANTS_OTP_OTC_ID") {
        Some(found) => line("otc id", Some(found), ""),
        None => Check::warning(
            "settings",
            "otc id: none",
            "set ANTS_OTP_OTC_ID or --otc-id to the OTP configuration from the provider's portal: a request needs one",
            json!({ "setting": "otc id", "source": null }),
        ),
    });
    checks.push(proxy(arguments));
    let roots = arguments.root_certificates.clone().map(|which| (which, "--root-certificates".to_owned()));
    checks.push(line("root certificates", roots, "bundled"));
    if let Some(found) = found(arguments, ca_file, "--ca-file", "ANTS_OTP_CA_FILE") {
        checks.push(line("CA file", Some(found), ""));
    }
    checks
}

/// The value and its source: the command line, else the environment, else the file.
fn found(arguments: &ClientOptions, given: Option<String>, option: &str, name: &str) -> Option<(String, String)> {
    match given {
        Some(value) => Some((value, option.to_owned())),
        None => variable(arguments, name).map(|value| (value, arguments.source(name))),
    }
}

fn without_login(found: Option<(String, String)>) -> Option<(String, String)> {
    found.map(|(value, source)| (hidden(&value), source))
}

fn line(what: &str, found: Option<(String, String)>, default: &str) -> Check {
    let (value, source) = found.unwrap_or_else(|| (default.to_owned(), "default".to_owned()));
    // Nothing that a terminal would obey.
    let value: String = value.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    Check::ok(
        "settings",
        format!("{what}: {value} ({source})"),
        json!({ "setting": what, "value": value, "source": source }),
    )
}

/// Whether they can be used is for the core to say; here only where they are. That there are none is a failure of its own.
fn account(arguments: &ClientOptions) -> Option<Check> {
    let shown = |what: String, source| Some(line("credentials", Some((what, source)), ""));
    let source = |name| variable(arguments, name).map(|_| arguments.source(name));
    if arguments.token.is_some() {
        return shown("token ***".to_owned(), "--token".to_owned());
    }
    if let (None, Some(source)) = (&arguments.user, source("ANTS_OTP_TOKEN")) {
        return shown("token ***".to_owned(), source);
    }
    let (user, user_source) = found(arguments, arguments.user.clone(), "--user", "ANTS_OTP_USERNAME")?;
    let password = match &arguments.password {
        Some(_) => Some("--password".to_owned()),
        None => source("ANTS_OTP_PASSWORD"),
    };
    match password {
        Some(password) => shown(format!("user {user}, password ***"), format!("{user_source}, {password}")),
        None if credentials::can_ask() => shown(format!("user {user}, password from the prompt"), user_source),
        None => shown(format!("user {user}, no password"), user_source),
    }
}

/// The core's choice: what was given, else ANTS_OTP_PROXY, else the variables of all programs where they were asked for; and
/// none of the environment before a service of this machine.
fn proxy(arguments: &ClientOptions) -> Check {
    if let Some(proxy) = &arguments.proxy {
        return line("proxy", Some((hidden(proxy), "--proxy".to_owned())), "");
    }
    let unused = |name, why: &str| {
        Check::ok(
            "settings",
            format!("proxy: none ({name} is set, but not used {why})"),
            json!({ "setting": "proxy", "value": "none", "source": "default" }),
        )
    };
    // Of these, a file sets its own alone: the others are all programs'.
    let set = |name: &&str| variable(arguments, name).is_some();
    let own = Some("ANTS_OTP_PROXY").filter(set);
    let Some(name) = own.or_else(|| ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().find(set))
    else {
        return line("proxy", None, "none");
    };
    if own.is_none() && !arguments.proxy_from_env {
        return unused(name, "without --proxy-from-env");
    }
    if arguments.fill(arguments.to_options()).stays_here() {
        return unused(name, "for a base URL on this machine");
    }
    let value = variable(arguments, name).map(|value| hidden(&value)).unwrap_or_default();
    let exceptions = if own.is_none() { ", unless NO_PROXY excepts the service" } else { "" };
    line("proxy", Some((value, format!("{}{exceptions}", arguments.source(name)))), "")
}

fn variable(arguments: &ClientOptions, name: &str) -> Option<String> {
    arguments.variable(name).map(|value| value.to_string_lossy().into_owned())
}

/// A URL without its user and password.
fn hidden(value: &str) -> String {
    match (value.find("://").map_or(0, |at| at + 3), value.rfind('@')) {
        (begin, Some(at)) if at >= begin => format!("{}***{}", &value[..begin], &value[at..]),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_their_credentials() {
        assert_eq!(hidden("http://user:p@ss@proxy:1"), "http://***@proxy:1");
        assert_eq!(hidden("user:secret@proxy:1"), "***@proxy:1");
        assert_eq!(hidden("https://host/path"), "https://host/path");
    }
}
