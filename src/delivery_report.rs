//! Delivery reports, which the service posts to a call's `notify_url` (wire.md, "Delivery report").
//!
//! Anybody can post to that URL: a report proves nothing about who sent it, and must never let anybody in.

mod tree;

use crate::body_text::BodyText;
use crate::check::shown;
use crate::json;
use crate::secret::{Secret, Wiped, with_wiped_stack};
use crate::{Code, Delivery, Error, Result};
use std::fmt;
use std::sync::Arc;
use tree::Node;

const MAX_BODY: usize = 1 << 20;
const MAX_REPORTS: usize = 10_000;
/// Lists and wrappers around a report's details: no documented shape needs more.
const MAX_WRAPPERS: usize = 4;

/// What became of one SMS. Fields that the report does not hold are `""`.
#[derive(Clone)]
pub struct DeliveryReport {
    bulk_id: Arc<str>,
    message_id: String,
    to: String,
    from: String,
    text: Secret,
    credit: String,
    sent_date: String,
    done_date: String,
    status_code: String,
    status_name: String,
    status_description: String,
    callback_data: Arc<str>,
}

/// What a report says once for all its messages. Shared by them: a long text and ten thousand messages fit into one body,
/// ten thousand copies of the text do not fit into memory.
struct Common {
    bulk_id: Option<Arc<str>>,
    callback_data: Option<Arc<str>>,
}

impl Common {
    fn of(report: &Node) -> Common {
        let shared = |key| report.text(key).map(|text| Arc::from(shown(text).expose_secret()));
        Common { bulk_id: shared("bulkId"), callback_data: shared("callbackData") }
    }
}

/// Reads the body of a delivery report: JSON or XML, one report or a list, flattened to one entry for each SMS.
///
/// The text is UTF-8 or, as answers of the service may be, in windows-874 (TIS-620). `content_type` is the request's header;
/// where it names neither JSON nor XML, the body's first character decides. At most 1 MiB and 10 000 entries are read, XML
/// without DTD and entities.
///
/// # Errors
/// −31 for a body that is no report. Answer the service with an error status then, or with success: no rule is documented.
pub fn parse_delivery_report(body: &[u8], content_type: &str) -> Result<Vec<DeliveryReport>> {
    let read = || {
        if body.len() > MAX_BODY {
            return Err("it is longer than 1 MiB");
        }
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let decoded;
        let text = match std::str::from_utf8(body) {
            Ok(text) => text,
            Err(_) => {
                decoded = BodyText::from(Wiped::from(body.to_vec()));
                decoded.text().ok_or("it is neither UTF-8 nor windows-874")?
            }
        };
        let root = if is_xml(content_type, text) { tree::from_xml(text)? } else { tree::from_json(text)? };
        let mut reports = Vec::new();
        collect_reports(&root, MAX_WRAPPERS, &mut reports)?;
        if reports.is_empty() && !mentions_report(&root, MAX_WRAPPERS) {
            return Err("it holds none of a delivery report's fields");
        }
        Ok(reports)
    };
    with_wiped_stack(read)
        .map_err(|why| Error::new(Code::BadAnswer, Delivery::Unknown, format!("This is no delivery report: {why}.")))
}

fn is_xml(content_type: &str, text: &str) -> bool {
    let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if content_type.ends_with("json") {
        return false;
    }
    content_type.ends_with("xml") || text.trim_start().starts_with('<')
}

/// Takes a report, a list of reports, or either inside a wrapper of any name.
fn collect_reports(node: &Node, wrappers: usize, into: &mut Vec<DeliveryReport>) -> Result<(), &'static str> {
    if is_report(node) {
        return collect_details(node, into);
    }
    let Some(deeper) = wrappers.checked_sub(1) else { return Ok(()) };
    node.children().try_for_each(|child| collect_reports(child, deeper, into))
}

fn is_report(node: &Node) -> bool {
    ["bulkId", "details", "messageId"].iter().any(|key| node.all(key).next().is_some())
}

