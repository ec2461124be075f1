//! What can be typed: sub-commands, and the options of the client and of a call. The options' values are checked by the
//! core, so that every language refuses the same ones in the same words.

use crate::attempt::TryOptions;
use crate::env_file::EnvFile;
use crate::listen::ListenOptions;
use crate::load::LoadOptions;
use crate::output::{self, Failure};
use crate::sandbox::settings::Settings;
use crate::values;
use ants_otp::{Call, Client, Operation, Options, environment};
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

const AFTER_HELP: &str = "\
Environment:
  ANTS_OTP_USERNAME, ANTS_OTP_PASSWORD  the account
  ANTS_OTP_TOKEN                        instead of these: a bearer token, or a whole \"Basic ...\"
  ANTS_OTP_BASE_URL, ANTS_OTP_OTC_ID, ANTS_OTP_PROXY, ANTS_OTP_CA_FILE
  An option takes precedence over the environment, and the environment over --env-file.
  ANTS_OTP_PROXY is not used for a base URL on this machine. If the program runs setuid or
  with file capabilities, it ignores the environment and refuses --env-file.

Exit status:
  0  success; for verify and try: the person is verified
  1  the service said no; for try: not verified
  2  rejected locally: a usage error, or an argument or option that cannot work
  3  not sent: trying again cannot send a second SMS
  4  may have been sent: an SMS may be on its way
  5  done, but the result could not be written; it is on standard error";

/// Verify that someone controls a mobile number, with a one-time password (OTP) sent by SMS through the ANTS service
// No `Debug`: the arguments may hold secrets.
#[derive(Parser)]
#[command(name = "ants-otp", version, after_help = AFTER_HELP, disable_help_subcommand = true)]
pub struct Arguments {
    /// Print JSON on standard output, one object a line, for failures too
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    pub client: ClientOptions,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Try it out: send an OTP, ask for the code, verify it
    ///
    /// Asks for the code at the terminal, or reads one from each line of standard input. A wrong code can be corrected. An
    /// empty line sends another SMS, once --pause is over. Ends when the number is verified, when the OTP is used up, or at
    /// the end of the input (Ctrl-D); the exit status is 0 only for a verified number.
    Try(TryOptions),
    #[command(flatten)]
    Call(ServiceCall),
    /// Explain a code: what it means, what to do, what to tell the user, in English and Thai
    Explain {
        /// A number (305, 0305, -20) or a name (CODE_EXPIRED). Without it, the whole table
        #[arg(allow_negative_numbers = true, value_parser = values::codes(), hide_possible_values = true)]
        code: Option<String>,
    },
    /// Diagnose why calls fail: settings, network, certificates, clock, credentials. Sends no SMS
    ///
    /// Each line is ok, a warning or a failure, with what to do about it. The exit status is that of a call that fails for
    /// the same reason: 0 without a failure, 1 if the service says no, 2 for settings that cannot work, 3 if the service
    /// cannot be reached, 4 if its answer cannot be read. It asks for the account's credit, which costs nothing.
    Doctor,
    /// Receive delivery reports, show them, and pass them on
    ///
    /// Give the address that it prints to a call as --notify-url. Anybody who can reach it can post a report: never let a
    /// report log anyone in.
    Listen(ListenOptions),
    /// Run one call and record the exchange, without its secrets, as a test vector
    ///
    /// Credentials, OTP codes, mobile numbers and amounts are replaced by placeholders of the same shape. Ids and reference
    /// codes stay: review the record before you share it. The exit status is that of the call.
    Capture {
        /// The file to write; without it, standard output
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(subcommand)]
        operation: ServiceCall,
    },
    /// Measure how many calls one process can make: many threads call for a while
    ///
    /// Without a base URL it starts a sandbox of its own. It loads other servers only if they are on this machine, unless
    /// --other-host is given twice.
    Load(LoadOptions),
    /// Run a sandbox of the OTP service on this machine, for tests and first steps
    ///
    /// Prints one line of JSON (url, username, password, otc_id), then serves until it is stopped; on a terminal, prints what to
    /// paste into another, and a line for each call. The URL in a browser shows the SMS it would have sent; GET
    /// /sandbox/messages lists them. With `-- COMMAND…`, runs that command against the sandbox instead: ants-otp sandbox --
    /// pytest. Of the client options, --user, --password and --otc-id name the account and the OTP configuration; nothing is
    /// taken from the environment.
    Sandbox(Box<SandboxOptions>),
    /// Print the completion script of a shell
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Write the pages of all commands into this folder instead
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        output: Option<PathBuf>,
    },
}

impl Command {
    /// As it is typed.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Try(_) => "try",
            Command::Call(call) => call.operation().name(),
            Command::Explain { .. } => "explain",
            Command::Doctor => "doctor",
            Command::Listen(_) => "listen",
            Command::Capture { .. } => "capture",
            Command::Load(_) => "load",
            Command::Sandbox(_) => "sandbox",
            Command::Completion { .. } => "completion",
            Command::Man { .. } => "man",
        }
    }
}

