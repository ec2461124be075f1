//! A sandbox of the ANTS OTP service: for tests and first steps, without credit and without a phone.
//!
//! A [`Sandbox`] is a small HTTP server on loopback that answers as the service's specification says, with real state
//! behind it. It runs on a thread of its own, so a plain synchronous test can use it, and stops when it is dropped.
//!
//! ```
//! use ants_otp_sandbox::{Clock, Codes, Sandbox, State};
//!
//! let sandbox = Sandbox::builder().clock(Clock::fixed()).codes(Codes::fixed("12345")).start()?;
//! // … point the client at it: sandbox.url(), sandbox.username(), sandbox.password(), sandbox.otc_id() …
//! # use std::{io::{Read, Write}, net::TcpStream};
//! # let mut socket = TcpStream::connect(sandbox.url().trim_start_matches("http://"))?;
//! # let body = format!(r#"{{"otcId":"{}","mobile":"66812345678"}}"#, sandbox.otc_id());
//! # write!(socket, "POST /otp/requestOTP HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
//! #     Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}", sandbox.token(), body.len())?;
//! # socket.read_to_string(&mut String::new())?;
//! assert_eq!(sandbox.last_code("66812345678").as_deref(), Some("12345"));
//! sandbox.advance(std::time::Duration::from_secs(301));
//! assert_eq!(sandbox.messages()[0].state, State::Expired);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What is ready without any setting
//!
//! | what | name | |
//! |---|---|---|
//! | postpaid account | [`USERNAME`], [`PASSWORD`] | [`Sandbox::username`], [`Sandbox::password`] |
//! | postpaid account with a token | [`TOKEN`] | [`Sandbox::token`] |
//! | prepaid account with no credit left | [`NO_CREDIT_USERNAME`], [`NO_CREDIT_PASSWORD`] | [`Sandbox::no_credit_username`], [`Sandbox::no_credit_password`] |
//! | OTP configuration: 5 digits, 5 minutes, 3 tries, 3 resends | [`OTC_ID`] | [`Sandbox::otc_id`] |
//!
//! Accounts and configurations that are given to the [`Builder`] are added to these; one with the same user name, token or
//! `otcId` takes the other's place.
//!
//! # Paths
//!
//! `POST /otp/requestOTP`, `/otp/resendOTP`, `/otp/verifyOTP` and `/account/balance` are the service's. Beside them stand,
//! without credentials, and described in full in the document at `/openapi.json`:
//!
//! * `GET /`: the inbox, a page for a browser.
//! * `GET /sandbox/messages`: the newest 10 000 SMS, oldest first, as a list of objects with the names of [`Message`].
//!   `?mobile=081-234-5678` shows those to one number, written in any form that a request takes; `&wait=5` waits up to so many
//!   seconds (60 at most) until there is one.
//! * `GET /sandbox/requests`: the newest 1 000 requests and what was answered, with the names of [`LoggedRequest`].
//! * `GET /sandbox/events`: what happens, as it happens, as server-sent events.
//! * `POST /sandbox/reports` with `{"otp_id": …, "status": …}`: decides what becomes of an SMS, as a [`Fate`], and reports it.
//! * `GET`, `POST` and `DELETE /sandbox/faults`: what goes wrong with the next calls, as [`Fault`] explains.
//! * `GET` and `POST /sandbox/clock`, the latter with `{"advance_seconds": n}`: shows the clock and moves it ahead.
//! * `POST /sandbox/reset`: forgets all SMS, requests and faults.
//!
//! They answer loopback names and those of [`Builder::allow_host`], and refuse what another web page in a browser sends them,
//! but for the pages of [`Builder::cors_origin`]. A path or method that is none is answered with the one that was meant.
//!
//! # What the specification leaves open
//!
//! * Refusals are HTTP 200 with an `error`, except 401 for bad credentials, 429, and 413 for a body above 64 KiB. The
//!   [`Dialect`] of the sandbox, of an account, or of one request (`X-Sandbox-Dialect: other`, or the names of what differs
//!   with commas between) can change that. Of a 9996, `description` names what to change.
//! * The wrong code that uses up the last try is answered with `isErrorCount`; from then on no code verifies that OTP. Once
//!   its time is over, both flags are set. Codes typed after the time cost no tries.
//! * A resend sends a new code with a new `otpId`, reference code, life and number of tries. From then on the old `otpId`
//!   is unknown (0303). The resend limit counts over all resends of one request (0304). An expired OTP can be resent; a
//!   locked one cannot (0304), nor a confirmed one (0306). With `otcId` alone, the account's newest OTP of that
//!   configuration is meant. An `otpId` that does not belong to the `otcId` beside it is unknown.
//! * Every account may use every configuration, but an account knows only the OTPs that it requested itself.
//! * `otpId` and `otcId` are compared without letter case. A `null` is the same as no value.
//! * A number is refused as 0307 if it is not 1 to 15 digits, and as 0302 if it starts with 0 or has 9 digits or fewer.
//! * `notifyUrl`, `notifyContentType` and `callbackData` are taken (at most 2048 characters each). The delivery report is
//!   posted two seconds after the SMS by the sandbox's clock, as JSON, or as XML if the content type says so; again after
//!   2, 4 and 8 seconds while it is not answered with HTTP 2xx; and only to `http://` on loopback, unless
//!   [`Builder::reports_to_any_host`] is called. A resend without these values goes on with the earlier ones.
//! * Answers are JSON; XML for a caller whose `Accept` names XML and not JSON.
//!
//! # Magic numbers
//!
//! A mobile number `6680000CCCC` brings about the answer CCCC, in the account's dialect. Those that act on request send no
//! SMS and cost nothing; the `otcId` must be a known one. Those that act on verify are sent, and each verify of them gets
//! the answer, whatever code is typed; the OTP's state does not change by it.
//!
//! | mobile | acts on | answer |
//! |---|---|---|
//! | `66800000301` | request | 0301 Invalid OTP Config |
//! | `66800000302` | request | 0302 Number Prefix Missing |
//! | `66800000303` | verify | 0303 No Data Available OTP |
//! | `66800000304` | verify | 0304 Over Limit Usage: `isErrorCount` |
//! | `66800000305` | verify | 0305 OTP Code Expired: `isExprCode` |
//! | `66800000306` | verify | 0306 OTP Code Confirmed |
//! | `66800000307` | request | 0307 Invalid Number |
//! | `66800000429` | request | HTTP 429 with `Retry-After: 30` |
//! | `66800009995` | request | 9995 Credit not enough |
//! | `66800009996` | request | 9996 Bad Request |
//! | `66800009998` | request | 9998 Authentication failed, HTTP 401 |
//! | `66800009999` | request | 9999 Exception |
//!
//! Others break the line. The operation is done all the same: the SMS is there and paid, the OTP is confirmed.
//!
//! | on request | on verify | what the caller gets |
//! |---|---|---|
//! | `66800000200` | | an HTML page with HTTP 200 |
//! | `66800000502` | | an HTML page with HTTP 502 |
//! | `66800000601` | `66800000611` | no answer ever; the connection stays open |
//! | `66800000602` | `66800000612` | the whole answer after 3 seconds |
//! | `66800000603` | `66800000613` | the head at once, the body bit by bit over 3 seconds |
//! | `66800000604` | `66800000614` | the end of the connection (FIN) instead of an answer |
//! | `66800000605` | `66800000615` | a reset of the connection (RST) instead of an answer |
//! | `66800000606` | `66800000616` | the answer, then an end that was not announced |
//! | `66800000607` | `66800000617` | the answer, then a reset |
//! | `66800000608` | `66800000618` | half the body, then the end |
//! | `66800000609` | `66800000619` | half the body, then a reset |
//!
//! And others choose what becomes of the SMS: `66800000700` is never reported, `…701` ACCEPTED, `…702` PENDING, `…703`
//! UNDELIVERED, `…704` DELIVERED, `…705` EXPIRED, `…706` REJECTED, `…707` COMPLETED.
#![warn(missing_docs)]

