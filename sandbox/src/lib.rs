//! The ANTS OTP service in a box.
