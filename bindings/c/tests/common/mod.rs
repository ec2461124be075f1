//! What the tests of the C library share: where things are, and how C and C++ are compiled against the library.
#![allow(dead_code, reason = "each test uses a part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// An own folder for `name`.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c").join(name);
    std::fs::create_dir_all(&folder).expect("scratch can be made");
    folder
}

/// The folder that holds libants_otp.so and its SONAME. The library is built here: cargo builds none for the tests of a
/// package that Rust cannot link to.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let target =
            Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the scratch folder is in the target folder");
        let (profile, folder) = if cfg!(debug_assertions) { ("dev", "debug") } else { ("release", "release") };
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "-p", "ants-otp-c", "--profile", profile, "--target-dir"]).arg(target);
        run(cargo.current_dir(root()));
        let links = scratch("lib");
        for name in ["libants_otp.so", &soname()] {
            let link = links.join(name);
            let _ = std::fs::remove_file(&link);
            std::os::unix::fs::symlink(target.join(folder).join("libants_otp.so"), &link).expect("a link can be made");
        }
        links
    })
}

pub fn soname() -> String {
    format!("libants_otp.so.{}", env!("CARGO_PKG_VERSION_MAJOR"))
}

/// A compiler call for `source` with the project's warnings; `standard` is such as `c99` or `c++17`.
pub fn compiler(standard: &str) -> Command {
    compiler_of("", standard)
}

/// The same of `gcc` or `clang`; of any for "".
pub fn compiler_of(vendor: &str, standard: &str) -> Command {
    let mut compiler = Command::new(match (vendor, standard.contains("++")) {
        ("gcc", false) => "gcc",
        ("gcc", true) => "g++",
        ("clang", false) => "clang",
        ("clang", true) => "clang++",
        (_, false) => "cc",
        (_, true) => "c++",
    });
    compiler.args(["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Werror"]);
    compiler.arg(format!("-std={standard}")).arg("-I").arg(root().join("include"));
    compiler
}

/// Compiles `source` against the library and gives the program.
pub fn program(source: &Path, standard: &str, flags: &[&str]) -> PathBuf {
    program_of("", source, standard, flags)
}

/// The same with `gcc` or `clang`.
pub fn program_of(vendor: &str, source: &Path, standard: &str, flags: &[&str]) -> PathBuf {
    let name =
        format!("{}-{standard}{}{vendor}", source.file_name().expect("a file").to_string_lossy(), flags.concat());
    let path = scratch("programs").join(name.replace([',', '/'], "-"));
    let mut compiler = compiler_of(vendor, standard);
    compiler.args(flags).arg(source).arg("-o").arg(&path);
    compiler.arg("-L").arg(library()).arg("-lants_otp").arg(format!("-Wl,-rpath,{}", library().display()));
    run(compiler.args(["-pthread", "-ldl"]));
    path
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

pub fn header() -> String {
    std::fs::read_to_string(root().join("include/ants_otp.h")).expect("the header is there")
}

/// A function as the header declares it.
#[derive(Debug)]
pub struct Function {
    pub name: String,
    pub returns: String,
    /// Type and name of each parameter.
    pub parameters: Vec<(String, String)>,
    pub comment: String,
}

/// The functions of the header, in its order.
pub fn functions() -> Vec<Function> {
    let header = header();
    let body = header.split("extern \"C\" {").nth(1).expect("the header has functions");
    let mut functions = Vec::new();
    let mut comment = "";
    for block in body.split("\n\n") {
        let (before, declaration) = match block.rsplit_once("*/\n") {
            Some((before, declaration)) => (before, declaration),
            None => ("", block),
        };
        if !before.is_empty() {
            comment = before;
        }
        let declaration = declaration.split_whitespace().collect::<Vec<_>>().join(" ");
        let Some((head, parameters)) = declaration.strip_suffix(");").and_then(|text| text.split_once('(')) else {
            continue;
        };
        let head = head.trim_start_matches("ANTS_OTP_NODISCARD ");
        let at = head.rfind(|c: char| !c.is_alphanumeric() && c != '_').expect("a return type") + 1;
        functions.push(Function {
            name: head[at..].to_owned(),
            returns: head[..at].trim().to_owned(),
            parameters: parameters_of(parameters),
            comment: comment.to_owned(),
        });
    }
    functions
}

fn parameters_of(text: &str) -> Vec<(String, String)> {
    if text == "void" {
        return Vec::new();
    }
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in text.chars() {
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            _ => {
                depth += i32::from(c == '(') - i32::from(c == ')');
                parts.last_mut().expect("never empty").push(c);
            }
        }
    }
    let split = |part: String| match part.trim().split_once("(*") {
        Some((_, rest)) => ("function".to_owned(), rest.split(')').next().unwrap_or_default().to_owned()),
        None => {
            let part = part.trim();
            let at = part.rfind(['*', ' ']).expect("a type and a name") + 1;
            (part[..at].trim().to_owned(), part[at..].to_owned())
        }
    };
    parts.into_iter().map(split).collect()
}
