//! The delivery report reader on any body, as JSON and as XML: no panic, bounded output, no control characters, and the
//! SMS's text is not shown. The first byte chooses the content type.
#![no_main]

use ants_otp::parse_delivery_report;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [kind, body @ ..] = input else { return };
    let content_type = ["", "application/json", "application/xml"][usize::from(kind.wrapping_sub(b'0')) % 3];
    let Ok(reports) = parse_delivery_report(body, content_type) else { return };
    assert!(reports.len() <= 10_000);
    for report in &reports {
        let others =
            [report.bulk_id(), report.message_id(), report.status_name(), report.done_date(), report.callback_data()];
        assert!(others.iter().all(|text| !text.contains(char::is_control)));
        let text = report.text();
        if text.len() >= 8 && !others.iter().any(|other| other.contains(text)) {
            assert!(!format!("{report:?}").contains(text) || "DeliveryReport bulk_id message_id".contains(text));
        }
    }
});
