//! Reads the service's answers, and distrusts them (wire.md, "Reading keys", "Verified means", "Errors").
//!
//! Everything here is a pure function of HTTP status and body, and total: no bytes can make it panic.

use crate::body_text::BodyText;
use crate::check::{self, shown};
use crate::error::{Parts, ServiceMessage};
use crate::json::{self, Json, Key, Object};
use crate::secret::{Secret, Wiped};
use crate::{Account, Code, Delivery, Error, Result, Sent, Status, Verification};
use std::time::Duration;

/// An answer as the transport received it.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub http_status: u16,
    pub retry_after: Option<Duration>,
    /// As it came; empty where nobody asked for it.
    pub head: Wiped,
    pub body: BodyText,
    /// It came on a connection that had carried another call before.
    pub reused: bool,
}

/// The answer to a verify.
pub(crate) struct Verdict {
    pub verification: Verification,
    pub naming: Naming,
}

/// How an answer to a verify tells which OTP it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// It names the otpId that was asked about.
    Named,
    /// It names none.
    Absent,
    /// A verdict told as a refusal, which needs no name.
    Refusal,
}

/// Words that mean success, in a `success` or `status` object. They never decide a call by themselves.
fn means_success(words: &str) -> bool {
    Code::from_service_words(words) == Some(Code::Ok)
}

impl Answer {
    /// The answer to a request or resend. `otc_id` is what was sent, for an answer that does not repeat it.
    pub fn sent(&self, otc_id: &str) -> Result<Sent> {
        let mut object = Object::default();
        self.accepted(&mut object)?;
        if [Key::Result, Key::IsErrorCount, Key::IsExprCode].into_iter().any(|key| object.holds(key)) {
            return Err(self.untrusted("it is the answer to a verify"));
        }
        let otp_id = self.trusted(object.opaque(Key::OtpId))?.filter(|id| !id.is_empty());
        // What is longer could neither be verified nor sent again.
        let otp_id = match otp_id {
            Some(otp_id) if otp_id.len() <= check::MAX_IDENTIFIER => otp_id,
            Some(_) => return Err(self.untrusted("its otpId is longer than any id")),
            None => return Err(self.untrusted("it holds no otpId")),
        };
        let words = status_words(&object);
        Ok(Sent {
            otp_id: otp_id.to_owned(),
            otc_id: self.trusted(object.opaque(Key::OtcId))?.filter(|id| !id.is_empty()).unwrap_or(otc_id).to_owned(),
            reference_code: self.trusted(object.label(Key::ReferenceCode))?.unwrap_or_default().to_owned(),
            message: words.message.into_plain(),
            description: words.description.into_plain(),
        })
    }

    /// The answer to a verify of `asked`. One that names another otpId is none, whatever it says: flags, `result: false` and
    /// refusals too.
    pub fn verification(&self, asked: &str) -> Result<Verdict> {
        let mut object = Object::default();
        let accepted = self.accepted(&mut object);
        let otp_id = object.opaque(Key::OtpId);
        if matches!(otp_id, Ok(Some(id)) if !same_id(id, asked)) {
            return Err(self.untrusted("it speaks of another otpId"));
        }
        if let Err(error) = accepted {
            let verification = self.refused_verification(error, &object)?;
            return Ok(Verdict { verification, naming: Naming::Refusal });
        }
        let result = self.trusted(object.flag(Key::Result))?;
        let over_limit = self.trusted(object.flag(Key::IsErrorCount))?.unwrap_or(false);
        let expired = self.trusted(object.flag(Key::IsExprCode))?.unwrap_or(false);
        let naming = if self.trusted(otp_id)?.is_some() { Naming::Named } else { Naming::Absent };
        let status = match result {
            _ if over_limit => Status::OverLimit,
            _ if expired => Status::Expired,
            Some(false) => Status::WrongCode,
            Some(true) => Status::Verified,
            None => return Err(self.untrusted("it holds no result")),
        };
        let verification = Verification {
            status,
            result: result.unwrap_or(false),
            is_error_count: over_limit,
            is_expr_code: expired,
            words: ServiceMessage::default(),
            http_status: self.http_status,
        };
        Ok(Verdict { verification, naming })
    }

