//! Confirm mobile numbers with one-time passwords sent by the ANTS OTP service.
mod code;
pub use code::Code;
