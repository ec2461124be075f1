//! The code table: the one source of every number, name, sentence and advice. The C header, C++, Python, the README and
//! docs/codes.md are generated from it or tested against it.
//!
//! 0 is success. A positive code is an answer: the service said no. A negative code is the lack of an answer. Numbers are
//! never reused.

use crate::Delivery;
use std::fmt;

/// The words of the specification's status table for one code ("Response Status").
struct ServiceWords {
    english: &'static str,
    thai: &'static str,
}

/// What to show people: what the person who holds the phone can do, and nothing of credentials, credit,
/// options or the service's insides. The Thai is worded as Thai banks and shops word it.
struct UserText {
    english: &'static str,
    thai: &'static str,
}

const DONE: UserText = UserText { english: "Done.", thai: "ทำรายการสำเร็จ" };
/// All that is not the person's to mend. It says nothing of SMS: a verify can end so, too.
const UNAVAILABLE: UserText = UserText {
    english: "Sorry, this is not possible at the moment. Please try again later.",
    thai: "ขออภัย ไม่สามารถทำรายการได้ในขณะนี้ กรุณาลองใหม่อีกครั้งภายหลัง",
};
const CHECK_INPUT: UserText = UserText {
    english: "Please check what you entered and try again.",
    thai: "กรุณาตรวจสอบข้อมูลที่กรอกและลองใหม่อีกครั้ง",
};
const CHECK_NUMBER: UserText = UserText {
    english: "This mobile number is not valid. Please check it and try again.",
    thai: "หมายเลขโทรศัพท์มือถือไม่ถูกต้อง กรุณาตรวจสอบและลองใหม่อีกครั้ง",
};
const ADD_COUNTRY_CODE: UserText = UserText {
    english: "Please enter the mobile number with its country code, such as +66.",
    thai: "กรุณาระบุรหัสประเทศหน้าหมายเลขโทรศัพท์ เช่น +66",
};
const WRONG: UserText = UserText {
    english: "The OTP code is not correct. Please check it and try again.",
    thai: "รหัส OTP ไม่ถูกต้อง กรุณาตรวจสอบและลองใหม่อีกครั้ง",
};
const GONE: UserText = UserText {
    english: "This OTP code is no longer valid. Please request a new one.",
    thai: "รหัส OTP นี้ใช้ไม่ได้แล้ว กรุณาขอรหัสใหม่",
};
const TOO_OFTEN: UserText = UserText {
    english: "Too many attempts. Please request a new OTP code.",
    thai: "ทำรายการเกินจำนวนครั้งที่กำหนด กรุณาขอรหัส OTP ใหม่",
};
const EXPIRED: UserText = UserText {
    english: "The OTP code has expired. Please request a new one.",
    thai: "รหัส OTP หมดอายุแล้ว กรุณาขอรหัสใหม่",
};
const USED: UserText = UserText {
    english: "This OTP code has already been used. Please request a new one.",
    thai: "รหัส OTP นี้ถูกใช้ยืนยันตัวตนไปแล้ว กรุณาขอรหัสใหม่",
};
const TOO_FAST: UserText = UserText {
    english: "Too many requests. Please wait a moment and try again.",
    thai: "ทำรายการถี่เกินไป กรุณารอสักครู่แล้วลองใหม่อีกครั้ง",
};
/// An SMS may be on its way.
const SLOW: UserText = UserText {
    english: "This is taking longer than usual. Please check your SMS messages before you try again.",
    thai: "ระบบใช้เวลานานกว่าปกติ กรุณาตรวจสอบข้อความ SMS ก่อนลองใหม่อีกครั้ง",
};
const STOPPED: UserText =
    UserText { english: "Cancelled.", thai: "ยกเลิกการทำรายการแล้ว" };

struct Row {
    code: Code,
    name: &'static str,
    service: Option<ServiceWords>,
    english: &'static str,
    thai: &'static str,
    user: UserText,
    advice: &'static str,
}

