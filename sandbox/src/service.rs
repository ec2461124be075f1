//! The service itself: what request, resend, verify and balance do to accounts and OTPs. It knows neither HTTP nor JSON;
//! whatever holds it keeps it under one lock.

use std::io;
use std::time::Duration;

use ants_otp::Code;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::account::Presented;
use crate::codes::{reference_code, uuid};
use crate::database::{Database, Stored};
use crate::fault::Faults;
use crate::magic::Magic;
use crate::otp::{Notify, Otp, Sms, Verification};
use crate::outbox::Outbox;
use crate::report::{self, Fate, Outcome, Report, SmsDelivery};
use crate::request_log::{Exchange, LoggedRequest, RequestLog};
use crate::{Account, Clock, Codes, Credit, Dialect, Message, OtpConfig, message, mobile};

/// What a service is made with.
pub(crate) struct Setup {
    pub accounts: Vec<Account>,
    pub configs: Vec<OtpConfig>,
    pub clock: Clock,
    pub codes: Codes,
    /// For accounts that have none of their own, and for callers without credentials.
    pub dialect: Dialect,
    /// From the sending of an SMS until its fate is known.
    pub report_delay: Duration,
}

/// Whoever wants to know of each request.
pub(crate) type OnRequest = Box<dyn Fn(&LoggedRequest) + Send>;

pub(crate) struct Service {
    setup: Setup,
    /// As they stand; `setup` holds them as they were at the start.
    accounts: Vec<Account>,
    pub outbox: Outbox,
    pub faults: Faults,
    pub requests: RequestLog,
    /// The ids of the OTPs whose reports are not at their end, so that nobody looks through all OTPs at each change.
    reporting: Vec<String>,
    /// How often everything was forgotten.
    pub resets: u64,
    database: Option<Database>,
    pub on_request: Option<OnRequest>,
    /// The outbox's revision that the database has.
    saved: u64,
    /// Counts the changes, for those that wait for one.
    changes: watch::Sender<u64>,
}

/// Why the service says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub code: Code,
    /// What the developer should change, empty where the code says all.
    pub description: String,
    /// What the service does not say and the log does.
    because: &'static str,
}

impl Refusal {
    pub(crate) fn new(code: Code, because: &'static str) -> Refusal {
        Refusal { code, description: String::new(), because }
    }

    pub(crate) fn bad_request(description: impl Into<String>) -> Refusal {
        Refusal { description: description.into(), ..Refusal::from(Code::BadRequest) }
    }

    /// Why, in a sentence.
    pub(crate) fn reason(&self) -> String {
        match (self.because, self.description.as_str()) {
            ("", "") => self.code.text("en").into(),
            ("", description) => sentence(description),
            (because, _) => because.into(),
        }
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    // What begins with a field's name keeps its spelling.
    let is_word = text.split(' ').next().is_some_and(|word| word.chars().all(|c| c.is_ascii_lowercase()));
    match text.chars().next() {
        Some(first) if is_word => format!("{}{}.", first.to_ascii_uppercase(), &text[first.len_utf8()..]),
        _ => format!("{text}."),
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Refusal {
        Refusal::new(code, "")
    }
}

/// The random source failed, or the database.
impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        Refusal { description: error.to_string(), ..Refusal::from(Code::Exception) }
    }
}

const UNKNOWN_OTP: &str = "This account has no OTP with this otpId.";
const NO_CREDIT: &str = "The account has no credit left for an SMS.";
const MAGIC: &str = "The number is a magic one: it brings about this code.";

/// The answer to a request or resend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub otc_id: String,
    pub otp_id: String,
    pub reference_code: String,
}

impl Sent {
    fn of(otp: &Otp) -> Sent {
        Sent {
            otc_id: otp.otc_id.clone(),
            otp_id: otp.sms.otp_id.clone(),
            reference_code: otp.sms.reference_code.clone(),
        }
    }
}

/// A delivery report that is to be posted now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub otp_id: String,
    pub message_id: String,
    pub url: String,
    pub content_type: &'static str,
    pub body: String,
}

/// The answer to a balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Balance {
    pub kind: &'static str,
    pub credit: Credit,
}

impl Service {
    pub(crate) fn new(setup: Setup) -> Service {
        Service {
            accounts: setup.accounts.clone(),
            setup,
            outbox: Outbox::default(),
            faults: Faults::default(),
            requests: RequestLog::default(),
            reporting: Vec::new(),
            resets: 0,
            database: None,
            on_request: None,
            saved: 0,
            changes: watch::Sender::new(0),
        }
    }

