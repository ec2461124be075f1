//! The code table in the README says what the core's says.

use ants_otp::Code;

#[test]
fn the_readme_lists_every_code_as_the_core_does() {
    let readme = include_str!("../../../README.md");
    let rows: Vec<&str> =
        readme.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 6).collect();
    let expected: Vec<String> = Code::ALL
        .iter()
        .map(|code| {
            let number = code.number().to_string().replace('-', "−");
            let (english, thai) = (code.text("en"), code.text("th"));
            format!("| `{number}` | `{}` | {english} | {thai} | {} |", code.name(), code.advice())
        })
        .collect();
    assert!(rows == expected, "the rows should be:\n{}", expected.join("\n"));
}
