//! Delivery reports: what becomes of an SMS on its way to the telephone, and what its report says. `reporter.rs` posts them.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Dialect;
use crate::codes::uuid;
use crate::date::date;
use crate::otp::Otp;
use crate::xml;

/// What becomes of an SMS on its way: the name of the status in its delivery report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Fate {
    /// `ACCEPTED`: the operator took it.
    Accepted,
    /// `PENDING`: under way. Every SMS is, until the delay of its report is over.
    Pending,
    /// `UNDELIVERED`: the telephone could not be reached.
    Undelivered,
    /// `DELIVERED`: the telephone has it. The fate of all SMS, unless told otherwise.
    #[default]
    Delivered,
    /// `EXPIRED`: the operator gave up.
    Expired,
    /// `REJECTED`: the operator did not take it.
    Rejected,
    /// `COMPLETED`: the word of the service's Thai page for a delivery.
    Completed,
    /// `UNREPORTED`: nothing is ever heard of it. No report is sent.
    Unreported,
}

impl Fate {
    const ALL: [Fate; 8] = [
        Fate::Accepted,
        Fate::Pending,
        Fate::Undelivered,
        Fate::Delivered,
        Fate::Expired,
        Fate::Rejected,
        Fate::Completed,
        Fate::Unreported,
    ];

    fn word(self) -> &'static str {
        match self {
            Fate::Accepted => "ACCEPTED",
            Fate::Pending => "PENDING",
            Fate::Undelivered => "UNDELIVERED",
            Fate::Delivered => "DELIVERED",
            Fate::Expired => "EXPIRED",
            Fate::Rejected => "REJECTED",
            Fate::Completed => "COMPLETED",
            Fate::Unreported => "UNREPORTED",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Fate::Accepted => "Message accepted by the operator",
            Fate::Pending => "Message on its way",
            Fate::Undelivered => "Telephone could not be reached",
            Fate::Delivered | Fate::Completed => "Message delivered to the telephone",
            Fate::Expired => "Message expired before it was delivered",
            Fate::Rejected => "Message rejected by the operator",
            Fate::Unreported => "",
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A text that names no [`Fate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownFate;

impl fmt::Display for UnknownFate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a fate of an SMS: use {}", Fate::ALL.map(Fate::word).join(", "))
    }
}

impl std::error::Error for UnknownFate {}

impl FromStr for Fate {
    type Err = UnknownFate;

    /// Letter case aside.
    fn from_str(text: &str) -> Result<Fate, UnknownFate> {
        Fate::ALL.into_iter().find(|fate| fate.word().eq_ignore_ascii_case(text)).ok_or(UnknownFate)
    }
}

/// An SMS on its way.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct SmsDelivery {
    pub fate: Fate,
    /// When the fate is known.
    pub due: Duration,
    /// Where a report was asked for.
    pub report: Option<Report>,
}

impl SmsDelivery {
    pub(crate) fn new(fate: Fate, due: Duration, url: Option<&str>) -> io::Result<SmsDelivery> {
        let url = url.filter(|url| !url.is_empty() && fate != Fate::Unreported);
        Ok(SmsDelivery { fate, due, report: url.map(|url| Report::new(url, due)).transpose()? })
    }

    /// What is known by now.
    pub(crate) fn known(&self, now: Duration) -> Fate {
        if now < self.due || self.fate == Fate::Unreported { Fate::Pending } else { self.fate }
    }
}

/// How often a report is posted before it is given up. Nothing is documented of the real service.
const ATTEMPTS: u32 = 4;

/// After the first failure; each further wait is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// How far a report has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReportState {
    /// `waiting`: for its time, or for the next attempt.
    Waiting,
    /// `sending`: an attempt is under way.
    Sending,
    /// `sent`: an attempt was answered with HTTP 2xx.
    Sent,
    /// `failed`: all attempts failed.
    Failed,
    /// `refused`: the sandbox does not post to this address.
    Refused,
}

/// A delivery report on its way to the `notifyUrl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// Where it goes.
    pub url: String,
    /// How far it has come.
    pub state: ReportState,
    /// How often it was posted.
    pub attempts: u32,
    /// What came of the last attempt, such as `HTTP 204`; empty before the first.
    pub outcome: String,
    bulk_id: String,
    pub(crate) message_id: String,
    next_at: Duration,
}

impl Report {
    fn new(url: &str, due: Duration) -> io::Result<Report> {
        Ok(Report {
            url: url.into(),
            state: ReportState::Waiting,
            attempts: 0,
            outcome: String::new(),
            bulk_id: uuid()?,
            message_id: uuid()?,
            next_at: due,
        })
    }

    /// When it is to be posted, while it waits.
    pub(crate) fn next(&self) -> Option<Duration> {
        (self.state == ReportState::Waiting).then_some(self.next_at)
    }

    /// Whether nothing more happens to it.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state, ReportState::Sent | ReportState::Failed | ReportState::Refused)
    }

    /// An attempt begins.
    pub(crate) fn begin(&mut self) {
        self.state = ReportState::Sending;
        self.attempts += 1;
    }

    /// An attempt was cut off by the end of the process.
    pub(crate) fn interrupted(&mut self) {
        if self.state == ReportState::Sending {
            self.state = ReportState::Waiting;
        }
    }

    /// An attempt has ended.
    pub(crate) fn end(&mut self, outcome: Outcome, now: Duration) {
        self.state = match outcome {
            Outcome::Sent(_) => ReportState::Sent,
            Outcome::Failed(_) if self.attempts < ATTEMPTS => ReportState::Waiting,
            Outcome::Failed(_) => ReportState::Failed,
            Outcome::Refused(_) => ReportState::Refused,
        };
        let wait = FIRST_WAIT * 2_u32.pow(self.attempts.clamp(1, ATTEMPTS) - 1);
        self.next_at = now.saturating_add(wait);
        let (Outcome::Sent(words) | Outcome::Failed(words) | Outcome::Refused(words)) = outcome;
        self.outcome = words;
    }

    /// As the telephone's view shows it.
    pub(crate) fn json(&self) -> Value {
        json!({ "url": self.url, "state": self.state, "attempts": self.attempts, "outcome": self.outcome })
    }
}

/// How an attempt ended, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Sent(String),
    Failed(String),
    Refused(String),
}

