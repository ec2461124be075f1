//! `sandbox`: the sandbox, until it is stopped, or until a command that is run against it has ended.

mod clock;
mod command;
pub mod settings;
mod terminal;

use crate::arguments::{ClientOptions, SandboxOptions};
use crate::interrupt;
use crate::output::{self, Failure, Output};
use ants_otp::{Code, environment};
use serde_json::json;
use settings::{Identity, Ready};
use std::io::{self, IsTerminal as _};
use std::time::Duration;

const PARENT_CHECK: Duration = Duration::from_millis(100);

/// Prints what a program needs to use it, then serves; comes back only where it cannot start. With a command, serves until that
/// has ended. On a terminal, people are told what they need, and of each call; else, or with `as_json`, it is one line of JSON.
pub fn serve(client: &ClientOptions, options: &SandboxOptions, as_json: bool) -> Result<Output, Failure> {
    if options.exit_with_parent {
        end_with_parent();
    }
    if client.token.is_some() {
        let advice = "write it as the token of an [[account]] into the file of --config";
        return Err(refused(format!("--token is none of the sandbox's settings: {advice}")));
    }
    // What the environment says is about the real service, and has no place here.
    let identity =
        Identity { username: client.user.clone(), password: client.password.clone(), otc_id: client.otc_id.clone() };
    let ready = settings::ready(&options.settings, identity, options.config.as_deref());
    let Ready { builder, host, port, account } = ready.map_err(refused)?;
    let started = |builder: ants_otp_sandbox::Builder| {
        builder.start().map_err(|error| refused(format!("the sandbox cannot start: {}", why(&error, &host, port))))
    };
    if let Some((program, arguments)) = options.command.split_first() {
        // Its caller would choose what runs with its rights.
        if environment::is_privileged() {
            return Err(refused(format!(
                "sandbox -- {}: not in a program that runs setuid or with file capabilities",
                program.display()
            )));
        }
        let sandbox = started(builder)?;
        return command::run(program, arguments, &account.environment(sandbox.url()));
    }
    end_as_first_process()?;
    if io::stdout().is_terminal() && !as_json {
        let (builder, calls) = terminal::watched(builder);
        let sandbox = started(builder)?;
        // Where the terminal is gone, programs are served as before.
        let _ = terminal::show(&account.environment(sandbox.url()), &calls);
        sandbox.wait();
    } else {
        let sandbox = started(builder)?;
        tell(&account.json(sandbox.url()).to_string())?;
        sandbox.wait();
    }
    Ok(Output::new(String::new(), json!({})))
}

fn tell(line: &str) -> Result<(), Failure> {
    output::write_line(line).map_err(|error| refused(format!("the sandbox cannot say where it listens: {error}")))
}

fn refused(why: String) -> Failure {
    Failure::refused(Code::InvalidArgument, why)
}

/// What to do about an error of the start.
fn why(error: &io::Error, host: &str, port: u16) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {port} of {host} is in use: stop what listens there, or choose another with --port (0 takes a free one)"
        ),
        io::ErrorKind::AddrNotAvailable => {
            format!("{host} is none of this machine's addresses: choose another with --host")
        }
        io::ErrorKind::PermissionDenied => format!("port {port} is not for this user: choose a --port from 1024 on"),
        _ => error.to_string(),
    }
}

/// The first process of a container is ended by no signal that it does not wait for.
fn end_as_first_process() -> Result<(), Failure> {
    if std::process::id() == 1 {
        interrupt::on_signal(|| std::process::exit(0))?;
    }
    Ok(())
}

/// Ends this process soon after its parent. Looks for another parent from time to time: the kernel's death signal would
/// come as soon as the *thread* that started this process ends, and nobody has to clean up after a look.
fn end_with_parent() {
    let parent = rustix::process::getppid();
    std::thread::spawn(move || {
        while rustix::process::getppid() == parent {
            std::thread::sleep(PARENT_CHECK);
        }
        std::process::exit(0);
    });
}
