//! Setuid and setgid programs, and such with file capabilities: whoever starts one chooses its environment, and leads it
//! nowhere with it. The same program without these rights is led everywhere, so the lures are good.
#![allow(clippy::unwrap_used)] // a panic is a test's report

extern crate otp as ants_otp;

mod common;
#[path = "../../../tests/support/namespace.rs"]
mod namespace;
#[path = "../../../tests/support/mod.rs"]
mod support;

use namespace::STRANGER;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use support::proxy::{HttpProxy, SocksProxy};
use support::tls::{Authority, TLS13, TlsServer, config};
use support::{Server, VERIFIED, http};

const REASON: &str = "the environment is not used, since this program runs setuid or with file capabilities";

/// The program without any rights, and in each way that makes it privileged.
struct Programs {
    plain: PathBuf,
    privileged: [PathBuf; 3],
}

/// The programs where this test is in namespaces of its own; else it is run again there.
fn programs(test: &str) -> Option<Programs> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        // A privileged program's loader takes the folders that are compiled in, and no LD_LIBRARY_PATH.
        let rpath = format!("-Wl,-rpath,{}", namespace::PLACE);
        common::program(&common::root().join("bindings/c/tests/c/privileged.c"), "gnu99", &[&rpath])
    };
    let built = namespace::enter(test, || BUILT.get_or_init(build).clone())?;
    let library = common::scratch("lib").join(common::soname());
    namespace::program(&library, &common::soname(), 0o644);
    let copy = |name, rights| namespace::program(&built, name, rights);
    let capable = copy("capable", 0o755);
    namespace::run(Command::new("setcap").arg("cap_net_raw+ep").arg(&capable));
    Some(Programs {
        plain: copy("plain", 0o755),
        privileged: [copy("setuid", 0o4755), copy("setgid", 0o2755), capable],
    })
}

/// What a run has told.
#[derive(Debug)]
struct Run {
    code: i32,
    message: String,
}

/// Runs the program as a stranger with this environment alone.
fn run(program: &Path, steps: &str, variables: &[(&str, &OsStr)]) -> Run {
    let mut command = Command::new(program);
    command.args(steps.split_whitespace()).env_clear().envs(variables.iter().copied()).uid(STRANGER).gid(STRANGER);
    let output = namespace::run(&mut command);
    let text = String::from_utf8(output.stdout).unwrap();
    let told = |what: &str| text.lines().find_map(|line| line.strip_prefix(what)).map(str::to_owned);
    let privileged = !program.ends_with("plain");
    assert_eq!(told("secure ").unwrap(), i32::from(privileged).to_string(), "{program:?}: {text}");
    assert_eq!(told("environment ").unwrap(), "unchanged", "{program:?}: {text}");
    if privileged {
        assert!(told("load ").is_none_or(|code| code == "0"), "{program:?} {steps}: {text}");
    }
    let outcome = told("outcome ").unwrap();
    let (code, message) = outcome.split_once(' ').unwrap();
    Run { code: code.parse().unwrap(), message: message.to_owned() }
}

/// A service of the stranger's, which verifies everybody, and the ways to lead a program there.
struct Stranger {
    plain: Server,
    secure: TlsServer,
    http_proxy: HttpProxy,
    socks_proxy: SocksProxy,
    ca_file: PathBuf,
    ca_folder: PathBuf,
}

impl Stranger {
    fn new() -> Stranger {
        let authority = Authority::new();
        let plain = Server::answering(http(200, VERIFIED));
        let secure = TlsServer::answering(config(&authority.identity(&["localhost"]), &[&TLS13]), http(200, VERIFIED));
        let folder = Path::new(namespace::PLACE).join("stranger");
        std::fs::create_dir(&folder).unwrap();
        namespace::mode(&folder, 0o755);
        namespace::file("stranger/root.pem", authority.pem());
        Stranger {
            http_proxy: HttpProxy::start(plain.address),
            socks_proxy: SocksProxy::start(plain.address),
            ca_file: namespace::file("stranger.pem", authority.pem()),
            ca_folder: folder,
            plain,
            secure,
        }
    }

