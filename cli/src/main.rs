//! The program `ants-otp`: request, resend and verify OTPs, ask for the balance, explain codes, diagnose why calls fail,
//! receive delivery reports, record a call, run the sandbox.
//!
//! `arguments` says what can be typed, `credentials` where secrets come from, `report` what is printed and with which
//! status the program ends.

mod arguments;
mod attempt;
mod capture;
mod credentials;
mod doctor;
mod env_file;
mod explain;
mod head;
mod interrupt;
mod listen;
mod load;
mod output;
mod pages;
mod sandbox;
mod values;

use ants_otp::{Call, Cancel, Client, Code, Record};
use arguments::{Arguments, ClientOptions, Command, ServiceCall};
use clap::Parser as _;
use output::{Failure, Output};
use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: ants_otp_wiping::Wiping = ants_otp_wiping::Wiping;

/// No OTP code is this long; it only bounds what is read.
pub const MAX_CODE_LINE: u64 = 4096;

fn main() -> ExitCode {
    let mut arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return output::usage(&error),
    };
    let report = run(&mut arguments).unwrap_or_else(|failure| failure.into_output());
    report.print(Some(arguments.command.name()), arguments.json)
}

fn run(arguments: &mut Arguments) -> Result<Output, Failure> {
    let options = &mut arguments.client;
    match &arguments.command {
        Command::Try(wanted) => attempt::run(options.with_file()?, wanted),
        Command::Call(operation) => call(options.with_file()?, operation, None),
        Command::Explain { code } => explain::report(code.as_deref()),
        Command::Doctor => Ok(doctor::report(options.with_file()?)),
        Command::Listen(wanted) => listen::serve(wanted, arguments.json, options),
        Command::Capture { output, operation } => capture::run(options.with_file()?, operation, output.as_deref()),
        Command::Load(load) => {
            let options = options.with_file()?;
            let service = options.service();
            let given = match service {
                Some(_) => credentials::options(options)?,
                None => options.to_options(),
            };
            load::run(load, service.as_deref(), options.proxy.is_some(), given)
        }
        Command::Sandbox(sandbox) => sandbox::serve(options, sandbox, arguments.json),
        Command::Completion { shell } => pages::completion(*shell),
        Command::Man { output } => pages::manual(output.as_deref()),
    }
}

/// Runs the call. `record`: where its bytes are kept.
fn call(options: &ClientOptions, operation: &ServiceCall, record: Option<&Record>) -> Result<Output, Failure> {
    let recorded = |call: Call| match record {
        Some(record) => call.record(record),
        None => call,
    };
    match operation {
        ServiceCall::Request { mobile, as_given, call } => {
            let call = recorded(call.to_call().mobile_as_given(*as_given));
            Ok(Output::sent(&client(options)?.request_with(mobile, &stoppable(call)?)?))
        }
        ServiceCall::Resend { otp_id, call } => {
            let (client, call) = (client(options)?, stoppable(recorded(call.to_call()))?);
            let sent = match otp_id {
                Some(otp_id) => client.resend_with(otp_id, &call)?,
                None => client.resend_newest(&call)?,
            };
            Ok(Output::sent(&sent))
        }
        ServiceCall::Verify { otp_id, code, call } => {
            verify(options, otp_id, code.as_deref(), recorded(call.to_call()))
        }
        ServiceCall::Balance => {
            Ok(Output::account(&client(options)?.balance_with(&stoppable(recorded(Call::new()))?)?))
        }
    }
}

/// Ctrl-C stops the call, which then tells its delivery. What comes before, such as a prompt, ends as usual.
fn stoppable(call: Call) -> Result<Call, Failure> {
    let cancel = Cancel::new();
    let stopped = call.cancel(&cancel);
    interrupt::on_signal(move || cancel.fire())?;
    Ok(stopped)
}

fn client(options: &ClientOptions) -> Result<Client, Failure> {
    Ok(credentials::options(options)?.build()?)
}

fn verify(options: &ClientOptions, otp_id: &str, code: Option<&str>, call: Call) -> Result<Output, Failure> {
    // Options that cannot work are told before anybody types a code.
    let client = client(options)?;
    let verification = match code {
        Some(code) => {
            credentials::warn("the OTP code", "standard input");
            client.verify_with(otp_id, code, &stoppable(call)?)?
        }
        None => {
            let code = typed_code()?;
            client.verify_with(otp_id, &code, &stoppable(call)?)?
        }
    };
    Ok(Output::verification(verification))
}

/// The first line of standard input. At a terminal it is asked for, and shown as it is typed: people who read it from an SMS
/// want to see what they type.
fn typed_code() -> Result<String, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let _ = write!(std::io::stderr(), "OTP code: ");
    }
    let mut line = String::new();
    match stdin.lock().take(MAX_CODE_LINE).read_line(&mut line) {
        Ok(0) => {
            Err(Failure::refused(Code::InvalidArgument, "no OTP code: give it as an argument or on standard input"))
        }
        Ok(_) => Ok(line),
        Err(error) => Err(Failure::refused(
            Code::InvalidArgument,
            format!("the OTP code cannot be read from standard input: {error}"),
        )),
    }
}