/// The content of a report: media type and body.
pub(crate) fn content(otp: &Otp, report: &Report, text: &str, dialect: Dialect) -> (&'static str, String) {
    let value = value(otp, report, text, dialect);
    let wanted = otp.sms.notify.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    if wanted.contains("xml") {
        let (root, value) = match &value {
            Value::Array(_) => ("deliveryReports", json!({ "deliveryReport": value })),
            _ => ("deliveryReport", value),
        };
        ("application/xml", xml::document(root, &value))
    } else {
        ("application/json", value.to_string())
    }
}

fn value(otp: &Otp, report: &Report, text: &str, dialect: Dialect) -> Value {
    let fate = otp.delivery.fate;
    let status = json!({ "code": "000", "name": fate.word(), "description": fate.description() });
    let mut detail = json!({
        "messageId": report.message_id,
        "to": otp.sms.mobile,
        "from": otp.sender,
        "text": text,
        "credit": 1,
        "sendDate": date(otp.sent_at),
        "doneDate": date(otp.delivery.due),
        "status": if dialect.other_report { json!([status]) } else { status },
    });
    let mut whole = json!({ "bulkId": report.bulk_id });
    if let Some(callback_data) = &otp.sms.notify.callback_data {
        let place = if dialect.other_report { &mut detail } else { &mut whole };
        place["callbackData"] = callback_data.as_str().into();
    }
    whole["details"] = json!([detail]);
    if dialect.other_report { json!([whole]) } else { whole }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_bounded_and_the_waits_grow() {
        let mut report = Report::new("http://127.0.0.1/", Duration::from_secs(5)).unwrap();
        let mut waits = Vec::new();
        let mut now = report.next().unwrap();
        assert_eq!(now, Duration::from_secs(5));
        loop {
            report.begin();
            assert_eq!(report.next(), None);
            report.end(Outcome::Failed("HTTP 500".into()), now);
            let Some(next) = report.next() else { break };
            waits.push((next - now).as_secs());
            now = next;
        }
        assert_eq!(waits, [2, 4, 8]);
        assert_eq!((report.state, report.attempts, report.outcome.as_str()), (ReportState::Failed, 4, "HTTP 500"));
    }

    #[test]
    fn a_report_that_was_sent_or_refused_is_not_sent_again() {
        for outcome in [Outcome::Sent("HTTP 200".into()), Outcome::Refused("no".into())] {
            let mut report = Report::new("http://127.0.0.1/", Duration::ZERO).unwrap();
            report.begin();
            report.end(outcome, Duration::ZERO);
            assert_eq!(report.next(), None);
        }
    }

    #[test]
    fn an_sms_is_pending_until_its_fate_is_due() {
        let delivery = SmsDelivery::new(Fate::Rejected, Duration::from_secs(2), None).unwrap();
        assert_eq!(delivery.known(Duration::from_secs(1)), Fate::Pending);
        assert_eq!(delivery.known(Duration::from_secs(2)), Fate::Rejected);
        let silent = SmsDelivery::new(Fate::Unreported, Duration::ZERO, Some("http://127.0.0.1/")).unwrap();
        assert_eq!(silent.known(Duration::from_secs(9)), Fate::Pending);
        assert!(silent.report.is_none());
    }

    #[test]
    fn fates_are_read_in_any_letter_case() {
        assert_eq!("undelivered".parse(), Ok(Fate::Undelivered));
        for fate in Fate::ALL {
            assert_eq!(fate.to_string().parse(), Ok(fate));
        }
        assert_eq!("".parse::<Fate>(), Err(UnknownFate));
    }
}
