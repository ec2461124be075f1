//! What C can hand in wrongly: each function refuses it with a code and a sentence, before anything is sent.

mod common;

use common::Function;
use std::fmt::Write as _;
use std::process::Command;

/// The command without the variables that clients read.
fn clean(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ANTS_OTP_")) {
        command.env_remove(name);
    }
    command
}

#[test]
fn bad_input_is_refused_with_its_code_and_a_sentence() {
    let program = common::program(&common::root().join("tests/c/bad_input.c"), "c99", &[]);
    common::run(&mut clean(&program));
    // What the environment says is checked as what a setter says, and named.
    for (variable, value, word) in [
        ("ANTS_OTP_BASE_URL", "no scheme", "base_url"),
        ("ANTS_OTP_TOKEN", "a b", "token"),
        ("ANTS_OTP_USERNAME", "user", "ANTS_OTP_PASSWORD"),
    ] {
        common::run(clean(&program).arg(word).env(variable, value));
    }
}

#[test]
fn every_pointer_of_every_function_may_be_null() {
    let source = common::scratch("null").join("null.c");
    std::fs::write(&source, null_program(&common::functions())).expect("scratch can be written");
    for standard in ["c99", "c++17"] {
        let flags: &[&str] = if standard == "c99" { &[] } else { &["-x", "c++"] };
        let program = common::program(&source, standard, flags);
        common::run(&mut clean(program));
    }
}

/// A program that calls each function once for each of its pointers, with NULL there and good values elsewhere, and once
/// with NULL everywhere. Made from the header, so that a new function cannot be forgotten.
fn null_program(functions: &[Function]) -> String {
    let mut body = String::new();
    for function in functions {
        let pointers = |index: &usize| function.parameters[*index].0.contains('*');
        let all: Vec<usize> = (0..function.parameters.len()).collect();
        let mut cases: Vec<Vec<usize>> = all.iter().copied().filter(pointers).map(|index| vec![index]).collect();
        cases.push(all.iter().copied().filter(pointers).collect());
        for nulls in cases {
            let is_null = |index: usize| nulls.contains(&index);
            let arguments: Vec<String> = function
                .parameters
                .iter()
                .enumerate()
                .map(|(index, (kind, name))| if is_null(index) { "NULL".to_owned() } else { value(kind, name) })
                .collect();
            let call = format!("{}({})", function.name, arguments.join(", "));
            let _ = match function.returns.as_str() {
                "void" => writeln!(body, "    make(); {call}; clear();"),
                "int" | "int64_t" => writeln!(body, "    make(); number({call}); clear();"),
                "const char *" => writeln!(body, "    make(); text({call}); clear();"),
                _ => continue,
            };
        }
    }
    format!("{NULL_PROGRAM_HEAD}int main(void)\n{{\n{body}    return 0;\n}}\n")
}

/// A good value of this type. Nothing is freed twice: the only pointer of a `_free` is NULL in its turn.
fn value(kind: &str, name: &str) -> String {
    match kind {
        "const char *" => "\"1\"".to_owned(),
        "int" => "1".to_owned(),
        "int64_t" => "1000".to_owned(),
        "bool" => "true".to_owned(),
        "function" | "void *" => "NULL".to_owned(),
        "ants_otp_verification *" => "&verification".to_owned(),
        _ if kind.ends_with("**") => format!("&new_{name}"),
        _ => name.to_owned(),
    }
}

const NULL_PROGRAM_HEAD: &str = r#"#include "ants_otp.h"
#include <stdlib.h>

static ants_otp_options *options;
static ants_otp_client *client, *new_client;
static ants_otp_call *call;
static ants_otp_cancel *cancel;
static ants_otp_error *new_error;
static ants_otp_sent *new_sent;
static ants_otp_account *new_account;
static ants_otp_verification verification;

static void make(void)
{
    options = ants_otp_options_new();
    (void)ants_otp_options_set_token(options, "token");
    (void)ants_otp_options_set_otc_id(options, "otc");
    (void)ants_otp_options_set_base_url(options, "http://127.0.0.1:1");
    (void)ants_otp_options_set_max_retries(options, 0);
    if (ants_otp_client_new(options, &client, NULL) != 0)
        abort();
    call = ants_otp_call_new();
    cancel = ants_otp_cancel_new();
}

static void clear(void)
{
    ants_otp_client_free(client);
    ants_otp_client_free(new_client);
    ants_otp_error_free(new_error);
    ants_otp_sent_free(new_sent);
    ants_otp_account_free(new_account);
    ants_otp_call_free(call);
    ants_otp_cancel_free(cancel);
    ants_otp_options_free(options);
    client = new_client = NULL;
    new_error = NULL;
    new_sent = NULL;
    new_account = NULL;
}

static void number(int64_t value)
{
    (void)value;
}

static void text(const char *value)
{
    if (value == NULL)
        abort();
}

"#;