    /// Goes on from where the database stands, and keeps it up to date from now on.
    pub(crate) fn keep_in(&mut self, database: Database) -> io::Result<()> {
        let Stored { otps, credits, advanced } = database.load()?;
        for (name, mut otp) in otps {
            // The OTPs of an account that is no longer set up are nobody's.
            if let Some(account) = self.accounts.iter().position(|account| account.name() == name) {
                otp.account = account;
                otp.delivery.report.iter_mut().for_each(Report::interrupted);
                self.report(&otp);
                self.outbox.push(otp);
            }
        }
        for stored in credits {
            let account = self.accounts.iter_mut().find(|account| account.name() == stored.account);
            if let Some(account) = account.filter(|account| account.credit() == stored.at_start) {
                account.restore(stored.now);
            }
        }
        self.setup.clock.advance(advanced);
        // Numbers start anew, so the first commit writes everything.
        self.database = Some(database);
        self.commit()
    }

    /// Writes what has changed to the database, and tells those that wait for a change. What could not be written is
    /// written with the next change.
    pub(crate) fn commit(&mut self) -> io::Result<()> {
        self.changes.send_modify(|count| *count += 1);
        let Some(database) = &mut self.database else { return Ok(()) };
        let accounts = (self.setup.accounts.as_slice(), self.accounts.as_slice());
        let changed = self.outbox.changed_since(self.saved);
        database.save(changed, self.outbox.kept(), accounts, self.setup.clock.advanced())?;
        self.saved = self.outbox.revision();
        Ok(())
    }

    /// Keeps a request, and tells those that wait for one.
    pub(crate) fn log(&mut self, exchange: Exchange) {
        self.requests.add(exchange, self.setup.clock.now());
        if let Some(call) = &self.on_request {
            self.requests.latest(1).for_each(|request| call(&request));
        }
        self.changes.send_modify(|count| *count += 1);
    }

    /// Counts the changes.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Forgets all SMS, requests and faults; accounts, codes and clock are as they were at the start.
    pub(crate) fn reset(&mut self) -> io::Result<()> {
        self.accounts = self.setup.accounts.clone();
        self.outbox.clear();
        self.faults.clear();
        self.requests.clear();
        self.reporting.clear();
        self.setup.codes.restart();
        self.setup.clock.reset();
        self.resets += 1;
        self.commit()
    }

    /// The account with these credentials. Every account is looked at, so that the time does not tell which one it is.
    pub(crate) fn account_of(&self, presented: &Presented) -> Option<usize> {
        let accepts =
            |found, (index, account): (usize, &Account)| if account.accepts(presented) { Some(index) } else { found };
        self.accounts.iter().enumerate().fold(None, accepts)
    }

    /// The account's dialect, or the sandbox's where it has none or is none.
    pub(crate) fn dialect_of(&self, account: Option<usize>) -> Dialect {
        account.and_then(|account| self.accounts[account].own_dialect()).unwrap_or(self.setup.dialect)
    }

    /// Sends an OTP. The configuration is looked at first, then the number, then the credit.
    pub(crate) fn request(
        &mut self,
        account: usize,
        otc_id: &str,
        mobile: &str,
        notify: Notify,
    ) -> Result<Sent, Refusal> {
        let config = config(&self.setup.configs, otc_id)?;
        if let Some(Magic::OnRequest(code)) = Magic::of(mobile) {
            return Err(Refusal::new(code, MAGIC));
        }
        mobile::check(mobile).map_err(|code| Refusal::new(code, mobile::why(code)))?;
        self.accounts[account].can_pay().then_some(()).ok_or(Refusal::new(Code::CreditNotEnough, NO_CREDIT))?;
        let sms = sms(&mut self.setup.codes, config, mobile.into(), notify)?;
        let otp = Otp::new(account, config, sms, self.setup.clock.now());
        self.send(otp)
    }

