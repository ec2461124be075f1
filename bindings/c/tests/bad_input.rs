//! What C can hand in wrongly: each function refuses it with a code and a sentence, before anything is sent.

#![allow(clippy::unwrap_used)] // a panic is a test's report

extern crate otp as ants_otp;

mod common;
#[path = "../../../tests/support/mod.rs"]
mod support;

use common::Function;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;
use support::{Next, SENT, Server, http};

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
    let program = common::program(&common::root().join("bindings/c/tests/c/bad_input.c"), "c99", &[]);
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

/// Each function is called once for each bad value of each of its parameters, with good values elsewhere. The calls are made
/// from the header, so that a new function cannot be forgotten.
#[test]
fn every_parameter_of_every_function_takes_every_bad_value() {
    let source = common::scratch("border").join("border.c");
    std::fs::write(&source, border_program(&common::functions())).expect("scratch can be written");
    for standard in ["c99", "c++17"] {
        let flags: &[&str] = if standard == "c99" { &[] } else { &["-x", "c++"] };
        let program = common::program(&source, standard, flags);
        common::run(&mut clean(program));
    }
}

/// Each function is handed, for each of its handles, one that is freed, one of another type, and memory that was never one:
/// the process ends with a sentence that names the function and the handle. A child does it each time.
#[test]
fn a_handle_that_is_freed_or_none_ends_the_process_with_a_sentence() {
    let source = common::scratch("border").join("stray.c");
    std::fs::write(&source, stray_program(&common::functions())).expect("scratch can be written");
    // The other program needs more.
    let program = common::program(&source, "gnu99", &["-Wno-unused"]);
    // What a service gives is among the objects.
    let server = Server::start(|seen, stream| {
        let is_balance = seen.head.contains("/account/balance");
        let body = if is_balance { r#"{"type":"prepaid","credit":7}"# } else { SENT };
        let _ = stream.write_all(&http(200, body));
        Next::Close
    });
    common::run(clean(program).arg(server.url()));
}

fn stray_program(functions: &[Function]) -> String {
    let mut body = String::new();
    let mut cases = 0;
    for function in functions {
        let good: Vec<String> = function.parameters.iter().map(|(kind, name)| good_value(kind, name)).collect();
        for (index, (kind, _)) in function.parameters.iter().enumerate() {
            let name = name_of(kind);
            if !kind.starts_with("const ants_otp_") && !kind.starts_with("ants_otp_")
                || kind.ends_with("**")
                || kind.ends_with("_done")
                || name == "verification"
            {
                continue;
            }
            let other = if name == "cancel" { "error" } else { "cancel" };
            let values = [
                format!("(ants_otp_{name}_free({name}), {name})"),
                format!("(void *){other}"),
                "(void *)zeros".to_owned(),
                "(void *)(zeros + 1)".to_owned(),
            ];
            for value in values {
                let mut arguments = good.clone();
                arguments[index] = value;
                let call = format!("{}({})", function.name, arguments.join(", "));
                let call = if function.returns == "void" { call } else { format!("if ({call}) (void)0") };
                let _ = writeln!(body, "    ENDS(\"{}\", \"ants_otp_{name}\", {call});", function.name);
                cases += 1;
            }
        }
    }
    assert!(cases > 200, "only {cases} cases");
    format!(
        "{BORDER_PROGRAM_HEAD}{STRAY_PROGRAM_HEAD}int main(int count, char **arguments)\n{{\n    url = arguments[count - 1];\n{body}    return failures != 0;\n}}\n"
    )
}

/// NULL is a good value there.
const MAY_BE_NULL: [(&str, &str); 5] = [
    ("ants_otp_resend", "otp_id"),
    ("ants_otp_resend_async", "otp_id"),
    ("ants_otp_parse_delivery_report", "content_type"),
    ("ants_otp_options_set_log", "write"),
    ("ants_otp_options_set_log", "user_data"),
];

fn border_program(functions: &[Function]) -> String {
    let mut body = String::new();
    let mut cases = 0;
    for function in functions {
        let mut good: Vec<String> = function.parameters.iter().map(|(kind, name)| good_value(kind, name)).collect();
        if function.name.ends_with("_free") {
            // What is freed must not be freed again.
            good[0] = format!("take_{}()", good[0]);
        }
        let mut calls = vec![(good.clone(), false)];
        for (index, (kind, name)) in function.parameters.iter().enumerate() {
            for &bad in bad_values(kind) {
                let mut arguments = good.clone();
                arguments[index] = bad.to_owned();
                calls.push((arguments, must_be_refused(function, kind, name, bad)));
            }
        }
        if let Some(nothing) = all_null(function) {
            calls.push((nothing, false));
        }
        cases += calls.len();
        for (arguments, refused) in calls {
            write_case(&mut body, function, &arguments, refused);
        }
    }
    assert!(cases > 300, "only {cases} cases");
    format!("{BORDER_PROGRAM_HEAD}int main(void)\n{{\n{BORDER_PROGRAM_BEGIN}{body}{BORDER_PROGRAM_END}}}\n")
}

/// One call, and what must hold after it by the header's conventions.
fn write_case(body: &mut String, function: &Function, arguments: &[String], refused: bool) {
    let call = format!("{}({})", function.name, arguments.join(", "));
    let outs: Vec<&str> = arguments.iter().filter_map(|argument| argument.strip_prefix("&new_")).collect();
    let _ = write!(body, "    make();");
    for out in &outs {
        let _ = write!(body, " new_{out} = (ants_otp_{out} *)(void *)&junk;");
    }
    let _ = match function.returns.as_str() {
        "void" => write!(body, " {call};"),
        "const char *" => write!(body, " text({call});"),
        "int" => write!(body, " code = {call};"),
        "int64_t" | "size_t" | "bool" => write!(body, " (void){call};"),
        handle if function.name.ends_with("_new") => {
            let free = function.name.replace("_new", "_free");
            write!(body, " {{ {handle}made = {call}; CHECK(made != NULL); {free}(made); }}")
        }
        other => panic!("{}: the test knows no return type {other}", function.name),
    };
    if function.returns == "int" && returns_codes(function) {
        if refused {
            let _ = write!(body, " CHECK(code < 0);");
        }
        for out in &outs {
            let _ = match *out {
                "error" => {
                    write!(body, " CHECK(code == 0 ? new_error == NULL : ants_otp_error_code(new_error) == code);")
                }
                // Results on success and on nothing else.
                _ => write!(body, " CHECK((code == 0) == (new_{out} != NULL));"),
            };
        }
        if arguments.iter().any(|argument| argument == "&verification") {
            let _ = write!(body, " CHECK(code == 0 || is_zero(&verification));");
        }
    }
    let _ = writeln!(body, " clear();");
}

/// Whether the function's int is a code, and not a property of an object.
fn returns_codes(function: &Function) -> bool {
    function.comment.contains("Codes: ANTS_OTP_OK")
}

fn must_be_refused(function: &Function, kind: &str, name: &str, bad: &str) -> bool {
    let is_out = kind.ends_with("**") || kind == "ants_otp_verification *";
    returns_codes(function)
        && (bad == "NOT_UTF8"
            || bad == "NULL" && !is_out && name != "call" && !kind.contains("void *")
                && !MAY_BE_NULL.contains(&(&function.name, name))
            || bad == "NULL" && kind == "const void *")
        // Its own handle is what the setters of a call are called on.
        || returns_codes(function) && bad == "NULL" && function.name.starts_with("ants_otp_call_") && name == "call"
}

/// A good value of this type.
fn good_value(kind: &str, name: &str) -> String {
    match kind {
        "const char *" if name == "mobile" => "\"0812345678\"".to_owned(),
        "const char *" => "\"1\"".to_owned(),
        "const void *" => "\"{}\"".to_owned(),
        "size_t" => "2".to_owned(),
        "int" => "1".to_owned(),
        "int64_t" => "1000".to_owned(),
        "bool" => "true".to_owned(),
        "void *" => "NULL".to_owned(),
        "function" => "log_line".to_owned(),
        "ants_otp_verification *" => "&verification".to_owned(),
        _ if kind.ends_with("_done") => kind.replace("ants_otp_", "on_"),
        _ if kind.ends_with("**") => format!("&new_{name}"),
        _ => name_of(kind),
    }
}

fn bad_values(kind: &str) -> &'static [&'static str] {
    match kind {
        "const char *" => &["NULL", "NOT_UTF8", "\"\"", "megabyte", r#""a\001\n\177b""#],
        "int" => &["INT32_MIN", "-1", "0", "INT32_MAX"],
        "int64_t" => &["INT64_MIN", "-1", "0", "INT64_MAX"],
        "size_t" => &["0", "SIZE_MAX"],
        "bool" => &["false"],
        _ => &["NULL"],
    }
}

/// NULL for every pointer, where there is more than one.
fn all_null(function: &Function) -> Option<Vec<String>> {
    let is_pointer = |kind: &str| kind.ends_with('*') || kind.ends_with("_done") || kind == "function";
    let argument = |(kind, name): &(String, String)| match is_pointer(kind) {
        true => "NULL".to_owned(),
        false => good_value(kind, name),
    };
    (function.parameters.len() > 1).then(|| function.parameters.iter().map(argument).collect())
}

/// `client` for `const ants_otp_client *`.
fn name_of(kind: &str) -> String {
    kind.trim_start_matches("const ").trim_start_matches("ants_otp_").trim_end_matches([' ', '*']).to_owned()
}

const BORDER_PROGRAM_HEAD: &str = r#"#include "ants_otp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char NOT_UTF8[] = "\303\050";
static const char REPORT[] = "{\"messageId\":\"1\"}";
static char *megabyte;
static int junk, failures, code;

static ants_otp_options *options;
static ants_otp_client *client, *new_client;
static ants_otp_call *call;
static ants_otp_cancel *cancel;
static ants_otp_error *error, *new_error;
static ants_otp_sent *sent, *new_sent;
static ants_otp_account *account, *new_account;
static ants_otp_delivery_reports *delivery_reports, *new_reports;
static ants_otp_verification verification;

typedef ants_otp_delivery_reports ants_otp_reports;

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "line %d: code %d: %s\n", __LINE__, code, #condition); \
            failures++;                                                     \
        }                                                                   \
    } while (0)

