//! All paths with their methods, and what is said of others: which one was probably meant.

use ants_otp::Operation;
use strsim::levenshtein;

/// What the real service has.
const SERVICE: [(&str, &str); 4] = [
    (Operation::Request.path(), "POST"),
    (Operation::Resend.path(), "POST"),
    (Operation::Verify.path(), "POST"),
    (Operation::Balance.path(), "POST"),
];

/// What only the sandbox has.
const OWN: [(&str, &str); 9] = [
    ("/", "GET"),
    ("/openapi.json", "GET"),
    ("/sandbox/messages", "GET"),
    ("/sandbox/requests", "GET"),
    ("/sandbox/events", "GET"),
    ("/sandbox/reports", "POST"),
    ("/sandbox/faults", "GET, POST or DELETE"),
    ("/sandbox/clock", "GET or POST"),
    ("/sandbox/reset", "POST"),
];

/// How much of an unknown path is repeated.
const LONGEST: usize = 200;

/// Whether this path is the sandbox's own or its page's, and no caller of the service can have meant it.
pub(crate) fn is_own(path: &str) -> bool {
    matches!(path, "/" | "/openapi.json" | "/favicon.ico") || path == "/sandbox" || path.starts_with("/sandbox/")
}

/// What is said of a path that is none.
pub(crate) fn unknown(path: &str) -> String {
    let shown: String = path.chars().take(LONGEST).collect();
    match nearest(&shown) {
        Some((path, method)) => format!("There is no {shown} here. Did you mean {method} {path}?"),
        None => {
            let service = SERVICE.map(|(path, method)| format!("{method} {path}")).join(", ");
            format!("There is no {shown} here. The service has {service}; /openapi.json describes all paths.")
        }
    }
}

/// What is said of a method that a path does not take.
pub(crate) fn wrong_method(path: &str, method: &str) -> String {
    let known = SERVICE.iter().chain(&OWN).find(|(known, _)| *known == path);
    // The page's files take the same.
    let takes = known.map_or("GET", |(_, methods)| methods);
    format!("{path} takes {takes}, not {method}.")
}

fn nearest(path: &str) -> Option<(&'static str, &'static str)> {
    let plain = path.trim_end_matches('/').to_ascii_lowercase();
    let distance = |known: &str| {
        let known = known.to_ascii_lowercase();
        // A base URL with a path of its own, or half a path.
        if plain.ends_with(&known) || (plain.len() > 1 && known.ends_with(&plain)) {
            0
        } else {
            levenshtein(&plain, &known)
        }
    };
    let all = SERVICE.into_iter().chain(OWN).filter(|(known, _)| *known != "/");
    let (distance, near) = all.map(|near| (distance(near.0), near)).min_by_key(|(distance, _)| *distance)?;
    (distance <= near.0.len() / 3).then_some(near)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_are_those_of_the_document() {
        let document: serde_json::Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
        let described = document["paths"].as_object().unwrap();
        let known: Vec<_> = SERVICE.iter().chain(&OWN).filter(|(path, _)| described.contains_key(*path)).collect();
        assert_eq!(known.len(), described.len());
        for (path, methods) in known {
            let described: Vec<String> =
                described[*path].as_object().unwrap().keys().map(|m| m.to_uppercase()).collect();
            for method in &described {
                assert!(methods.contains(method.as_str()), "{path} {method}");
            }
            assert_eq!(methods.replace(" or ", ", ").split(", ").count(), described.len(), "{path}");
        }
    }

    #[test]
    fn the_path_that_was_meant_is_named() {
        for (path, meant) in [
            ("/otp/requestOtp", "POST /otp/requestOTP"),
            ("/otp/request", "POST /otp/requestOTP"),
            ("/requestOTP", "POST /otp/requestOTP"),
            ("/v1/otp/verifyOTP", "POST /otp/verifyOTP"),
            ("/otp/verifyOTP/", "POST /otp/verifyOTP"),
            ("/otp/resend", "POST /otp/resendOTP"),
            ("/balance", "POST /account/balance"),
            ("/sandbox/message", "GET /sandbox/messages"),
            ("/messages", "GET /sandbox/messages"),
            ("/openapi.yaml", "GET /openapi.json"),
        ] {
            let said = unknown(path);
            assert!(said.ends_with(&format!("Did you mean {meant}?")), "{path}: {said}");
        }
        for path in ["/nowhere/at/all", "/x", &"/long".repeat(1000)] {
            let said = unknown(path);
            assert!(said.contains("The service has POST /otp/requestOTP, ") && said.len() < 600, "{said}");
        }
    }

    #[test]
    fn the_method_that_a_path_takes_is_named() {
        assert_eq!(wrong_method("/otp/requestOTP", "GET"), "/otp/requestOTP takes POST, not GET.");
        assert_eq!(wrong_method("/sandbox/faults", "PUT"), "/sandbox/faults takes GET, POST or DELETE, not PUT.");
        assert_eq!(wrong_method("/sandbox/page/inbox.js", "PUT"), "/sandbox/page/inbox.js takes GET, not PUT.");
    }
}