    /// Sends an earlier OTP's person a new one in its place. The earlier one is named by its id, or it is the account's
    /// newest of the configuration; where both ids are given they must belong together.
    pub(crate) fn resend(
        &mut self,
        account: usize,
        otp_id: Option<&str>,
        otc_id: Option<&str>,
        notify: Notify,
    ) -> Result<Sent, Refusal> {
        let named = otc_id.map(|otc_id| config(&self.setup.configs, otc_id)).transpose()?;
        let earlier_id = match (otp_id, named) {
            (Some(otp_id), _) => otp_id.to_owned(),
            (None, Some(config)) => self.outbox.newest(account, &config.otc_id).ok_or_else(|| {
                Refusal::new(Code::NoDataAvailable, "This account has no OTP of this otcId that could be resent.")
            })?,
            (None, None) => return Err(Refusal::bad_request("neither otpId nor otcId is given")),
        };
        let unknown = || Refusal::new(Code::NoDataAvailable, UNKNOWN_OTP);
        let earlier = self.outbox.find(account, &earlier_id).ok_or_else(unknown)?;
        if named.is_some_and(|config| config.otc_id != earlier.otc_id) {
            return Err(Refusal::new(Code::NoDataAvailable, "The otpId is one of another otcId."));
        }
        let now = self.setup.clock.now();
        earlier.may_resend(now).map_err(|code| Refusal::new(code, earlier.why_not(now)))?;
        self.accounts[account].can_pay().then_some(()).ok_or(Refusal::new(Code::CreditNotEnough, NO_CREDIT))?;
        let config = config(&self.setup.configs, &earlier.otc_id)?;
        let notify = notify.or(&earlier.sms.notify);
        let sms = sms(&mut self.setup.codes, config, earlier.sms.mobile.clone(), notify)?;
        let earlier = self.outbox.change(account, &earlier_id).ok_or_else(unknown)?;
        let otp = earlier.replace(config, sms, now);
        self.send(otp)
    }

    /// Takes a code that was typed.
    pub(crate) fn verify(
        &mut self,
        account: usize,
        otp_id: &str,
        typed: &str,
    ) -> Result<(String, Verification), Refusal> {
        let now = self.now();
        let unknown = || Refusal::new(Code::NoDataAvailable, UNKNOWN_OTP);
        let otp = self.outbox.change(account, otp_id).ok_or_else(unknown)?;
        let verification = match Magic::of(&otp.sms.mobile) {
            Some(Magic::OnVerify(code)) => magic_verification(code).map_err(|code| Refusal::new(code, MAGIC))?,
            _ => otp.verify(typed, now).map_err(|code| Refusal::new(code, otp.why_not(now)))?,
        };
        Ok((otp.sms.otp_id.clone(), verification))
    }

    /// What the account has left. Costs nothing.
    pub(crate) fn balance(&self, account: usize) -> Balance {
        let account = &self.accounts[account];
        Balance { kind: account.billing().word(), credit: account.credit() }
    }

    /// Credentials and an OTP configuration for a first try.
    pub(crate) fn example_account(&self) -> Value {
        let pair = self.accounts.iter().filter(|account| account.can_pay()).find_map(Account::pair);
        let (username, password) = pair.unwrap_or_default();
        let otc_id = self.setup.configs.first().map(|config| config.otc_id.as_str());
        json!({ "username": username, "password": password, "otc_id": otc_id })
    }

    /// The number that an account's OTP was sent to.
    pub(crate) fn mobile_of(&self, account: usize, otp_id: &str) -> Option<&str> {
        self.outbox.find(account, otp_id).map(|otp| otp.sms.mobile.as_str())
    }

