//! What can be typed: sub-commands, and the options of the client and of a call. The options' values are checked by the
//! core, so that every language refuses the same ones in the same words.

use crate::load::LoadOptions;
use crate::report;
use ants_otp::environment::variable;
use ants_otp::{Call, Client, Options};
use ants_otp_sandbox::Dialect;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

const AFTER_HELP: &str = "\
Environment (an option on the command line comes first):
  ANTS_OTP_USERNAME, ANTS_OTP_PASSWORD   the account
  ANTS_OTP_TOKEN                         a bearer token instead of the two, or a ready-made \"Basic ...\"
  ANTS_OTP_BASE_URL, ANTS_OTP_OTC_ID, ANTS_OTP_PROXY, ANTS_OTP_CA_FILE
  A program with setuid or file capabilities takes nothing from the environment, and no proxy from there stands before a
  base URL on this machine.

Exit status:
  0  success; verify: the person is verified
  1  the service said no
  2  refused here: a usage error, an argument or option that cannot work
  3  not sent: trying again cannot send a second SMS
  4  it may have been sent: an SMS may be on its way
  5  done, but the result could not be written; it is on standard error";

/// Confirm mobile numbers with one-time passwords (OTP) that the ANTS service sends by SMS.
// No `Debug`: the arguments may hold secrets.
#[derive(Parser)]
#[command(name = "ants-otp", version, after_help = AFTER_HELP, disable_help_subcommand = true)]
pub struct Arguments {
    /// Print one JSON object on standard output, for failures too
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    pub client: ClientOptions,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    #[command(flatten)]
    Call(Operation),
    /// Explain a code: meaning, advice, sentences in English and Thai
    Explain {
        /// A number (305, 0305, -20) or a name (CODE_EXPIRED); without it, the whole table
        #[arg(allow_negative_numbers = true)]
        code: Option<String>,
    },
    /// Look for what keeps calls from working: settings, network, certificates, clock, credentials. Sends no SMS
    ///
    /// Each line is ok, a warning or a failure, with what to do. The exit status is the one that a call would end with: 0
    /// without a failure, 2 for settings that cannot work, 3 where the service is not reached, 1 where it says no, 4 where
    /// its answer cannot be read. The credit is asked for, which costs nothing.
    Doctor,
    /// Receive delivery reports and show them
    ///
    /// Give its address to a call as --notify-url. A report proves nothing about who sent it: it must not let anybody in.
    Listen {
        /// The address to listen on. Others than loopback are open to everybody who can reach this machine
        #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
        host: IpAddr,
        /// The port to listen on; 0 takes a free one
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Show the text of the SMS, which holds the OTP code
        #[arg(long)]
        show_text: bool,
        /// End after so many reports
        #[arg(long, value_name = "NUMBER")]
        count: Option<u64>,
    },
    /// Run one call and write down what travelled, without its secrets, as a test vector
    ///
    /// Credentials, OTP codes, mobile numbers and amounts are replaced by marks of the same shape. Ids and reference codes
    /// stay: look at the record before you give it away. The exit status is the call's.
    Capture {
        /// The file to write; without it, standard output
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(subcommand)]
        operation: Operation,
    },
    /// Call from many threads for a while, and see what one process carries
    ///
    /// Without a base URL, a service in a box is started for the time. Other servers of this machine may be loaded too;
    /// other machines only with --other-host, given twice.
    Load(LoadOptions),
    /// Run the OTP service in a box on this machine, for tests and first steps
    ///
    /// Prints one line of JSON (url, username, password, otc_id), then serves until it is stopped. The URL in a browser
    /// shows the SMS it would have sent; GET /sandbox/messages lists them. With `-- COMMAND…`, runs that command against the
    /// sandbox instead: ants-otp sandbox -- pytest.
    Sandbox(SandboxOptions),
    /// Print the completion of a shell: bash, elvish, fish, powershell or zsh
    Completion { shell: clap_complete::Shell },
    /// Print the manual page
    Man {
        /// Write the pages of all sub-commands into this folder instead
        #[arg(long, value_name = "FOLDER")]
        output: Option<PathBuf>,
    },
}

/// A call of the service.
#[derive(Subcommand)]
pub enum Operation {
    /// Send an OTP to a mobile number
    Request {
        /// The mobile number, such as 081-234-5678 or +66 81 234 5678, as it is pasted
        mobile: String,
        /// Send the number untouched, not in the form 66…
        #[arg(long)]
        as_given: bool,
        #[command(flatten)]
        call: CallOptions,
    },
    /// Send an OTP again; go on with the otp id that this prints
    Resend {
        /// The otp id of the request; without it, the service takes the newest OTP of the otc id
        otp_id: Option<String>,
        #[command(flatten)]
        call: CallOptions,
    },
    /// Check the code that a person typed
    Verify {
        /// The otp id of the newest request or resend
        otp_id: String,
        /// The code; without it, the first line of standard input. An argument is a secret that other users of this machine
        /// can see while the program runs
        code: Option<String>,
        #[command(flatten)]
        call: CallOptions,
    },
    /// Show the account's credit; it costs nothing, so it tests the credentials
    Balance,
}

