//! Verification: what the service said beside its verdict.

/// The flags of an answer to verify, as the service said them. They explain a verdict and are none: the verdict is what
/// ants_otp_verify() returns.
#[derive(Default)]
#[repr(C)]
pub struct Verification {
    /// `result` of the answer.
    result: bool,
    /// Too many wrong tries.
    is_error_count: bool,
    /// The code's time is over.
    is_expr_code: bool,
    /// Zero; room for what the service may add.
    reserved: [u8; 13],
}

// The size is part of the ABI.
const _: () = assert!(size_of::<Verification>() == 16 && align_of::<Verification>() == 1);

impl From<&otp::Verification> for Verification {
    fn from(verification: &otp::Verification) -> Self {
        Verification {
            result: verification.result(),
            is_error_count: verification.is_error_count(),
            is_expr_code: verification.is_expr_code(),
            reserved: [0; 13],
        }
    }
}
