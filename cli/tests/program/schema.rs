//! What `--json` prints is what docs/program.schema.json says, for every command, whether it succeeds or fails.

use crate::{MOBILE, Run, Watchdog, program, program_at, program_for, run, run_typing};
use ants_otp_sandbox::{Codes, Sandbox};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

/// Keywords that say nothing about what is valid.
const WORDS: [&str; 5] = ["$schema", "$defs", "title", "description", "type"];

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../docs/program.schema.json")).unwrap()
}

/// Checks `value`, and gives the names of the fields that the schema knows. As much of JSON Schema as the file uses; another
/// keyword is a panic, so that none is passed over.
fn check(root: &Value, schema: &Value, value: &Value) -> Result<BTreeSet<String>, String> {
    let rules = schema.as_object().unwrap();
    let empty = Map::new();
    let fields = value.as_object().unwrap_or(&empty);
    let mut known = BTreeSet::new();
    check_type(schema, value)?;
    for (keyword, rule) in rules {
        match keyword.as_str() {
            "const" if rule != value => return Err(format!("{value} is not {rule}")),
            "enum" if !rule.as_array().unwrap().contains(value) => return Err(format!("{value} is not of {rule}")),
            "const" | "enum" | "unevaluatedProperties" => {}
            "required" => {
                let missing = rule.as_array().unwrap().iter().find(|name| !fields.contains_key(name.as_str().unwrap()));
                if let (Some(name), true) = (missing, value.is_object()) {
                    return Err(format!("{name} is missing"));
                }
            }
            "properties" => {
                for (name, rule) in rule.as_object().unwrap().iter().filter(|(name, _)| fields.contains_key(*name)) {
                    check(root, rule, &fields[name]).map_err(|why| format!("{name}: {why}"))?;
                    known.insert(name.clone());
                }
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    check(root, rule, item)?;
                }
            }
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap();
                known.extend(check(root, target, value)?);
            }
            "allOf" => {
                for rule in rule.as_array().unwrap() {
                    known.extend(check(root, rule, value)?);
                }
            }
            "anyOf" => {
                let (fit, unfit): (Vec<_>, Vec<_>) =
                    rule.as_array().unwrap().iter().map(|rule| check(root, rule, value)).partition(Result::is_ok);
                if fit.is_empty() {
                    return Err(format!("{unfit:#?}"));
                }
                known.extend(fit.into_iter().flatten().flatten());
            }
            word => assert!(WORDS.contains(&word), "a keyword that this check does not know: {word}"),
        }
    }
    match fields.keys().find(|name| !known.contains(*name)) {
        Some(name) if schema["unevaluatedProperties"] == false => Err(format!("{name} is not in the schema")),
        _ => Ok(known),
    }
}

fn check_type(schema: &Value, value: &Value) -> Result<(), String> {
    let wanted: Vec<&str> = match &schema["type"] {
        Value::Null => return Ok(()),
        Value::String(name) => vec![name],
        names => names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect(),
    };
    let fits = |name: &&str| match *name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        name => panic!("no type: {name}"),
    };
    if wanted.iter().any(fits) { Ok(()) } else { Err(format!("{value} is no {wanted:?}")) }
}

/// The object fits the definition of this name, and so the schema.
fn assert_fits(definition: &str, value: &Value) {
    let root = schema();
    let fits = |schema: &Value| check(&root, schema, value).map(drop);
    assert_eq!(fits(&root["$defs"][definition]), Ok(()), "{definition}: {value:#}");
    assert_eq!(fits(&root), Ok(()), "{value:#}");
}

fn typing(command: &mut Command, typed: &str) -> Run {
    run_typing(command, typed.as_bytes())
}

