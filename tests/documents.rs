//! What the documents claim is what the tests show: every test that docs/reliability.md names exists, the tables of codes
//! are the core's (`UPDATE_CODES=1` writes docs/codes.md), a page shows the programs as they are, and what the source cites of a
//! page is there.
#![allow(clippy::unwrap_used)] // a panic is a test's report

use ants_otp::{Code, Delivery};
use std::path::{Path, PathBuf};

fn read_all(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            read_all(&entry.path(), into);
        } else if entry.path().extension().is_some_and(|extension| extension == "rs" || extension == "py") {
            into.push_str(&std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_page_on_reliability_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    read_all(&root.join("src"), &mut sources);
    for folder in ["tests", "bindings/c/tests", "cli/tests", "python/tests"] {
        read_all(&root.join(folder), &mut sources);
    }
    let page = std::fs::read_to_string(root.join("docs/reliability.md")).unwrap();
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let names: Vec<&str> = page.split(|c| !is_word(c)).filter(|word| word.matches('_').count() >= 2).collect();
    assert!(names.len() > 40, "only {} names were found", names.len());
    for name in names {
        let is_there = ["fn", "def"].iter().any(|word| sources.contains(&format!("{word} {name}(")));
        assert!(is_there, "{name} is no test");
    }
}

#[test]
fn the_programs_that_a_page_shows_are_the_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let first = std::fs::read_to_string(root.join("examples/first.c")).unwrap();
    assert!(readme.contains(&format!("```c\n{first}```\n")), "README.md shows another first.c");
    let page = std::fs::read_to_string(root.join("docs/c.md")).unwrap();
    let mut shown = 0;
    for part in page.split("\n`examples/").skip(1) {
        let (name, rest) = part.split_once('`').unwrap();
        let (_, program) = rest.split_once("```").unwrap();
        let (_, program) = program.split_once('\n').unwrap();
        let (program, _) = program.split_once("\n```").unwrap();
        let file = std::fs::read_to_string(root.join("examples").join(name)).unwrap();
        assert_eq!(program, file.trim_end(), "docs/c.md shows another {name}");
        shown += 1;
    }
    let programs = std::fs::read_dir(root.join("examples")).unwrap().map(Result::unwrap);
    let programs = programs.filter(|file| file.path().extension().is_some_and(|kind| kind == "c" || kind == "cpp"));
    assert_eq!(shown, programs.count(), "every program in C and C++ is shown");
}

fn number(code: Code) -> String {
    code.number().to_string().replace('-', "−")
}

/// A table of each code: what happened.
fn what_happened() -> String {
    let row = |&code: &Code| {
        let deliveries = [Delivery::NotSent, Delivery::Answered, Delivery::Unknown].into_iter();
        let deliveries: Vec<&str> = deliveries.filter(|&one| code.can_be(one)).map(Delivery::name).collect();
        let (english, thai) = (code.text("en"), code.text("th"));
        let (name, deliveries) = (code.name(), deliveries.join(" or "));
        format!("| {} | `{name}` | {deliveries} | {english} | {thai} | {} |\n", number(code), code.advice())
    };
    let rows: String = Code::ALL.iter().map(row).collect();
    format!("| code | name | delivery | English | Thai | advice |\n|--:|---|---|---|---|---|\n{rows}")
}

/// A table of each sentence for people, with its codes.
fn what_to_show() -> String {
    let mut sentences: Vec<(&str, &str, Vec<String>)> = Vec::new();
    for &code in Code::ALL {
        let (english, thai) = (code.user_text("en"), code.user_text("th"));
        match sentences.iter_mut().find(|sentence| (sentence.0, sentence.1) == (english, thai)) {
            Some(sentence) => sentence.2.push(number(code)),
            None => sentences.push((english, thai, vec![number(code)])),
        }
    }
    let row =
        |(english, thai, codes): &(&str, &str, Vec<String>)| format!("| {english} | {thai} | {} |\n", codes.join(", "));
    let rows: String = sentences.iter().map(row).collect();
    format!("| English | Thai | codes |\n|---|---|---|\n{rows}")
}

