//! The options of a client, from the keywords of `ants_otp.Client`.

use crate::value::{self, Checked};
use ants_otp::Options;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::path::PathBuf;

/// The options that `given` names, filled up from the environment. None means not given; what cannot be read is noted as
/// refused, and fails the build with a sentence.
pub fn read(given: &Bound<'_, PyDict>) -> PyResult<Options> {
    let mut options = credentials(given)?;
    for (name, value) in given {
        if value.is_none() {
            continue;
        }
        let name = name.extract::<String>()?;
        options = match name.as_str() {
            "username" | "password" | "credentials" => options,
            "token" => set(options, "token", value::text("token", &value), Options::token),
            "base_url" => set(options, "base_url", value::text("base_url", &value), Options::base_url),
            "otc_id" => set(options, "otc_id", value::text("otc_id", &value), Options::otc_id),
            "timeout" => set(options, "timeout", value::seconds("timeout", &value), Options::timeout),
            "connect_timeout" => {
                set(options, "connect_timeout", value::seconds("connect_timeout", &value), Options::connect_timeout)
            }
            "country_code" => set(options, "country_code", value::text("country_code", &value), Options::country_code),
            "ca_file" => set(options, "ca_file", value::path("ca_file", &value), Options::ca_file),
            "root_certificates" => {
                set(options, "root_certificates", value::text("root_certificates", &value), Options::root_certificates)
            }
            "client_certificate" => {
                set(options, "client_certificate", certificate(&value), |options, (certificate, key)| {
                    options.client_certificate(certificate, key)
                })
            }
            "proxy" => set(options, "proxy", value::text("proxy", &value), Options::proxy),
            "proxy_from_env" => {
                set(options, "proxy_from_env", value::switch("proxy_from_env", &value), Options::proxy_from_env)
            }
            "allow_plain_http" => {
                set(options, "allow_plain_http", value::switch("allow_plain_http", &value), Options::allow_plain_http)
            }
            "max_idle_connections" => set(
                options,
                "max_idle_connections",
                value::count("max_idle_connections", &value),
                Options::max_idle_connections,
            ),
            "idle_timeout" => {
                set(options, "idle_timeout", value::seconds("idle_timeout", &value), Options::idle_timeout)
            }
            "max_retries" => set(options, "max_retries", value::count("max_retries", &value), Options::max_retries),
            "async_threads" => {
                set(options, "async_threads", value::count("async_threads", &value), Options::async_threads)
            }
            "user_agent" => set(options, "user_agent", value::text("user_agent", &value), Options::user_agent),
            _ => return Err(pyo3::exceptions::PyTypeError::new_err(format!("no option is named {name:?}"))),
        };
    }
    // While attached: os.environ changes the environment only with the GIL held.
    Ok(options.load_env())
}

/// The options that a client's copy may have of its own.
pub fn read_defaults(given: &Bound<'_, PyDict>) -> PyResult<Options> {
    let mut options = Options::new();
    for (name, value) in given {
        if value.is_none() {
            continue;
        }
        let name = name.extract::<String>()?;
        options = match name.as_str() {
            "otc_id" => set(options, "otc_id", value::text("otc_id", &value), Options::otc_id),
            "timeout" => set(options, "timeout", value::seconds("timeout", &value), Options::timeout),
            "country_code" => set(options, "country_code", value::text("country_code", &value), Options::country_code),
            "max_retries" => set(options, "max_retries", value::count("max_retries", &value), Options::max_retries),
            _ => return Err(pyo3::exceptions::PyTypeError::new_err(format!("no default is named {name:?}"))),
        };
    }
    Ok(options)
}

fn set<T>(
    options: Options,
    name: &'static str,
    value: Checked<T>,
    apply: impl FnOnce(Options, T) -> Options,
) -> Options {
    match value {
        Ok(value) => apply(options, value),
        Err(why) => options.refuse(name, &why),
    }
}

fn credentials(given: &Bound<'_, PyDict>) -> PyResult<Options> {
    let options = Options::new();
    if given.get_item("credentials")?.is_some_and(|credentials| !credentials.is_none()) {
        return with_pair(options.credentials_of_calls(true), given);
    }
    with_pair(options, given)
}

fn with_pair(options: Options, given: &Bound<'_, PyDict>) -> PyResult<Options> {
    let present = |name| PyResult::Ok(given.get_item(name)?.filter(|value| !value.is_none()));
    Ok(match (present("username")?, present("password")?) {
        (None, None) => options,
        (Some(_), None) => options.refuse("credentials", "username is given, but password is not"),
        (None, Some(_)) => options.refuse("credentials", "password is given, but username is not"),
        (Some(username), Some(password)) => {
            match (value::text("username", &username), value::text("password", &password)) {
                (Ok(username), Ok(password)) => options.credentials(username, password),
                (Err(why), _) | (_, Err(why)) => options.refuse("credentials", &why),
            }
        }
    })
}

fn certificate(value: &Bound<'_, PyAny>) -> Checked<(PathBuf, PathBuf)> {
    const WHAT: &str = "client_certificate must be a tuple of two paths: the certificate and its key";
    match value.cast::<PyTuple>().map(|pair| pair.iter().collect::<Vec<_>>()).as_deref() {
        Ok([certificate, key]) => Ok((
            value::path("the certificate of client_certificate", certificate)?,
            value::path("the key of client_certificate", key)?,
        )),
        _ => Err(WHAT.to_owned()),
    }
}