    /// The answer to a balance call (wire.md, "Service").
    pub fn account(&self) -> Result<Account> {
        let mut object = Object::default();
        self.accepted(&mut object)?;
        let kind = self.trusted(object.label(Key::Type))?.unwrap_or_default();
        let credit = match object.get(Key::Credit) {
            Some(Json::Number(text)) => json::plain_decimal(text),
            Some(Json::Text(text)) => json::plain_decimal(text.trim()),
            _ => None,
        };
        match credit {
            Some(credit) if !kind.is_empty() => Ok(Account { kind: kind.to_owned(), credit }),
            _ => Err(self.untrusted("it is not {\"type\": text, \"credit\": number}")),
        }
    }

    /// 0304, 0305 and 0306 are verdicts of a verify, whichever way they come; every other refusal is an error.
    fn refused_verification(&self, error: Error, object: &Object<'_>) -> Result<Verification> {
        let status = match error.code() {
            Code::OverLimitUsage => Status::OverLimit,
            Code::CodeExpired => Status::Expired,
            Code::CodeConfirmed => Status::AlreadyConfirmed,
            _ => return Err(error),
        };
        let said = |key| object.flag(key).ok().flatten().unwrap_or(false);
        Ok(Verification {
            status,
            result: said(Key::Result),
            is_error_count: said(Key::IsErrorCount) || status == Status::OverLimit,
            is_expr_code: said(Key::IsExprCode) || status == Status::Expired,
            words: error.into_words(),
            http_status: self.http_status,
        })
    }

    /// Reads the answer into `object`, which stays empty if that is malformed. It is accepted if it is readable, has an HTTP 2xx status and refuses nothing.
    fn accepted<'a>(&'a self, object: &mut Object<'a>) -> Result<()> {
        let read = match &self.body {
            BodyText::Utf8(text) => object.read(text.expose_secret()),
            BodyText::Thai(text) => object.read_doubtful(text.expose_secret()),
            BodyText::Unreadable(_) => Err("it is text in no known coding"),
        };
        let read = read.and_then(|()| object.refuse_repeats());
        let refusal = match read {
            Ok(()) => refusal(object).map_err(|why| self.bare_or_untrusted(why))?,
            Err(_) => {
                *object = Object::default();
                None
            }
        };
        if let Some(refusal) = refusal {
            return Err(self.refused(refusal));
        }
        if !(200..300).contains(&self.http_status) {
            let words = read.map(|()| top_words(object)).unwrap_or_default();
            return Err(self.bare(words));
        }
        self.trusted(read)?;
        match oddity(object) {
            Some(why) => Err(self.untrusted(why)),
            None => Ok(()),
        }
    }

    /// A refusal that the body tells.
    fn refused(&self, refusal: Refusal) -> Error {
        let Refusal { code, words } = refusal;
        match code.or_else(|| code_of_status(self.http_status)) {
            Some(code) => self.error(code, Delivery::Answered, code.text("en").to_owned(), words),
            None if self.http_status >= 500 => self.bare(words),
            None => self.error(Code::Refused, Delivery::Answered, Code::Refused.text("en").to_owned(), words),
        }
    }

    /// An HTTP status with no readable error: 400, 401, 402 and 429 have codes, the others are no answer to the call.
    fn bare(&self, words: ServiceMessage) -> Error {
        match code_of_status(self.http_status) {
            Some(code) => self.error(code, Delivery::Answered, code.text("en").to_owned(), words),
            None => {
                let hint = match self.http_status {
                    300..400 => "; redirects are not followed: set the base URL to where the service is",
                    404 | 405 => "; check the base URL and its path",
                    _ => "",
                };
                let message = format!("The service answered with HTTP status {}{hint}.", self.http_status);
                self.error(Code::HttpStatus, Delivery::Unknown, message, words)
            }
        }
    }

    fn bare_or_untrusted(&self, why: &'static str) -> Error {
        if (200..300).contains(&self.http_status) { self.untrusted(why) } else { self.bare(ServiceMessage::default()) }
    }

    fn trusted<T>(&self, read: Result<T, &'static str>) -> Result<T> {
        read.map_err(|why| self.untrusted(why))
    }

    pub fn untrusted(&self, why: &str) -> Error {
        let message = format!("The answer cannot be trusted: {why}.");
        self.error(Code::BadAnswer, Delivery::Unknown, message, ServiceMessage::default())
    }

    fn error(&self, code: Code, delivery: Delivery, message: String, words: ServiceMessage) -> Error {
        Error::from_parts(Parts {
            code,
            delivery,
            message,
            words,
            http_status: Some(self.http_status),
            retry_after: self.retry_after,
            safe_to_retry: false,
        })
    }
}

