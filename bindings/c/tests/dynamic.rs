//! The library in a C host with habits: threads, forks, signals, plug-ins, forced panics; and the same under sanitizers and
//! valgrind, over real sockets and TLS.
//!
//! With ANTS_OTP_ASAN_LIBRARY, a folder with a libants_otp.so that was itself built with AddressSanitizer, the Rust side is
//! watched too: `make test-asan`.
#![allow(clippy::unwrap_used)] // a panic is a test's report

extern crate otp as ants_otp;

mod common;
#[path = "../../../tests/support/mod.rs"]
mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use support::tls::{Authority, TLS12, TLS13, TlsServer, config};
use support::{Next, Server, VERIFIED, http, reset};

fn source(name: &str) -> PathBuf {
    common::root().join("bindings/c/tests/c").join(name)
}

fn host() -> &'static Path {
    static HOST: OnceLock<PathBuf> = OnceLock::new();
    HOST.get_or_init(|| common::program(&source("host.c"), "gnu99", &["-g"]))
}

fn verifying() -> Server {
    Server::answering(http(200, VERIFIED))
}

/// A server over TLS with a certificate of its own authority, and that authority's file.
fn secure(name: &str) -> (TlsServer, PathBuf) {
    let authority = Authority::new();
    let identity = authority.identity(&["127.0.0.1"]);
    let ca_file = common::scratch("tls").join(format!("{name}.pem"));
    std::fs::write(&ca_file, authority.pem()).unwrap();
    (TlsServer::answering(config(&identity, &[&TLS12, &TLS13]), http(200, VERIFIED)), ca_file)
}

#[test]
fn sixteen_threads_share_a_client() {
    let server = verifying();
    common::run(Command::new(host()).args(["threads", &server.url()]));
    assert_eq!(server.seen().len(), 16 * 50);
    assert!(server.connections() <= 16);
}

#[test]
fn sixteen_threads_share_a_client_over_tls() {
    let (server, ca_file) = secure("threads");
    common::run(Command::new(host()).args(["threads", &server.url()]).arg(ca_file));
    assert_eq!(server.seen().len(), 16 * 50);
}

#[test]
fn a_fork_loop() {
    let server = verifying();
    common::run(Command::new(host()).args(["forks", &server.url()]));
}

/// A signal every half millisecond, whose handler does not restart what it interrupts.
#[test]
fn a_storm_of_signals_ends_no_call() {
    let server = Server::start(|_, stream| {
        std::thread::sleep(Duration::from_millis(2));
        let _ = stream.write_all(&http(200, VERIFIED));
        Next::Keep
    });
    common::run(Command::new(host()).args(["storm", &server.url()]));
    let (server, ca_file) = secure("storm");
    common::run(Command::new(host()).args(["storm", &server.url()]).arg(ca_file));
}

/// Connections end in every way while SIGPIPE is at its default, which would end the host.
#[test]
fn no_sigpipe_reaches_the_host() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_, stream| {
        if count.fetch_add(1, Ordering::SeqCst) % 3 == 2 {
            reset(stream.try_clone().unwrap());
            return Next::Close;
        }
        let _ = stream.write_all(&http(200, VERIFIED));
        Next::Close
    });
    common::run(Command::new(host()).args(["pipes", &server.url()]));
}

#[test]
fn a_thread_that_is_cancelled_in_a_call_ends_behind_it() {
    let silent = Server::start(|_, _| Next::Keep);
    common::run(Command::new(host()).args(["cancelled", &silent.url()]));
}

#[test]
fn a_plug_in_is_loaded_used_and_unloaded_again_and_again() {
    let server = verifying();
    let library = common::library().join("libants_otp.so");
    common::run(Command::new(host()).args(["plugins", &server.url()]).arg(library));
}

#[test]
fn a_panic_inside_becomes_minus_99_and_the_host_lives() {
    let server = verifying();
    common::run(Command::new(host()).args(["panics", &server.url()]));
}

/// AddressSanitizer, with leaks, and UBSan in the host.
#[test]
fn programs_are_clean_under_the_sanitizers() {
    let friendly = Server::start(|_, stream| {
        std::thread::sleep(Duration::from_millis(20));
        let _ = stream.write_all(&http(200, VERIFIED));
        Next::Keep
    });
    let silent = Server::start(|_, _| Next::Keep);
    let (tls, ca_file) = secure("sanitizers");
    let flags = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];
    // The library of `make test-asan` goes with gcc's runtime.
    let vendors: &[&str] = if asan_library().is_some() { &["gcc"] } else { &["gcc", "clang"] };
    for vendor in vendors {
        let program = |name: &str, standard: &str| common::program_of(vendor, &source(name), standard, &flags);
        let host = program("host.c", "gnu99");
        for habit in ["threads", "forks", "storm", "panics"] {
            common::run(watched(&host).args([habit, &friendly.url()]));
        }
        common::run(watched(&host).args(["cancelled", &silent.url()]));
        common::run(watched(&host).args(["one", &tls.url()]).arg(&ca_file));
        common::run(&mut watched(&program("bad_input.c", "c99")));
        common::run(watched(&program("async.c", "gnu99")).arg(friendly.url()).arg(silent.url()));
        // The wrapper takes long to compile.
        if *vendor == "clang" || asan_library().is_some() {
            common::run(&mut watched(&program("wrapper.cpp", "c++17")));
        }
    }
}

/// A folder with the library built with AddressSanitizer.
fn asan_library() -> Option<std::ffi::OsString> {
    std::env::var_os("ANTS_OTP_ASAN_LIBRARY")
}

/// A program of the sanitizers, in a clean environment.
fn watched(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0").env("UBSAN_OPTIONS", "print_stacktrace=1");
    if let Some(folder) = asan_library() {
        command.env("LD_LIBRARY_PATH", folder);
    }
    for name in ["ANTS_OTP_TOKEN", "ANTS_OTP_USERNAME", "ANTS_OTP_PASSWORD", "ANTS_OTP_BASE_URL"] {
        command.env_remove(name);
    }
    command
}

/// A handshake, a call, and a call on the kept connection. With ChaCha20 nothing is suppressed; with AES-GCM, which nearly
/// every server takes, one thing is, in ring's assembler (bindings/c/tests/c/valgrind.supp).
#[test]
fn a_tls_exchange_is_clean_under_valgrind() {
    for (cipher, suppressions) in [("CHACHA20", None), ("AES_256_GCM", Some(source("valgrind.supp")))] {
        let authority = Authority::new();
        let identity = authority.identity(&["127.0.0.1"]);
        let ca_file = common::scratch("tls").join(format!("valgrind-{cipher}.pem"));
        std::fs::write(&ca_file, authority.pem()).unwrap();
        let mut provider = rustls::crypto::ring::default_provider();
        provider.cipher_suites.retain(|suite| format!("{:?}", suite.suite()).contains(cipher));
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&TLS12, &TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate.clone()], identity.key.clone_key())
            .unwrap();
        let server = TlsServer::answering(config, http(200, VERIFIED));
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["-q", "--error-exitcode=99", "--track-origins=yes", "--leak-check=full"]);
        valgrind.args(["--show-leak-kinds=definite,indirect,possible"]);
        valgrind.args(["--errors-for-leak-kinds=definite,indirect,possible"]);
        valgrind.args(suppressions.map(|file| format!("--suppressions={}", file.display())));
        common::run(valgrind.arg(host()).args(["one", &server.url()]).arg(ca_file));
        assert_eq!(server.seen().len(), 2, "both calls went over TLS with {cipher}");
    }
}
