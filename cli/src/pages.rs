//! The completion of a shell and the manual pages, from the definition that the help comes from.

use crate::arguments::Arguments;
use crate::report::{Failure, Report};
use ants_otp::Code;
use clap::CommandFactory as _;
use serde_json::json;
use std::io::Write as _;
use std::path::Path;

/// Prints the script that teaches `shell` what can be typed.
pub fn completion(shell: clap_complete::Shell) -> Result<Report, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "ants-otp", &mut script);
    print(&script)
}

/// Prints the page of the program, or writes it and those of its sub-commands into `folder`.
pub fn manual(folder: Option<&Path>) -> Result<Report, Failure> {
    let command = Arguments::command();
    let Some(folder) = folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map_err(|error| unwritten(&error))?;
        return print(&page);
    };
    std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder)).map_err(|error| {
        Failure::refused(Code::InvalidArgument, format!("cannot write to {}: {error}", folder.display()))
    })?;
    Ok(Report::new(
        format!("The manual is in {}.", folder.display()),
        json!({ "folder": folder.display().to_string() }),
    ))
}

/// As it is, also with `--json`: it is no result but a file. That nobody reads it to its end is no failure.
fn print(bytes: &[u8]) -> Result<Report, Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(unwritten(&error)),
        _ => Ok(Report::nothing()),
    }
}

fn unwritten(error: &std::io::Error) -> Failure {
    Failure::refused(Code::InvalidArgument, format!("the page cannot be written: {error}"))
}