mod account;
mod answer;
mod api;
mod body;
mod builder;
mod clock;
mod codes;
mod config;
mod cors;
mod database;
mod date;
mod dialect;
mod effect;
mod events;
mod fault;
mod guard;
mod line;
mod magic;
mod mask;
mod message;
mod mobile;
mod otp;
mod outbox;
mod page;
mod paths;
mod query;
mod report;
mod reporter;
mod request_log;
mod server;
mod service;
mod tools;
mod xml;

use std::fmt;
use std::time::Duration;

pub use account::{Account, Credit, InvalidCredit};
pub use ants_otp::Operation;
pub use builder::Builder;
pub use clock::Clock;
pub use codes::Codes;
pub use config::OtpConfig;
pub use dialect::{Dialect, UnknownDialect};
pub use fault::Fault;
pub use message::Message;
pub use otp::State;
pub use report::{Fate, Report, ReportState, UnknownFate};
pub use request_log::{HttpContent, LoggedRequest};

use api::{Shared, lock};
use server::Server;

/// The user name of the ready postpaid account.
pub const USERNAME: &str = "sandbox-user";
/// The password of the ready postpaid account.
pub const PASSWORD: &str = "sandbox-password";
/// The token of the ready account with a token.
pub const TOKEN: &str = "sandbox-token";
/// The user name of the ready prepaid account with no credit left.
pub const NO_CREDIT_USERNAME: &str = "sandbox-no-credit";
/// The password of the ready prepaid account with no credit left.
pub const NO_CREDIT_PASSWORD: &str = "sandbox-password";
/// The `otcId` of the ready OTP configuration.
pub const OTC_ID: &str = "5A4DB0C5-0000-4000-8000-000000000001";
/// What `Retry-After` says beside a 429.
pub const RETRY_AFTER_SECONDS: u32 = 30;