/// Each run of lines that make a table.
fn tables(page: &str) -> Vec<String> {
    let mut tables = vec![String::new()];
    for line in page.lines() {
        match line.starts_with('|') {
            true => tables.last_mut().unwrap().extend([line, "\n"]),
            false if !tables.last().unwrap().is_empty() => tables.push(String::new()),
            false => {}
        }
    }
    tables.retain(|table| !table.is_empty());
    tables
}

#[test]
fn the_page_of_codes_has_the_cores_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codes.md");
    let mut page = std::fs::read_to_string(&path).unwrap();
    let shown = tables(&page);
    let expected = [what_happened(), what_to_show()];
    if std::env::var_os("UPDATE_CODES").is_some() {
        assert_eq!(shown.len(), expected.len(), "docs/codes.md has two tables");
        for (old, new) in shown.iter().zip(&expected) {
            page = page.replacen(old, new, 1);
        }
        std::fs::write(&path, page).unwrap();
    } else {
        assert!(shown == expected, "docs/codes.md is behind the core: UPDATE_CODES=1 cargo test --test documents");
    }
}

#[test]
fn the_readme_names_codes_as_the_core_does() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let numbered = |line: &&str| {
        line.strip_prefix("| ")
            .is_some_and(|rest| rest.trim_start_matches('−').starts_with(|c: char| c.is_ascii_digit()))
    };
    let shown: Vec<&str> = page.lines().filter(numbered).collect();
    assert!(shown.len() >= 7, "{shown:?}");
    for row in shown {
        let is_row = |code: &Code| row.starts_with(&format!("| {} | `{}` |", number(*code), code.name()));
        assert!(Code::ALL.iter().any(is_row), "README.md shows: {row}");
    }
}

#[test]
fn mobile_numbers_may_be_written_as_the_page_says() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/behaviour.md")).unwrap();
    let (_, rest) = page.split_once("* **Mobile numbers**").unwrap();
    let (taken, refused) = rest.split_once("\n* ").unwrap().0.split_once("refused. So are").unwrap();
    let numbers = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let read = |number: &String| ants_otp::normalize_mobile(number, "66").ok();
    assert_eq!(numbers(taken).iter().map(read).collect::<Vec<_>>(), vec![Some("66812345678".to_owned()); 3]);
    assert_eq!(numbers(refused).iter().map(read).collect::<Vec<_>>(), [None]);
}

/// Every file with a name like a source's, below `folder`.
fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    const KINDS: [&str; 14] =
        ["awk", "c", "cpp", "css", "h", "hpp", "html", "js", "json", "py", "pyi", "rs", "sh", "toml"];
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        let is_ours = !["target", "node_modules", "__pycache__"].iter().any(|built| name == *built);
        if entry.file_type().unwrap().is_dir() {
            if is_ours && !name.to_string_lossy().starts_with('.') {
                sources(&path, into);
            }
        } else if name == "Makefile" || path.extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known)) {
            into.push(path);
        }
    }
}

/// A text without the marks of comments and the ends of lines, so that what a comment breaks is whole.
fn unwrapped(source: &str) -> String {
    let marks = ["//!", "///", "//", "/*", "*", "#"];
    let bare = |line: &str| {
        let line = line.trim();
        marks.iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line).trim().to_owned()
    };
    source.lines().map(bare).collect::<Vec<_>>().join(" ")
}

/// Each page that a text names, with the headings that follow its name, as in wire.md, "Service", "Errors".
fn citations(text: &str) -> Vec<(String, Vec<String>)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let mut found = Vec::new();
    for (at, end) in text.match_indices(".md") {
        let mut rest = &text[at + end.len()..];
        let name: String = text[..at].chars().rev().take_while(|&c| is_name(c)).collect();
        if name.is_empty() || name.ends_with(['/', '.']) || rest.starts_with(is_name) && !rest.starts_with('.') {
            continue;
        }
        let mut headings = Vec::new();
        while let Some(quoted) = rest.strip_prefix(", \"").or_else(|| rest.strip_prefix(" (\"")) {
            let (heading, after) = quoted.split_once('"').unwrap();
            headings.push(heading.to_owned());
            rest = after;
        }
        found.push((name.chars().rev().chain(end.chars()).collect(), headings));
    }
    found
}