/// The command that was typed, where the parser refused the rest.
pub fn command_typed() -> Option<String> {
    let typed = std::env::args_os().skip(1).take_while(|word| word != "--");
    let command = Arguments::command();
    let is_command = |word: &String| command.get_subcommands().any(|command| command.get_name() == word);
    typed.filter_map(|word| word.into_string().ok()).find(is_command)
}

/// A call of the service.
#[derive(Subcommand)]
pub enum ServiceCall {
    /// Send an OTP to a mobile number
    Request {
        /// The mobile number in any common form, such as 081-234-5678 or +66 81 234 5678
        #[arg(value_hint = ValueHint::Other)]
        mobile: String,
        /// Send the number exactly as given, not in the form 66…
        #[arg(long)]
        as_given: bool,
        #[command(flatten)]
        call: CallOptions,
    },
    /// Send an OTP again; verify with the otp id that this prints
    Resend {
        /// The otp id of the request. Without it, the service takes the newest OTP of the otc id
        #[arg(value_hint = ValueHint::Other)]
        otp_id: Option<String>,
        #[command(flatten)]
        call: CallOptions,
    },
    /// Check the code that a person typed
    Verify {
        /// The otp id of the newest request or resend
        #[arg(value_hint = ValueHint::Other)]
        otp_id: String,
        /// The code. Without it, the first line of standard input. Other users of this machine can see an argument while the
        /// program runs
        #[arg(value_hint = ValueHint::Other)]
        code: Option<String>,
        #[command(flatten)]
        call: CallOptions,
    },
    /// Show the account's credit; free of charge, so it is a way to test the credentials
    Balance,
}

#[derive(Args)]
pub struct SandboxOptions {
    #[command(flatten)]
    pub settings: Settings,
    /// Take these settings from a TOML file, too: the flags' names are its keys. Flags come first
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// End when the process that started it has ended, however that came
    #[arg(long)]
    pub exit_with_parent: bool,
    /// Run this command against the sandbox, then end with its exit status
    ///
    /// The command finds the sandbox in ANTS_OTP_BASE_URL, ANTS_OTP_USERNAME, ANTS_OTP_PASSWORD and ANTS_OTP_OTC_ID, and none
    /// of the caller's other ANTS_OTP_ variables. Standard output is the command's alone. Signals are passed on to it; a
    /// command that a signal ended gives 128 and the signal's number, one that is not there 127.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

impl ServiceCall {
    pub fn operation(&self) -> Operation {
        match self {
            ServiceCall::Request { .. } => Operation::Request,
            ServiceCall::Resend { .. } => Operation::Resend,
            ServiceCall::Verify { .. } => Operation::Verify,
            ServiceCall::Balance => Operation::Balance,
        }
    }
}

#[derive(Args)]
#[command(next_help_heading = "Client options")]
pub struct ClientOptions {
    /// Read settings that the environment lacks from this file of NAME=value lines. Only ANTS_OTP_* is taken
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    env_file: Option<PathBuf>,
    /// What stands in it.
    #[arg(skip)]
    file: Option<EnvFile>,
    /// The user name; the password comes from ANTS_OTP_PASSWORD or is asked for at the terminal
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "token", value_hint = ValueHint::Other)]
    pub user: Option<String>,
    /// The password. Other users of this machine can see it: prefer ANTS_OTP_PASSWORD or the prompt
    #[arg(long, global = true, value_name = "SECRET", conflicts_with = "token", value_hint = ValueHint::Other)]
    pub password: Option<String>,
    /// A bearer token, or a ready-made "Basic ...". Other users of this machine can see it: prefer ANTS_OTP_TOKEN
    #[arg(long, global = true, value_name = "SECRET", value_hint = ValueHint::Other)]
    pub token: Option<String>,
    /// The service's address, if it is not the ANTS service itself
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub base_url: Option<String>,
    /// The OTP configuration from the provider's portal
    #[arg(long, global = true, value_name = "ID", value_hint = ValueHint::Other)]
    pub otc_id: Option<String>,
    /// The deadline of a whole call, 0.001 to 600 [default: 15]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds, value_hint = ValueHint::Other)]
    timeout: Option<Duration>,
    /// How much of the deadline connecting may take [default: 5]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds, value_hint = ValueHint::Other)]
    connect_timeout: Option<Duration>,
    /// How often to try again as long as nothing was sent, 0 to 2 [default: 2]
    #[arg(long, global = true, value_name = "COUNT", value_hint = ValueHint::Other)]
    max_retries: Option<u32>,
    /// The calling code for mobile numbers in national form, such as 081… [default: 66]
    #[arg(long, global = true, value_name = "DIGITS", value_hint = ValueHint::Other)]
    country_code: Option<String>,
    /// A PEM file of certificates to trust in addition to the roots
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca_file: Option<PathBuf>,
    /// Which roots to trust: bundled, system, or none (--ca-file alone) [default: bundled]
    #[arg(long, global = true, value_name = "WHICH", value_parser = values::suggest(["bundled", "system", "none"]),
          hide_possible_values = true)]
    pub root_certificates: Option<String>,
    /// The client's own certificate chain (PEM)
    #[arg(long, global = true, value_name = "FILE", requires = "client_key", value_hint = ValueHint::FilePath)]
    client_cert: Option<PathBuf>,
    /// The key of --client-cert (PEM)
    #[arg(long, global = true, value_name = "FILE", requires = "client_cert", value_hint = ValueHint::FilePath)]
    client_key: Option<PathBuf>,
    /// A proxy: http://, https://, socks5:// or socks5h://. For an http:// base URL it must be on this machine
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub proxy: Option<String>,
    /// Take the proxy from HTTPS_PROXY or ALL_PROXY, exceptions from NO_PROXY. Not used for a base URL on this machine
    #[arg(long, global = true)]
    pub proxy_from_env: bool,
    /// Allow http:// to other machines, or through a proxy there: credentials and codes then travel unencrypted
    #[arg(long, global = true)]
    pub allow_plain_http: bool,
    /// The User-Agent header
    #[arg(long, global = true, value_name = "TEXT", value_hint = ValueHint::Other)]
    user_agent: Option<String>,
    /// Log each call to standard error, without secrets
    #[arg(long, short, global = true)]
    verbose: bool,
}

