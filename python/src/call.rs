//! One call, from the arguments and the keywords of a method of `ants_otp.Client`.

use crate::client::Client;
use crate::value::{self, Checked};
use crate::work::Work;
use ants_otp::{Cancel, Operation};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

/// A call that is to be made. It holds what was given, so that no frame of Python need keep a code, and is made once.
#[pyclass(frozen, module = "ants_otp._native")]
pub struct Call {
    #[pyo3(get)]
    operation: &'static str,
    given: Mutex<Option<Given>>,
    /// Set where the call is made on another thread.
    cancel: OnceLock<Cancel>,
}

/// What a call does, or why it is refused, and its options.
pub struct Given {
    pub work: ants_otp::Result<Work>,
    pub options: ants_otp::Call,
}

#[pymethods]
impl Call {
    #[staticmethod]
    #[pyo3(signature = (mobile, options, /))]
    fn request(mobile: &Bound<'_, PyAny>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        Call::of(Operation::Request, Work::request(mobile), options, &OPTIONS)
    }

    #[staticmethod]
    #[pyo3(signature = (otp_id, otc_id, options, /))]
    fn resend(otp_id: &Bound<'_, PyAny>, otc_id: &Bound<'_, PyAny>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        Call::of(Operation::Resend, Work::resend(otp_id, otc_id), options, &OPTIONS[..5])
    }

    #[staticmethod]
    #[pyo3(signature = (otp_id, otc_id, otp_code, options, /))]
    fn verify(
        otp_id: &Bound<'_, PyAny>,
        otc_id: &Bound<'_, PyAny>,
        otp_code: &Bound<'_, PyAny>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        Call::of(Operation::Verify, Work::verify(otp_id, otc_id, otp_code), options, &OPTIONS[..4])
    }

    #[staticmethod]
    #[pyo3(signature = (options, /))]
    fn balance(options: &Bound<'_, PyDict>) -> PyResult<Self> {
        Call::of(Operation::Balance, Ok(Work::Balance), options, &OPTIONS[..1])
    }

    /// Lets the deadline of the call begin now, and gives its seconds.
    #[pyo3(signature = (client, /))]
    fn begin(&self, client: &Client) -> f64 {
        let Some(given) = &mut *self.lock() else { return 0.0 };
        given.options = std::mem::take(&mut given.options).begun(Instant::now());
        client.timeout_of(&given.options).as_secs_f64()
    }

    /// The credentials of this call alone: user name and password, or a token.
    #[pyo3(signature = (credentials, /))]
    fn authorize(&self, credentials: &Bound<'_, PyAny>) {
        if let Some(given) = &mut *self.lock() {
            given.options = read_credentials(std::mem::take(&mut given.options), credentials);
        }
    }

    /// Ends a call that was submitted.
    fn cancel(&self) {
        if let Some(cancel) = self.cancel.get() {
            cancel.fire();
        }
    }
}

impl Call {
    fn of(
        operation: Operation,
        work: ants_otp::Result<Work>,
        options: &Bound<'_, PyDict>,
        known: &'static [Setter],
    ) -> PyResult<Self> {
        let options = read(operation.name(), options, known)?;
        Ok(Call {
            operation: operation.name(),
            given: Mutex::new(Some(Given { work, options })),
            cancel: OnceLock::new(),
        })
    }

    /// What the call was given; it is then no longer here.
    pub fn take(&self) -> PyResult<Given> {
        self.lock().take().ok_or_else(|| PyTypeError::new_err("a call is made once"))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Given>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handle that ends the call.
    pub fn cancel_handle(&self) -> &Cancel {
        self.cancel.get_or_init(Cancel::new)
    }
}

/// An option's name, and how its value is set.
type Setter = (&'static str, fn(ants_otp::Call, &'static str, &Bound<'_, PyAny>) -> ants_otp::Call);

/// First that of every operation, last that of a request alone. Their types and texts are in `ants_otp._options`, and a test
/// holds the two together.
const OPTIONS: [Setter; 6] = [
    ("timeout", |call, name, value| set(call, name, value::seconds(name, value), ants_otp::Call::timeout)),
    ("notify_url", |call, name, value| set(call, name, value::text(name, value), ants_otp::Call::notify_url)),
    ("notify_content_type", |call, name, value| {
        set(call, name, value::text(name, value), ants_otp::Call::notify_content_type)
    }),
    ("callback_data", |call, name, value| set(call, name, value::text(name, value), ants_otp::Call::callback_data)),
    ("otc_id", |call, name, value| set(call, name, value::text(name, value), ants_otp::Call::otc_id)),
    ("mobile_as_given", |call, name, value| {
        set(call, name, value::switch(name, value), ants_otp::Call::mobile_as_given)
    }),
];

/// The options in `given`. None means not given; what cannot be read is noted as refused, and fails the call before anything
/// is sent. A name that is not `known` is Python's own error.
fn read(function: &str, given: &Bound<'_, PyDict>, known: &'static [Setter]) -> PyResult<ants_otp::Call> {
    let mut call = ants_otp::Call::new();
    for (name, value) in given {
        let (name, set) = value::named(function, known, &name)?;
        if !value.is_none() {
            call = set(call, name, &value);
        }
    }
    Ok(call)
}

/// What a `credentials` function gave: user name and password, or a token.
fn read_credentials(call: ants_otp::Call, value: &Bound<'_, PyAny>) -> ants_otp::Call {
    if let Ok(token) = value::text("the token of credentials", value) {
        return call.token(token);
    }
    let pair = value.cast::<PyTuple>().map(|pair| pair.iter().collect::<Vec<_>>());
    let pair = match pair.as_deref() {
        Ok([username, password]) => value::text("the user name of credentials", username)
            .and_then(|username| Ok((username, value::text("the password of credentials", password)?)))
            .map(|(username, password)| call.clone().credentials(username, password)),
        _ => Err("credentials must return a tuple of user name and password, or a token as text".to_owned()),
    };
    pair.unwrap_or_else(|why| call.refuse("credentials", &why))
}

fn set<T>(
    call: ants_otp::Call,
    name: &'static str,
    value: Checked<T>,
    apply: impl FnOnce(ants_otp::Call, T) -> ants_otp::Call,
) -> ants_otp::Call {
    match value {
        Ok(value) => apply(call, value),
        Err(why) => call.refuse(name, &why),
    }
}