    fn requests(&self) -> usize {
        self.plain.seen().len() + self.secure.seen().len()
    }

    fn connections(&self) -> usize {
        self.plain.connections() + self.http_proxy.peer.connections() + self.socks_proxy.peer.connections()
    }
}

#[test]
fn a_privileged_program_is_led_nowhere_by_its_caller_s_environment() {
    let Some(programs) = programs("a_privileged_program_is_led_nowhere_by_its_caller_s_environment") else { return };
    let stranger = Stranger::new();
    let url = stranger.plain.url();
    let http_proxy = format!("http://{}", stranger.http_proxy.address());
    let socks_proxy = format!("socks5h://{}", stranger.socks_proxy.address());
    let tls = format!("url=https://localhost:{}", stranger.secure.address().port());
    let (ca_file, ca_folder) = (stranger.ca_file.as_os_str(), stranger.ca_folder.as_os_str());
    // In this network nothing has a name but what a proxy resolves.
    let plain = "url=http://otp.invalid plain";
    let cases: [(&str, String, &OsStr); 10] = [
        ("ANTS_OTP_BASE_URL", "load".to_owned(), url.as_ref()),
        ("ANTS_OTP_PROXY", format!("{plain} load"), http_proxy.as_ref()),
        ("ANTS_OTP_PROXY", format!("{plain} load"), socks_proxy.as_ref()),
        ("HTTPS_PROXY", format!("{plain} asked"), http_proxy.as_ref()),
        ("https_proxy", format!("{plain} asked load"), http_proxy.as_ref()),
        ("ALL_PROXY", format!("{plain} asked"), socks_proxy.as_ref()),
        ("all_proxy", format!("asked {plain}"), http_proxy.as_ref()),
        ("ANTS_OTP_CA_FILE", format!("{tls} load"), ca_file),
        ("SSL_CERT_FILE", format!("{tls} system"), ca_file),
        ("SSL_CERT_DIR", format!("{tls} system"), ca_folder),
    ];
    for (name, steps, value) in cases {
        let steps = format!("credentials {steps} verify");
        let before = stranger.requests();
        let led = run(&programs.plain, &steps, &[(name, value)]);
        assert_eq!((led.code, stranger.requests()), (0, before + 1), "{name} leads the plain program there: {led:?}");
        let (requests, connections) = (stranger.requests(), stranger.connections());
        for program in &programs.privileged {
            let run = run(program, &steps, &[(name, value)]);
            // Not resolved, in time or not at all; the certificate's authority unknown, or no roots on this machine.
            let expected = if value == ca_file || value == ca_folder { [-12, -3] } else { [-10, -20] };
            assert!(expected.contains(&run.code), "{name} for {}: {run:?}", program.display());
        }
        assert_eq!((stranger.requests(), stranger.connections()), (requests, connections), "{name}");
    }
}

#[test]
fn a_privileged_program_that_lacks_something_is_told_why() {
    let Some(programs) = programs("a_privileged_program_that_lacks_something_is_told_why") else { return };
    let server = Server::answering(http(200, VERIFIED));
    let url = format!("url={}", server.url());
    let pair = [("ANTS_OTP_USERNAME", "user"), ("ANTS_OTP_PASSWORD", "password"), ("ANTS_OTP_OTC_ID", "OTC")];
    let variables = pair.map(|(name, value)| (name, OsStr::new(value)));
    let token = [("ANTS_OTP_TOKEN", OsStr::new("token"))];
    for program in &programs.privileged {
        for variables in [&variables[..], &token] {
            let run = run(program, &format!("{url} load verify"), variables);
            assert!(run.code == -3 && run.message.contains(REASON), "{run:?}");
            assert!(run.message.contains("set it in code") && !run.message.contains("ANTS_OTP_"), "{run:?}");
        }
        let run = run(program, &format!("credentials {url} load request"), &variables);
        assert!(run.code == -1 && run.message.contains("otc_id") && run.message.contains(REASON), "{run:?}");
    }
    assert_eq!(server.seen().len(), 0);
    assert_eq!(run(&programs.plain, &format!("{url} load verify"), &variables).code, 0);
}

