//! Delivery reports: what the service posts to a call's notify URL, one entry for each SMS.
//!
//! Anybody can post to that URL: a report proves nothing about who sent it, and must never let anybody in.

use crate::error::{self, Error};
use crate::ffi;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use zeroize::Zeroize;

/// The entries of one delivery report.
pub struct DeliveryReports(Vec<Report>);

impl ffi::Handled for DeliveryReports {
    const NAME: &str = "delivery_reports";
}

/// What became of one SMS, as texts for C.
struct Report {
    message_id: CString,
    bulk_id: CString,
    to: CString,
    from: CString,
    text: Wiped,
    credit: CString,
    sent_date: CString,
    done_date: CString,
    status_code: CString,
    status_name: CString,
    status_description: CString,
    callback_data: CString,
    is_delivered: bool,
}

/// A text that holds an OTP code: it is wiped when it goes.
struct Wiped(CString);

impl Drop for Wiped {
    fn drop(&mut self) {
        std::mem::take(&mut self.0).into_bytes_with_nul().zeroize();
    }
}

impl From<&otp::DeliveryReport> for Report {
    fn from(report: &otp::DeliveryReport) -> Self {
        Report {
            message_id: ffi::c_string(report.message_id()),
            bulk_id: ffi::c_string(report.bulk_id()),
            to: ffi::c_string(report.to()),
            from: ffi::c_string(report.from()),
            text: Wiped(ffi::c_string(report.text())),
            credit: ffi::c_string(report.credit()),
            sent_date: ffi::c_string(report.sent_date()),
            done_date: ffi::c_string(report.done_date()),
            status_code: ffi::c_string(report.status_code()),
            status_name: ffi::c_string(report.status_name()),
            status_description: ffi::c_string(report.status_description()),
            callback_data: ffi::c_string(report.callback_data()),
            is_delivered: report.is_delivered(),
        }
    }
}

/// A text of the entry at `index`; `""` for NULL and where there is no such entry.
///
/// # Safety
/// `reports` is NULL or a live handle.
unsafe fn text_at(reports: *const DeliveryReports, index: usize, text: impl FnOnce(&Report) -> &CStr) -> *const c_char {
    // SAFETY: as the caller promises.
    unsafe { ffi::text_of(reports, |reports| reports.0.get(index).map_or(c"", text)) }
}

/// Reads the body of a delivery report: JSON or XML, one report or a list of them, flattened to one entry for each SMS.
/// At most 1 MiB and 10000 entries are read, XML without DTD and entities.
///
/// `content_type` is the header of the request that brought the body. Where it is NULL, or names neither JSON nor XML, the
/// body's first character decides.
///
/// Ownership: `body` stays yours. Free `*reports` with ants_otp_delivery_reports_free(), `*error` with
/// ants_otp_error_free().
/// Codes: ANTS_OTP_OK and `*reports`; or, with `*error`, ANTS_OTP_ERR_BAD_ANSWER: the body is no delivery report;
/// ANTS_OTP_ERR_INVALID_ARGUMENT: `body` is NULL, `content_type` is not UTF-8; ANTS_OTP_ERR_INTERNAL.
/// Threads: any.
/// Since: 0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_parse_delivery_report(
    body: *const c_void,
    length: usize,
    content_type: *const c_char,
    reports: *mut *mut DeliveryReports,
    error: *mut *mut Error,
) -> c_int {
    // SAFETY: by the header's conventions the out-parameters may be written, `body` has `length` bytes, and `content_type`
    // is a string.
    unsafe {
        error::report_with(error, ("reports", reports, ptr::null_mut()), |reports| {
            let body = ffi::bytes("body", body, length).map_err(|why| Error::argument(&why))?;
            let content_type = match content_type.is_null() {
                true => "",
                false => ffi::text("content_type", content_type).map_err(|why| Error::argument(&why))?,
            };
            let read = otp::parse_delivery_report(body, content_type)?;
            ffi::give(reports, DeliveryReports(read.iter().map(Report::from).collect()));
            Ok(())
        })
    }
}

/// How many entries there are, one for each SMS. It may be none.
///
/// Ownership: none.
/// Codes: none; NULL gives 0.
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_count(reports: *const DeliveryReports) -> usize {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::read(reports, 0, |reports| reports.0.len()) }
}

