//! The settings of a sandbox, and how one is started from them.

use std::io;
use std::sync::{Arc, Mutex};

use crate::outbox::Outbox;
use crate::server::Server;
use crate::service::Service;
use crate::{Account, Clock, Codes, NO_CREDIT_PASSWORD, NO_CREDIT_USERNAME, OtpConfig, Sandbox, TOKEN};

/// The settings of a [`Sandbox`]. The default is ready to start.
#[derive(Default)]
#[must_use]
pub struct Builder {
    port: u16,
    accounts: Vec<Account>,
    configs: Vec<OtpConfig>,
    clock: Clock,
    codes: Codes,
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

    /// Starts to serve. When this returns, connections are accepted.
    ///
    /// # Errors
    ///
    /// The port is taken, or the system refuses a socket or a thread; [`io::ErrorKind::InvalidInput`] with a sentence for
    /// an account, configuration or codes that cannot work.
    pub fn start(self) -> io::Result<Sandbox> {
        if let Some(problem) = self.problem() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let port = self.port;
        let service = Arc::new(Mutex::new(self.into_service()));
        let server = Server::start(port, Arc::clone(&service))?;
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
        Service {
            accounts: merged(ready, self.accounts, Account::same_name),
            configs: merged(vec![OtpConfig::default()], self.configs, |one, other| one.is_named(&other.otc_id)),
            clock: self.clock,
            codes: self.codes,
            outbox: Outbox::default(),
        }
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
