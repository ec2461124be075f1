//! `try`: an OTP is sent, its code is asked for, and the verdict is told; the whole way of a login at the terminal. The
//! talk is on standard error; standard output has the result alone.

use crate::arguments::{self, CallOptions, ClientOptions};
use crate::interrupt;
use crate::output::{Failure, Output};
use crate::{MAX_CODE_LINE, credentials};
use ants_otp::{Call, Cancel, Client, Code, Sent, Status, Verification};
use clap::{Args, ValueEnum, ValueHint};
use serde_json::{Value, json};
use std::io::{BufRead as _, ErrorKind, IsTerminal as _, Read as _, Write as _};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// What can be typed after `try`.
#[derive(Args)]
pub struct TryOptions {
    /// The mobile number in any common form, such as 081-234-5678 or +66 81 234 5678
    #[arg(value_hint = ValueHint::Other)]
    mobile: String,
    /// Send the number exactly as given, not in the form 66…
    #[arg(long)]
    as_given: bool,
    /// How long after an SMS an empty line sends no other one, 0 to 3600
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = pause, value_hint = ValueHint::Other)]
    pause: Duration,
    /// The language of what a login page would tell the person
    #[arg(long, value_enum, default_value_t = Language::En)]
    language: Language,
    #[command(flatten)]
    call: CallOptions,
}

/// No time to wait is longer, whatever is typed and whatever the service says.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

fn pause(text: &str) -> Result<Duration, String> {
    let pause = arguments::seconds(text)?;
    if pause > LONGEST_PAUSE { Err("seconds must be 0 to 3600".to_owned()) } else { Ok(pause) }
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    En,
    Th,
}

impl Language {
    fn user_text(self, code: Code) -> &'static str {
        code.user_text(match self {
            Language::En => "en",
            Language::Th => "th",
        })
    }
}

/// What comes from outside while the code is asked for.
enum Event {
    Line(String),
    /// A line that is not UTF-8.
    Unreadable,
    /// No more lines can come.
    End,
    /// Ctrl-C.
    Stop,
}

/// Runs it to its end.
pub fn run(options: &ClientOptions, wanted: &TryOptions) -> Result<Output, Failure> {
    let core = credentials::options(options)?;
    let is_real = !core.stays_here();
    let client = core.build()?;
    let cancel = Cancel::new();
    let (events, coming) = sync_channel(1);
    let (stop, stopped) = (events.clone(), cancel.clone());
    interrupt::on_signal(move || {
        stopped.fire();
        let _ = stop.send(Event::Stop);
    })?;
    if is_real {
        tell(&format!(
            "This sends a real SMS to {} through {}, at the account's cost.",
            wanted.mobile,
            client.base_url()
        ));
    }
    let call = wanted.call.to_call().mobile_as_given(wanted.as_given).cancel(&cancel);
    let sent = client.request_with(&wanted.mobile, &call)?;
    let mut attempt = Attempt::new(client, call, wanted, sent);
    read_lines(events);
    let report = match attempt.finish(&coming) {
        Ok(verification) => Output::verification(verification),
        Err(failure) => failure.into_output(),
    };
    let is_verified = report.status() == 0;
    let way_on = format!("\n  otp id      {}", attempt.sent.otp_id());
    Ok(report.with(if is_verified { "" } else { &way_on }, attempt.fields()))
}

/// One line after the other, no more than is asked for.
fn read_lines(events: SyncSender<Event>) {
    let read = move || loop {
        let mut line = String::new();
        let event = match std::io::stdin().lock().take(MAX_CODE_LINE).read_line(&mut line) {
            Ok(0) => Event::End,
            Ok(_) => Event::Line(line),
            Err(error) if error.kind() == ErrorKind::InvalidData => Event::Unreadable,
            Err(_) => Event::End,
        };
        let is_end = matches!(event, Event::End);
        if events.send(event).is_err() || is_end {
            return;
        }
    };
    std::thread::spawn(read);
}