/// What an answer's body refuses: the code, if code or words are known, and the service's words.
struct Refusal {
    code: Option<Code>,
    words: ServiceMessage,
}

/// The refusal that `object` tells, if it tells one: a code other than success in any of the known places; else an
/// `error`; else a `success` or `status` that does not mean success. The sentence is of an answer that cannot be trusted.
fn refusal(object: &Object<'_>) -> Result<Option<Refusal>, &'static str> {
    let error = Part::error(object)?;
    let states = [Part::state(object, Key::Success)?, Part::state(object, Key::Status)?];
    let top = Part::top(object)?;

    let parts = [&error, &top, &states[1], &states[0]];
    let stated = parts.iter().find_map(|part| part.code.filter(|code| *code != ServiceCode::Success));
    let failing = [&error, &states[1], &states[0], &top].into_iter().find(|part| part.fails);
    if stated.is_none() && failing.is_none() {
        return Ok(None);
    }
    let mut words = failing.map(|part| part.words.clone()).unwrap_or_else(|| top_words(object));
    if words.message.expose_secret().is_empty() {
        words = top_words(object);
    }
    let known = match stated {
        Some(ServiceCode::Number(number)) => {
            words.code = Some(number);
            // A number that the table does not know is a refusal of its own, whatever the words or the status.
            Some(Code::from_service_number(number).unwrap_or(Code::Refused))
        }
        Some(_) => Some(Code::Refused),
        None => Code::from_service_words(words.message.expose_secret()).filter(|code| *code != Code::Ok),
    };
    Ok(Some(Refusal { code: known, words }))
}

/// What makes an answer that refuses nothing one that accepts nothing either: something stands where success is told that
/// no dialect has there, and may mean anything.
fn oddity(object: &Object<'_>) -> Option<&'static str> {
    let odd = |key| matches!(object.get(key), Some(Json::Number(_) | Json::List(_)));
    if odd(Key::Success) || odd(Key::Status) {
        return Some("its success or status is a number or a list");
    }
    if odd(Key::Message) || matches!(object.get(Key::Message), Some(Json::Object(_) | Json::Bool(_))) {
        return Some("its message is not text");
    }
    None
}

/// A code in one of the places where a code may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServiceCode {
    Success,
    Number(i32),
    /// Something that is not a number, or one too long for a code.
    Other,
}

fn service_code(value: Option<&Json<'_>>) -> Result<Option<ServiceCode>, &'static str> {
    let text = match value {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Text(text)) => text.trim(),
        Some(Json::Number(text)) => text,
        Some(_) => return Err("a code is neither text nor a number"),
    };
    // Digits alone: a sign or a point makes it no number here, and so no 0000 (wire.md, "Errors").
    let number = if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse::<i32>().ok() } else { None };
    Ok(match number {
        _ if text.is_empty() => None,
        Some(0) => Some(ServiceCode::Success),
        Some(number) => Some(ServiceCode::Number(number)),
        None => Some(ServiceCode::Other),
    })
}

/// `error`, `success` or `status` of an answer.
#[derive(Default)]
struct Part {
    code: Option<ServiceCode>,
    words: ServiceMessage,
    fails: bool,
}

