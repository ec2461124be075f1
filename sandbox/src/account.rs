//! Accounts: who may call the service, how they pay, and the dialect in which they are answered.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;

use crate::{Dialect, Fate, PASSWORD, USERNAME};

/// An account of the service: credentials, payment and dialect.
///
/// The default is the ready account [`USERNAME`] with [`PASSWORD`], postpaid.
#[derive(Clone)]
pub struct Account {
    credentials: Credentials,
    billing: Billing,
    credit: Credit,
    /// `None`: the sandbox's.
    dialect: Option<Dialect>,
    fate: Fate,
}

#[derive(Clone, PartialEq, Eq)]
enum Credentials {
    Basic { username: String, password: String },
    Bearer { token: String },
}

/// How an account pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Billing {
    Prepaid,
    Postpaid,
}

impl Billing {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Billing::Prepaid => "prepaid",
            Billing::Postpaid => "postpaid",
        }
    }
}

impl Account {
    /// An account with a user name and a password (`Authorization: Basic`), postpaid with a credit of 1000.
    ///
    /// A user name that is empty or holds a colon cannot be sent (RFC 7617); the sandbox refuses to start with it.
    pub fn basic(username: impl Into<String>, password: impl Into<String>) -> Account {
        Account::new(Credentials::Basic { username: username.into(), password: password.into() })
    }

    /// An account with a token (`Authorization: Bearer`), postpaid with a credit of 1000.
    ///
    /// The sandbox refuses to start with a token that is empty or holds anything but visible ASCII.
    pub fn bearer(token: impl Into<String>) -> Account {
        Account::new(Credentials::Bearer { token: token.into() })
    }

    fn new(credentials: Credentials) -> Account {
        let (credit, fate) = (Credit::from(1000), Fate::default());
        Account { credentials, billing: Billing::Postpaid, credit, dialect: None, fate }
    }

    /// Makes the account prepaid: each SMS costs one credit, and with less than one left it is refused with 9995.
    #[must_use]
    pub fn prepaid(self, credit: impl Into<Credit>) -> Account {
        Account { billing: Billing::Prepaid, credit: credit.into(), ..self }
    }

    /// Makes the account postpaid: the balance shows this credit, and SMS do not change it.
    #[must_use]
    pub fn postpaid(self, credit: impl Into<Credit>) -> Account {
        Account { billing: Billing::Postpaid, credit: credit.into(), ..self }
    }

    /// Sets the dialect in which this account is answered; without it, that of the sandbox.
    #[must_use]
    pub fn dialect(self, dialect: Dialect) -> Account {
        Account { dialect: Some(dialect), ..self }
    }

    /// Sets what becomes of this account's SMS; without it, they are delivered.
    #[must_use]
    pub fn fate(self, fate: Fate) -> Account {
        Account { fate, ..self }
    }

    /// What cannot work about this account, in a sentence.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match &self.credentials {
            Credentials::Basic { username, .. } if username.is_empty() => {
                Some("an account's user name is empty: give it one")
            }
            Credentials::Basic { username, .. } if username.contains(':') => {
                Some("an account's user name holds a colon, which Basic credentials cannot carry: choose one without")
            }
            Credentials::Bearer { token } if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) => {
                Some("an account's token must be of visible ASCII characters, at least one and no space")
            }
            _ => None,
        }
    }

    /// Whether both have the same user name or the same token, so that only one of them can be meant by a request.
    pub(crate) fn same_name(&self, other: &Account) -> bool {
        match (&self.credentials, &other.credentials) {
            (Credentials::Basic { username, .. }, Credentials::Basic { username: other, .. }) => username == other,
            (mine, other) => mine == other,
        }
    }

    /// Whether these are the account's credentials. The time does not depend on where they differ.
    pub(crate) fn accepts(&self, presented: &Presented) -> bool {
        let equal = match (&self.credentials, presented) {
            (Credentials::Basic { username, password }, Presented::Basic(pair)) => {
                format!("{username}:{password}").as_bytes().ct_eq(pair)
            }
            (Credentials::Bearer { token }, Presented::Bearer(presented)) => token.as_bytes().ct_eq(presented),
            _ => return false,
        };
        equal.into()
    }

    pub(crate) fn billing(&self) -> Billing {
        self.billing
    }

    pub(crate) fn credit(&self) -> Credit {
        self.credit
    }

    /// The dialect of its own, if it has one.
    pub(crate) fn own_dialect(&self) -> Option<Dialect> {
        self.dialect
    }

    /// What becomes of its SMS.
    pub(crate) fn own_fate(&self) -> Fate {
        self.fate
    }

    /// Its user name and password, if it has such.
    pub(crate) fn pair(&self) -> Option<(&str, &str)> {
        match &self.credentials {
            Credentials::Basic { username, password } => Some((username, password)),
            Credentials::Bearer { .. } => None,
        }
    }

    /// By which name a database knows it.
    pub(crate) fn name(&self) -> String {
        match &self.credentials {
            Credentials::Basic { username, .. } => format!("basic {username}"),
            Credentials::Bearer { token } => format!("bearer {token}"),
        }
    }

    /// Goes on with a credit that was left.
    pub(crate) fn restore(&mut self, credit: Credit) {
        self.credit = credit;
    }

    /// Whether the account can pay for one more SMS.
    pub(crate) fn can_pay(&self) -> bool {
        self.billing == Billing::Postpaid || self.credit >= Credit::ONE
    }

    /// Takes the price of one SMS; [`Account::can_pay`] was asked before.
    pub(crate) fn pay(&mut self) {
        if self.billing == Billing::Prepaid {
            self.credit.units = self.credit.units.saturating_sub(Credit::ONE.units);
        }
    }
}

