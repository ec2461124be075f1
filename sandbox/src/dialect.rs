//! Answers as JSON, in the specification's form or in the other forms that are known of it or cannot be ruled out. A client
//! must come to the same result in all of them.

use std::fmt;
use std::str::FromStr;

use ants_otp::Code;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::otp::Verification;
use crate::service::{Balance, Refusal, Sent};

/// How answers are written. The fields are independent of each other; the default, all `false`, is the specification's
/// form.
///
/// ```
/// use ants_otp_sandbox::Dialect;
/// let thai_with_codes = Dialect { thai: true, error_codes: true, ..Dialect::default() };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dialect {
    /// The object of a request's or resend's answer is named `status`, as in the specification's table, instead of
    /// `success`, as in its example.
    pub status_object: bool,
    /// A sent OTP's message is `Success`, as the code table writes it, instead of `success`, as the example does.
    pub capital_success: bool,
    /// `result` and the flags are `"true"` and `"false"` instead of JSON booleans.
    pub text_booleans: bool,
    /// The key is `isErrorCount`, as in the specification's table, instead of ` isErrorCount`, as in its example.
    pub key_without_space: bool,
    /// An `error` holds its four-digit code as text, such as `"code": "0301"`.
    pub error_codes: bool,
    /// A refusal has an HTTP status of its own: 402 for 9995, 500 for 9999, 400 for the rest, instead of 200. (401 and 429
    /// stand in every dialect.)
    pub error_statuses: bool,
    /// Messages are the code table's Thai words instead of its English ones.
    pub thai: bool,
    /// Too many tries and an expired code are an `error` of 0304 and 0305 instead of flags.
    pub errors_for_flags: bool,
    /// Delivery reports come as a list, with `callbackData` in the detail and `status` as a list of one, instead of as one
    /// object with `callbackData` at its top and `status` an object.
    pub other_report: bool,
}

type Field = fn(&mut Dialect) -> &mut bool;

/// Each field with the name by which a header or a command line chooses it.
const FIELDS: [(&str, Field); 9] = [
    ("status-object", |dialect| &mut dialect.status_object),
    ("capital-success", |dialect| &mut dialect.capital_success),
    ("text-booleans", |dialect| &mut dialect.text_booleans),
    ("key-without-space", |dialect| &mut dialect.key_without_space),
    ("error-codes", |dialect| &mut dialect.error_codes),
    ("error-statuses", |dialect| &mut dialect.error_statuses),
    ("thai", |dialect| &mut dialect.thai),
    ("errors-for-flags", |dialect| &mut dialect.errors_for_flags),
    ("other-report", |dialect| &mut dialect.other_report),
];

/// A text that names no [`Dialect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownDialect;

impl fmt::Display for UnknownDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = FIELDS.map(|(name, _)| name).join(", ");
        write!(f, "not a dialect: use specification, other, or with commas between them some of {names}")
    }
}

impl std::error::Error for UnknownDialect {}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    /// `specification`, `other`, or what differs from the specification's form with commas between: the names of the
    /// fields with dashes, such as `thai,error-codes`.
    fn from_str(text: &str) -> Result<Dialect, UnknownDialect> {
        let mut dialect = match text.trim() {
            "specification" => return Ok(Dialect::default()),
            "other" => return Ok(Dialect::other()),
            _ => Dialect::default(),
        };
        for wanted in text.split(',') {
            let (_, field) = FIELDS.iter().find(|(name, _)| *name == wanted.trim()).ok_or(UnknownDialect)?;
            *field(&mut dialect) = true;
        }
        Ok(dialect)
    }
}

