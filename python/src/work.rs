//! What a call does and what comes of it, owned, so that it can be done on another thread.

use crate::value::{self, Checked};
use crate::{account, error, raw, sent, verification};
use ants_otp::{Account, Call, OtpId, Sent, Verification};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::tuple::BorrowedTupleIterator;
use pyo3::types::{PyInt, PyString};
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

pub enum Outcome {
    Sent(Sent),
    Verification(Verification),
    Account(Account),
}

impl Work {
    /// From the method's name and what it was `given`, of which its arguments are taken off.
    pub fn read(py: Python<'_>, operation: &str, given: &mut BorrowedTupleIterator<'_, '_>) -> PyResult<Self> {
        let mut next = || given.next().ok_or_else(|| PyTypeError::new_err(format!("{operation} needs more arguments")));
        let work = match operation {
            "request" => value::text("mobile", &*next()?).map(|mobile| Work::Request { mobile: mobile.to_owned() }),
            "resend" => match next()? {
                otp if otp.is_none() => Ok(Work::Resend { otp: None }),
                otp => read_otp(&otp)?.map(|otp| Work::Resend { otp: Some(otp) }),
            },
            "verify" => {
                let (otp, otp_code) = (next()?, next()?);
                read_otp(&otp)?.and_then(|otp| {
                    Ok(Work::Verify { otp, otp_code: Zeroizing::new(read_otp_code(&otp_code)?.to_owned()) })
                })
            }
            "balance" => Ok(Work::Balance),
            _ => return Err(PyTypeError::new_err(format!("no call is {operation:?}"))),
        };
        work.map_err(|why| error::argument(py, &why))
    }

    pub fn name(&self) -> &'static str {
        match self {
            Work::Request { .. } => "request",
            Work::Resend { .. } => "resend",
            Work::Verify { .. } => "verify",
            Work::Balance => "balance",
        }
    }

    pub fn run(&self, client: &ants_otp::Client, call: &Call) -> ants_otp::Result<Outcome> {
        match self {
            Work::Request { mobile } => client.request_with(mobile, call).map(Outcome::Sent),
            Work::Resend { otp: Some(otp) } => client.resend_with(otp, call).map(Outcome::Sent),
            Work::Resend { otp: None } => client.resend_newest(call).map(Outcome::Sent),
            Work::Verify { otp, otp_code } => client.verify_with(otp, otp_code, call).map(Outcome::Verification),
            Work::Balance => client.balance_with(call).map(Outcome::Account),
        }
    }
}

impl Outcome {
    pub fn to_python<'py>(&self, py: Python<'py>, kept: &raw::Kept) -> PyResult<Bound<'py, PyAny>> {
        let result = match self {
            Outcome::Sent(sent) => sent::to_python(py, sent),
            Outcome::Verification(verification) => verification::to_python(py, verification),
            Outcome::Account(account) => account::to_python(py, account),
        }?;
        raw::attach(py, &result, kept)?;
        Ok(result)
    }
}

/// A `Sent`, or the otp_id of one.
fn read_otp(otp: &Bound<'_, PyAny>) -> PyResult<Checked<Otp>> {
    static SENT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = otp.py();
    if otp.is_instance_of::<PyString>() || !otp.is_instance(SENT.import(py, "ants_otp.sent", "Sent")?)? {
        return Ok(read_ids(otp, None));
    }
    let otc_id = otp.getattr(intern!(py, "otc_id"))?;
    Ok(read_ids(&otp.getattr(intern!(py, "otp_id"))?, Some(otc_id).filter(|otc_id| !otc_id.is_none())))
}

fn read_ids(otp_id: &Bound<'_, PyAny>, otc_id: Option<Bound<'_, PyAny>>) -> Checked<Otp> {
    Ok(Otp {
        otp_id: value::text("otp (a Sent or its otp_id)", otp_id)?.to_owned(),
        otc_id: otc_id.map(|otc_id| value::text("otc_id", &otc_id).map(str::to_owned)).transpose()?,
    })
}

fn read_otp_code<'a>(otp_code: &'a Bound<'_, PyAny>) -> Checked<&'a str> {
    value::text("otp_code", otp_code).map_err(|why| {
        if otp_code.is_instance_of::<PyInt>() { format!("{why}: a number loses its leading zeros") } else { why }
    })
}
