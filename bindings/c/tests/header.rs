//! `include/ants_otp.h` is generated, and says the same as the core and the library. `UPDATE_HEADER=1` writes it.

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// From the simple to the advanced.
const SECTIONS: [&str; 12] = [
    "version",
    "code",
    "options",
    "client",
    "sent",
    "verification",
    "account",
    "error",
    "call",
    "cancel",
    "delivery_report",
    "async",
];

/// The header as cbindgen makes it from the sources in the order of its sections, each with a heading: the first lines of
/// the file it comes from.
fn generate() -> String {
    let sources = sources();
    // One file, since cbindgen would go through several in the order of their names.
    let joined = common::scratch("header").join("sources.rs");
    let code = sources.iter().flat_map(|source| source.lines().filter(|line| !line.starts_with("//!")));
    std::fs::write(&joined, code.map(|line| format!("{line}\n")).collect::<String>()).expect("scratch can be written");
    let config = cbindgen::Config::from_file(common::root().join("cbindgen.toml")).expect("cbindgen.toml");
    let mut text = Vec::new();
    let bindings = cbindgen::Builder::new().with_config(config).with_src(joined).generate();
    bindings.expect("cbindgen reads the sources").write(&mut text);
    let mut header = one_line_comments(&String::from_utf8(text).expect("the header is UTF-8"));
    for source in &sources {
        let function = source.split("extern \"C\" fn ").nth(1).and_then(|rest| rest.split('(').next());
        if let Some(function) = function.filter(|name| name.starts_with("ants_otp_")) {
            header = with_heading(&header, function, &heading(source));
        }
    }
    header
}

/// The sources of the library in the order of the header's sections.
fn sources() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |name| std::fs::read_to_string(folder.join(name).with_extension("rs")).expect("the source can be read");
    SECTIONS.iter().map(read).collect()
}

/// The text with comments of one line written on one line.
fn one_line_comments(header: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in header.lines() {
        lines.push(line.to_owned());
        if let [.., open, text, close] = lines.as_slice()
            && (open.trim(), close.trim()) == ("/**", "*/")
            && let Some(words) = text.trim().strip_prefix("* ")
        {
            let line = format!("{open} {words} */");
            lines.truncate(lines.len() - 3);
            lines.push(line);
        }
        if let [.., first, second] = lines.as_slice()
            && first.is_empty()
            && second.is_empty()
        {
            lines.pop();
        }
    }
    lines.join("\n") + "\n"
}

fn heading(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let lines: String = lines.map(|line| format!("{}\n", format!(" *{line}").trim_end())).collect();
    format!("/*\n{lines} */\n\n")
}

/// Puts `heading` above the comment of `function`.
fn with_heading(header: &str, function: &str, heading: &str) -> String {
    let declares = |line: &str| !line.starts_with([' ', '/', '#']) && line.contains(&format!("{function}("));
    let line = header.lines().find(|line| declares(line)).unwrap_or_else(|| panic!("{function} is not in the header"));
    let at = header.find(&format!("\n{line}")).expect("the line was just found");
    let comment = header[..at].rfind("/**").expect("every function has a comment");
    format!("{}{heading}{}", &header[..comment], &header[comment..])
}

#[test]
fn the_committed_header_is_the_generated_one() {
    let path = common::root().join("include/ants_otp.h");
    let generated = generate();
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&path, &generated).expect("the header can be written");
    }
    let committed = std::fs::read_to_string(&path).expect("the header is there");
    assert!(
        committed == generated,
        "include/ants_otp.h is old: UPDATE_HEADER=1 cargo test -p ants-otp-c --test header"
    );
}

#[test]
fn every_code_has_the_cores_number_name_and_sentence() {
    let core: Vec<_> = otp::Code::ALL
        .iter()
        .map(|code| (format!("ANTS_OTP_{}", code.name()), code.number(), code.text("en").to_owned()))
        .collect();
    assert_eq!(constants("ants_otp_code"), core);
}

