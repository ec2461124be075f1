//! What a run prints, as text or as one JSON object, and the exit status it ends with. docs/program.schema.json describes
//! the objects.

use ants_otp::{Account, Code, Delivery, Error, Sent, Verification};
use clap::error::ErrorKind;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::ErrorKind::BrokenPipe;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

const JSON: &str = "--json";

/// Success; for verify, verified.
const SUCCESS: u8 = 0;
/// The service said no.
const ANSWERED_NO: u8 = 1;
/// Refused here: the usage, an argument, an option.
const REFUSED: u8 = 2;
/// Nothing was sent.
const NOT_SENT: u8 = 3;
/// It may have been sent.
const MAYBE_SENT: u8 = 4;
/// What came of it could not be written where it was wanted.
const UNWRITTEN: u8 = 5;

/// One run's outcome, ready to be printed.
pub struct Output {
    text: String,
    json: Value,
    /// For JSON, whose sentences are told beside the outcome.
    failed: Option<Code>,
    status: u8,
    /// Text of a failure goes to standard error; JSON goes to standard output always.
    is_failure: bool,
    /// Everything was printed before.
    is_silent: bool,
    /// To be read, and no result of a call: that nobody reads it to its end is no failure.
    is_page: bool,
}

impl Output {
    /// A success.
    pub fn new(text: String, json: Value) -> Self {
        Output { text, json, failed: None, status: SUCCESS, is_failure: false, is_silent: false, is_page: false }
    }

    /// A page to be read.
    pub fn page(text: String, json: Value) -> Self {
        Output { is_page: true, ..Output::new(text, json) }
    }

    /// A file for other programs: as it is, with no line end added.
    pub fn file(text: &str) -> Self {
        Output::page(text.trim_end_matches('\n').to_owned(), json!({ "text": text }))
    }

    /// A success that prints nothing more.
    pub fn nothing() -> Self {
        Output { is_silent: true, ..Output::new(String::new(), Value::Null) }
    }

    /// The same with another exit status; what it prints is no failure's text.
    pub fn with_status(self, status: u8) -> Self {
        Output { status, ..self }
    }

    /// The same with more fields in JSON, and more lines of text.
    pub fn with(self, lines: &str, fields: Value) -> Self {
        Output { text: self.text + lines, json: join(self.json, fields), ..self }
    }

    pub fn status(&self) -> u8 {
        self.status
    }

    pub fn json(&self) -> Value {
        self.json.clone()
    }

    pub fn sent(sent: &Sent) -> Self {
        let reference = match sent.reference_code() {
            "" => String::new(),
            reference => format!(", reference {reference}"),
        };
        let text = format!("SMS sent{reference}\notp id {}", sent.otp_id());
        let fields = json!({
            "otp_id": sent.otp_id(),
            "otc_id": sent.otc_id(),
            "reference_code": sent.reference_code(),
            "message": sent.message(),
            "description": sent.description(),
        });
        Output::new(text, success(fields))
    }

    pub fn account(account: &Account) -> Self {
        let text = format!("{}, credit {}", account.kind(), account.credit());
        Output::new(text, success(json!({ "type": account.kind(), "credit": account.credit() })))
    }

    /// A verdict is a result, not a failure: its text goes to standard output. Its status is a no unless verified.
    pub fn verification(verification: Verification) -> Self {
        let fields = json!({
            "status": verification.status().name(),
            "result": verification.result(),
            "is_error_count": verification.is_error_count(),
            "is_expr_code": verification.is_expr_code(),
        });
        let (name, code) = (verification.status().name(), verification.code());
        match verification.into_result() {
            Ok(()) => Output::new("Verified.".to_owned(), success(fields)),
            Err(no) => {
                let no = Failure::from(no);
                let report = Output::new(format!("{name}: {}", code.text("en")), join(no.json(), fields));
                Output { failed: Some(code), ..report }.with_status(no.status())
            }
        }
    }

    /// The same as one that could not be written whole: a success no more.
    pub fn incomplete(self, why: &str) -> Self {
        complain(why);
        let status = self.unwritten_status();
        self.with_status(status)
    }

    /// Prints it. A result that cannot be written goes to standard error, and is no success: its otp id is paid for.
    pub fn print(self, command: Option<&str>, as_json: bool) -> ExitCode {
        let line = if as_json { &self.object(command).to_string() } else { &self.text };
        if self.is_silent {
            return ExitCode::from(self.status);
        }
        if self.is_failure && !as_json {
            complain(line);
            return ExitCode::from(self.status);
        }
        match write_line(line) {
            Ok(()) => ExitCode::from(self.status),
            Err(error) if self.is_page && error.kind() == BrokenPipe => ExitCode::from(self.status),
            Err(error) => {
                complain(&format!("the result cannot be written: {error}. It is:\n{line}"));
                ExitCode::from(self.unwritten_status())
            }
        }
    }

    /// What every object says beside its own fields.
    fn object(&self, command: Option<&str>) -> Value {
        let object = join(self.json.clone(), json!({ "command": command, "ok": self.status == SUCCESS }));
        let Some(code) = self.failed else { return object };
        let person = json!({ "en": code.user_text("en"), "th": code.user_text("th") });
        join(object, json!({ "advice": code.advice(), "user_text": person }))
    }

    /// A status that tells what became of a call stays.
    fn unwritten_status(&self) -> u8 {
        if self.status == SUCCESS { UNWRITTEN } else { self.status }
    }
}