/// An empty list of details is a report too.
fn mentions_report(node: &Node, wrappers: usize) -> bool {
    is_report(node) || wrappers > 0 && node.children().any(|child| mentions_report(child, wrappers - 1))
}

/// The details of one report: repeated, as a list, or inside a wrapper; a report without any is its own.
fn collect_details(report: &Node, into: &mut Vec<DeliveryReport>) -> Result<(), &'static str> {
    let common = Common::of(report);
    if report.all("details").next().is_none() {
        return push(&common, report, into);
    }
    report.all("details").try_for_each(|details| collect_detail(&common, details, MAX_WRAPPERS, into))
}

fn collect_detail(
    common: &Common,
    node: &Node,
    wrappers: usize,
    into: &mut Vec<DeliveryReport>,
) -> Result<(), &'static str> {
    let is_detail = ["messageId", "to", "status"].iter().any(|key| node.all(key).next().is_some());
    if is_detail {
        return push(common, node, into);
    }
    let Some(deeper) = wrappers.checked_sub(1) else { return Ok(()) };
    node.children().try_for_each(|child| collect_detail(common, child, deeper, into))
}

fn push(common: &Common, detail: &Node, into: &mut Vec<DeliveryReport>) -> Result<(), &'static str> {
    if into.len() == MAX_REPORTS {
        return Err("it holds more than 10 000 messages");
    }
    let secret = |key| shown(detail.text(key).unwrap_or_default());
    let text = |key| secret(key).into_plain();
    // One status, or a list with one.
    let status = detail.all("status").next().map(|status| status.first_of_list());
    let of_status = |key| shown(status.and_then(|status| status.text(key)).unwrap_or_default()).into_plain();
    let credit = text("credit");
    into.push(DeliveryReport {
        bulk_id: common.bulk_id.clone().unwrap_or_else(|| text("bulkId").into()),
        message_id: text("messageId"),
        to: text("to"),
        from: text("from"),
        text: secret("text"),
        credit: json::plain_decimal(&credit).unwrap_or(credit),
        sent_date: text("sendDate"),
        done_date: text("doneDate"),
        status_code: of_status("code"),
        status_name: match status {
            Some(Node::Text(name)) => shown(name.expose_secret()).into_plain(),
            _ => of_status("name"),
        },
        status_description: of_status("description"),
        callback_data: match (detail.text("callbackData"), &common.callback_data) {
            (None, Some(shared)) => Arc::clone(shared),
            (own, _) => shown(own.unwrap_or_default()).expose_secret().into(),
        },
    });
    Ok(())
}

impl DeliveryReport {
    /// The id of the batch that the SMS was sent in. An OTP's answer does not hold it.
    pub fn bulk_id(&self) -> &str {
        &self.bulk_id
    }

    /// The SMS's id. An OTP's answer does not hold it.
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// The mobile number that the SMS went to, in the service's form.
    pub fn to(&self) -> &str {
        &self.to
    }

    /// The sender's name.
    pub fn from(&self) -> &str {
        &self.from
    }

    /// The SMS's text. It holds the OTP code: a secret, which must not be logged.
    pub fn text(&self) -> &str {
        self.text.expose_secret()
    }

    /// What the SMS cost, as decimal text.
    pub fn credit(&self) -> &str {
        &self.credit
    }

    /// When the SMS was sent, as the service wrote it.
    pub fn sent_date(&self) -> &str {
        &self.sent_date
    }

    /// When the SMS reached its end, as the service wrote it.
    pub fn done_date(&self) -> &str {
        &self.done_date
    }

    /// The status's code, such as `000`.
    pub fn status_code(&self) -> &str {
        &self.status_code
    }

    /// ACCEPTED, PENDING, UNDELIVERED, DELIVERED, EXPIRED, REJECTED or COMPLETED, as the service wrote it.
    pub fn status_name(&self) -> &str {
        &self.status_name
    }

    /// The status in words.
    pub fn status_description(&self) -> &str {
        &self.status_description
    }

    /// What the call gave as `callback_data`: the only link between a report and an OTP.
    pub fn callback_data(&self) -> &str {
        &self.callback_data
    }

