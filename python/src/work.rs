//! What a call does, owned, so that it can be done on another thread.

use crate::error;
use crate::outcome::Outcome;
use crate::value::{self, Checked};
use ants_otp::{Call, Operation, OtpId, Result};
use pyo3::prelude::*;
use pyo3::types::PyInt;
use zeroize::Zeroizing;

/// A call with its arguments, apart from its options.
pub enum Work {
    Request { mobile: String },
    Resend { otp: Option<Otp> },
    Verify { otp: Otp, otp_code: Zeroizing<String> },
    Balance,
}

/// The ids of the OTP that a call is about.
pub struct Otp {
    otp_id: String,
    otc_id: Option<String>,
}

impl OtpId for &Otp {
    fn otp_id(&self) -> &str {
        &self.otp_id
    }

    fn otc_id(&self) -> Option<&str> {
        self.otc_id.as_deref().filter(|id| !id.is_empty())
    }
}

impl Work {
    pub fn request(mobile: &Bound<'_, PyAny>) -> Result<Self> {
        value::text("mobile", mobile).map(|mobile| Work::Request { mobile: mobile.to_owned() }).map_err(error::argument)
    }

    /// Without any id a resend by the OTP configuration alone.
    pub fn resend(otp_id: &Bound<'_, PyAny>, otc_id: &Bound<'_, PyAny>) -> Result<Self> {
        if otp_id.is_none() && otc_id.is_none() {
            return Ok(Work::Resend { otp: None });
        }
        read_otp(otp_id, otc_id).map(|otp| Work::Resend { otp: Some(otp) }).map_err(error::argument)
    }

    pub fn verify(otp_id: &Bound<'_, PyAny>, otc_id: &Bound<'_, PyAny>, otp_code: &Bound<'_, PyAny>) -> Result<Self> {
        read_otp(otp_id, otc_id)
            .and_then(|otp| Ok(Work::Verify { otp, otp_code: Zeroizing::new(read_otp_code(otp_code)?.to_owned()) }))
            .map_err(error::argument)
    }

    pub fn operation(&self) -> Operation {
        match self {
            Work::Request { .. } => Operation::Request,
            Work::Resend { .. } => Operation::Resend,
            Work::Verify { .. } => Operation::Verify,
            Work::Balance => Operation::Balance,
        }
    }

    pub fn run(&self, client: &ants_otp::Client, call: &Call) -> Result<Outcome> {
        match self {
            Work::Request { mobile } => client.request_with(mobile, call).map(Outcome::Sent),
            Work::Resend { otp: Some(otp) } => client.resend_with(otp, call).map(Outcome::Sent),
            Work::Resend { otp: None } => client.resend_newest(call).map(Outcome::Sent),
            Work::Verify { otp, otp_code } => client.verify_with(otp, otp_code, call).map(Outcome::Verification),
            Work::Balance => client.balance_with(call).map(Outcome::Account),
        }
    }
}

fn read_otp(otp_id: &Bound<'_, PyAny>, otc_id: &Bound<'_, PyAny>) -> Checked<Otp> {
    let otc_id = if otc_id.is_none() { None } else { Some(value::text("otc_id", otc_id)?.to_owned()) };
    Ok(Otp { otp_id: value::text("otp (a Sent or its otp_id)", otp_id)?.to_owned(), otc_id })
}

fn read_otp_code<'a>(otp_code: &'a Bound<'_, PyAny>) -> Checked<&'a str> {
    value::text("otp_code", otp_code).map_err(|why| {
        if otp_code.is_instance_of::<PyInt>() { format!("{why}: a number loses its leading zeros") } else { why }
    })
}
