//! Serves a sandbox until it is killed, for the tests that are no Rust: prints one line of JSON with its URL and
//! credentials. `serve [--port N] [--dialect D] [--database FILE]`.

use std::env;
use std::io::{self, Write as _};

use ants_otp_sandbox::Sandbox;

fn main() -> io::Result<()> {
    let mut builder = Sandbox::builder();
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| wrong(&name))?;
        builder = match name.as_str() {
            "--port" => builder.port(value.parse().map_err(|_| wrong(&value))?),
            "--dialect" => builder.dialect(value.parse().map_err(io::Error::other)?),
            "--database" => builder.database(value),
            _ => return Err(wrong(&name)),
        };
    }
    let sandbox = builder.start()?;
    let (url, username, password, otc_id) = (sandbox.url(), sandbox.username(), sandbox.password(), sandbox.otc_id());
    println!(r#"{{"url":"{url}","username":"{username}","password":"{password}","otc_id":"{otc_id}"}}"#);
    io::stdout().flush()?;
    sandbox.wait();
    Ok(())
}

fn wrong(argument: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("cannot use {argument}"))
}
