//! The options of one call, from the keywords of the methods of `ants_otp.Client`.

use crate::value::{self, Checked};
use ants_otp::Call;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use pyo3::types::tuple::BorrowedTupleIterator;

/// The options in `given`, which has them in the order of [`OPTIONS`], as far as the operation has them, and the `credentials`
/// of this call. None means not given; what cannot be read is noted as refused, and fails the call before anything is sent.
pub fn read(given: BorrowedTupleIterator<'_, '_>, credentials: &Bound<'_, PyAny>) -> PyResult<Call> {
    if given.len() > OPTIONS.len() {
        return Err(PyTypeError::new_err(format!("a call has no {} options", given.len())));
    }
    let mut call = Call::new();
    for (name, value) in OPTIONS.into_iter().zip(given).filter(|(_, value)| !value.is_none()) {
        call = match name {
            "timeout" => set(call, name, value::seconds(name, &value), Call::timeout),
            "notify_url" => set(call, name, value::text(name, &value), Call::notify_url),
            "notify_content_type" => set(call, name, value::text(name, &value), Call::notify_content_type),
            "callback_data" => set(call, name, value::text(name, &value), Call::callback_data),
            "otc_id" => set(call, name, value::text(name, &value), Call::otc_id),
            _ => set(call, name, value::switch(name, &value), Call::mobile_as_given),
        };
    }
    Ok(if credentials.is_none() { call } else { read_credentials(call, credentials) })
}

/// The options of calls: first those that each operation has, last those of a request alone.
const OPTIONS: [&str; 6] =
    ["timeout", "notify_url", "notify_content_type", "callback_data", "otc_id", "mobile_as_given"];

/// What a `credentials` function gave: user name and password, or a token.
fn read_credentials(call: Call, value: &Bound<'_, PyAny>) -> Call {
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

fn set<T>(call: Call, name: &'static str, value: Checked<T>, apply: impl FnOnce(Call, T) -> Call) -> Call {
    match value {
        Ok(value) => apply(call, value),
        Err(why) => call.refuse(name, &why),
    }
}
