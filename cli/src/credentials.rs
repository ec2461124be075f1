//! Where user name and secrets come from: the environment, --env-file, a prompt at the terminal, or, with a warning, the
//! arguments.

use crate::arguments::ClientOptions;
use crate::output::{self, Failure};
use ants_otp::{Code, Options, environment};
use std::ffi::OsString;
use std::io::IsTerminal as _;

/// The core's options with all that was given: arguments, environment, file, and a password that is asked for.
pub fn options(arguments: &ClientOptions) -> Result<Options, Failure> {
    Ok(arguments.fill(add(arguments, arguments.to_options())?))
}

/// Sets what the arguments say about credentials. The environment's and the file's are left to [`ClientOptions::fill`],
/// unless a password has to be asked for.
fn add(arguments: &ClientOptions, mut options: Options) -> Result<Options, Failure> {
    if let Some(token) = &arguments.token {
        warn("--token", "ANTS_OTP_TOKEN");
        options = options.token(token);
    }
    if arguments.password.is_some() {
        warn("--password", "ANTS_OTP_PASSWORD, or leave it out and type it at the prompt");
    }
    if arguments.proxy.as_ref().is_some_and(|proxy| proxy.contains('@')) {
        warn("a password in --proxy", "ANTS_OTP_PROXY");
    }
    let user = match &arguments.user {
        Some(user) => Some(user.clone()),
        None => user_of_environment(arguments)?,
    };
    match (user, &arguments.password) {
        (Some(user), Some(password)) => Ok(options.credentials(user, password)),
        (Some(user), None) => {
            let password = match variable(arguments, "ANTS_OTP_PASSWORD")? {
                Some(password) => password,
                None => ask(&user)?,
            };
            Ok(options.credentials(user, password))
        }
        (None, Some(_)) => Err(Failure::refused(
            Code::InvalidOption,
            "--password needs a user name: add --user, or set ANTS_OTP_USERNAME",
        )),
        (None, None) if arguments.token.is_none() && !environment::is_privileged() && is_unset(arguments) => {
            Err(Failure::refused(Code::InvalidOption, MISSING))
        }
        (None, None) => Ok(options),
    }
}

const MISSING: &str = "no credentials: set ANTS_OTP_USERNAME and ANTS_OTP_PASSWORD, or ANTS_OTP_TOKEN (in the environment \
                       or an --env-file), or give --user and type the password at the prompt";

fn is_unset(arguments: &ClientOptions) -> bool {
    ["USERNAME", "PASSWORD", "TOKEN"].iter().all(|name| arguments.variable(&format!("ANTS_OTP_{name}")).is_none())
}

/// The environment's user name, where its password comes from elsewhere and no token speaks for the account.
fn user_of_environment(arguments: &ClientOptions) -> Result<Option<String>, Failure> {
    let password_missing =
        variable(arguments, "ANTS_OTP_PASSWORD")?.is_none() && variable(arguments, "ANTS_OTP_TOKEN")?.is_none();
    if arguments.password.is_some() || (arguments.token.is_none() && password_missing) {
        variable(arguments, "ANTS_OTP_USERNAME")
    } else {
        Ok(None)
    }
}

fn variable(arguments: &ClientOptions, name: &str) -> Result<Option<String>, Failure> {
    let value = arguments.variable(name).map(OsString::into_string).transpose();
    value.map_err(|_| Failure::refused(Code::InvalidOption, format!("{name} is not UTF-8: set it anew")))
}

/// Whether somebody may be there to type a password.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() || std::io::stderr().is_terminal()
}

/// The prompt speaks to the terminal itself, so that a code may be piped in beside it.
fn ask(user: &str) -> Result<String, Failure> {
    let refused = |why: String| Failure::refused(Code::InvalidOption, why);
    if !can_ask() {
        let hint = if environment::is_privileged() { environment::NOT_USED } else { "set ANTS_OTP_PASSWORD" };
        return Err(refused(format!("the password is missing: {hint}")));
    }
    rpassword::prompt_password(format!("Password of {user}: "))
        .map_err(|error| refused(format!("the password cannot be read ({error}): set ANTS_OTP_PASSWORD")))
}

/// A secret was given as an argument.
pub fn warn(option: &str, better: &str) {
    output::complain(&format!("warning: other users of this machine can see {option}: use {better}"));
}
