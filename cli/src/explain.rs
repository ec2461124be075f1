//! `explain`: a code's meaning, advice and sentences, from the core's table.

use crate::output::{Failure, Output};
use ants_otp::Code;
use serde_json::{Value, json};

/// One code, or the whole table.
pub fn report(code: Option<&str>) -> Result<Output, Failure> {
    let Some(asked) = code else {
        let table: Vec<String> = Code::ALL.iter().map(|&code| row(code)).collect();
        let codes: Vec<Value> = Code::ALL.iter().map(|&code| fields(code)).collect();
        return Ok(Output::page(table.join("\n"), json!({ "codes": codes })));
    };
    let code = find(asked).ok_or_else(|| {
        Failure::refused(
            Code::InvalidArgument,
            format!("there is no code {asked:?}: `ants-otp explain` lists all of them"),
        )
    })?;
    Ok(Output::page(text(code), fields(code)))
}

/// A number, also with leading zeros as the service writes it or with a typographic minus; or a name in any letter case.
fn find(asked: &str) -> Option<Code> {
    let asked = asked.trim();
    if let Ok(number) = asked.replace('−', "-").parse() {
        return Code::from_number(number);
    }
    let name = asked.to_ascii_uppercase().replace('-', "_");
    let name = name.strip_prefix("ANTS_OTP_").unwrap_or(&name);
    Code::ALL.iter().copied().find(|code| code.name() == name)
}

fn row(code: Code) -> String {
    format!("{:>5}  {:<23}  {}", code.number(), code.name(), code.text("en"))
}

fn text(code: Code) -> String {
    let mut text = format!(
        "{} {}\n  English  {}\n  Thai     {}\n  user     {}\n           {}\n  advice   {}\n  in C     ANTS_OTP_{}",
        code.number(),
        code.name(),
        code.text("en"),
        code.text("th"),
        code.user_text("en"),
        code.user_text("th"),
        code.advice(),
        code.name(),
    );
    if let Some((english, thai)) = code.service_words() {
        text += &format!("\n  service  {:04}: {english} / {thai}", code.number());
    }
    text
}

fn fields(code: Code) -> Value {
    let words = code.service_words();
    json!({
        "code": code.number(),
        "name": code.name(),
        "english": code.text("en"),
        "thai": code.text("th"),
        "user_text": { "en": code.user_text("en"), "th": code.user_text("th") },
        "advice": code.advice(),
        "service_english": words.map(|(english, _)| english),
        "service_thai": words.map(|(_, thai)| thai),
    })
}