    /// Whether the SMS reached the telephone.
    pub fn is_delivered(&self) -> bool {
        self.status_name.eq_ignore_ascii_case("DELIVERED")
    }
}

impl fmt::Debug for DeliveryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryReport")
            .field("bulk_id", &self.bulk_id)
            .field("message_id", &self.message_id)
            .field("status_name", &self.status_name)
            .field("done_date", &self.done_date)
            .field("callback_data", &self.callback_data)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DETAIL: &str = r#"{"messageId":"m1","to":"66812345678","from":"ANTS","text":"Your OTP is 79895","credit":1.50,
        "sendDate":"2021-01-01 10:00:00","doneDate":"2021-01-01 10:00:05",
        "status":{"code":"000","name":"DELIVERED","description":"Delivered"}}"#;

    #[track_caller]
    fn one(body: &str, content_type: &str) -> DeliveryReport {
        let mut reports = parse_delivery_report(body.as_bytes(), content_type).unwrap();
        assert_eq!(reports.len(), 1, "{body}");
        reports.remove(0)
    }

    #[track_caller]
    fn assert_whole(report: &DeliveryReport) {
        let fields = [
            report.bulk_id(),
            report.message_id(),
            report.to(),
            report.from(),
            report.text(),
            report.credit(),
            report.sent_date(),
            report.done_date(),
            report.status_code(),
            report.status_name(),
            report.status_description(),
            report.callback_data(),
        ];
        assert_eq!(
            fields,
            [
                "b1",
                "m1",
                "66812345678",
                "ANTS",
                "Your OTP is 79895",
                "1.50",
                "2021-01-01 10:00:00",
                "2021-01-01 10:00:05",
                "000",
                "DELIVERED",
                "Delivered",
                "order 7"
            ]
        );
        assert!(report.is_delivered());
    }

    #[test]
    fn json_in_every_open_shape() {
        let inside = DETAIL.replace("}}", "},\"callbackData\":\"order 7\"}");
        let listed = DETAIL.replace("{\"code\"", "[{\"code\"").replace("}}", "}]}");
        for body in [
            format!(r#"{{"bulkId":"b1","details":[{DETAIL}],"callbackData":"order 7"}}"#),
            format!(r#"{{"bulkId":"b1","details":[{inside}]}}"#),
            format!(r#"{{"bulkId":"b1","details":{DETAIL},"callbackData":"order 7"}}"#),
            format!(r#"{{"bulkId":"b1","details":[{listed}],"callbackData":"order 7"}}"#),
            format!(r#"[{{"bulkId":"b1","details":[{DETAIL}],"callbackData":"order 7"}}]"#),
            format!("\u{FEFF}{{\" BulkID \":\"b1\",\"DETAILS\":[{DETAIL}],\"callbackdata\":\"order 7\"}}"),
        ] {
            assert_whole(&one(&body, "application/json; charset=utf-8"));
        }
    }

    #[test]
    fn xml_in_every_open_shape() {
        let detail = "<messageId>m1</messageId><to>66812345678</to><from>ANTS</from><text>Your OTP is <![CDATA[79895]]></text>\
            <credit>1.50</credit><sendDate>2021-01-01 10:00:00</sendDate><doneDate>2021-01-01 10:00:05</doneDate>\
            <status><code>000</code><name>DELIVERED</name><description>Delivered</description></status>";
        for body in [
            format!(
                "<?xml version=\"1.0\"?><r><bulkId>b1</bulkId><details>{detail}</details><callbackData>order 7</callbackData></r>"
            ),
            format!(
                "<r><bulkId>b1</bulkId><details><detail>{detail}</detail></details><callbackData>order&#x20;7</callbackData></r>"
            ),
            format!("<a><b><bulkId>b1</bulkId><details>{detail}<callbackData>order 7</callbackData></details></b></a>"),
            format!(
                "<x:r xmlns:x=\"u\"><!-- c --><x:bulkId>b1</x:bulkId><details>{detail}</details><callbackData>order 7</callbackData></x:r>"
            ),
        ] {
            assert_whole(&one(&body, "application/xml"));
            assert_whole(&one(&body, ""));
        }
    }

    #[test]
    fn several_messages_are_several_entries() {
        let body =
            format!(r#"[{{"bulkId":"b1","details":[{DETAIL},{DETAIL}]}},{{"bulkId":"b2","details":[{DETAIL}]}}]"#);
        let reports = parse_delivery_report(body.as_bytes(), "application/json").unwrap();
        assert_eq!(reports.iter().map(DeliveryReport::bulk_id).collect::<Vec<_>>(), ["b1", "b1", "b2"]);
        let xml = "<r><details><to>1</to></details><details><to>2</to></details></r>";
        assert_eq!(parse_delivery_report(xml.as_bytes(), "text/xml").unwrap().len(), 2);
        assert!(parse_delivery_report(br#"{"bulkId":"b1","details":[]}"#, "").unwrap().is_empty());
    }

    #[test]
    fn xml_text_and_predefined_entities_are_read() {
        let report = one("<r><details><to>66</to><text>a &lt;b&gt; &amp; &#3585;</text></details></r>", "");
        assert_eq!(report.text(), "a <b> & ก");
    }

    #[test]
    fn a_report_in_the_coding_of_thai_windows_is_read() {
        // "Delivered" in Thai.
        let words = b"\xCA\xE8\xA7\xE1\xC5\xE9\xC7";
        for (before, after) in [
            ("{\"details\":[{\"to\":\"66812345678\",\"text\":\"", "\"}]}"),
            ("<r><details><to>66812345678</to><text>", "</text></details></r>"),
        ] {
            let reports = parse_delivery_report(&[before.as_bytes(), words, after.as_bytes()].concat(), "").unwrap();
            assert_eq!((reports[0].to(), reports[0].text()), ("66812345678", "ส่งแล้ว"));
        }
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let deep_json = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let deep_xml = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><r><details><to>&b;</to></details></r>";
        let many = format!(r#"{{"details":[{}{{"to":"1"}}]}}"#, r#"{"to":"1"},"#.repeat(10_000));
        let cases = [
            ("", ""),
            ("{}", ""),
            ("[]", ""),
            ("null", ""),
            ("{", ""),
            ("<r>", ""),
            ("<r/>", ""),
            ("<r></s>", ""),
            ("</r>", ""),
            ("<r/><r/>", ""),
            ("<p>Hello", "text/html"),
            ("{\"a\":1}", "application/xml"),
            ("<r><details/></r>", "application/json"),
            (deep_json.as_str(), ""),
            (deep_xml.as_str(), ""),
            (bomb, ""),
            ("<r><details><to>&x;</to></details></r>", ""),
            (many.as_str(), ""),
            ("text only", "text/plain"),
        ];
        for (body, content_type) in cases {
            let error = parse_delivery_report(body.as_bytes(), content_type).expect_err(&body[..body.len().min(40)]);
            assert_eq!(error.code(), Code::BadAnswer);
        }
        assert!(parse_delivery_report(&vec![b' '; MAX_BODY + 1], "").is_err());
        assert!(parse_delivery_report(b"\xFF\xFE", "").is_err());
    }

    #[test]
    fn a_long_text_is_held_once_however_many_messages_share_it() {
        let details = r#"{"to":1},"#.repeat(9_000);
        let long = "x".repeat(400_000);
        let body =
            format!(r#"{{"bulkId":"{long}","callbackData":"{long}","details":[{}]}}"#, details.trim_end_matches(','));
        let reports = parse_delivery_report(body.as_bytes(), "").unwrap();
        assert_eq!(reports.len(), 9_000);
        assert!(reports.iter().all(|report| {
            Arc::ptr_eq(&report.bulk_id, &reports[0].bulk_id)
                && Arc::ptr_eq(&report.callback_data, &reports[0].callback_data)
        }));
    }

    #[test]
    fn the_text_is_not_shown() {
        let report = one(&format!(r#"{{"details":[{DETAIL}]}}"#), "");
        assert!(!format!("{report:?}").contains("79895"));
    }
}
