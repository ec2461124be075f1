//! Nothing of a secret is left in the memory of a C program behind its calls, whatever the service says back.
#![allow(clippy::unwrap_used)] // a panic is a test's report

extern crate otp as ants_otp;

mod common;
#[path = "../../../tests/support/repeating.rs"]
mod repeating;
#[path = "../../../tests/support/mod.rs"]
mod support;

use repeating::{CASES, Repeats, answer};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use support::Server;
use support::tls::{Authority, TLS12, TLS13, TlsServer, config};

fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| common::program(&common::root().join("bindings/c/tests/c/memory.c"), "gnu99", &["-O2"]))
}

fn assert_nothing_is_left(url: &str, ca_file: &Path) {
    for length in ["short", "long"] {
        common::run(Command::new(program()).arg(length).arg(ca_file).arg(url).args(CASES));
    }
}

#[test]
fn nothing_is_left_of_calls_in_plain() {
    let server = Server::start(|seen, stream| answer(seen, stream, Repeats::Everything));
    assert_nothing_is_left(&server.url(), Path::new("-"));
}

#[test]
fn nothing_is_left_of_calls_over_tls() {
    let authority = Authority::new();
    let identity = authority.identity(&["127.0.0.1"]);
    let ca_file = common::scratch("tls").join("memory.pem");
    std::fs::write(&ca_file, authority.pem()).unwrap();
    for version in [&TLS12, &TLS13] {
        let server =
            TlsServer::start(config(&identity, &[version]), |seen, stream| answer(seen, stream, Repeats::Everything));
        assert_nothing_is_left(&server.url(), &ca_file);
    }
}