#[test]
fn deliveries_and_log_levels_have_the_cores_numbers() {
    let numbers = |name| constants(name).into_iter().map(|(name, number, _)| (name, number)).collect::<Vec<_>>();
    let deliveries = [otp::Delivery::Unknown, otp::Delivery::NotSent, otp::Delivery::Answered];
    let core = deliveries.map(|delivery| (format!("ANTS_OTP_DELIVERY_{}", delivery.name()), delivery.number()));
    assert_eq!(numbers("ants_otp_delivery"), core);
    let levels = [otp::LogLevel::Warning, otp::LogLevel::Info, otp::LogLevel::Debug];
    let core = levels.map(|level| (format!("ANTS_OTP_LOG_{level:?}").to_uppercase(), level.number()));
    assert_eq!(numbers("ants_otp_log_level"), core);
}

/// Name, number and comment of each constant of an enumeration in the header.
fn constants(name: &str) -> Vec<(String, i32, String)> {
    let header = common::header();
    let body = header.split(&format!("}} {name};")).next().and_then(|text| text.rsplit("typedef enum {").next());
    let lines: Vec<&str> = body.expect("the enumeration is there").lines().map(str::trim).collect();
    let constant = |pair: &[&str]| {
        let (name, number) = pair[1].strip_suffix(',')?.split_once(" = ")?;
        let comment = pair[0].strip_prefix("/** ")?.strip_suffix(" */")?;
        Some((name.to_owned(), number.parse().ok()?, comment.to_owned()))
    };
    lines.windows(2).filter_map(constant).collect()
}

#[test]
fn the_version_is_cargos() {
    let header = common::header();
    let part = |part: &str| part.parse::<u32>().expect("a number");
    let major = part(env!("CARGO_PKG_VERSION_MAJOR"));
    let minor = part(env!("CARGO_PKG_VERSION_MINOR"));
    let patch = part(env!("CARGO_PKG_VERSION_PATCH"));
    for line in [
        format!("#define ANTS_OTP_VERSION \"{}\"", otp::VERSION),
        format!("#define ANTS_OTP_VERSION_MAJOR {major}"),
        format!("#define ANTS_OTP_VERSION_MINOR {minor}"),
        format!("#define ANTS_OTP_VERSION_PATCH {patch}"),
        format!("#define ANTS_OTP_VERSION_NUMBER {}", major * 10_000 + minor * 100 + patch),
    ] {
        assert!(header.contains(&format!("{line}\n")), "the header lacks: {line}");
    }
}

/// First what it does, then the four headings in their order, each once, and codes by their names.
#[test]
fn every_function_says_what_it_does_ownership_codes_threads_and_since() {
    let codes: Vec<String> = otp::Code::ALL.iter().map(|code| format!("ANTS_OTP_{}", code.name())).collect();
    for function in common::functions() {
        let name = &function.name;
        let places: Vec<usize> = ["Ownership: ", "Codes: ", "Threads: ", "Since: "]
            .iter()
            .map(|heading| {
                let places: Vec<_> = function.comment.match_indices(&format!("\n * {heading}")).collect();
                assert_eq!(places.len(), 1, "{name} says {heading}once");
                places[0].0
            })
            .collect();
        assert!(places.is_sorted(), "{name}: the headings stand in another order");
        let what = function.comment[..places[0]].trim_start_matches("/**").trim_matches([' ', '*', '\n']);
        assert!(what.contains(['.', ':']), "{name} does not say what it does");
        let since = function.comment[places[3]..].trim_start_matches("\n * Since: ").trim();
        assert!(since.split('.').count() == 3 && since.split('.').all(|part| part.parse::<u32>().is_ok()), "{name}");
        let words =
            function.comment[places[1]..places[2]].split(|c: char| !c.is_ascii_alphanumeric() && !"_\"".contains(c));
        for word in words.filter(|word| word.starts_with("ANTS_OTP_") && !word.contains("DELIVERY")) {
            assert!(codes.iter().any(|code| code == word), "{name} names {word}, which is no code");
        }
        // What can fail says with which codes.
        if function.parameters.iter().any(|(kind, _)| kind == "ants_otp_error **") {
            let said = &function.comment[places[1]..places[2]];
            assert!(said.contains("ANTS_OTP_OK") && said.contains("ANTS_OTP_ERR_"), "{name}: {said}");
        }
    }
}