impl Default for Account {
    fn default() -> Account {
        Account::basic(USERNAME, PASSWORD)
    }
}

/// The credentials of a request: the content of its `Authorization` header.
pub(crate) enum Presented {
    /// `user:password`, decoded.
    Basic(Vec<u8>),
    /// The token.
    Bearer(Vec<u8>),
}

impl Presented {
    /// Reads the header's value; `None` for another scheme or broken base64.
    pub(crate) fn read(header: &[u8]) -> Option<Presented> {
        let space = header.iter().position(|&byte| byte == b' ')?;
        let (scheme, rest) = (&header[..space], header[space..].trim_ascii());
        if scheme.eq_ignore_ascii_case(b"basic") {
            STANDARD.decode(rest).ok().map(Presented::Basic)
        } else if scheme.eq_ignore_ascii_case(b"bearer") {
            Some(Presented::Bearer(rest.to_vec()))
        } else {
            None
        }
    }
}

/// An amount of credit: a count of SMS, or a decimal number with up to four decimals.
///
/// ```
/// use ants_otp_sandbox::Credit;
/// assert_eq!(Credit::from(12).to_string(), "12");
/// assert_eq!("2.50".parse::<Credit>().unwrap().to_string(), "2.5");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Credit {
    /// In ten-thousandths. Never so large that a double could not hold it exactly.
    units: u64,
}

const DECIMALS: usize = 4;
const UNITS: u64 = 10_u64.pow(DECIMALS as u32);

impl Credit {
    const ONE: Credit = Credit { units: UNITS };

    /// In ten-thousandths.
    pub(crate) fn units(self) -> u64 {
        self.units
    }

    /// From ten-thousandths; `None` for more than there can be.
    pub(crate) fn from_units(units: u64) -> Option<Credit> {
        (units / UNITS <= u64::from(u32::MAX)).then_some(Credit { units })
    }

    /// As a JSON number: whole where it is whole.
    pub(crate) fn json(self) -> serde_json::Value {
        if self.units.is_multiple_of(UNITS) {
            (self.units / UNITS).into()
        } else {
            (self.units as f64 / UNITS as f64).into()
        }
    }
}

impl From<u32> for Credit {
    fn from(count: u32) -> Credit {
        Credit { units: u64::from(count) * UNITS }
    }
}

/// A text that is no amount of credit: not a decimal number, negative, more than four decimals, or above 4 294 967 295.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidCredit;

impl fmt::Display for InvalidCredit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an amount of credit: write a decimal number such as 12 or 12.50")
    }
}

impl std::error::Error for InvalidCredit {}

impl FromStr for Credit {
    type Err = InvalidCredit;

    fn from_str(text: &str) -> Result<Credit, InvalidCredit> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > DECIMALS {
            return Err(InvalidCredit);
        }
        let whole: u32 = whole.parse().map_err(|_| InvalidCredit)?;
        let fraction: u64 = format!("{fraction:0<DECIMALS$}").parse().map_err(|_| InvalidCredit)?;
        Ok(Credit { units: u64::from(whole) * UNITS + fraction })
    }
}

impl fmt::Display for Credit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.json())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn credit_is_read_and_shown_as_a_decimal_number() {
        for (text, shown) in
            [("0", "0"), ("7", "7"), ("0.25", "0.25"), ("2.50", "2.5"), ("4294967295.9999", "4294967295.9999")]
        {
            assert_eq!(text.parse::<Credit>().unwrap().to_string(), shown);
        }
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "0.00001", "4294967296", "๑"] {
            assert_eq!(text.parse::<Credit>(), Err(InvalidCredit), "{text}");
        }
    }

    #[test]
    fn a_prepaid_account_pays_one_credit_an_sms_and_never_goes_below_zero() {
        let mut account = Account::basic("a", "b").prepaid("1.5".parse::<Credit>().unwrap());
        assert!(account.can_pay());
        account.pay();
        assert_eq!(account.credit().to_string(), "0.5");
        assert!(!account.can_pay());
    }

    #[test]
    fn a_postpaid_account_can_always_pay() {
        let mut account = Account::basic("a", "b").postpaid(0);
        assert!(account.can_pay());
        account.pay();
        assert_eq!(account.credit(), Credit::from(0));
    }

    #[test]
    fn credentials_that_cannot_be_sent_are_a_problem() {
        for account in [
            Account::basic("", "b"),
            Account::basic("a:b", "c"),
            Account::bearer(""),
            Account::bearer("a b"),
            Account::bearer("é"),
        ] {
            assert!(account.problem().is_some());
        }
        assert!(Account::basic("a", "b:c").problem().is_none());
    }

    #[test]
    fn only_the_whole_credentials_are_accepted() {
        let account = Account::basic("a", "b:c");
        for (pair, right) in [("a:b:c", true), ("a:b:", false), ("a:b:cc", false), ("A:b:c", false), ("", false)] {
            assert_eq!(account.accepts(&Presented::Basic(pair.into())), right, "{pair}");
        }
        assert!(!account.accepts(&Presented::Bearer("a:b:c".into())));
    }
}
