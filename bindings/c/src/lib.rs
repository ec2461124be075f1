//! libants_otp: the C library. Each file holds one concept and is a section of `include/ants_otp.h`, which is generated
//! from it: the first lines of the file open the section, the comments of its functions are the header's.
//!
//! The work is done by the core; here stands only how its values cross into C and back (`ffi`).

mod account;
mod r#async;
mod call;
mod cancel;
mod client;
mod code;
mod delivery_report;
mod error;
mod ffi;
mod options;
mod sent;
mod verification;
mod version;

#[global_allocator]
static ALLOCATOR: ants_otp_wiping::Wiping = ants_otp_wiping::Wiping;