#[test]
fn what_cannot_be_used_in_the_environment_harms_no_privileged_program() {
    let Some(programs) = programs("what_cannot_be_used_in_the_environment_harms_no_privileged_program") else {
        return;
    };
    let server = Server::answering(http(200, VERIFIED));
    let steps = format!("load asked credentials otc_id url={} verify", server.url());
    let cases: [(&str, &[u8]); 6] = [
        ("ANTS_OTP_BASE_URL", b"ftp://example.com"),
        ("ANTS_OTP_PROXY", b"htp://bad"),
        ("ANTS_OTP_USERNAME", b"half"),
        ("ANTS_OTP_TOKEN", b"to\xFFken"),
        ("ANTS_OTP_CA_FILE", b"/no/such/file.pem"),
        ("HTTPS_PROXY", b"\xFF"),
    ];
    for (name, value) in cases {
        for program in &programs.privileged {
            let run = run(program, &steps, &[(name, OsStr::from_bytes(value))]);
            assert_eq!(run.code, 0, "{name}: {run:?}");
        }
    }
}

/// What is set in code is used, and the system's roots are the system's, whatever stands in the environment.
#[test]
fn a_privileged_program_works_with_what_is_set_in_code() {
    let Some(programs) = programs("a_privileged_program_works_with_what_is_set_in_code") else { return };
    let stranger = Stranger::new();
    let authority = Authority::new();
    let identity = authority.identity(&["localhost"]);
    let service = TlsServer::answering(config(&identity, &[&TLS13]), http(200, VERIFIED));
    let proxy = HttpProxy::start(service.address());
    let ca_file = namespace::file("own.pem", authority.pem());
    let url = format!("credentials url=https://localhost:{}", service.address().port());
    let lures = [
        ("SSL_CERT_FILE", stranger.ca_file.as_os_str()),
        ("SSL_CERT_DIR", stranger.ca_folder.as_os_str()),
        ("ANTS_OTP_CA_FILE", stranger.ca_file.as_os_str()),
        ("ANTS_OTP_PROXY", OsStr::new("http://127.0.0.1:1")),
    ];
    let mut all: Vec<&PathBuf> = programs.privileged.iter().collect();
    all.push(&programs.plain);
    for program in &all {
        let own = format!("{url} ca_file={} load verify", ca_file.display());
        assert_eq!(run(program, &own, &lures).code, 0);
        let through = format!("{url} ca_file={} proxy=http://{} load verify", ca_file.display(), proxy.address());
        assert_eq!(run(program, &through, &lures).code, 0);
    }
    assert_eq!(proxy.heads().len(), all.len());
    let roots = Path::new("/etc/ssl/certs");
    if !roots.is_dir() {
        return;
    }
    let system = format!("{url} system verify");
    namespace::run(Command::new("mount").args(["-t", "tmpfs", "-o", "mode=755", "tmpfs"]).arg(roots));
    for program in &programs.privileged {
        let none = run(program, &system, &lures);
        // Other folders may hold roots.
        assert!(none.code == -12 || none.code == -3 && none.message.contains(REASON), "{none:?}");
    }
    std::fs::write(roots.join("ca-certificates.crt"), authority.pem()).unwrap();
    namespace::mode(&roots.join("ca-certificates.crt"), 0o644);
    for program in &programs.privileged {
        let trusted = run(program, &system, &lures);
        assert_eq!(trusted.code, 0, "{trusted:?}");
    }
    assert_eq!(run(&programs.plain, &system, &lures).code, -12, "elsewhere the environment's roots are the ones");
}
