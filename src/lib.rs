//! Verify that someone controls a mobile number with a one-time password (OTP), sent by SMS through the Thai provider ANTS.
//!
//! *Request* an OTP, *resend* it, *verify* what the person typed:
//!
//! ```no_run
//! # fn main() -> ants_otp::Result<()> {
//! let client = ants_otp::Client::builder()
//!     .credentials("user", "password")
//!     .otc_id("0DC8E7AD-0168-440C-AF10-BF556B164D83")
//!     .build()?;
//! let otp = client.request("081-234-5678")?;
//! # let typed = "";
//! if client.verify(&otp, typed)?.is_verified() {
//!     // let the person in
//! }
//! # Ok(())
//! # }
//! ```
//!
//! * **Never two SMS for one request.** A call is tried again only while nothing of it was sent. [`Error::delivery`] says
//!   whether the request can have reached the service.
//! * **One deadline** over everything a call does; no setting turns it off.
//! * **Verify cannot be fooled**: only a complete, well-formed "yes" from the service counts as verified.
//! * **Secrets stay secret**: no `Debug`, error or log line holds a password, token or OTP code.
//!
//! The names, numbers and sentences of [`Code`] are the same in C, C++ and Python. [`Code::text`] is for developers and logs;
//! [`Code::user_text`] is what to show people.

mod account;
mod answer;
mod base_url;
mod body_text;
mod call;
mod calling_codes;
mod cancel;
mod check;
mod client;
mod code;
mod credentials;
mod delivery_report;
mod diagnosis;
#[doc(hidden)]
pub mod environment;
mod error;
mod fork;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod json;
mod log;
mod mobile;
mod operation;
mod options;
mod ownership;
mod paste;
mod raw;
mod record;
mod secret;
mod sent;
mod shared_socket;
mod signals;
mod transport;
mod verification;
mod workers;

pub use account::Account;
#[doc(hidden)]
pub use body_text::body_text;
pub use call::Call;
pub use cancel::Cancel;
pub use client::Client;
pub use code::Code;
pub use delivery_report::{DeliveryReport, parse_delivery_report};
#[doc(hidden)]
pub use diagnosis::{Diagnosis, Handshake, ProxyInUse, Step};
pub use error::{Delivery, Error, Result};
pub use log::LogLevel;
pub use mobile::normalize_mobile;
#[doc(hidden)]
pub use operation::Operation;
pub use options::Options;
#[doc(hidden)]
pub use raw::RawAnswer;
#[doc(hidden)]
pub use record::Record;
#[doc(hidden)]
pub use secret::with_wiped_stack;
pub use sent::{OtpId, Sent};
pub use verification::{Status, Verification};
#[doc(hidden)]
pub use workers::Workers;

/// The version of this library, the same in every language.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
