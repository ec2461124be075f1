//! What the documents claim is what the tests show: every test that docs/reliability.md names exists.
#![allow(clippy::unwrap_used)] // a panic is a test's report

use std::path::Path;

fn read_all(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            read_all(&entry.path(), into);
        } else if entry.path().extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_page_on_reliability_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    read_all(&root.join("src"), &mut sources);
    read_all(&root.join("tests"), &mut sources);
    let page = std::fs::read_to_string(root.join("docs/reliability.md")).unwrap();
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let names: Vec<&str> = page.split(|c| !is_word(c)).filter(|word| word.matches('_').count() >= 2).collect();
    assert!(names.len() > 40, "only {} names were found", names.len());
    for name in names {
        assert!(sources.contains(&format!("fn {name}(")), "{name} is no test");
    }
}