impl ClientOptions {
    /// Reads --env-file, if it was given.
    pub fn with_file(&mut self) -> Result<&ClientOptions, Failure> {
        self.file = self.env_file.as_deref().map(EnvFile::read).transpose()?;
        Ok(self)
    }

    /// What the environment has under this name, else the file. Credentials are one setting: a token in the environment
    /// stands for an account in the file, and an account for a token.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        let set = |names: &[&str]| names.iter().any(|name| environment::variable(name).is_some());
        let replaced = match name {
            "ANTS_OTP_USERNAME" | "ANTS_OTP_PASSWORD" => set(&["ANTS_OTP_TOKEN"]),
            "ANTS_OTP_TOKEN" => set(&["ANTS_OTP_USERNAME", "ANTS_OTP_PASSWORD"]),
            _ => false,
        };
        let from_file = || self.file.as_ref().filter(|_| !replaced)?.get(name).map(OsString::from);
        environment::variable(name).or_else(from_file)
    }

    /// Where [`variable`](Self::variable) found it.
    pub fn source(&self, name: &str) -> String {
        match &self.file {
            Some(file) if environment::variable(name).is_none() => format!("{name} in {}", file.path().display()),
            _ => name.to_owned(),
        }
    }

    /// Sets what is not set yet from the environment, else the file.
    pub fn fill(&self, options: Options) -> Options {
        options.load_from(|name| self.variable(name))
    }

    /// Where the service is, if that was said.
    pub fn service(&self) -> Option<String> {
        self.base_url.clone().or_else(|| self.variable("ANTS_OTP_BASE_URL").and_then(|url| url.into_string().ok()))
    }

    /// The core's options, credentials aside.
    pub fn to_options(&self) -> Options {
        let mut options = Client::builder().proxy_from_env(self.proxy_from_env).allow_plain_http(self.allow_plain_http);
        let set = |options: Options, value: &Option<String>, setter: fn(Options, &str) -> Options| match value {
            Some(value) => setter(options, value),
            None => options,
        };
        options = set(options, &self.base_url, |o, v| o.base_url(v));
        options = set(options, &self.otc_id, |o, v| o.otc_id(v));
        options = set(options, &self.country_code, |o, v| o.country_code(v));
        options = set(options, &self.root_certificates, |o, v| o.root_certificates(v));
        options = set(options, &self.proxy, |o, v| o.proxy(v));
        options = set(options, &self.user_agent, |o, v| o.user_agent(v));
        if let Some(timeout) = self.timeout {
            options = options.timeout(timeout);
        }
        if let Some(timeout) = self.connect_timeout {
            options = options.connect_timeout(timeout);
        }
        if let Some(count) = self.max_retries {
            options = options.max_retries(count);
        }
        if let Some(path) = &self.ca_file {
            options = options.ca_file(path);
        }
        if let (Some(cert), Some(key)) = (&self.client_cert, &self.client_key) {
            options = options.client_certificate(cert, key);
        }
        if self.verbose {
            options = options.log(|_, line| output::complain(line));
        }
        options
    }
}

/// Options of one call, for the delivery report.
#[derive(Args)]
pub struct CallOptions {
    /// Where the service posts its delivery report
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    notify_url: Option<String>,
    /// The format of the report: application/json or application/xml
    #[arg(long, value_name = "TYPE", value_parser = values::suggest(["application/json", "application/xml"]),
          hide_possible_values = true)]
    notify_content_type: Option<String>,
    /// Text to get back with the delivery report
    #[arg(long, value_name = "TEXT", value_hint = ValueHint::Other)]
    callback_data: Option<String>,
}

impl CallOptions {
    pub fn to_call(&self) -> Call {
        let mut call = Call::new();
        if let Some(url) = &self.notify_url {
            call = call.notify_url(url);
        }
        if let Some(content_type) = &self.notify_content_type {
            call = call.notify_content_type(content_type);
        }
        if let Some(data) = &self.callback_data {
            call = call.callback_data(data);
        }
        call
    }
}

/// Seconds with a fraction; the core bounds them.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "seconds must be 0.001 to 600".to_owned())
}