/// Writes a line to standard error. Where nobody can read it, the exit status still tells what came of the call.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "ants-otp: {line}");
}

/// Writes a line to standard output and flushes it. Unlike `println!`, does not panic when nobody reads it.
pub fn write_line(line: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(line.as_bytes())?;
    stdout.write_all(b"\n")?;
    stdout.flush()
}

/// What the command line's parser has to say: help and version, or a usage error.
pub fn usage(error: &clap::Error) -> ExitCode {
    let as_json = std::env::args_os().take_while(|argument| argument != "--").any(|argument| argument == JSON);
    if !error.use_stderr() || !as_json {
        let printed = error.print();
        return ExitCode::from(match printed {
            _ if error.use_stderr() => REFUSED,
            Err(error) if error.kind() != BrokenPipe => UNWRITTEN,
            _ => SUCCESS,
        });
    }
    let message = match error.kind() {
        ErrorKind::MissingSubcommand if crate::arguments::command_typed().is_none() => NO_COMMAND.to_owned(),
        _ => one_line(&error.render().to_string()),
    };
    Failure::refused(Code::InvalidArgument, message)
        .into_output()
        .print(crate::arguments::command_typed().as_deref(), true)
}

const NO_COMMAND: &str = "no command was given: ants-otp --help lists them";

/// The parser's sentences without its usage lines.
fn one_line(rendered: &str) -> String {
    let lines = rendered.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let words: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

/// Why a run did not succeed.
pub struct Failure {
    error: Error,
    /// The error's, but where the answered calls of a dialogue end without a verdict.
    delivery: Delivery,
    /// This program's own refusal: its sentence says all.
    is_own: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure { delivery: error.delivery(), error, is_own: false }
    }
}

impl Failure {
    /// Refused by this program, before anything was sent.
    pub fn refused(code: Code, message: impl Into<String>) -> Self {
        Failure { is_own: true, ..Error::new(code, Delivery::NotSent, message).into() }
    }

    /// What was begun was ended at the prompt.
    pub fn given_up(message: &str) -> Self {
        let ended = Error::new(Code::Interrupted, Delivery::NotSent, message);
        Failure { delivery: Delivery::Answered, ..ended.into() }
    }

    pub fn code(&self) -> Code {
        self.error.code()
    }

    pub fn retry_after(&self) -> Option<Duration> {
        self.error.retry_after()
    }

    /// Exit status, message with its code, advice, and the fields for programs. Where something was rejected here, the
    /// message says what to do.
    pub fn into_parts(self) -> (u8, String, &'static str, Value) {
        let (status, json) = (self.status(), self.json());
        if self.is_own {
            return (status, self.error.message().to_owned(), "", json);
        }
        let message = format!("{} ({} {})", self.error.message(), self.error.code().name(), self.error.code().number());
        (status, message, if status == REFUSED { "" } else { self.error.code().advice() }, json)
    }

    pub fn into_output(self) -> Output {
        let report = Output::new(self.text(), self.json()).with_status(self.status());
        Output { is_failure: true, failed: Some(self.error.code()), ..report }
    }

    fn status(&self) -> u8 {
        match (self.error.code(), self.delivery) {
            (Code::InvalidArgument | Code::InvalidMobile | Code::InvalidOption, _) => REFUSED,
            (_, Delivery::Answered) => ANSWERED_NO,
            (_, Delivery::NotSent) => NOT_SENT,
            (_, Delivery::Unknown) => MAYBE_SENT,
        }
    }

    fn json(&self) -> Value {
        json!({
            "code": self.error.code().number(),
            "name": self.error.code().name(),
            "delivery": self.delivery.name(),
            "safe_to_retry": self.error.safe_to_retry(),
            "message": self.error.message(),
            "service_message": self.error.service_message(),
            "service_description": self.error.service_description(),
            "service_code": self.error.service_code(),
            "http_status": self.error.http_status(),
            "retry_after": self.error.retry_after().map(|time| time.as_secs_f64()),
        })
    }

    /// The message holds the service's words already.
    pub fn text(&self) -> String {
        if self.is_own {
            return self.error.message().to_owned();
        }
        let mut text =
            format!("{} ({} {})", self.error.message(), self.error.code().name(), self.error.code().number());
        let mut line = |what: &str, said: &str| {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n  {what:<12}{said}");
        };
        if let Some(status) = self.error.http_status() {
            line("HTTP status", &status.to_string());
        }
        let is_refused = self.status() == REFUSED;
        line("delivery", if is_refused { REFUSED_SENTENCE } else { delivery_sentence(self.delivery) });
        if let Some(time) = self.error.retry_after() {
            line("retry after", &format!("{} s", time.as_secs_f64()));
        }
        if !is_refused {
            line("advice", self.error.code().advice());
        }
        text
    }
}

const REFUSED_SENTENCE: &str = "NOT_SENT: rejected before anything was sent";

fn delivery_sentence(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::NotSent => "NOT_SENT: nothing reached the service; another try cannot send a second SMS",
        Delivery::Answered => "ANSWERED: the service answered",
        _ => "UNKNOWN: the service may have carried it out: look before you try again",
    }
}

/// The fields of a success beside what every success says.
fn success(fields: Value) -> Value {
    let ok = json!({ "code": Code::Ok.number(), "name": Code::Ok.name(), "delivery": Delivery::Answered.name() });
    join(ok, fields)
}

/// Both objects' fields in one.
fn join(mut object: Value, more: Value) -> Value {
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}