    /// The SMS that were sent, oldest first.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let now = self.now();
        self.outbox.iter().map(|otp| Message::of(otp, now)).collect()
    }

    /// Those to the numbers that are asked for, as JSON.
    pub(crate) fn messages_json(&self, asked_for: impl Fn(&str) -> bool) -> Value {
        let now = self.now();
        let asked_for = self.outbox.iter().filter(|otp| asked_for(&otp.sms.mobile));
        asked_for.map(|otp| message::json(otp, now)).collect()
    }

    /// The code of the newest SMS to this number.
    pub(crate) fn last_code(&self, mobile: &str) -> Option<String> {
        self.outbox.iter().rev().find(|otp| otp.sms.mobile == mobile).map(|otp| otp.sms.code.clone())
    }

    pub(crate) fn now(&self) -> Duration {
        self.setup.clock.now()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.setup.clock
    }

    /// Moves the clock ahead.
    pub(crate) fn advance(&mut self, by: Duration) -> io::Result<()> {
        self.setup.clock.advance(by);
        self.commit()
    }

    /// Decides by hand what becomes of an SMS: its fate is known at once, and is reported, again where it was before.
    /// `None` for an unknown OTP.
    pub(crate) fn decide(&mut self, otp_id: &str, fate: Fate) -> Option<io::Result<Value>> {
        let now = self.now();
        let otp = self.outbox.change_any(otp_id)?;
        match SmsDelivery::new(fate, now, otp.sms.notify.url.as_deref()) {
            Ok(delivery) => otp.delivery = delivery,
            Err(error) => return Some(Err(error)),
        }
        let (json, otp) = (message::json(otp, now), otp.clone());
        self.report(&otp);
        Some(self.commit().map(|()| json))
    }

    /// The reports that are to be posted now, not more than keep `at_once` under way; and how long to wait for the next one
    /// to come due, if time goes by itself.
    pub(crate) fn due_reports(&mut self, at_once: usize) -> (Vec<Job>, Option<Duration>) {
        let outbox = &self.outbox;
        let report = |otp_id: &String| outbox.any(otp_id)?.delivery.report.as_ref();
        self.reporting.retain(|otp_id| report(otp_id).is_some_and(|report| !report.is_over()));
        let now = self.now();
        let next = |otp_id: &String| report(otp_id)?.next();
        let sending = self.reporting.iter().filter(|otp_id| next(otp_id).is_none()).count();
        let due = self.reporting.iter().filter(|otp_id| next(otp_id).is_some_and(|next| next <= now));
        let jobs: Vec<Job> =
            due.take(at_once.saturating_sub(sending)).filter_map(|otp_id| self.job(outbox.any(otp_id)?)).collect();
        let later = self.reporting.iter().filter_map(next).filter(|&next| next > now).min();
        let wait = later.filter(|_| self.setup.clock.is_running()).map(|next| next - now);
        for job in &jobs {
            self.change_report(job, Report::begin);
        }
        (jobs, wait)
    }

    fn job(&self, otp: &Otp) -> Option<Job> {
        let report = otp.delivery.report.as_ref()?;
        let dialect = self.dialect_of(Some(otp.account));
        let (content_type, body) = report::content(otp, report, &otp.text, dialect);
        Some(Job {
            otp_id: otp.sms.otp_id.clone(),
            message_id: report.message_id.clone(),
            url: report.url.clone(),
            content_type,
            body,
        })
    }

    /// An attempt to post a report has ended.
    pub(crate) fn report_ended(&mut self, job: &Job, outcome: Outcome) {
        let now = self.now();
        self.change_report(job, |report| report.end(outcome, now));
    }

    /// Changes the job's report, unless another was put in its place by now.
    fn change_report(&mut self, job: &Job, change: impl FnOnce(&mut Report)) {
        let report = self.outbox.change_any(&job.otp_id).and_then(|otp| otp.delivery.report.as_mut());
        if let Some(report) = report.filter(|report| report.message_id == job.message_id) {
            change(report);
        }
        // What the database could not take is written with the next change.
        let _ = self.commit();
    }

    /// Remembers an OTP whose report is to be posted.
    fn report(&mut self, otp: &Otp) {
        if otp.delivery.report.is_some() && !self.reporting.contains(&otp.sms.otp_id) {
            self.reporting.push(otp.sms.otp_id.clone());
        }
    }

    /// The one place where an SMS goes out and is paid, and from which its delivery report starts.
    fn send(&mut self, mut otp: Otp) -> Result<Sent, Refusal> {
        let fate = match Magic::of(&otp.sms.mobile) {
            Some(Magic::Fate(fate)) => fate,
            _ => self.accounts[otp.account].own_fate(),
        };
        let due = otp.sent_at.saturating_add(self.setup.report_delay);
        otp.delivery = SmsDelivery::new(fate, due, otp.sms.notify.url.as_deref())?;
        self.accounts[otp.account].pay();
        let sent = Sent::of(&otp);
        self.report(&otp);
        self.outbox.push(otp);
        Ok(sent)
    }
}

fn config<'a>(configs: &'a [OtpConfig], otc_id: &str) -> Result<&'a OtpConfig, Refusal> {
    let unknown = || Refusal::new(Code::InvalidOtpConfig, "There is no OTP configuration with this otcId.");
    configs.iter().find(|config| config.is_named(otc_id)).ok_or_else(unknown)
}

fn sms(codes: &mut Codes, config: &OtpConfig, mobile: String, notify: Notify) -> io::Result<Sms> {
    let code = codes.next(&config.alphabet, config.code_length)?;
    Ok(Sms { otp_id: uuid()?, mobile, code, reference_code: reference_code()?, notify })
}

/// Too many tries and a code that expired are flags; the dialect may still make refusals of them.
fn magic_verification(code: Code) -> Result<Verification, Code> {
    match code {
        Code::OverLimitUsage => Ok(Verification { is_error_count: true, ..Verification::default() }),
        Code::CodeExpired => Ok(Verification { is_expr_code: true, ..Verification::default() }),
        _ => Err(code),
    }
}
