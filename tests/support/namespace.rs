//! A process of a test's own, in namespaces of its own: a network of nothing but loopback, so that no byte leaves the
//! machine, and mounts that nobody else sees, so that nothing of it changes. Only root can have them.
#![allow(dead_code)] // each test file uses its part

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Empty in the namespaces, and open to everybody; the tests put programs there.
pub const PLACE: &str = "/mnt";
/// Whoever calls a privileged program: `nobody`.
pub const STRANGER: u32 = 65534;
const BUILT: &str = "ANTS_TEST_NAMESPACE";

/// What `prepare` has built, where this process is in namespaces of its own. If it is not, the test named `test` is run again
/// in such a process, and has to pass there; where that cannot be, it is left out, and said.
pub fn enter(test: &str, prepare: impl FnOnce() -> PathBuf) -> Option<PathBuf> {
    if let Some(built) = std::env::var_os(BUILT) {
        run(Command::new("ip").args(["link", "set", "lo", "up"]));
        run(Command::new("mount").args(["-t", "tmpfs", "-o", "mode=755", "tmpfs", PLACE]));
        return Some(built.into());
    }
    let in_its_own = || {
        let mut unshare = Command::new("unshare");
        unshare.args(["--net", "--mount", "--"]);
        unshare
    };
    let possible = in_its_own().arg("true").output().is_ok_and(|output| output.status.success());
    // Set where a container allows no setuid programs.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if !possible || !status.contains("NoNewPrivs:\t0") {
        // Past the output that the tests' runner keeps to itself.
        let _ = writeln!(std::io::stderr(), "{test} is left out: it needs root, namespaces and setuid programs");
        return None;
    }
    let itself = std::env::current_exe().expect("a test knows its program");
    let output = run(in_its_own().arg(itself).args(["--exact", test, "--nocapture"]).env(BUILT, prepare()));
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("1 passed"), "{test} was not run: {shown}");
    None
}

/// A file of the namespaces, readable by everybody.
pub fn file(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = Path::new(PLACE).join(name);
    std::fs::write(&path, content).expect("the place can be written to");
    mode(&path, 0o644);
    path
}

/// A copy of a program, with these rights.
pub fn program(from: &Path, name: &str, rights: u32) -> PathBuf {
    let path = Path::new(PLACE).join(name);
    std::fs::copy(from, &path).expect("the program can be copied");
    mode(&path, rights);
    path
}

pub fn mode(path: &Path, rights: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(rights)).expect("rights can be set");
}

/// Runs a command that must succeed.
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
