//! Calls that do not block, in C, over real sockets.

#![allow(clippy::unwrap_used)] // a panic is a test's report

extern crate otp as ants_otp;

mod common;
#[path = "../../../tests/support/mod.rs"]
mod support;

use std::io::Write;
use std::process::Command;
use std::time::Duration;
use support::{Next, Server, VERIFIED, http};

/// Verifies everybody after 20 ms.
fn friendly() -> Server {
    Server::start(|_, stream| {
        std::thread::sleep(Duration::from_millis(20));
        let _ = stream.write_all(&http(200, VERIFIED));
        Next::Keep
    })
}

/// Never answers.
fn silent() -> Server {
    Server::start(|_, _| Next::Keep)
}

#[test]
fn each_call_is_told_once_whatever_ends_it() {
    let (friendly, silent) = (friendly(), silent());
    let program = common::program(&common::root().join("bindings/c/tests/c/async.c"), "gnu99", &[]);
    common::run(Command::new(program).arg(friendly.url()).arg(silent.url()));
}
