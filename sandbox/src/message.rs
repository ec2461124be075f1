//! The SMS that the sandbox "sent", as tests and `GET /sandbox/messages` see them.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::date::date;
use crate::otp::Otp;
use crate::report::Report;
use crate::{Fate, State};

/// An SMS as the telephone shows it, and what has become of its OTP. No SMS really leaves the sandbox.
///
/// `GET /sandbox/messages` shows the same names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// To whom: the number as it was requested, such as `66812345678`.
    pub mobile: String,
    /// What the SMS says, such as `Your OTP is 12345 (ref: IpA6k)`.
    pub text: String,
    /// The OTP code in it.
    pub code: String,
    /// The reference code in it.
    pub reference_code: String,
    /// The id with which the code is verified.
    pub otp_id: String,
    /// What has become of the OTP by now.
    pub state: State,
    /// The name that the OTP configuration sends under.
    pub sender: String,
    /// When it was sent, by the sandbox's clock.
    pub sent_at: SystemTime,
    /// What is known of its way by now: [`Fate::Pending`] until the delay of its report is over.
    pub delivery: Fate,
    /// Its delivery report, where one was asked for.
    pub report: Option<Report>,
}

impl Message {
    pub(crate) fn of(otp: &Otp, now: Duration) -> Message {
        let sms = &otp.sms;
        Message {
            mobile: sms.mobile.clone(),
            text: otp.text.clone(),
            code: sms.code.clone(),
            reference_code: sms.reference_code.clone(),
            otp_id: sms.otp_id.clone(),
            state: otp.state(now),
            sender: otp.sender.clone(),
            sent_at: SystemTime::UNIX_EPOCH + otp.sent_at,
            delivery: otp.delivery.known(now),
            report: otp.delivery.report.clone(),
        }
    }
}

/// An SMS as `GET /sandbox/messages` shows it.
pub(crate) fn json(otp: &Otp, now: Duration) -> Value {
    let sms = &otp.sms;
    json!({
        "mobile": sms.mobile,
        "sender": otp.sender,
        "text": otp.text,
        "code": sms.code,
        "reference_code": sms.reference_code,
        "otp_id": sms.otp_id,
        "state": otp.state(now),
        "sent_at": date(otp.sent_at),
        "expires_at": date(otp.expires_at),
        "delivery": otp.delivery.known(now),
        "report": otp.delivery.report.as_ref().map(Report::json),
    })
}
