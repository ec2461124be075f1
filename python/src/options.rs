//! The options of a client, from the keywords of `ants_otp.Client`.

use crate::value::{self, Checked};
use ants_otp::Options;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::path::PathBuf;

/// An option's name, and how its value is set.
type Setter = (&'static str, fn(Options, &'static str, &Bound<'_, PyAny>) -> Options);

/// First those that a client's copy may have of its own. Their types and texts are in `ants_otp._options`, and a test holds
/// the two together.
const OPTIONS: [Setter; 18] = [
    ("otc_id", |options, name, value| set(options, name, value::text(name, value), Options::otc_id)),
    ("timeout", |options, name, value| set(options, name, value::seconds(name, value), Options::timeout)),
    ("country_code", |options, name, value| set(options, name, value::text(name, value), Options::country_code)),
    ("max_retries", |options, name, value| set(options, name, value::count(name, value), Options::max_retries)),
    ("credentials", |options, name, value| {
        if value.is_callable() {
            return options.credentials_of_calls(true);
        }
        options.refuse(name, "credentials must be a function without parameters")
    }),
    ("token", |options, name, value| set(options, name, value::text(name, value), Options::token)),
    ("base_url", |options, name, value| set(options, name, value::text(name, value), Options::base_url)),
    ("connect_timeout", |options, name, value| {
        set(options, name, value::seconds(name, value), Options::connect_timeout)
    }),
    ("ca_file", |options, name, value| set(options, name, value::path(name, value), Options::ca_file)),
    ("root_certificates", |options, name, value| {
        set(options, name, value::text(name, value), Options::root_certificates)
    }),
    ("client_certificate", |options, name, value| {
        set(options, name, certificate(value), |options, (certificate, key)| {
            options.client_certificate(certificate, key)
        })
    }),
    ("proxy", |options, name, value| set(options, name, value::text(name, value), Options::proxy)),
    ("proxy_from_env", |options, name, value| set(options, name, value::switch(name, value), Options::proxy_from_env)),
    ("allow_plain_http", |options, name, value| {
        set(options, name, value::switch(name, value), Options::allow_plain_http)
    }),
    ("max_idle_connections", |options, name, value| {
        set(options, name, value::count(name, value), Options::max_idle_connections)
    }),
    ("idle_timeout", |options, name, value| set(options, name, value::seconds(name, value), Options::idle_timeout)),
    ("user_agent", |options, name, value| set(options, name, value::text(name, value), Options::user_agent)),
    ("async_threads", |options, name, value| set(options, name, value::count(name, value), Options::async_threads)),
];
const DEFAULTS: usize = 4;

/// The options of a new client, filled up from the environment.
pub fn read(
    username: Option<&Bound<'_, PyAny>>,
    password: Option<&Bound<'_, PyAny>>,
    given: &Bound<'_, PyDict>,
) -> PyResult<Options> {
    let options = read_named("__init__", with_pair(username, password), given, &OPTIONS)?;
    // While attached: os.environ changes the environment only with the GIL held.
    Ok(options.load_env())
}

/// The options that a client's copy has of its own.
pub fn read_defaults(given: &Bound<'_, PyDict>) -> PyResult<Options> {
    read_named("with_options", Options::new(), given, &OPTIONS[..DEFAULTS])
}

/// None means not given; what cannot be read is noted as refused, and fails the build with a sentence.
fn read_named(
    function: &str,
    mut options: Options,
    given: &Bound<'_, PyDict>,
    known: &'static [Setter],
) -> PyResult<Options> {
    for (name, value) in given {
        let (name, set) = value::named(function, known, &name)?;
        if !value.is_none() {
            options = set(options, name, &value);
        }
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

fn with_pair(username: Option<&Bound<'_, PyAny>>, password: Option<&Bound<'_, PyAny>>) -> Options {
    let options = Options::new();
    match (username, password) {
        (None, None) => options,
        (Some(_), None) => options.refuse("credentials", "username is given, but password is not"),
        (None, Some(_)) => options.refuse("credentials", "password is given, but username is not"),
        (Some(username), Some(password)) => {
            match (value::text("username", username), value::text("password", password)) {
                (Ok(username), Ok(password)) => options.credentials(username, password),
                (Err(why), _) | (_, Err(why)) => options.refuse("credentials", &why),
            }
        }
    }
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