macro_rules! codes {
    ($($variant:ident = $number:literal, $name:literal, $service:expr, $english:literal, $thai:literal, $user:expr, $advice:literal;)*) => {
        /// What came of a call, as a number that is the same in every language.
        ///
        /// The text of each variant is the English sentence of [`Code::text`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(i32)]
        pub enum Code {
            $(#[doc = $english] $variant = $number,)*
        }

        const TABLE: &[Row] = &[
            $(Row { code: Code::$variant, name: $name, service: $service, english: $english, thai: $thai, user: $user, advice: $advice },)*
        ];

        impl Code {
            /// Every code, in the order of the table: success, answers, failures.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];
        }
    };
}

const fn words(english: &'static str, thai: &'static str) -> Option<ServiceWords> {
    Some(ServiceWords { english, thai })
}

codes! {
    Ok = 0, "OK", words("Success", "สำเร็จ"),
        "Success: done; for verify, the person is verified.",
        "สำเร็จ",
        DONE,
        "Nothing to do.";
    WrongCode = 1, "WRONG_CODE", None,
        "The OTP code is wrong.",
        "รหัส OTP ไม่ถูกต้อง",
        WRONG,
        "Let the person type the code again; the number of tries is set in the provider's portal.";
    Refused = 2, "REFUSED", None,
        "The service refused, in words that are not in the code table.",
        "บริการปฏิเสธคำขอ",
        UNAVAILABLE,
        "Read the service's own message, description and code in the error.";
    InvalidOtpConfig = 301, "INVALID_OTP_CONFIG", words("Invalid OTP Config", "ตั้งค่า OTP ไม่ถูกต้อง"),
        "Invalid OTP config: the service does not know this otcId.",
        "ตั้งค่า OTP ไม่ถูกต้อง",
        UNAVAILABLE,
        "Compare the otcId with the OTP configuration in the provider's portal.";
    NumberPrefixMissing = 302, "NUMBER_PREFIX_MISSING", words("Number Prefix Missing", "ไม่มีคำนำหน้า"),
        "Number prefix missing: the mobile number has no country prefix.",
        "ไม่มีคำนำหน้าหมายเลข",
        ADD_COUNTRY_CODE,
        "Send the number in international form (66…), which this library does unless it is told to send it as given.";
    NoDataAvailable = 303, "NO_DATA_AVAILABLE", words("No Data Available OTP", "ไม่พบข้อมูล OTP"),
        "No OTP data available: the service does not know this otpId.",
        "ไม่พบข้อมูล OTP",
        GONE,
        "Verify with the otpId of the newest request or resend; ask for a new OTP if it is gone.";
    OverLimitUsage = 304, "OVER_LIMIT_USAGE", words("Over Limit Usage", "กรอกข้อมูลเกินจำนวนครั้งที่กำหนด"),
        "Over limit: too many wrong tries, or too many resends.",
        "กรอกข้อมูลเกินจำนวนครั้งที่กำหนด",
        TOO_OFTEN,
        "Request a new OTP; more tries of this one will not be accepted.";
    CodeExpired = 305, "CODE_EXPIRED", words("OTP Code Expired", "OTP Code หมดอายุ"),
        "The OTP code has expired.",
        "รหัส OTP หมดอายุแล้ว",
        EXPIRED,
        "Request or resend an OTP; the life of a code is set in the provider's portal.";
    CodeConfirmed = 306, "CODE_CONFIRMED", words("OTP Code Confirmed", "OTP Code ยืนยันตัวตนไปแล้ว"),
        "The OTP code has been confirmed already.",
        "รหัส OTP นี้ยืนยันตัวตนไปแล้ว",
        USED,
        "An OTP verifies once. If this session has not seen it verified, treat the person as not verified and request a new OTP.";
    InvalidNumber = 307, "INVALID_NUMBER", words("Invalid Number", "หมายเลขไม่ถูกต้อง"),
        "Invalid number: the service does not take this mobile number.",
        "หมายเลขไม่ถูกต้อง",
        CHECK_NUMBER,
        "Ask the person for the number again.";
    RateLimited = 429, "RATE_LIMITED", None,
        "Called too often: the service limits the rate (HTTP 429).",
        "เรียกใช้บริการถี่เกินไป กรุณารอสักครู่",
        TOO_FAST,
        "Wait for the time in retry-after, where the service told one, before the next call.";
    CreditNotEnough = 9995, "CREDIT_NOT_ENOUGH", words("Credit not enough", "เครดิตหมด"),
        "Credit not enough: the account cannot pay for the SMS.",
        "เครดิตหมด",
        UNAVAILABLE,
        "Top up the account; the balance call shows the credit left.";
    BadRequest = 9996, "BAD_REQUEST", words("Bad Request", "คำสั่งไม่ถูกต้อง"),
        "Bad request: the service could not use the request.",
        "คำสั่งไม่ถูกต้อง",
        UNAVAILABLE,
        "Check otcId, notify URL and the other values of the call; the service's words may name the one.";
    AuthenticationFailed = 9998, "AUTHENTICATION_FAILED", words("Authentication failed", "username or password ผิดพลาด"),
        "Authentication failed: wrong user name, password or token.",
        "username or password ผิดพลาด",
        UNAVAILABLE,
        "Check the credentials, and that they belong to this base URL; the balance call tests them without cost.";
    Exception = 9999, "EXCEPTION", words("Exception", "ผิดพลาด"),
        "Exception: the service failed inside.",
        "ระบบของบริการผิดพลาด",
        UNAVAILABLE,
        "Try again later; tell the provider if it stays.";
    InvalidArgument = -1, "ERR_INVALID_ARGUMENT", None,
        "An argument is missing or cannot be used; nothing was sent.",
        "ค่าที่ส่งเข้ามาไม่ถูกต้อง",
        CHECK_INPUT,
        "The error's message names the argument and what to change.";
    InvalidMobile = -2, "ERR_INVALID_MOBILE", None,
        "This is not a mobile number; nothing was sent.",
        "หมายเลขโทรศัพท์มือถือไม่ถูกต้อง",
        CHECK_NUMBER,
        "Ask the person for a mobile number such as 081 234 5678 or +66 81 234 5678.";
    InvalidOption = -3, "ERR_INVALID_OPTION", None,
        "An option of the client cannot work; nothing was sent.",
        "ตัวเลือกไม่ถูกต้อง",
        UNAVAILABLE,
        "The error's message names the option and what to change.";
    Resolve = -10, "ERR_RESOLVE", None,
        "The service's host name could not be resolved; nothing was sent.",
        "ค้นหาที่อยู่ของบริการไม่พบ",
        UNAVAILABLE,
        "Check the base URL's host and this machine's DNS.";
    Connect = -11, "ERR_CONNECT", None,
        "No connection to the service could be made; nothing was sent.",
        "เชื่อมต่อบริการไม่ได้",
        UNAVAILABLE,
        "Check the base URL's host and port, and firewalls on the way.";
    Tls = -12, "ERR_TLS", None,
        "No trusted TLS connection could be made.",
        "เชื่อมต่อแบบเข้ารหัส (TLS) ไม่ได้",
        UNAVAILABLE,
        "The error's message says what was wrong with the certificate or protocol; never turn verification off.";
    Proxy = -13, "ERR_PROXY", None,
        "The proxy could not be used; nothing was sent.",
        "ใช้พร็อกซีไม่ได้",
        UNAVAILABLE,
        "Check the proxy's address and credentials.";
    Timeout = -20, "ERR_TIMEOUT", None,
        "No answer before the deadline.",
        "หมดเวลารอคำตอบจากบริการ",
        SLOW,
        "If the delivery is NOT_SENT, call again. If it is UNKNOWN, an SMS may have gone out: let the person look before requesting another.";
    ConnectionLost = -21, "ERR_CONNECTION_LOST", None,
        "The connection was cut before the whole answer came.",
        "การเชื่อมต่อขาดก่อนได้รับคำตอบ",
        SLOW,
        "If the delivery is NOT_SENT, call again. If it is UNKNOWN, an SMS may have gone out: let the person look before requesting another.";
    Interrupted = -22, "ERR_INTERRUPTED", None,
        "The caller stopped the call.",
        "ผู้เรียกหยุดการทำงาน",
        STOPPED,
        "The delivery says whether the request can have reached the service.";
    HttpStatus = -30, "ERR_HTTP_STATUS", None,
        "The service answered with an HTTP status that is no answer to the call.",
        "บริการตอบด้วยสถานะ HTTP ที่ใช้ไม่ได้",
        UNAVAILABLE,
        "Check the base URL; a 5xx may pass by itself. Whether the request was carried out is unknown.";
    BadAnswer = -31, "ERR_BAD_ANSWER", None,
        "The answer cannot be read or trusted.",
        "อ่านหรือเชื่อถือคำตอบจากบริการไม่ได้",
        UNAVAILABLE,
        "Check that the base URL leads to the OTP service and not to another page. Nobody was verified.";
    Internal = -99, "ERR_INTERNAL", None,
        "A defect of this library.",
        "ไลบรารีขัดข้อง",
        UNAVAILABLE,
        "Please report it with the error's message. Whether the request was sent is unknown.";
}

impl Code {
    /// The number that crosses every border, such as 305 or −20.
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// The code with this number, if there is one.
    pub fn from_number(number: i32) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.number() == number)
    }

    /// The name shared by all languages, such as `CODE_EXPIRED` or `ERR_TIMEOUT`; C puts `ANTS_OTP_` before it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What happened, for developers and logs, in English (`"en"`) or Thai (`"th"`). Show people [`user_text`](Code::user_text).
    /// Tags with a region (`"th-TH"`) and in other letter case are understood; any other language gives English.
    pub fn text(self, language: &str) -> &'static str {
        if is_thai(language) { self.row().thai } else { self.row().english }
    }

    /// What to show people, in English or Thai; languages as for [`text`](Code::text). It says what that person can do; all that
    /// they cannot mend is one sentence.
    pub fn user_text(self, language: &str) -> &'static str {
        let user = &self.row().user;
        if is_thai(language) { user.thai } else { user.english }
    }

    /// Whether a failure with this code can have this delivery: what docs/codes.md says.
    #[doc(hidden)]
    pub const fn can_be(self, delivery: Delivery) -> bool {
        match self.number() {
            0 => false,
            1.. => matches!(delivery, Delivery::Answered),
            // Found before anything is sent.
            -3..=-1 | -11..=-10 | -13 => matches!(delivery, Delivery::NotSent),
            // An answer came, and cannot be used.
            -31..=-30 => matches!(delivery, Delivery::Unknown),
            _ => !matches!(delivery, Delivery::Answered),
        }
    }

    /// What a developer or operator can do about it, in English.
    pub fn advice(self) -> &'static str {
        self.row().advice
    }

    /// The service's own words for this code, English and Thai, where the specification ("Response Status") lists them.
    pub fn service_words(self) -> Option<(&'static str, &'static str)> {
        self.row().service.as_ref().map(|words| (words.english, words.thai))
    }

    /// The code of a number that the service sent. Only the specification's numbers count: a 429 in a body is not HTTP 429.
    pub(crate) fn from_service_number(number: i32) -> Option<Code> {
        TABLE.iter().find(|row| row.service.is_some() && row.code.number() == number).map(|row| row.code)
    }

    /// The code whose words these are, English or Thai, letter case and outer white space aside.
    pub(crate) fn from_service_words(words: &str) -> Option<Code> {
        let words = words.trim();
        let known = |row: &ServiceWords| same_words(row.english, words) || same_words(row.thai, words);
        TABLE.iter().find(|row| row.service.as_ref().is_some_and(known)).map(|row| row.code)
    }

    fn row(self) -> &'static Row {
        // Every variant was made by the line that made its row.
        TABLE.iter().find(|row| row.code == self).unwrap_or(&TABLE[0])
    }
}