/// The OTP service, running on loopback until it is stopped or dropped.
///
/// All methods may be used from several threads at once.
pub struct Sandbox {
    server: Server,
    service: Shared,
    url: String,
}

impl Sandbox {
    /// The settings of a sandbox, all ready to start.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The base URL for a client, such as `http://127.0.0.1:PORT` or `http://[::1]:PORT`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// [`USERNAME`].
    pub fn username(&self) -> &str {
        USERNAME
    }

    /// [`PASSWORD`].
    pub fn password(&self) -> &str {
        PASSWORD
    }

    /// [`TOKEN`].
    pub fn token(&self) -> &str {
        TOKEN
    }

    /// [`NO_CREDIT_USERNAME`].
    pub fn no_credit_username(&self) -> &str {
        NO_CREDIT_USERNAME
    }

    /// [`NO_CREDIT_PASSWORD`].
    pub fn no_credit_password(&self) -> &str {
        NO_CREDIT_PASSWORD
    }

    /// [`OTC_ID`].
    pub fn otc_id(&self) -> &str {
        OTC_ID
    }

    /// The newest 10 000 SMS of all accounts, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        lock(&self.service).messages()
    }

    /// The newest 1 000 requests on the service's paths and on paths that are none, oldest first, with their answers;
    /// refusals too. Secrets are masked.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.service).requests.all().collect()
    }

    /// The code of the newest SMS to this number, which is written as the client sent it (`66812345678`).
    pub fn last_code(&self, mobile: &str) -> Option<String> {
        lock(&self.service).last_code(mobile)
    }

    /// Moves the clock ahead.
    pub fn advance(&self, by: Duration) {
        // What the database could not take is written with the next change.
        let _ = lock(&self.service).advance(by);
    }

    /// Lets something go wrong with the next calls, behind the faults that are set already. At most 100 are kept; `false`
    /// says that there was no room.
    pub fn add_fault(&self, fault: Fault) -> bool {
        let service = &mut *lock(&self.service);
        let added = service.faults.add(fault);
        let _ = service.commit();
        added
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        let service = &mut *lock(&self.service);
        service.faults.clear();
        let _ = service.commit();
    }

    /// Forgets all SMS, requests and faults. Credit, the sequence of codes and the clock are as they were at the start.
    pub fn reset(&self) {
        let _ = lock(&self.service).reset();
    }

    /// Serves until [`Sandbox::stop`] is called from another thread; without that, until the process ends.
    pub fn wait(&self) {
        self.server.wait();
    }

    /// Stops serving and closes all connections. What was sent can still be looked at.
    pub fn stop(&self) {
        self.server.stop();
        self.server.wait();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("url", &self.url).finish_non_exhaustive()
    }
}