/// Each run: its arguments, with `ID` for an otp id; what is typed; the definition.
const RUNS: [(&[&str], &str, &str); 30] = [
    (&["request", MOBILE], "", "request"),
    (&["resend", "ID"], "", "request"),
    (&["verify", "ID", "24680"], "", "verify"),
    (&["verify", "ID", "00000"], "", "not_verified"),
    (&["verify", "ID"], "", "failure"),
    (&["verify", "no-such-id", "24680"], "", "failure"),
    (&["request", "12"], "", "failure"),
    (&["request", "66800000429"], "", "failure"),
    (&["try", MOBILE], "24680\n", "try"),
    (&["try", MOBILE], "00000\n", "try_failed"),
    (&["try", MOBILE], "", "try_failed"),
    (&["try", "66800000307"], "", "failure"),
    (&["balance"], "", "balance"),
    (&["balance", "--timeout", "0"], "", "failure"),
    (&["balance", "--env-file", "/nonexistent"], "", "failure"),
    (&["explain", "305"], "", "explain"),
    (&["explain", "-20"], "", "explain"),
    (&["explain"], "", "explain_all"),
    (&["explain", "308"], "", "failure"),
    (&["doctor"], "", "doctor"),
    (&["doctor", "--base-url", "http://127.0.0.1:1"], "", "doctor"),
    (&["listen", "--host", "192.0.2.1"], "", "failure"),
    (&["capture", "request", MOBILE], "", "capture"),
    (&["capture", "--output", "/dev/null", "verify", "ID", "00000"], "", "capture_file"),
    (&["load", "--seconds", "0.2", "--threads", "1", "--code", "24680", "--quiet"], "", "load"),
    (&["load", "--seconds", "0"], "", "failure"),
    (&["completion", "bash"], "", "page"),
    (&["man"], "", "page"),
    (&["man", "--output", "/dev/null/x"], "", "failure"),
    (&["request"], "", "failure"),
];

#[test]
fn every_command_prints_one_object_of_the_schema() {
    let sandbox = Sandbox::builder().codes(Codes::fixed("24680")).start().unwrap();
    for (arguments, typed, definition) in RUNS {
        let sent = run(program_for(&sandbox).args(["request", MOBILE, "--json"])).json();
        let arguments: Vec<&str> =
            arguments.iter().map(|&word| if word == "ID" { sent["otp_id"].as_str().unwrap() } else { word }).collect();
        let run = typing(program_for(&sandbox).args(&arguments).arg("--json"), typed);
        let told = run.json();
        assert_fits(definition, &told);
        assert_eq!(told["command"], arguments[0], "{told}");
        assert_eq!(told["ok"], run.status == 0, "{run:?}");
    }
}

#[test]
fn so_do_calls_that_get_no_answer_and_commands_that_are_none() {
    let away = run(program_at("http://127.0.0.1:1").args(["balance", "--json", "--max-retries", "0"]));
    assert_fits("failure", &away.json());
    assert_fits("failure", &run(program().args(["frobnicate", "--json"])).json());
    assert_fits("failure", &run(program().arg("--json")).json());
    assert_fits("failure", &run(program().args(["sandbox", "--json", "--dialect", "klingon"])).json());
    let folder = std::env::temp_dir().join(format!("ants-otp-schema-{}", std::process::id()));
    assert_fits("pages", &run(program().args(["man", "--json", "--output"]).arg(&folder)).json());
    std::fs::remove_dir_all(folder).unwrap();
}

/// The first line that a command prints while it runs.
fn first_line(command: &mut Command, act: impl FnOnce(&mut dyn std::io::BufRead)) -> Value {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    act(&mut BufReader::new(child.stderr.take().unwrap()));
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _ = child.kill();
    child.wait().unwrap();
    serde_json::from_str(&line).unwrap()
}

#[test]
fn so_do_the_sandbox_and_a_listener_while_they_run() {
    assert_fits("sandbox", &first_line(program().args(["sandbox", "--json"]), |_| {}));
    let report = first_line(program().args(["listen", "--json"]), |told| {
        let mut banner = String::new();
        told.read_line(&mut banner).unwrap();
        let address = banner.split(['/', ' ']).find(|word| word.contains("127.0.0.1:")).unwrap();
        let body = r#"{"details":[{"messageId":"m","to":"66812345678","status":{"name":"DELIVERED"}}]}"#;
        let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let mut sender = std::net::TcpStream::connect(address).unwrap();
        sender.write_all(head.as_bytes()).unwrap();
        // A request whose sender has gone may never be looked at: it waits for its answer, as the service does.
        assert!(sender.read(&mut [0; 64]).unwrap() > 0);
    });
    assert_fits("delivery_report", &report);
}

/// What the check above is worth.
#[test]
fn the_check_notices_what_does_not_fit() {
    let root = schema();
    let good = run(program().args(["explain", "305", "--json"])).json();
    let mut bad = vec![Value::Null, serde_json::json!({})];
    for (name, value) in good.as_object().unwrap() {
        let mut missing = good.clone();
        missing.as_object_mut().unwrap().remove(name);
        let mut other = good.clone();
        other[name] = if value.is_array() { Value::Null } else { serde_json::json!([]) };
        bad.extend([missing, other]);
    }
    let mut more = good.clone();
    more["surprise"] = true.into();
    bad.push(more);
    for value in bad {
        assert!(check(&root, &root, &value).is_err(), "{value:#}");
    }
}