impl Dialect {
    /// Each name by which [`FromStr`] knows a dialect or a field.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ["specification", "other"].into_iter().chain(FIELDS.into_iter().map(|(name, _)| name))
    }

    /// Everything other than in the specification's examples.
    pub const fn other() -> Dialect {
        Dialect {
            status_object: true,
            capital_success: true,
            text_booleans: true,
            key_without_space: true,
            error_codes: true,
            error_statuses: true,
            thai: true,
            errors_for_flags: true,
            other_report: true,
        }
    }

    /// The answer to a request or resend.
    pub(crate) fn sent(&self, sent: &Sent) -> Answer {
        let message = match self {
            Dialect { thai: true, .. } => self.words(Code::Ok),
            Dialect { capital_success: true, .. } => "Success",
            _ => "success",
        };
        let object = if self.status_object { "status" } else { "success" };
        Answer::ok(json!({
            "otcId": sent.otc_id,
            "otpId": sent.otp_id,
            "referenceCode": sent.reference_code,
            object: { "message": message, "description": "" },
        }))
    }

    /// The answer to a verify.
    pub(crate) fn verification(&self, otp_id: &str, verification: &Verification) -> Answer {
        if self.errors_for_flags && verification.is_error_count {
            return self.refusal(&Code::OverLimitUsage.into());
        }
        if self.errors_for_flags && verification.is_expr_code {
            return self.refusal(&Code::CodeExpired.into());
        }
        let error_count = if self.key_without_space { "isErrorCount" } else { " isErrorCount" };
        Answer::ok(json!({
            "otpId": otp_id,
            "result": self.boolean(verification.result),
            error_count: self.boolean(verification.is_error_count),
            "isExprCode": self.boolean(verification.is_expr_code),
        }))
    }

    /// The answer to a balance: the same in all dialects.
    pub(crate) fn balance(&self, balance: &Balance) -> Answer {
        Answer::ok(json!({ "type": balance.kind, "credit": balance.credit.json() }))
    }

    /// The answer where the service says no.
    pub(crate) fn refusal(&self, refusal: &Refusal) -> Answer {
        let mut error = Map::new();
        // A 429 has no code in the specification's table.
        if self.error_codes && refusal.code.service_words().is_some() {
            error.insert("code".into(), format!("{:04}", refusal.code.number()).into());
        }
        error.insert("message".into(), self.words(refusal.code).into());
        error.insert("description".into(), refusal.description.as_str().into());
        Answer { status: self.status(refusal.code), body: json!({ "error": error }) }
    }

    fn status(&self, code: Code) -> u16 {
        match code {
            Code::AuthenticationFailed => 401,
            Code::RateLimited => 429,
            _ if !self.error_statuses => 200,
            Code::CreditNotEnough => 402,
            Code::Exception => 500,
            _ => 400,
        }
    }

    fn words(&self, code: Code) -> &'static str {
        match code.service_words() {
            Some((_, thai)) if self.thai => thai,
            Some((english, _)) => english,
            None => "Too Many Requests",
        }
    }

    fn boolean(&self, value: bool) -> Value {
        if self.text_booleans { value.to_string().into() } else { value.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRONG: Verification = Verification { result: false, is_error_count: false, is_expr_code: false };

    fn sent() -> Sent {
        Sent { otc_id: "C".into(), otp_id: "P".into(), reference_code: "IpA6k".into() }
    }

    #[test]
    fn the_default_is_the_specifications_form() {
        let default = Dialect::default();
        assert_eq!(
            default.sent(&sent()).body.to_string(),
            r#"{"otcId":"C","otpId":"P","referenceCode":"IpA6k","success":{"description":"","message":"success"}}"#
        );
        assert_eq!(
            default.verification("P", &Verification { result: true, ..WRONG }).body,
            json!({"otpId": "P", "result": true, " isErrorCount": false, "isExprCode": false})
        );
        let refusal = default.refusal(&Code::InvalidOtpConfig.into());
        assert_eq!(refusal.status, 200);
        assert_eq!(refusal.body, json!({"error": {"message": "Invalid OTP Config", "description": ""}}));
    }

    #[test]
    fn each_field_changes_one_thing() {
        let with = |change: fn(&mut Dialect)| {
            let mut dialect = Dialect::default();
            change(&mut dialect);
            dialect
        };
        let both = Verification { is_error_count: true, is_expr_code: true, ..WRONG };

        assert!(with(|d| d.status_object = true).sent(&sent()).body.get("status").is_some());
        assert_eq!(with(|d| d.capital_success = true).sent(&sent()).body["success"]["message"], "Success");
        assert_eq!(with(|d| d.thai = true).sent(&sent()).body["success"]["message"], "สำเร็จ");
        assert_eq!(
            with(|d| d.text_booleans = true).verification("P", &both).body,
            json!({"otpId": "P", "result": "false", " isErrorCount": "true", "isExprCode": "true"})
        );
        assert_eq!(with(|d| d.key_without_space = true).verification("P", &both).body["isErrorCount"], true);
        assert_eq!(with(|d| d.error_codes = true).refusal(&Code::InvalidNumber.into()).body["error"]["code"], "0307");
        assert_eq!(with(|d| d.thai = true).refusal(&Code::CreditNotEnough.into()).body["error"]["message"], "เครดิตหมด");
        let errors = with(|d| d.errors_for_flags = true);
        let expired = Verification { is_expr_code: true, ..WRONG };
        assert_eq!(errors.verification("P", &both).body["error"]["message"], "Over Limit Usage");
        assert_eq!(errors.verification("P", &expired).body["error"]["message"], "OTP Code Expired");
        assert_eq!(errors.verification("P", &WRONG).body["result"], false);
    }

    #[test]
    fn statuses_follow_the_dialect_but_for_401_and_429() {
        let statuses = Dialect { error_statuses: true, ..Dialect::default() };
        for (code, default, own) in [
            (Code::AuthenticationFailed, 401, 401),
            (Code::RateLimited, 429, 429),
            (Code::CreditNotEnough, 200, 402),
            (Code::Exception, 200, 500),
            (Code::BadRequest, 200, 400),
            (Code::NoDataAvailable, 200, 400),
        ] {
            assert_eq!(Dialect::default().refusal(&code.into()).status, default, "{code}");
            assert_eq!(statuses.refusal(&code.into()).status, own, "{code}");
        }
    }

    #[test]
    fn a_429_is_given_no_code_of_the_table() {
        let answer = Dialect::other().refusal(&Code::RateLimited.into());
        assert_eq!(answer.body, json!({"error": {"message": "Too Many Requests", "description": ""}}));
    }

    #[test]
    fn a_dialect_is_chosen_by_name_or_by_what_differs() {
        assert_eq!("specification".parse(), Ok(Dialect::default()));
        assert_eq!(" other ".parse(), Ok(Dialect::other()));
        assert_eq!(FIELDS.map(|(name, _)| name).join(", ").parse(), Ok(Dialect::other()));
        let some = Dialect { thai: true, error_codes: true, ..Dialect::default() };
        assert_eq!("thai, error-codes".parse(), Ok(some));
        for text in ["", "Thai", "thai,", "other,thai"] {
            assert_eq!(text.parse::<Dialect>(), Err(UnknownDialect), "{text}");
        }
    }
}
