//! The options of one call, from the keywords of the methods of `ants_otp.Client`.

use crate::value::{self, Checked};
use ants_otp::Call;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// The options that `given` names. None means not given; what cannot be read is noted as refused, and fails the call before
/// anything is sent.
pub fn read(given: &Bound<'_, PyDict>) -> PyResult<Call> {
    let mut call = Call::new();
    for (name, value) in given {
        if value.is_none() {
            continue;
        }
        let name = name.extract::<String>()?;
        call = match name.as_str() {
            "otc_id" => set(call, "otc_id", value::text("otc_id", &value), Call::otc_id),
            "notify_url" => set(call, "notify_url", value::text("notify_url", &value), Call::notify_url),
            "notify_content_type" => {
                let content_type = value::text("notify_content_type", &value);
                set(call, "notify_content_type", content_type, Call::notify_content_type)
            }
            "callback_data" => set(call, "callback_data", value::text("callback_data", &value), Call::callback_data),
            "timeout" => set(call, "timeout", value::seconds("timeout", &value), Call::timeout),
            "mobile_as_given" => {
                set(call, "mobile_as_given", value::switch("mobile_as_given", &value), Call::mobile_as_given)
            }
            "credentials" => credentials(call, &value),
            _ => return Err(PyTypeError::new_err(format!("no option of a call is named {name:?}"))),
        };
    }
    Ok(call)
}

/// What a `credentials` function gave: user name and password, or a token.
fn credentials(call: Call, value: &Bound<'_, PyAny>) -> Call {
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
