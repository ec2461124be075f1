//! State: forgotten by a reset, kept by a database.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::PathBuf;
use std::time::Duration;

use ants_otp_sandbox::{Account, Clock, Codes, Fault, Sandbox, State};
use common::{CODE, Caller, MOBILE, WRONG, basic, sandbox, send};
use serde_json::json;

/// A path for a database of this test's own, removed with its companions when it is dropped.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> File {
        let file = File(std::env::temp_dir().join(format!("ants-otp-sandbox-{}-{name}.sqlite", std::process::id())));
        file.remove();
        file
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }

    fn sandbox(&self) -> Sandbox {
        let prepaid = Account::basic("prepaid", "secret").prepaid(5);
        let builder = Sandbox::builder().clock(Clock::fixed()).codes(Codes::fixed(CODE)).account(prepaid);
        builder.database(&self.0).start().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.remove();
    }
}

#[test]
fn a_reset_brings_back_the_start() {
    let prepaid = Account::basic("prepaid", "secret").prepaid(5);
    let builder = Sandbox::builder().clock(Clock::fixed()).codes(Codes::sequence(["1", "2"])).account(prepaid);
    let sandbox = builder.start().unwrap();
    let caller = Caller::with(&sandbox, basic("prepaid", "secret"));
    let otp_id = caller.requested(MOBILE);
    sandbox.advance(Duration::from_secs(9));
    sandbox.add_fault(Fault::silent());
    assert_eq!(send(&sandbox, "POST", "/sandbox/reset", "", b"").json()["advanced_seconds"], 0.0);
    assert!(sandbox.messages().is_empty());
    caller.verify(&otp_id, "1").assert_refused(200, "No Data Available OTP");
    assert_eq!(caller.balance().json()["credit"], 5);
    caller.requested(MOBILE);
    assert_eq!(sandbox.last_code(MOBILE).as_deref(), Some("1"));
    sandbox.reset();
    assert!(sandbox.messages().is_empty());
}

#[test]
fn a_database_carries_otps_credit_and_clock_over_a_restart() {
    let file = File::new("restart");
    let sandbox = file.sandbox();
    let caller = Caller::with(&sandbox, basic("prepaid", "secret"));
    let first = caller.requested(MOBILE);
    let second = caller.requested("66898765432");
    caller.verify(&first, WRONG);
    caller.verify(&second, CODE);
    sandbox.advance(Duration::from_secs(200));
    let before = sandbox.messages();
    drop(sandbox);

    let sandbox = file.sandbox();
    let caller = Caller::with(&sandbox, basic("prepaid", "secret"));
    assert_eq!(sandbox.messages(), before);
    assert_eq!(sandbox.messages()[1].state, State::Confirmed);
    assert_eq!(caller.balance().json()["credit"], 3);
    caller.verify(&first, WRONG).assert_verdict(false, false, false);
    caller.verify(&first, WRONG).assert_verdict(false, true, false);
    caller.requested("66811111111");
    sandbox.advance(Duration::from_secs(100));
    drop(sandbox);

    let states: Vec<State> = file.sandbox().messages().iter().map(|message| message.state).collect();
    assert_eq!(states, [State::Locked, State::Confirmed, State::Waiting]);
}

#[test]
fn a_reset_empties_the_database_too() {
    let file = File::new("reset");
    let sandbox = file.sandbox();
    Caller::new(&sandbox).requested(MOBILE);
    sandbox.reset();
    drop(sandbox);
    assert!(file.sandbox().messages().is_empty());
}

#[test]
fn an_account_with_another_credit_than_last_time_starts_with_that() {
    let file = File::new("credit");
    let sandbox = file.sandbox();
    Caller::with(&sandbox, basic("prepaid", "secret")).requested(MOBILE);
    drop(sandbox);
    let richer = Account::basic("prepaid", "secret").prepaid(9);
    let sandbox = Sandbox::builder().account(richer).database(&file.0).start().unwrap();
    assert_eq!(Caller::with(&sandbox, basic("prepaid", "secret")).balance().json()["credit"], 9);
    drop(sandbox);
    // Without the account, its OTPs are nobody's.
    assert!(Sandbox::builder().database(&file.0).start().unwrap().messages().is_empty());
}

#[test]
fn a_database_belongs_to_one_process_and_to_this_program() {
    let file = File::new("lock");
    let sandbox = file.sandbox();
    let error = Sandbox::builder().database(&file.0).start().unwrap_err();
    assert!(error.to_string().contains("locked"), "{error}");
    Caller::new(&sandbox).requested(MOBILE);
    drop(sandbox);
    std::fs::write(&file.0, "no database at all, but long enough to be taken for one").unwrap();
    assert!(Sandbox::builder().database(&file.0).start().is_err());
    assert!(Sandbox::builder().database("/nowhere/at/all").start().is_err());
}

#[test]
fn nobody_but_its_owner_can_read_a_database() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = File::new("private");
    let beside: Vec<PathBuf> =
        ["", "-wal", "-shm", "-journal"].map(|suffix| format!("{}{suffix}", file.0.display()).into()).into();
    let modes = || {
        let modes = beside.iter().filter_map(|path| std::fs::metadata(path).ok());
        modes.map(|metadata| metadata.permissions().mode() & 0o777).collect::<Vec<_>>()
    };
    let sandbox = file.sandbox();
    Caller::new(&sandbox).requested(MOBILE);
    assert!(modes().len() > 1 && modes().iter().all(|&mode| mode == 0o600), "{:?}", modes());
    drop(sandbox);

    // One that an earlier version left open to others, with what a crash leaves beside it.
    for path in &beside {
        std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let sandbox = file.sandbox();
    assert_eq!(sandbox.messages().len(), 1);
    assert!(modes().iter().all(|&mode| mode == 0o600), "{:?}", modes());
    drop(sandbox);

    let folder = Sandbox::builder().database(std::env::temp_dir()).start().unwrap_err();
    assert!(folder.to_string().contains("cannot use the database"), "{folder}");
}

#[test]
fn without_a_database_nothing_is_kept() {
    Caller::new(&sandbox()).requested(MOBILE);
    assert_eq!(send(&sandbox(), "GET", "/sandbox/messages", "", b"").json(), json!([]));
}
