//! The settings of a sandbox, and how one is started from them.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::database::Database;
use crate::server::Server;
use crate::service::{Service, Setup};
use crate::{Account, Clock, Codes, Dialect, NO_CREDIT_PASSWORD, NO_CREDIT_USERNAME, OtpConfig, Sandbox, TOKEN};

/// From the sending of an SMS until its fate is known and reported, unless [`Builder::report_delay`] says otherwise.
const REPORT_DELAY: Duration = Duration::from_secs(2);

/// The settings of a [`Sandbox`]. The default is ready to start.
#[derive(Default)]
#[must_use]
pub struct Builder {
    port: u16,
    accounts: Vec<Account>,
    configs: Vec<OtpConfig>,
    clock: Clock,
    codes: Codes,
    dialect: Dialect,
    database: Option<PathBuf>,
    report_delay: Option<Duration>,
    reports_to_any_host: bool,
}

impl Builder {
    /// The port to listen on; 0, the default, is any that is free.
    pub fn port(self, port: u16) -> Builder {
        Builder { port, ..self }
    }

    /// Adds an account. It takes the place of one with the same user name or token, the ready ones included.
    pub fn account(mut self, account: Account) -> Builder {
        self.accounts.push(account);
        self
    }

    /// Adds an OTP configuration. It takes the place of one with the same `otcId`, the ready one included.
    pub fn config(mut self, config: OtpConfig) -> Builder {
        self.configs.push(config);
        self
    }

    /// The clock by which codes expire; the default is [`Clock::system`].
    pub fn clock(self, clock: Clock) -> Builder {
        Builder { clock, ..self }
    }

    /// The source of OTP codes; the default is [`Codes::random`].
    pub fn codes(self, codes: Codes) -> Builder {
        Builder { codes, ..self }
    }

    /// The dialect of accounts that have none of their own, the ready ones among them.
    pub fn dialect(self, dialect: Dialect) -> Builder {
        Builder { dialect, ..self }
    }

    /// Keeps the state in this SQLite file, which is made if it is not there, so that it survives a restart: the SMS and
    /// what has become of them, the credit that is left, how far the clock was moved. Without this, it is kept in memory
    /// alone. Faults never survive.
    ///
    /// The OTPs of an account that is not set up any more are forgotten, and an account that is set up with another credit
    /// than last time starts with that.
    pub fn database(self, path: impl Into<PathBuf>) -> Builder {
        Builder { database: Some(path.into()), ..self }
    }

    /// How long after an SMS its fate is known and its delivery report is posted, by the sandbox's clock; the default is
    /// two seconds. With [`Clock::fixed`] no report goes out before the clock is moved.
    pub fn report_delay(self, delay: Duration) -> Builder {
        Builder { report_delay: Some(delay), ..self }
    }

    /// Posts delivery reports to any host. Without this, only to loopback: whoever tries a program with a `notifyUrl` that
    /// is not his own must not post test data to a stranger.
    pub fn reports_to_any_host(self) -> Builder {
        Builder { reports_to_any_host: true, ..self }
    }

    /// Starts to serve. When this returns, connections are accepted.
    ///
    /// # Errors
    ///
    /// The port is taken, or the system refuses a socket or a thread; the database cannot be used, since another process
    /// has it open for example; [`io::ErrorKind::InvalidInput`] with a sentence for
    /// an account, configuration or codes that cannot work.
    pub fn start(self) -> io::Result<Sandbox> {
        if let Some(problem) = self.problem() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let (port, reports_to_any_host) = (self.port, self.reports_to_any_host);
        let database = self.database.as_deref().map(Database::open).transpose()?;
        let mut service = self.into_service();
        if let Some(database) = database {
            service.keep_in(database)?;
        }
        let service = Arc::new(Mutex::new(service));
        let server = Server::start(port, Arc::clone(&service), reports_to_any_host)?;
        let url = format!("http://{}", server.address());
        Ok(Sandbox { server, service, url })
    }

    fn problem(&self) -> Option<&'static str> {
        let accounts = self.accounts.iter().find_map(Account::problem);
        let configs = || self.configs.iter().find_map(OtpConfig::problem);
        accounts.or_else(configs).or_else(|| self.codes.problem())
    }

    fn into_service(self) -> Service {
        let no_credit = Account::basic(NO_CREDIT_USERNAME, NO_CREDIT_PASSWORD).prepaid(0);
        let ready = vec![Account::default(), Account::bearer(TOKEN), no_credit];
        Service::new(Setup {
            accounts: merged(ready, self.accounts, Account::same_name),
            configs: merged(vec![OtpConfig::default()], self.configs, |one, other| one.is_named(&other.otc_id)),
            clock: self.clock,
            codes: self.codes,
            dialect: self.dialect,
            report_delay: self.report_delay.unwrap_or(REPORT_DELAY),
        })
    }
}

/// The ready ones and the given ones; of several with the same name, the last.
fn merged<T>(mut ready: Vec<T>, given: Vec<T>, same: fn(&T, &T) -> bool) -> Vec<T> {
    for item in given {
        ready.retain(|other| !same(other, &item));
        ready.push(item);
    }
    ready
}