fn is_thai(language: &str) -> bool {
    language.split(['-', '_', '.']).next().is_some_and(|primary| primary.eq_ignore_ascii_case("th"))
}

/// Thai has no letter case, so ASCII's is the one that matters.
fn same_words(known: &str, words: &str) -> bool {
    known.eq_ignore_ascii_case(words)
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<Code> for i32 {
    fn from(code: Code) -> i32 {
        code.number()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_pinned() {
        let numbers: Vec<i32> = Code::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(
            numbers,
            [
                0, 1, 2, 301, 302, 303, 304, 305, 306, 307, 429, 9995, 9996, 9998, 9999, -1, -2, -3, -10, -11, -12,
                -13, -20, -21, -22, -30, -31, -99
            ]
        );
    }

    #[test]
    fn every_row_belongs_to_its_own_code_and_says_something() {
        for &code in Code::ALL {
            assert_eq!(code.row().code, code);
            assert_eq!(Code::from_number(code.number()), Some(code));
            assert_eq!((i32::from(code), code.to_string().as_str()), (code.number(), code.name()));
            assert!(!code.text("en").is_empty() && !code.text("th").is_empty() && !code.advice().is_empty());
            assert!(!code.text("th").is_ascii(), "{code} has no Thai sentence");
            assert!(code.advice().contains(' ') && code.advice().ends_with('.'), "{code}: {}", code.advice());
        }
        assert_eq!(Code::from_number(308), None);
    }

    #[test]
    fn names_follow_the_sign() {
        for &code in Code::ALL {
            assert_eq!(code.name().starts_with("ERR_"), code.number() < 0, "{code}");
        }
    }

    #[test]
    fn what_a_person_reads_speaks_of_nothing_that_is_not_theirs_to_mend() {
        const INSIDES: [&str; 12] = [
            "username",
            "password",
            "credential",
            "credit",
            "เครดิต",
            "otc",
            "argument",
            "option",
            "proxy",
            "tls",
            "service",
            "บริการ",
        ];
        for &code in Code::ALL {
            let (english, thai) = (code.user_text("en"), code.user_text("th-TH"));
            assert!(english.ends_with('.') && english.is_ascii(), "{code}: {english}");
            assert!(!thai.is_ascii() && !thai.ends_with('.'), "{code}: {thai}");
            for word in INSIDES {
                assert!(!english.to_lowercase().contains(word) && !thai.contains(word), "{code} speaks of {word}");
            }
        }
        for code in
            [Code::CreditNotEnough, Code::AuthenticationFailed, Code::InvalidOtpConfig, Code::Proxy, Code::BadAnswer]
        {
            assert_eq!(code.user_text("th"), Code::Internal.user_text("th"), "{code}");
        }
        assert_ne!(Code::WrongCode.user_text("en"), Code::CodeExpired.user_text("en"));
    }

    #[test]
    fn unknown_languages_are_english() {
        assert_eq!(Code::CodeExpired.user_text("de"), Code::CodeExpired.user_text("en"));
        assert_eq!(Code::CodeExpired.text("de"), Code::CodeExpired.text("en"));
        assert_eq!(Code::CodeExpired.text(""), Code::CodeExpired.text("en"));
        assert_eq!(Code::CodeExpired.text("TH_th.UTF-8"), Code::CodeExpired.text("th"));
    }

    /// The specification's table "Response Status", word for word.
    #[test]
    fn service_words_are_those_of_the_specification() {
        let table = [
            (Code::Ok, "Success", "สำเร็จ"),
            (Code::Exception, "Exception", "ผิดพลาด"),
            (Code::AuthenticationFailed, "Authentication failed", "username or password ผิดพลาด"),
            (Code::BadRequest, "Bad Request", "คำสั่งไม่ถูกต้อง"),
            (Code::CreditNotEnough, "Credit not enough", "เครดิตหมด"),
            (Code::InvalidOtpConfig, "Invalid OTP Config", "ตั้งค่า OTP ไม่ถูกต้อง"),
            (Code::NumberPrefixMissing, "Number Prefix Missing", "ไม่มีคำนำหน้า"),
            (Code::NoDataAvailable, "No Data Available OTP", "ไม่พบข้อมูล OTP"),
            (Code::OverLimitUsage, "Over Limit Usage", "กรอกข้อมูลเกินจำนวนครั้งที่กำหนด"),
            (Code::CodeExpired, "OTP Code Expired", "OTP Code หมดอายุ"),
            (Code::CodeConfirmed, "OTP Code Confirmed", "OTP Code ยืนยันตัวตนไปแล้ว"),
            (Code::InvalidNumber, "Invalid Number", "หมายเลขไม่ถูกต้อง"),
        ];
        for &code in Code::ALL {
            let words = table.iter().find(|row| row.0 == code).map(|&(_, english, thai)| (english, thai));
            assert_eq!(code.service_words(), words, "{code}");
            for words in words.into_iter().flat_map(|(english, thai)| [english, thai]) {
                assert_eq!(Code::from_service_words(words), Some(code));
            }
        }
    }

    #[test]
    fn service_words_are_found_in_both_languages() {
        assert_eq!(Code::from_service_words(" otp code EXPIRED "), Some(Code::CodeExpired));
        assert_eq!(Code::from_service_words("OTP CODE หมดอายุ"), Some(Code::CodeExpired));
        assert_eq!(Code::from_service_words("ผิดพลาด"), Some(Code::Exception));
        assert_eq!(Code::from_service_words("expired"), None);
    }

    #[test]
    fn our_own_numbers_are_none_of_the_services() {
        for number in [1, 2, 429, -20, 308] {
            assert_eq!(Code::from_service_number(number), None);
        }
        assert_eq!(Code::from_service_number(9995), Some(Code::CreditNotEnough));
    }
}
