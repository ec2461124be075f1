//! `explain` knows every code of the core, by number and by name, in both languages.

use crate::{program, run};
use ants_otp::Code;

fn explained(asked: &str) -> Option<i64> {
    let run = run(program().args(["explain", asked, "--json"]));
    match run.status {
        0 => run.json()["code"].as_i64(),
        status => {
            assert_eq!((status, &run.json()["code"]), (2, &(-1).into()));
            None
        }
    }
}

fn run_json(asked: &str) -> serde_json::Value {
    run(program().args(["explain", asked, "--json"])).json()
}

#[test]
fn every_code_by_number_and_by_name() {
    for &code in Code::ALL {
        let run = run(program().args(["explain", &code.number().to_string()]));
        assert_eq!((run.status, run.err.as_str()), (0, ""));
        for part in
            [code.name(), code.text("en"), code.text("th"), code.user_text("en"), code.user_text("th"), code.advice()]
        {
            assert!(run.out.contains(part), "{part}: {}", run.out);
        }
        assert_eq!(explained(code.name()), Some(code.number().into()));
        let person = run_json(code.name())["user_text"].clone();
        assert_eq!((&person["en"], &person["th"]), (&code.user_text("en").into(), &code.user_text("th").into()));
    }
}

#[test]
fn other_ways_to_write_a_code() {
    for asked in ["0305", "305", "CODE_EXPIRED", "code-expired", "ANTS_OTP_CODE_EXPIRED", " 305 "] {
        assert_eq!(explained(asked), Some(305), "{asked}");
    }
    for asked in ["-20", "−20", "ERR_TIMEOUT", "ants_otp_err_timeout"] {
        assert_eq!(explained(asked), Some(-20), "{asked}");
    }
    assert_eq!(explained("0000"), Some(0));
}

#[test]
fn what_is_no_code_is_refused() {
    for asked in ["308", "-4", "", "code", "99999999999", "3O5"] {
        assert_eq!(explained(asked), None, "{asked}");
    }
}

#[test]
fn without_an_argument_the_whole_table() {
    let text = run(program().arg("explain"));
    assert_eq!((text.status, text.out.lines().count()), (0, Code::ALL.len()));
    let json = run(program().args(["explain", "--json"])).json();
    let numbers = json["codes"].as_array().unwrap().iter().map(|code| code["code"].as_i64().unwrap());
    assert!(numbers.eq(Code::ALL.iter().map(|code| i64::from(code.number()))));
}
