//! The completion of a shell and the manual pages, from the definition that the help comes from.

use crate::arguments::Arguments;
use crate::output::{Failure, Output};
use ants_otp::Code;
use clap::{Arg, Command, CommandFactory as _};
use clap_complete::Shell;
use serde_json::json;
use std::path::Path;

/// The script that teaches `shell` what can be typed.
pub fn completion(shell: Shell) -> Result<Output, Failure> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(shell, &mut command, "ants-otp", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        // clap_complete spells the dash of the program's name in two ways, so that bash finds no sub-command's part
        // (https://github.com/clap-rs/clap/issues/6421, which ends the need for this line).
        Shell::Bash => script = script.replace("ants__subcmd__otp", "ants__otp"),
        Shell::Fish => script += &fish_positionals(&command),
        _ => {}
    }
    Ok(Output::file(&script))
}

/// clap_complete writes fish no values of arguments without a name.
fn fish_positionals(command: &Command) -> String {
    let line = |command: &Command, positional: &Arg| {
        let values = positional.get_value_parser().possible_values()?;
        let values: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        let seen = format!("__fish_seen_subcommand_from {}", command.get_name());
        Some(format!("complete -c ants-otp -n \"{seen}\" -f -a \"{}\"\n", values.join(" ")))
    };
    let lines = |command: &Command| -> String {
        command.get_positionals().filter_map(|positional| line(command, positional)).collect()
    };
    command.get_subcommands().map(lines).collect()
}

/// The page of the program, or writes it and those of its sub-commands into `folder`.
pub fn manual(folder: Option<&Path>) -> Result<Output, Failure> {
    let command = Arguments::command();
    let refused = |what: String, error| Failure::refused(Code::InvalidArgument, format!("{what}: {error}"));
    let Some(folder) = folder else {
        let mut page = Vec::new();
        let made = clap_mangen::Man::new(command).render(&mut page);
        made.map_err(|error| refused("the page cannot be made".to_owned(), error))?;
        return Ok(Output::file(&String::from_utf8_lossy(&page)));
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder))
        .map_err(|error| refused(format!("cannot write to {}", folder.display()), error))?;
    Ok(Output::new(
        format!("The manual pages are in {}.", folder.display()),
        json!({ "folder": folder.display().to_string() }),
    ))
}