#[test]
fn what_the_source_cites_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(root, &mut files);
    let mut headings_cited = 0;
    for file in files {
        let source = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        for (name, headings) in citations(&unwrapped(&source)) {
            let beside = file.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
            let mut places = beside.map(Path::to_owned).chain([root.join("docs")]);
            let page = places.find_map(|folder| std::fs::read_to_string(folder.join(&name)).ok());
            let page = page.unwrap_or_else(|| panic!("{} cites {name}, which is not there", file.display()));
            for heading in headings {
                let is_there = page.lines().any(|line| {
                    line.starts_with('#') && line.trim_start_matches('#').strip_prefix(' ') == Some(heading.as_str())
                });
                assert!(is_there, "{} cites \"{heading}\" of {name}, which is not there", file.display());
                headings_cited += 1;
            }
        }
    }
    assert!(headings_cited > 15, "{headings_cited} headings were found");
}

/// `a/{b,c}.rs` is two files.
fn each_file(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let (names, after) = rest.split_once('}').unwrap();
    names.split(',').map(|name| format!("{before}{name}{after}")).collect()
}

#[test]
fn the_files_that_the_page_on_architecture_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let quoted = page.split('`').skip(1).step_by(2);
    let paths: Vec<String> =
        quoted.filter(|text| text.contains('/') && !text.contains([' ', '*'])).flat_map(each_file).collect();
    assert!(paths.len() > 50, "only {} were found", paths.len());
    for path in paths {
        assert!(root.join(&path).exists(), "{path} is not there");
    }
}

/// What it takes to add something is counted, in a clone: each command is run, and gives the numbers that follow it.
#[test]
fn what_the_page_on_architecture_counts_is_so() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !root.join(".git").exists() {
        return;
    }
    let page = std::fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let mut counted = 0;
    for part in page.split("`git grep ").skip(1) {
        let (arguments, rest) = part.split_once('`').unwrap();
        let claim: Vec<&str> = rest.split(['.', ':']).next().unwrap().split_whitespace().collect();
        if !claim.ends_with(&["generated"]) && !claim.contains(&"same") {
            continue;
        }
        let claimed: usize = claim.iter().filter_map(|word| word.parse::<usize>().ok()).sum();
        let command = format!("git grep {arguments}");
        let found = std::process::Command::new("sh").args(["-c", &command]).current_dir(root).output().unwrap();
        assert!(found.status.success(), "{command}: {}", String::from_utf8_lossy(&found.stderr));
        let found = String::from_utf8(found.stdout).unwrap();
        assert_eq!(found.lines().count(), claimed, "{command} finds:\n{found}");
        counted += 1;
    }
    assert_eq!(counted, 3);
}

#[test]
fn links_lead_to_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut links = 0;
    let pages = std::fs::read_dir(root.join("docs")).unwrap().map(|file| file.unwrap().path());
    let others = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "python/README.md"];
    for page in pages.chain(others.into_iter().chain(["examples/login-web/README.md"]).map(|name| root.join(name))) {
        if page.extension().is_none_or(|kind| kind != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&page).unwrap();
        for rest in text.split("](").skip(1) {
            let link = rest.split([')', '#']).next().unwrap();
            if !link.is_empty() && !link.contains(':') {
                assert!(page.parent().unwrap().join(link).exists(), "{}: {link}", page.display());
                links += 1;
            }
        }
    }
    assert!(links > 30, "{links} links were found");
}

/// README.md is read by people who have no time.
#[test]
fn the_readme_is_short() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let words = page.split_whitespace().count();
    assert!(words < 1200, "{words} words");
}
