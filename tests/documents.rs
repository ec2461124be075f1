//! What the documents claim is what the tests show: every test that docs/reliability.md names exists.
#![allow(clippy::unwrap_used)] // a panic is a test's report

use std::path::Path;

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