/* Gives an object away: the function that is called frees it. */
#define TAKE(name)                                      \
    static ants_otp_##name *take_##name(void) {         \
        ants_otp_##name *taken = name;                  \
        name = NULL;                                    \
        return taken;                                   \
    }
TAKE(options)
TAKE(client)
TAKE(call)
TAKE(cancel)
TAKE(error)
TAKE(sent)
TAKE(account)
TAKE(delivery_reports)

static void on_sent_done(int result, ants_otp_sent *given, ants_otp_error *why, void *user_data)
{
    if (result == 0 || given != NULL || ants_otp_error_code(why) != result || user_data != NULL)
        abort();
    ants_otp_error_free(why);
}

static void on_verification_done(int result, const ants_otp_verification *flags, ants_otp_error *why, void *user_data)
{
    if (result == 0 || flags == NULL || ants_otp_error_code(why) != result || user_data != NULL)
        abort();
    ants_otp_error_free(why);
}

static void on_account_done(int result, ants_otp_account *given, ants_otp_error *why, void *user_data)
{
    if (result == 0 || given != NULL || ants_otp_error_code(why) != result || user_data != NULL)
        abort();
    ants_otp_error_free(why);
}

static void log_line(int level, const char *line, void *user_data)
{
    if (level < 0 || line == NULL || user_data != NULL)
        abort();
}

