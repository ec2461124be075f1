//! A process that may not have random numbers gets a code with a sentence, and nothing is written to its standard error.

mod common;

use std::process::Command;

#[test]
fn without_random_numbers_calls_have_a_code_and_a_sentence_and_nothing_panics() {
    let program = common::program(&common::root().join("bindings/c/tests/c/no_random.c"), "gnu99", &[]);
    for when in ["before", "after", "thread", "fork"] {
        let output = Command::new(&program).arg(when).output().expect("the program runs");
        let (told, written) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{when}: {}\n{told}{written}", output.status);
        assert_eq!(written, "", "{when}");
    }
}
