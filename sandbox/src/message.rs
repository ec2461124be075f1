//! The SMS that the sandbox "sent", as tests and `GET /sandbox/messages` see them.

use std::time::Duration;

use serde::Serialize;

use crate::State;
use crate::otp::Otp;

/// An SMS as the telephone shows it, and what has become of its OTP. No SMS really leaves the sandbox.
///
/// As JSON it has the same names, without `sender`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    #[serde(skip)]
    pub sender: String,
}

impl Message {
    pub(crate) fn of(otp: &Otp, now: Duration) -> Message {
        let letter = &otp.letter;
        Message {
            mobile: letter.mobile.clone(),
            text: format!("Your OTP is {} (ref: {})", letter.code, letter.reference_code),
            code: letter.code.clone(),
            reference_code: letter.reference_code.clone(),
            otp_id: letter.otp_id.clone(),
            state: otp.state(now),
            sender: otp.sender.clone(),
        }
    }
}