/// An OTP under way.
struct Attempt {
    client: Client,
    call: Call,
    pause: Duration,
    language: Language,
    /// The newest.
    sent: Sent,
    sms: u32,
    codes: u32,
    /// Before that an empty line sends nothing: the last SMS may still come.
    next_sms: Instant,
}

impl Attempt {
    fn new(client: Client, call: Call, wanted: &TryOptions, sent: Sent) -> Self {
        let TryOptions { pause, language, .. } = *wanted;
        let attempt =
            Attempt { client, call, pause, language, sent, sms: 1, codes: 0, next_sms: Instant::now() + pause };
        attempt.tell_sent();
        tell(&format!(
            "Enter the code. From {} s on, an empty line sends another SMS; Ctrl-D gives up. How many resends and wrong\n\
             codes are allowed is set in the provider's portal.",
            pause.as_secs_f64().ceil()
        ));
        attempt
    }

    /// Until there is a verdict that no other code can change.
    fn finish(&mut self, coming: &Receiver<Event>) -> Result<Verification, Failure> {
        let mut wrong = None;
        loop {
            ask();
            let event = coming.recv().unwrap_or(Event::End);
            if matches!(event, Event::End | Event::Stop) && std::io::stdin().is_terminal() {
                // Off the prompt's line.
                tell("");
            }
            match event {
                Event::Stop => return Err(Failure::given_up("Stopped before the number was verified.")),
                Event::End => return wrong.ok_or_else(|| Failure::given_up("The input ended before a code came.")),
                Event::Unreadable => tell("This is not UTF-8: enter the code again."),
                Event::Line(line) if line.trim().is_empty() => self.resend()?,
                Event::Line(line) => match self.verify(&line)? {
                    Some(verification) if verification.status() == Status::WrongCode => wrong = Some(verification),
                    Some(verification) => return Ok(verification),
                    None => {}
                },
            }
        }
    }

    /// None for what cannot be a code: nothing was sent, and another may be typed.
    fn verify(&mut self, code: &str) -> Result<Option<Verification>, Failure> {
        let verification = match self.client.verify_with(&self.sent, code, &self.call) {
            Ok(verification) => verification,
            Err(error) if error.code() == Code::InvalidArgument => {
                tell(error.message());
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        self.codes += 1;
        if !verification.is_verified() {
            tell(self.language.user_text(verification.code()));
        }
        Ok(Some(verification))
    }

    /// A resend that fails ends nothing: the code of the last SMS may still be good.
    fn resend(&mut self) -> Result<(), Failure> {
        let left = self.next_sms.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            let left = left.as_secs_f64().ceil();
            tell(&format!("The last SMS may still arrive. Another one can be sent in {left} s."));
            return Ok(());
        }
        let resent = self.client.resend_with(&self.sent, &self.call);
        self.next_sms = Instant::now() + self.pause;
        match resent.map_err(Failure::from) {
            Ok(sent) => {
                self.sent = sent;
                self.sms += 1;
                self.tell_sent();
            }
            Err(failure) if failure.code() == Code::Interrupted => return Err(failure),
            Err(failure) => {
                let wanted = failure.retry_after().unwrap_or_default().min(LONGEST_PAUSE);
                self.next_sms += wanted.saturating_sub(self.pause);
                tell(&format!("The resend failed: {}", failure.text()));
            }
        }
        Ok(())
    }

    fn tell_sent(&self) {
        tell(&match self.sent.reference_code() {
            "" => "SMS sent.".to_owned(),
            reference => format!("SMS sent, reference {reference}."),
        });
    }

    fn fields(&self) -> Value {
        json!({
            "otp_id": self.sent.otp_id(),
            "otc_id": self.sent.otc_id(),
            "reference_code": self.sent.reference_code(),
            "sms_sent": self.sms,
            "codes_tried": self.codes,
        })
    }
}

/// What is typed is shown: people who read it from an SMS want to see it.
fn ask() {
    if std::io::stdin().is_terminal() {
        let _ = write!(std::io::stderr(), "OTP code: ");
    }
}

fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
