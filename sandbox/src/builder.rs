//! The settings of a sandbox, and how one is started from them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::cors;
use crate::database::Database;
use crate::guard::Allowed;
use crate::server::Server;
use crate::service::{OnRequest, Service, Setup};
use crate::{
    Account, Clock, Codes, Dialect, LoggedRequest, NO_CREDIT_PASSWORD, NO_CREDIT_USERNAME, OtpConfig, Sandbox, TOKEN,
};

/// From the sending of an SMS until its fate is known and reported, unless [`Builder::report_delay`] says otherwise.
const REPORT_DELAY: Duration = Duration::from_secs(2);

/// The settings of a [`Sandbox`]. The default is ready to start.
#[derive(Default)]
#[must_use]
pub struct Builder {
    host: Option<IpAddr>,
    port: u16,
    allowed: Allowed,
    accounts: Vec<Account>,
    configs: Vec<OtpConfig>,
    clock: Clock,
    codes: Codes,
    dialect: Dialect,
    database: Option<PathBuf>,
    report_delay: Option<Duration>,
    reports_to_any_host: bool,
    on_request: Option<OnRequest>,
}

impl Builder {
    /// The address to listen on; the default is 127.0.0.1. `::1` is loopback, too.
    ///
    /// Whoever reaches another address can read every code and change every state: it is for containers, whose network is
    /// their own. `0.0.0.0` and `::` are all addresses of this machine; [`Sandbox::url`] then names loopback.
    pub fn host(self, address: impl Into<IpAddr>) -> Builder {
        Builder { host: Some(address.into()), ..self }
    }

    /// Adds a name by which the inbox and `/sandbox/…` may be called beside loopback's (`localhost`, `127.0.0.1`, `[::1]`), such
    /// as `sandbox`, at any port. Other names are refused, since they could be those of a web page that resolve to this
    /// machine.
    pub fn allow_host(mut self, name: impl Into<String>) -> Builder {
        self.allowed.hosts.push(name.into());
        self
    }

    /// Adds an origin, such as `http://localhost:5173`, whose pages may call all paths from the browser. Pages of other
    /// origins are refused.
    pub fn cors_origin(mut self, origin: impl Into<String>) -> Builder {
        self.allowed.origins.push(origin.into());
        self
    }

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
    /// Nobody but its owner can read the file: one that is there already loses what others may do with it.
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

    /// Posts delivery reports to any host. Without this, only to loopback, so that test data is never posted to someone
    /// else's server.
    pub fn reports_to_any_host(self) -> Builder {
        Builder { reports_to_any_host: true, ..self }
    }

    /// Calls this for each request that is logged, right when [`Sandbox::requests`] has it; the sandbox waits meanwhile, so it
    /// must be quick, and must not use the sandbox.
    pub fn on_request(self, call: impl Fn(&LoggedRequest) + Send + 'static) -> Builder {
        Builder { on_request: Some(Box::new(call)), ..self }
    }

    /// Starts to serve. When this returns, connections are accepted.
    ///
    /// # Errors
    ///
    /// The port is taken, or the system refuses a socket or a thread; the database cannot be used, since another process
    /// has it open for example; [`io::ErrorKind::InvalidInput`] with a sentence for
    /// an account, configuration, name, origin or codes that cannot work.
    pub fn start(mut self) -> io::Result<Sandbox> {
        let refused = |problem: String| io::Error::new(io::ErrorKind::InvalidInput, problem);
        if let Some(problem) = self.problem() {
            return Err(refused(problem));
        }
        let checked = |texts: &[String], check: fn(&str) -> Result<String, String>| {
            texts.iter().map(|text| check(text)).collect::<Result<Vec<_>, _>>().map_err(refused)
        };
        let allowed = Allowed {
            hosts: checked(&self.allowed.hosts, cors::host_name)?,
            origins: checked(&self.allowed.origins, cors::origin)?,
        };
        let address = SocketAddr::new(self.host.unwrap_or(Ipv4Addr::LOCALHOST.into()), self.port);
        let (reports_to_any_host, on_request) = (self.reports_to_any_host, self.on_request.take());
        let database = self.database.as_deref().map(Database::open).transpose()?;
        let mut service = self.into_service();
        service.on_request = on_request;
        if let Some(database) = database {
            service.keep_in(database)?;
        }
        let service = Arc::new(Mutex::new(service));
        let server = Server::start(address, Arc::clone(&service), allowed, reports_to_any_host)?;
        let url = format!("http://{}", reachable(server.address()));
        Ok(Sandbox { server, service, url })
    }

    fn problem(&self) -> Option<String> {
        let accounts = self.accounts.iter().find_map(Account::problem).map(str::to_owned);
        let configs = || self.configs.iter().find_map(OtpConfig::problem);
        accounts.or_else(configs).or_else(|| self.codes.problem().map(str::to_owned))
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

/// Where this machine reaches it: all addresses are none to connect to.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// The ready ones and the given ones; of several with the same name, the last.
fn merged<T>(mut ready: Vec<T>, given: Vec<T>, same: fn(&T, &T) -> bool) -> Vec<T> {
    for item in given {
        ready.retain(|other| !same(other, &item));
        ready.push(item);
    }
    ready
}
