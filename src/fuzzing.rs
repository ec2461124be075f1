//! What the fuzz targets (`fuzz/`) reach into. Not part of the library: it is there only under `--cfg fuzzing`, and for
//! the tests, so that it keeps building.

use crate::answer::Answer;
use crate::secret::Wiped;
use crate::{Account, Result, Sent, Verification};

fn answer(http_status: u16, body: &[u8]) -> Answer {
    Answer { http_status, body: Wiped::from(body.to_vec()).into(), ..Answer::default() }
}

/// The OTP code that goes out for what a person pasted.
pub fn otp_code(pasted: &str) -> Option<String> {
    crate::check::otp_code(pasted).ok().map(|code| code.to_string())
}

/// Reads the answer to a verify of `asked`.
pub fn verification(http_status: u16, body: &[u8], asked: &str) -> Result<Verification> {
    answer(http_status, body).verification(asked).map(|verdict| verdict.verification)
}

/// Reads the answer to a request or resend with `otc_id`.
pub fn sent(http_status: u16, body: &[u8], otc_id: &str) -> Result<Sent> {
    answer(http_status, body).sent(otc_id)
}

/// Reads the answer to a balance call.
pub fn account(http_status: u16, body: &[u8]) -> Result<Account> {
    answer(http_status, body).account()
}