static void make(void)
{
    code = 0;
    options = ants_otp_options_new();
    (void)ants_otp_options_set_token(options, "token");
    (void)ants_otp_options_set_otc_id(options, "otc");
    /* Nobody listens there. */
    (void)ants_otp_options_set_base_url(options, "http://127.0.0.1:1");
    (void)ants_otp_options_set_max_retries(options, 0);
    if (ants_otp_client_new(options, &client, NULL) != 0)
        abort();
    if (ants_otp_balance(NULL, NULL, NULL, &error) == 0)
        abort();
    if (ants_otp_parse_delivery_report(REPORT, sizeof REPORT - 1, NULL, &delivery_reports, NULL) != 0)
        abort();
    call = ants_otp_call_new();
    cancel = ants_otp_cancel_new();
    memset(&verification, 1, sizeof verification);
}

static void clear(void)
{
    ants_otp_client_free(client);
    ants_otp_client_free(new_client);
    ants_otp_error_free(error);
    ants_otp_error_free(new_error);
    ants_otp_sent_free(sent);
    ants_otp_sent_free(new_sent);
    ants_otp_account_free(account);
    ants_otp_account_free(new_account);
    ants_otp_delivery_reports_free(delivery_reports);
    ants_otp_delivery_reports_free(new_reports);
    ants_otp_call_free(call);
    ants_otp_cancel_free(cancel);
    ants_otp_options_free(options);
    client = new_client = NULL;
    error = new_error = NULL;
    sent = new_sent = NULL;
    account = new_account = NULL;
    delivery_reports = new_reports = NULL;
    call = NULL;
    cancel = NULL;
    options = NULL;
}