#[test]
fn the_library_exports_the_headers_functions_and_nothing_else() {
    let symbols =
        common::run(Command::new("nm").args(["-D", "--defined-only"]).arg(common::library().join("libants_otp.so")));
    let symbols = String::from_utf8(symbols.stdout).expect("names are ASCII");
    let exported: BTreeSet<_> = symbols.lines().filter_map(|line| line.split(' ').nth(2)).map(str::to_owned).collect();
    let declared: BTreeSet<_> = common::functions().into_iter().map(|function| function.name).collect();
    assert_eq!(exported, declared);
}

#[test]
fn the_library_carries_its_soname_and_stays_mapped() {
    let dynamic = common::run(Command::new("readelf").arg("-d").arg(common::library().join("libants_otp.so")));
    let dynamic = String::from_utf8(dynamic.stdout).expect("names are ASCII");
    assert!(dynamic.contains(&format!("soname: [{}]", common::soname())), "{dynamic}");
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}

/// Alone, twice, first and last among the system's headers; nothing in them changes what another header means.
#[test]
fn the_headers_compile_without_a_warning_in_every_standard() {
    let c = ["c99", "c11", "c17", "c2x", "gnu99"];
    let cpp = ["c++11", "c++14", "c++17", "c++20", "c++2b"];
    let cpp17 = ["c++17", "c++20", "c++2b"];
    let strict = ["-Wstrict-prototypes", "-Wmissing-prototypes", "-Wold-style-definition", "-Wc++-compat"];
    let strict_cpp = ["-Wold-style-cast", "-Wzero-as-null-pointer-constant"];
    let others = "#include <errno.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n";
    for (header, language, standards, flags) in [
        ("ants_otp.h", "c", c.as_slice(), strict.as_slice()),
        ("ants_otp.h", "c++", cpp.as_slice(), strict_cpp.as_slice()),
        ("ants_otp.hpp", "c++", cpp17.as_slice(), strict_cpp.as_slice()),
    ] {
        let include = format!("#include \"{header}\"\n");
        let texts = [
            ("alone", include.clone()),
            ("twice-and-first", format!("{include}{include}{others}")),
            ("last", format!("{others}{include}")),
        ];
        for (place, text) in texts {
            let source = common::scratch("headers").join(format!("{header}.{place}.{language}"));
            std::fs::write(&source, text).expect("scratch can be written");
            // The wrapper's own headers take long to read: once for a compiler and standard.
            let standards =
                if header.ends_with('p') && place != "twice-and-first" { &standards[..1] } else { standards };
            for (standard, vendor) in standards.iter().flat_map(|standard| [(standard, "gcc"), (standard, "clang")]) {
                let mut compiler = common::compiler_of(vendor, standard);
                // What only one of them knows.
                let known = flags.iter().filter(|flag| vendor == "gcc" || **flag != "-Wc++-compat");
                common::run(compiler.args(known).args(["-fsyntax-only", "-x", language]).arg(&source));
            }
        }
    }
}

#[test]
fn ignoring_a_verdict_warns() {
    let source = common::scratch("headers").join("ignored.c");
    let text = "#include \"ants_otp.h\"\nvoid f(const ants_otp_client *client);\n\
                void f(const ants_otp_client *client) { ants_otp_verify(client, \"\", \"\", 0, 0, 0); }\n";
    std::fs::write(&source, text).expect("scratch can be written");
    for (standard, language) in [("c99", "c"), ("c2x", "c"), ("c++11", "c++"), ("c++17", "c++")] {
        for vendor in ["gcc", "clang"] {
            let mut compiler = common::compiler_of(vendor, standard);
            let output = compiler.args(["-c", "-o", "/dev/null", "-x", language]).arg(&source).output();
            let output = output.expect("the compiler runs");
            let words = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && words.contains("unused-"), "{vendor} {standard}: {words}");
        }
    }
}

