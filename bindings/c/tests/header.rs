//! `include/ants_otp.h` is generated, and says the same as the core and the library. `UPDATE_HEADER=1` writes it.

mod common;

use std::path::Path;

/// From the simple to the advanced.
const SECTIONS: [&str; 10] =
    ["version", "code", "options", "client", "sent", "verification", "account", "error", "call", "cancel"];

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