/// Whether the SMS reached the telephone: its status is DELIVERED.
///
/// Ownership: none.
/// Codes: none; NULL and an index of no entry give false.
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_is_delivered(reports: *const DeliveryReports, index: usize) -> bool {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::read(reports, false, |reports| reports.0.get(index).is_some_and(|report| report.is_delivered)) }
}

/// ACCEPTED, PENDING, UNDELIVERED, DELIVERED, EXPIRED, REJECTED or COMPLETED, as the service wrote it.
///
/// Ownership: the text lives as long as `reports`.
/// Codes: none; NULL and an index of no entry give "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_status_name(
    reports: *const DeliveryReports,
    index: usize,
) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { text_at(reports, index, |report| &report.status_name) }
}

/// The status's code, such as "000".
///
/// Ownership: the text lives as long as `reports`.
/// Codes: none; NULL and an index of no entry give "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_status_code(
    reports: *const DeliveryReports,
    index: usize,
) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { text_at(reports, index, |report| &report.status_code) }
}

/// The status in words.
///
/// Ownership: the text lives as long as `reports`.
/// Codes: none; NULL and an index of no entry give "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_status_description(
    reports: *const DeliveryReports,
    index: usize,
) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { text_at(reports, index, |report| &report.status_description) }
}

/// What the call gave with ants_otp_call_set_callback_data(): the only link between a report and an OTP.
///
/// Ownership: the text lives as long as `reports`.
/// Codes: none; NULL and an index of no entry give "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_callback_data(
    reports: *const DeliveryReports,
    index: usize,
) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { text_at(reports, index, |report| &report.callback_data) }
}

/// The mobile number that the SMS went to, in the service's form.
///
/// Ownership: the text lives as long as `reports`.
/// Codes: none; NULL and an index of no entry give "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_to(reports: *const DeliveryReports, index: usize) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { text_at(reports, index, |report| &report.to) }
}

/// When the SMS was sent, as the service wrote it.
///
/// Ownership: the text lives as long as `reports`.
/// Codes: none; NULL and an index of no entry give "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_sent_date(
    reports: *const DeliveryReports,
    index: usize,
) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { text_at(reports, index, |report| &report.sent_date) }
}

/// When the SMS reached its end, as the service wrote it.
///
/// Ownership: the text lives as long as `reports`.
/// Codes: none; NULL and an index of no entry give "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_done_date(
    reports: *const DeliveryReports,
    index: usize,
) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { text_at(reports, index, |report| &report.done_date) }
}

/// What the SMS cost, as decimal text.
///
/// Ownership: the text lives as long as `reports`.
/// Codes: none; NULL and an index of no entry give "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_credit(
    reports: *const DeliveryReports,
    index: usize,
) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { text_at(reports, index, |report| &report.credit) }
}

/// The sender's name.
///
/// Ownership: the text lives as long as `reports`.
/// Codes: none; NULL and an index of no entry give "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_from(
    reports: *const DeliveryReports,
    index: usize,
) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { text_at(reports, index, |report| &report.from) }
}

/// The text of the SMS. It holds the OTP code: a secret, which must not be logged. It is wiped when it is freed.
///
/// Ownership: the text lives as long as `reports`.
/// Codes: none; NULL and an index of no entry give "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_text(
    reports: *const DeliveryReports,
    index: usize,
) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { text_at(reports, index, |report| &report.text.0) }
}

/// The id of the SMS. An OTP's answer does not hold it.
///
/// Ownership: the text lives as long as `reports`.
/// Codes: none; NULL and an index of no entry give "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_message_id(
    reports: *const DeliveryReports,
    index: usize,
) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { text_at(reports, index, |report| &report.message_id) }
}

/// The id of the batch that the SMS was sent in. An OTP's answer does not hold it.
///
/// Ownership: the text lives as long as `reports`.
/// Codes: none; NULL and an index of no entry give "".
/// Threads: any.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_bulk_id(
    reports: *const DeliveryReports,
    index: usize,
) -> *const c_char {
    // SAFETY: a handle, by the header's conventions.
    unsafe { text_at(reports, index, |report| &report.bulk_id) }
}

/// Frees what a delivery report was read into. NULL is taken and does nothing.
///
/// Ownership: takes `reports`; its texts end with it.
/// Codes: none.
/// Threads: not beside a use of `reports`.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ants_otp_delivery_reports_free(reports: *mut DeliveryReports) {
    // SAFETY: a handle, by the header's conventions.
    unsafe { ffi::free(reports) }
}