/// A verdict, and what a call gives, must not be dropped in C++.
#[test]
fn ignoring_a_verdict_warns_in_the_wrapper() {
    let throwing = "client.verify(\"id\", \"1234\");";
    let failing = "otp::Failure failure; client.verify(\"id\", \"1234\", failure);";
    let request = "otp::Failure failure; client.request(\"0812345678\", failure);";
    let used = "if (client.verify(\"id\", \"1234\")) return;";
    for (number, (statement, warns)) in
        [(throwing, true), (failing, true), (request, true), (used, false)].into_iter().enumerate()
    {
        let source = common::scratch("headers").join(format!("ignored-{number}.cpp"));
        let text = format!(
            "#include \"ants_otp.hpp\"\nnamespace otp = ants::otp;\nvoid f(const otp::Client &client);\n\
             void f(const otp::Client &client) {{ {statement} }}\n"
        );
        std::fs::write(&source, text).expect("scratch can be written");
        let output = common::compiler_of("clang", "c++17").arg("-fsyntax-only").arg(&source).output();
        let output = output.expect("the compiler runs");
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(words.contains("unused-result"), warns, "{statement}: {words}");
        assert_eq!(output.status.success(), !warns, "{statement}: {words}");
    }
}

/// What reads headers for other languages reads this one, and calls through it.
#[test]
fn the_header_is_read_by_pycparser_and_called_through_cffi() {
    let python = std::env::var_os("ANTS_OTP_PYTHON").unwrap_or_else(|| "python3".into());
    let script = common::root().join("bindings/c/tests/c/header.py");
    common::run(
        Command::new(python)
            .arg(script)
            .arg(common::root().join("include/ants_otp.h"))
            .arg(common::library().join("libants_otp.so"))
            .args(common::functions().iter().map(|function| &function.name)),
    );
}

/// The same by bindgen, for Rust programs that use the shared library.
#[test]
fn the_header_is_read_by_bindgen_and_called_through_it() {
    let folder = common::scratch("bindgen");
    let bindings = folder.join("bindings.rs");
    common::run(Command::new("bindgen").arg(common::root().join("include/ants_otp.h")).arg("-o").arg(&bindings));
    let text = std::fs::read_to_string(&bindings).expect("bindgen has written");
    for function in common::functions() {
        assert!(text.contains(&format!("pub fn {}(", function.name)), "{} was not read", function.name);
    }
    let source = folder.join("main.rs");
    let program = "#![allow(warnings)]\ninclude!(\"bindings.rs\");\nfn main() {\n    unsafe {\n        \
                   let mut error = std::ptr::null_mut();\n        \
                   let code = ants_otp_balance(std::ptr::null(), std::ptr::null(), std::ptr::null_mut(), &mut error);\n        \
                   assert_eq!(code, ants_otp_code_ANTS_OTP_ERR_INVALID_ARGUMENT);\n        \
                   assert_eq!(ants_otp_error_code(error), code);\n        ants_otp_error_free(error);\n    }\n}\n";
    std::fs::write(&source, program).expect("scratch can be written");
    let library = common::library().display();
    let mut rustc = Command::new("rustc");
    rustc.args([
        "--edition=2021",
        "-L",
        &library.to_string(),
        "-lants_otp",
        "-C",
        &format!("link-arg=-Wl,-rpath,{library}"),
    ]);
    common::run(rustc.arg(&source).arg("-o").arg(folder.join("main")));
    common::run(&mut Command::new(folder.join("main")));
}
