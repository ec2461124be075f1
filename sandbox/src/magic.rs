//! Magic numbers: mobiles `6680000CCCC` that bring about the answer CCCC. They only choose answers; what a real state does
//! is in `otp.rs`.

use ants_otp::Code;

/// When a magic number acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Magic {
    /// The request is refused; no SMS is sent and nothing is paid.
    OnRequest(Code),
    /// The OTP is sent, and each verify of it gets this answer, whatever code is typed.
    OnVerify(Code),
}

impl Magic {
    /// What this mobile number brings about, if it is a magic one.
    pub(crate) fn of(mobile: &str) -> Option<Magic> {
        let digits = mobile.strip_prefix("6680000")?;
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match Code::from_number(digits.parse().ok()?)? {
            code @ (Code::NoDataAvailable | Code::OverLimitUsage | Code::CodeExpired | Code::CodeConfirmed) => {
                Some(Magic::OnVerify(code))
            }
            code @ (Code::InvalidOtpConfig
            | Code::NumberPrefixMissing
            | Code::InvalidNumber
            | Code::RateLimited
            | Code::CreditNotEnough
            | Code::BadRequest
            | Code::AuthenticationFailed
            | Code::Exception) => Some(Magic::OnRequest(code)),
            // Success, and the numbers below 0301 that no service sends.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_that_the_service_can_refuse_with_is_magic() {
        let refusals = Code::ALL.iter().copied().filter(|code| code.number() > 300);
        for code in refusals {
            let on_verify = (303..=306).contains(&code.number());
            let magic = if on_verify { Magic::OnVerify(code) } else { Magic::OnRequest(code) };
            assert_eq!(Magic::of(&format!("6680000{:04}", code.number())), Some(magic), "{code}");
        }
    }

    #[test]
    fn other_numbers_are_not_magic() {
        for mobile in
            ["66800000000", "66800000001", "66800000308", "66810000303", "668000030", "668000003030", "6680000+303", ""]
        {
            assert_eq!(Magic::of(mobile), None, "{mobile}");
        }
    }
}