impl Part {
    /// An `error`: an object or plain text. That it is there is a failure, whatever it says.
    fn error(answer: &Object<'_>) -> Result<Part, &'static str> {
        match answer.get(Key::Error) {
            None | Some(Json::Null) => Ok(Part::default()),
            Some(Json::Text(text)) => Ok(Part {
                words: ServiceMessage { message: shown(text), ..ServiceMessage::default() },
                fails: true,
                code: None,
            }),
            Some(Json::Object(raw)) => Ok(Part { fails: true, ..Part::object(&answer.inner(raw)?)? }),
            Some(_) => Err("its error is neither an object nor text"),
        }
    }

    /// A `success` or `status`: it fails where it has a message that does not mean success, or says false.
    fn state(answer: &Object<'_>, key: Key) -> Result<Part, &'static str> {
        let part = match answer.get(key) {
            Some(Json::Object(raw)) => {
                let object = answer.inner(raw)?;
                let part = Part::object(&object)?;
                // A message that is not text does not mean success either.
                let odd = object.holds(Key::Message) && !matches!(object.get(Key::Message), Some(Json::Text(_)));
                if odd {
                    return Ok(Part { fails: true, ..part });
                }
                part
            }
            Some(Json::Text(text)) if !matches!(json::boolean(text), Some(true)) => {
                Part { words: ServiceMessage { message: shown(text), ..ServiceMessage::default() }, ..Part::default() }
            }
            Some(Json::Bool(false)) => return Ok(Part { fails: true, ..Part::default() }),
            _ => return Ok(Part::default()),
        };
        let message = part.words.message.expose_secret();
        let fails = !message.trim().is_empty() && !means_success(message);
        Ok(Part { fails, ..part })
    }

    /// The answer itself. The specification's table lists `message` beside `status`: words of the code table fail there too.
    fn top(object: &Object<'_>) -> Result<Part, &'static str> {
        let words = top_words(object);
        let message = words.message.expose_secret();
        let fails = !message.is_empty() && Code::from_service_words(message).is_some_and(|code| code != Code::Ok);
        Ok(Part { code: service_code(object.get(Key::Code))?, words, fails })
    }

    fn object(object: &Object<'_>) -> Result<Part, &'static str> {
        Ok(Part { code: service_code(object.get(Key::Code))?, words: top_words(object), fails: false })
    }
}

/// `message` and `description` of an object, as they may be shown.
fn top_words(object: &Object<'_>) -> ServiceMessage {
    let words = |key| match object.get(key) {
        Some(Json::Text(text)) => shown(text),
        _ => Secret::default(),
    };
    ServiceMessage { message: words(Key::Message), description: words(Key::Description), code: None }
}

/// The words beside a success: those of `success` or `status`, whichever is there.
fn status_words(object: &Object<'_>) -> ServiceMessage {
    let state = |key| Part::state(object, key).map(|part| part.words).unwrap_or_default();
    let words = state(Key::Success);
    if words == ServiceMessage::default() { state(Key::Status) } else { words }
}

/// Identifiers compare without letter case (wire.md, "Service").
pub(crate) fn same_id(a: &str, b: &str) -> bool {
    // Most are the same to the letter, and a comparison of memory is fast. Else letter by letter: a copy in small letters
    // could be one of a secret.
    a == b || a.eq_ignore_ascii_case(b) || same_beyond_ascii(a, b)
}

/// The same for letters that ASCII lacks. No text in ASCII equals one that is not: the Kelvin sign is no k.
fn same_beyond_ascii(a: &str, b: &str) -> bool {
    let [mut a_lower, b_lower] = [a, b].map(|text| text.chars().flat_map(char::to_lowercase));
    !a.is_ascii() && !b.is_ascii() && a_lower.by_ref().eq(b_lower)
}

fn code_of_status(http_status: u16) -> Option<Code> {
    match http_status {
        400 => Some(Code::BadRequest),
        401 => Some(Code::AuthenticationFailed),
        402 => Some(Code::CreditNotEnough),
        429 => Some(Code::RateLimited),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_the_same_without_letter_case() {
        for (a, b, same) in [
            ("abc", "abc", true),
            ("aBc", "AbC", true),
            ("abc", "abd", false),
            ("รหัสÖ", "รหัสö", true),
            ("Öa", "öb", false),
            // The Kelvin sign in small letters is k.
            ("\u{212A}1", "k1", false),
            ("k1", "\u{212A}1", false),
        ] {
            assert_eq!(same_id(a, b), same, "{a} {b}");
        }
    }
}
