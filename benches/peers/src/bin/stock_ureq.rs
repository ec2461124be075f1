//! ureq as a Rust program would use it without us: its own connections, resolver and JSON. Either with one deadline over the
//! whole call, as ours has, or with `--each`: with a time-out for each read and write, which is cheaper and bounds no call.

use ants_otp_peers::{Answer, QUESTION, authorization, measure};
use std::time::Duration;
use ureq::tls::{Certificate, RootCerts, TlsConfig, parse_pem};

fn main() {
    measure(|url, ca| {
        let (whole, connect) = (Some(Duration::from_secs(15)), Some(Duration::from_secs(5)));
        let config = ureq::Agent::config_builder().timeout_connect(connect);
        let mut config = match std::env::args().any(|argument| argument == "--each") {
            true => config.timeout_per_read(whole).timeout_per_write(whole),
            false => config.timeout_global(whole),
        };
        if let Some(ca) = ca {
            let pem = std::fs::read(ca).expect("a readable CA file");
            let roots: Vec<Certificate<'static>> = parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            config = config.tls_config(TlsConfig::builder().root_certs(RootCerts::from(roots)).build());
        }
        let agent = ureq::Agent::new_with_config(config.build());
        let (endpoint, authorization) = (format!("{url}/otp/verifyOTP"), authorization());
        move || {
            let mut response = agent
                .post(&endpoint)
                .header("authorization", &authorization)
                .header("accept", "application/json")
                .send_json(QUESTION)
                .expect("an answer");
            let text = response.body_mut().read_to_string().expect("a body");
            let answer: Answer = serde_json::from_str(&text).expect("JSON");
            assert!(answer.is_verified());
        }
    });
}
