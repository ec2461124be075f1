//! The Rust runner of the scenarios: one command a line on standard input, tabs between its parts; one line of answer.

use ants_otp::{Call, Client, Error, Result, Sent};
use std::io::BufRead;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut client = None;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let parts: Vec<&str> = line.split('\t').collect();
        let answer = match (parts.as_slice(), &client) {
            (["client", url, user, password, otc_id], _) => {
                let made = connect(url, user, password, otc_id);
                let code = made.as_ref().map_or_else(|error| error.code().number(), |_| 0);
                client = made.ok();
                code.to_string()
            }
            (["request", mobile], Some(client)) => sent(client.request(mobile)),
            (["resend", ""], Some(client)) => sent(client.resend_newest(&Call::new())),
            (["resend", otp_id], Some(client)) => sent(client.resend(otp_id)),
            (["verify", otp_id, code], Some(client)) => match client.verify(otp_id, code) {
                Ok(verdict) => format!("{}\tANSWERED\t{}", verdict.code().number(), verdict.is_verified()),
                Err(error) => format!("{}\tfalse", failed(&error)),
            },
            (["balance"], Some(client)) => match client.balance() {
                Ok(account) => format!("0\tANSWERED\t{}\t{}", account.kind(), account.credit()),
                Err(error) => format!("{}\t\t", failed(&error)),
            },
            _ => return Err(format!("unknown command: {line}").into()),
        };
        println!("{answer}");
    }
    Ok(())
}

fn connect(url: &str, user: &str, password: &str, otc_id: &str) -> Result<Client> {
    let options = Client::builder().base_url(url);
    let options = if user.is_empty() { options.token(password) } else { options.credentials(user, password) };
    let options = if otc_id.is_empty() { options } else { options.otc_id(otc_id) };
    options.build()
}

fn sent(result: Result<Sent>) -> String {
    match result {
        Ok(sent) => format!("0\tANSWERED\t{}\t{}", sent.otp_id(), sent.reference_code()),
        Err(error) => format!("{}\t\t", failed(&error)),
    }
}

fn failed(error: &Error) -> String {
    format!("{}\t{}", error.code().number(), error.delivery().name())
}
