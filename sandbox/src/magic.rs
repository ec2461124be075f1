//! Magic numbers: mobiles `6680000CCCC` that bring about the answer CCCC, or a broken line, or the fate of an SMS. They only
//! choose; what a real state does is in `otp.rs`.

use ants_otp::{Code, Operation};

use crate::Fate;
use crate::fault::{DELAY, Effect, HTML_STATUS};

/// What a magic number does, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Magic {
    /// The request is refused; no SMS is sent and nothing is paid.
    OnRequest(Code),
    /// The OTP is sent, and each verify of it gets this answer, whatever code is typed.
    OnVerify(Code),
    /// The answers of this operation meet with trouble.
    Line(Operation, Effect),
    /// The SMS has this fate.
    Fate(Fate),
}

impl Magic {
    /// What this mobile number brings about, if it is a magic one.
    pub(crate) fn of(mobile: &str) -> Option<Magic> {
        let digits = mobile.strip_prefix("6680000")?;
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number = digits.parse().ok()?;
        line(number).or_else(|| fate(number)).or_else(|| code(number))
    }

    /// The trouble that this number brings to the answer of this operation.
    pub(crate) fn effect(mobile: &str, operation: Operation) -> Option<Effect> {
        match Magic::of(mobile)? {
            Magic::Line(on, effect) if on == operation => Some(effect),
            _ => None,
        }
    }
}

fn code(number: i32) -> Option<Magic> {
    match Code::from_number(number)? {
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

/// 0200 and 0502 are pages of a gateway; 060x act on the request, 061x on each verify.
fn line(number: i32) -> Option<Magic> {
    let effect = match number {
        200 => return Some(Magic::Line(Operation::Request, Effect::Html(200))),
        502 => return Some(Magic::Line(Operation::Request, Effect::Html(HTML_STATUS))),
        601 | 611 => Effect::Silent,
        602 | 612 => Effect::Late(DELAY),
        603 | 613 => Effect::Slow(DELAY),
        604 | 614 => Effect::CutBefore { reset: false },
        605 | 615 => Effect::CutBefore { reset: true },
        606 | 616 => Effect::CutAfter { reset: false },
        607 | 617 => Effect::CutAfter { reset: true },
        608 | 618 => Effect::Half { reset: false },
        609 | 619 => Effect::Half { reset: true },
        _ => return None,
    };
    Some(Magic::Line(if number < 610 { Operation::Request } else { Operation::Verify }, effect))
}

fn fate(number: i32) -> Option<Magic> {
    Some(Magic::Fate(match number {
        700 => Fate::Unreported,
        701 => Fate::Accepted,
        702 => Fate::Pending,
        703 => Fate::Undelivered,
        704 => Fate::Delivered,
        705 => Fate::Expired,
        706 => Fate::Rejected,
        707 => Fate::Completed,
        _ => return None,
    }))
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
    fn each_trouble_of_the_line_has_a_number_for_request_and_one_for_verify() {
        for number in 601..=609 {
            let (on_request, on_verify) = (format!("6680000{number:04}"), format!("6680000{:04}", number + 10));
            let effect = Magic::effect(&on_request, Operation::Request);
            assert!(effect.is_some());
            assert_eq!(Magic::effect(&on_verify, Operation::Verify), effect);
            assert_eq!(Magic::effect(&on_request, Operation::Verify), None);
            assert_eq!(Magic::effect(&on_verify, Operation::Request), None);
        }
    }

    #[test]
    fn other_numbers_are_not_magic() {
        for mobile in [
            "66800000000",
            "66800000001",
            "66800000308",
            "66800000600",
            "66800000610",
            "66800000708",
            "66810000303",
            "668000030",
            "668000003030",
            "6680000+303",
            "",
        ] {
            assert_eq!(Magic::of(mobile), None, "{mobile}");
        }
    }
}
