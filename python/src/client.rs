//! The client under `ants_otp.Client`: request, resend, verify, balance.

use crate::value::{self, Checked};
use crate::{account, call, error, options, sent, verification, wait};
use ants_otp::OtpId;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt};

#[pyclass(frozen, module = "ants_otp._native")]
pub struct Client(ants_otp::Client);

/// The ids of the OTP that a call is about.
struct Otp<'a> {
    otp_id: &'a str,
    otc_id: Option<&'a str>,
}

impl OtpId for Otp<'_> {
    fn otp_id(&self) -> &str {
        self.otp_id
    }

    fn otc_id(&self) -> Option<&str> {
        self.otc_id.filter(|id| !id.is_empty())
    }
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (options, /))]
    fn new(py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let options = options::read(options)?;
        // Certificate files are read without the GIL.
        wait::detached(py, || options.build()).map(Client)
    }

    #[pyo3(signature = (mobile, options, /))]
    fn request<'py>(
        &self,
        py: Python<'py>,
        mobile: &Bound<'py, PyAny>,
        options: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mobile = argument(py, value::text("mobile", mobile))?;
        let sent = wait::interruptible(py, call::read(options)?, |call| self.0.request_with(mobile, call))?;
        sent::to_python(py, &sent)
    }

    #[pyo3(signature = (otp_id, otc_id, options, /))]
    fn resend<'py>(
        &self,
        py: Python<'py>,
        otp_id: Option<&Bound<'py, PyAny>>,
        otc_id: Option<&Bound<'py, PyAny>>,
        options: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let otp = otp_id.map(|otp_id| argument(py, read_otp(otp_id, otc_id))).transpose()?;
        let sent = wait::interruptible(py, call::read(options)?, |call| match &otp {
            Some(otp) => self.0.resend_with(otp, call),
            None => self.0.resend_newest(call),
        })?;
        sent::to_python(py, &sent)
    }

    #[pyo3(signature = (otp_id, otp_code, options, /))]
    fn verify<'py>(
        &self,
        py: Python<'py>,
        otp_id: &Bound<'py, PyAny>,
        otp_code: &Bound<'py, PyAny>,
        options: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let otp = argument(py, read_otp(otp_id, None))?;
        let otp_code = argument(py, read_otp_code(otp_code))?;
        let verification =
            wait::interruptible(py, call::read(options)?, |call| self.0.verify_with(&otp, otp_code, call))?;
        verification::to_python(py, &verification)
    }

    #[pyo3(signature = (options, /))]
    fn balance<'py>(&self, py: Python<'py>, options: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        let account = wait::interruptible(py, call::read(options)?, |call| self.0.balance_with(call))?;
        account::to_python(py, &account)
    }
}

fn read_otp<'a>(otp_id: &'a Bound<'_, PyAny>, otc_id: Option<&'a Bound<'_, PyAny>>) -> Checked<Otp<'a>> {
    Ok(Otp {
        otp_id: value::text("otp (a Sent or its otp_id)", otp_id)?,
        otc_id: otc_id.map(|otc_id| value::text("otc_id", otc_id)).transpose()?,
    })
}

fn read_otp_code<'a>(otp_code: &'a Bound<'_, PyAny>) -> Checked<&'a str> {
    value::text("otp_code", otp_code).map_err(|why| {
        if otp_code.is_instance_of::<PyInt>() { format!("{why}: a number loses its leading zeros") } else { why }
    })
}

fn argument<T>(py: Python<'_>, checked: Checked<T>) -> PyResult<T> {
    checked.map_err(|why| error::argument(py, &why))
}
