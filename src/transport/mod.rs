//! Carries one request to the service and its answer back, and says exactly how far it came.
mod exchange;
use crate::answer::Answer;
use crate::check::Checked;
use crate::secret::Secret;
pub(crate) use exchange::{Exchange, Failure};
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::http::Uri;

#[derive(Debug, Clone)]
pub(crate) struct Proxy;
impl Proxy {
    pub fn parse(_: &str) -> Checked<Proxy> {
        Ok(Proxy)
    }
    pub fn from_env(_: &Uri) -> Checked<Option<Proxy>> {
        Ok(None)
    }
}
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Roots {
    #[default]
    Bundled,
    System,
}
pub(crate) struct Tls;
impl Tls {
    pub fn load(_: Roots, _: Option<&Path>, _: Option<&(PathBuf, PathBuf)>) -> Checked<Tls> {
        Ok(Tls)
    }
}
#[allow(dead_code)]
pub(crate) struct Settings {
    pub authorization: Secret,
    pub user_agent: String,
    pub connect_timeout: Duration,
    pub proxy: Option<Proxy>,
    pub tls: Tls,
    pub max_idle: usize,
    pub idle_timeout: Duration,
}
pub(crate) struct Transport;
impl Transport {
    pub fn new(_: Settings) -> Self {
        Transport
    }
    pub fn post(&self, _: &Uri, _: &[u8], _: &Exchange<'_>) -> Result<Answer, Failure> {
        Err(Failure {
            code: crate::Code::Internal,
            delivery: crate::Delivery::NotSent,
            message: "no transport".into(),
            may_repeat: false,
        })
    }
}