static int is_zero(const ants_otp_verification *flags)
{
    static ants_otp_verification zero;
    return memcmp(flags, &zero, sizeof zero) == 0;
}

static void text(const char *value)
{
    CHECK(value != NULL && strlen(value) < 10000);
}

"#;

const STRAY_PROGRAM_HEAD: &str = r#"#include <sys/wait.h>
#include <unistd.h>

static long zeros[32];
static const char *url;

static void make_all(void)
{
    ants_otp_options *reaching = ants_otp_options_new();
    make();
    (void)ants_otp_options_set_token(reaching, "token");
    (void)ants_otp_options_set_otc_id(reaching, "otc");
    (void)ants_otp_options_set_base_url(reaching, url);
    if (ants_otp_client_new(reaching, &new_client, NULL) != 0 ||
        ants_otp_request(new_client, "0812345678", NULL, &sent, NULL) != 0 ||
        ants_otp_balance(new_client, NULL, &account, NULL) != 0)
        abort();
    ants_otp_options_free(reaching);
}

/* The child makes all objects and calls; what it says goes into the pipe. */
#define ENDS(function, handle, call)                                                      \
    do {                                                                                  \
        char said[512];                                                                   \
        int pipes[2];                                                                     \
        if (pipe(pipes) != 0)                                                             \
            abort();                                                                      \
        if (fork() == 0) {                                                                \
            dup2(pipes[1], STDERR_FILENO);                                                \
            make_all();                                                                   \
            call;                                                                         \
            _exit(0);                                                                     \
        }                                                                                 \
        close(pipes[1]);                                                                  \
        is_told(function, handle, said, read_all(pipes[0], said, sizeof said - 1), #call); \
    } while (0)

static size_t read_all(int from, char *into, size_t room)
{
    size_t length = 0;
    ssize_t more;
    while (length < room && (more = read(from, into + length, room - length)) > 0)
        length += (size_t)more;
    close(from);
    return length;
}

static void is_told(const char *function, const char *handle, char *said, size_t length, const char *call_text)
{
    char expected[256];
    int status;
    said[length] = '\0';
    snprintf(expected, sizeof expected, "ants_otp: %s() was given an %s that is freed already, or is none.\n", function, handle);
    wait(&status);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != 6 || strcmp(said, expected) != 0) {
        fprintf(stderr, "%s: status %d, said: %s\n", call_text, status, said);
        failures++;
    }
}

"#;

const BORDER_PROGRAM_BEGIN: &str = "    megabyte = (char *)malloc((1 << 20) + 1);
    memset(megabyte, 'a', 1 << 20);
    megabyte[1 << 20] = '\\0';

";

const BORDER_PROGRAM_END: &str = "
    free(megabyte);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
";
