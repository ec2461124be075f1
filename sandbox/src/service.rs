//! The service itself: what request, resend, verify and balance do to accounts and OTPs. It knows neither HTTP nor JSON;
//! whatever holds it keeps it under one lock.

use std::io;
use std::time::Duration;

use ants_otp::Code;

use crate::account::Presented;
use crate::codes::{reference_code, uuid};
use crate::magic::Magic;
use crate::otp::{Letter, Notify, Otp, Verification};
use crate::outbox::Outbox;
use crate::{Account, Clock, Codes, Credit, Dialect, Message, OtpConfig, mobile};

pub(crate) struct Service {
    pub accounts: Vec<Account>,
    pub configs: Vec<OtpConfig>,
    pub clock: Clock,
    pub codes: Codes,
    pub outbox: Outbox,
}

/// Why the service says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub code: Code,
    /// What the developer should change, empty where the code says all.
    pub description: String,
}

impl Refusal {
    pub(crate) fn bad_request(description: impl Into<String>) -> Refusal {
        Refusal { code: Code::BadRequest, description: description.into() }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Refusal {
        Refusal { code, description: String::new() }
    }
}

/// The random source failed.
impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        Refusal { code: Code::Exception, description: error.to_string() }
    }
}

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
            otp_id: otp.letter.otp_id.clone(),
            reference_code: otp.letter.reference_code.clone(),
        }
    }
}

/// The answer to a balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Balance {
    pub kind: &'static str,
    pub credit: Credit,
}

impl Service {
    /// The account with these credentials. Every account is looked at, so that the time does not tell which one it is.
    pub(crate) fn account_of(&self, presented: &Presented) -> Option<usize> {
        let accepts =
            |found, (index, account): (usize, &Account)| if account.accepts(presented) { Some(index) } else { found };
        self.accounts.iter().enumerate().fold(None, accepts)
    }

    pub(crate) fn dialect_of(&self, account: usize) -> Dialect {
        self.accounts[account].spoken()
    }

    /// Sends an OTP. The configuration is looked at first, then the number, then the credit.
    pub(crate) fn request(
        &mut self,
        account: usize,
        otc_id: &str,
        mobile: &str,
        notify: Notify,
    ) -> Result<Sent, Refusal> {
        let config = config(&self.configs, otc_id)?;
        if let Some(Magic::OnRequest(code)) = Magic::of(mobile) {
            return Err(code.into());
        }
        mobile::check(mobile)?;
        if !self.accounts[account].can_pay() {
            return Err(Code::CreditNotEnough.into());
        }
        let letter = letter(&mut self.codes, config, mobile.into(), notify)?;
        let otp = Otp::new(account, config, letter, self.clock.now());
        Ok(self.send(otp))
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
        let named = otc_id.map(|otc_id| config(&self.configs, otc_id)).transpose()?;
        let earlier = match (otp_id, named) {
            (Some(otp_id), None) => self.outbox.find(account, otp_id),
            (Some(otp_id), Some(config)) => self.outbox.find(account, otp_id).filter(|otp| otp.otc_id == config.otc_id),
            (None, Some(config)) => self.outbox.newest(account, &config.otc_id),
            (None, None) => return Err(Refusal::bad_request("neither otpId nor otcId is given")),
        };
        let earlier = earlier.ok_or(Code::NoDataAvailable)?;
        let now = self.clock.now();
        earlier.may_resend(now)?;
        if !self.accounts[account].can_pay() {
            return Err(Code::CreditNotEnough.into());
        }
        let config = config(&self.configs, &earlier.otc_id)?;
        let notify = notify.or(&earlier.letter.notify);
        let letter = letter(&mut self.codes, config, earlier.letter.mobile.clone(), notify)?;
        let otp = earlier.replace(config, letter, now);
        Ok(self.send(otp))
    }

    /// Takes a code that was typed.
    pub(crate) fn verify(
        &mut self,
        account: usize,
        otp_id: &str,
        typed: &str,
    ) -> Result<(String, Verification), Refusal> {
        let now = self.clock.now();
        let otp = self.outbox.find(account, otp_id).ok_or(Code::NoDataAvailable)?;
        let verification = match Magic::of(&otp.letter.mobile) {
            Some(Magic::OnVerify(code)) => magic_verification(code)?,
            _ => otp.verify(typed, now)?,
        };
        Ok((otp.letter.otp_id.clone(), verification))
    }

    /// What the account has left. Costs nothing.
    pub(crate) fn balance(&self, account: usize) -> Balance {
        let account = &self.accounts[account];
        Balance { kind: account.billing().word(), credit: account.credit() }
    }

    /// The SMS that were sent, oldest first.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let now = self.clock.now();
        self.outbox.iter().map(|otp| Message::of(otp, now)).collect()
    }

    /// The code of the newest SMS to this number.
    pub(crate) fn last_code(&self, mobile: &str) -> Option<String> {
        self.outbox.iter().rev().find(|otp| otp.letter.mobile == mobile).map(|otp| otp.letter.code.clone())
    }

    /// Moves the clock ahead and answers how far it has been moved in all.
    pub(crate) fn advance(&mut self, by: Duration) -> Duration {
        self.clock.advance(by)
    }

    /// The one place where an SMS goes out and is paid. A delivery report would start from here.
    fn send(&mut self, otp: Otp) -> Sent {
        self.accounts[otp.account].pay();
        let sent = Sent::of(&otp);
        self.outbox.push(otp);
        sent
    }
}

fn config<'a>(configs: &'a [OtpConfig], otc_id: &str) -> Result<&'a OtpConfig, Code> {
    configs.iter().find(|config| config.is_named(otc_id)).ok_or(Code::InvalidOtpConfig)
}

fn letter(codes: &mut Codes, config: &OtpConfig, mobile: String, notify: Notify) -> io::Result<Letter> {
    let code = codes.next(config.code_length)?;
    Ok(Letter { otp_id: uuid()?, mobile, code, reference_code: reference_code()?, notify })
}

/// Too many tries and a code that expired are flags; the dialect may still make refusals of them.
fn magic_verification(code: Code) -> Result<Verification, Code> {
    match code {
        Code::OverLimitUsage => Ok(Verification { is_error_count: true, ..Verification::default() }),
        Code::CodeExpired => Ok(Verification { is_expr_code: true, ..Verification::default() }),
        _ => Err(code),
    }
}