#[derive(Args)]
pub struct SandboxOptions {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// How answers are written: specification, other, or some of the differences with commas between them, such as
    /// thai,error-codes
    #[arg(long, value_name = "NAMES", default_value = "specification")]
    pub dialect: Dialect,
    /// Keep the state in this SQLite file, so that it survives a restart
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// From the sending of an SMS to its delivery report [default: 2]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub report_delay: Option<Duration>,
    /// Post delivery reports to other machines, too
    #[arg(long)]
    pub reports_to_any_host: bool,
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

impl Operation {
    pub fn name(&self) -> &'static str {
        match self {
            Operation::Request { .. } => "request",
            Operation::Resend { .. } => "resend",
            Operation::Verify { .. } => "verify",
            Operation::Balance => "balance",
        }
    }
}

#[derive(Args)]
#[command(next_help_heading = "Client options")]
pub struct ClientOptions {
    /// The user name; the password comes from ANTS_OTP_PASSWORD or is asked for at the terminal
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "token")]
    pub user: Option<String>,
    /// The password. Other users of this machine can see it: prefer ANTS_OTP_PASSWORD or the prompt
    #[arg(long, global = true, value_name = "SECRET", conflicts_with = "token")]
    pub password: Option<String>,
    /// A bearer token, or a ready-made "Basic ...". Other users of this machine can see it: prefer ANTS_OTP_TOKEN
    #[arg(long, global = true, value_name = "SECRET")]
    pub token: Option<String>,
    /// The service's address, if it is not the ANTS service itself
    #[arg(long, global = true, value_name = "URL")]
    pub base_url: Option<String>,
    /// The OTP configuration of the provider's portal
    #[arg(long, global = true, value_name = "ID")]
    pub otc_id: Option<String>,
    /// The deadline of the whole call, 0.001 to 600 [default: 15]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// How much of the deadline a connection may take to be made [default: 5]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    connect_timeout: Option<Duration>,
    /// How often to try again while nothing was sent, 0 to 2 [default: 2]
    #[arg(long, global = true, value_name = "COUNT")]
    max_retries: Option<u32>,
    /// The calling code of mobile numbers in national form, such as 081… [default: 66]
    #[arg(long, global = true, value_name = "DIGITS")]
    country_code: Option<String>,
    /// A PEM file of certificates to trust beside the roots
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Which roots are trusted: bundled, system, or none but --ca-file [default: bundled]
    #[arg(long, global = true, value_name = "WHICH")]
    pub root_certificates: Option<String>,
    /// The client's own certificate chain (PEM)
    #[arg(long, global = true, value_name = "FILE", requires = "client_key")]
    client_cert: Option<PathBuf>,
    /// The key of --client-cert (PEM)
    #[arg(long, global = true, value_name = "FILE", requires = "client_cert")]
    client_key: Option<PathBuf>,
    /// A proxy: http://, https://, socks5:// or socks5h://. An http:// base URL takes only one of this machine
    #[arg(long, global = true, value_name = "URL")]
    pub proxy: Option<String>,
    /// Take the proxy from HTTPS_PROXY or ALL_PROXY, exceptions from NO_PROXY. Not used for a base URL on this machine
    #[arg(long, global = true)]
    pub proxy_from_env: bool,
    /// Allow http:// to other machines, or through a proxy there: credentials and codes then travel unencrypted
    #[arg(long, global = true)]
    allow_plain_http: bool,
    /// The User-Agent header
    #[arg(long, global = true, value_name = "TEXT")]
    user_agent: Option<String>,
    /// Say on standard error what each call did; holds no secret
    #[arg(long, short, global = true)]
    verbose: bool,
}

impl ClientOptions {
    /// Where the service is, if that was said.
    pub fn service(&self) -> Option<String> {
        self.base_url.clone().or_else(|| variable("ANTS_OTP_BASE_URL").and_then(|url| url.into_string().ok()))
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
            options = options.log(|_, line| report::complain(line));
        }
        options
    }
}

/// Options of one call, for the delivery report.
#[derive(Args)]
pub struct CallOptions {
    /// Where the service posts its delivery report
    #[arg(long, value_name = "URL")]
    notify_url: Option<String>,
    /// The report's form: application/json or application/xml
    #[arg(long, value_name = "TYPE")]
    notify_content_type: Option<String>,
    /// Text that comes back with the delivery report
    #[arg(long, value_name = "TEXT")]
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
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "seconds must be 0.001 to 600".to_owned())
}
