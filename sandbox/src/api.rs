//! The service's own four paths: HTTP in, an operation of the service, HTTP out. What only the sandbox has stands in
//! `tools.rs`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ants_otp::Code;
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::post;

use crate::account::Presented;
use crate::answer::{Answer, Format};
use crate::body::{self, Fields, NoBody};
use crate::dialect::Dialect;
use crate::fault::{Operation, Trouble};
use crate::line::Shears;
use crate::magic::Magic;
use crate::otp::Notify;
use crate::service::{Refusal, Service};
use crate::trouble;

/// The header by which a request chooses the dialect of its answer.
pub(crate) const DIALECT_HEADER: &str = "x-sandbox-dialect";

pub(crate) type Shared = Arc<Mutex<Service>>;

/// The service, whatever became of the thread that had it last: no operation leaves it half done.
pub(crate) fn lock(service: &Mutex<Service>) -> MutexGuard<'_, Service> {
    service.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/otp/requestOTP", post(|service, line, http| answer(service, line, http, Operation::Request)))
        .route("/otp/resendOTP", post(|service, line, http| answer(service, line, http, Operation::Resend)))
        .route("/otp/verifyOTP", post(|service, line, http| answer(service, line, http, Operation::Verify)))
        .route("/account/balance", post(|service, line, http| answer(service, line, http, Operation::Balance)))
}

/// A call of the service on behalf of one account.
struct Call<'a> {
    service: &'a mut Service,
    account: usize,
    dialect: Dialect,
    fields: &'a Fields,
}

fn request(call: Call) -> Result<Answer, Refusal> {
    let fields = call.fields;
    let (otc_id, mobile) = (fields.required("otcId")?, fields.required("mobile")?);
    let sent = call.service.request(call.account, otc_id, mobile, notify(fields)?)?;
    Ok(call.dialect.sent(&sent))
}

fn resend(call: Call) -> Result<Answer, Refusal> {
    let fields = call.fields;
    let (otp_id, otc_id) = (fields.optional("otpId")?, fields.optional("otcId")?);
    let sent = call.service.resend(call.account, otp_id, otc_id, notify(fields)?)?;
    Ok(call.dialect.sent(&sent))
}

fn verify(call: Call) -> Result<Answer, Refusal> {
    let fields = call.fields;
    let (otp_id, typed) = (fields.required("otpId")?, fields.required("otpCode")?);
    // The specification shows them here too, where no SMS goes out whose delivery could be reported.
    notify(fields)?;
    let (otp_id, verification) = call.service.verify(call.account, otp_id, typed)?;
    Ok(call.dialect.verification(&otp_id, &verification))
}

fn balance(call: Call) -> Result<Answer, Refusal> {
    Ok(call.dialect.balance(&call.service.balance(call.account)))
}

fn notify(fields: &Fields) -> Result<Notify, Refusal> {
    Ok(Notify {
        url: fields.kept("notifyUrl")?,
        content_type: fields.kept("notifyContentType")?,
        callback_data: fields.kept("callbackData")?,
    })
}

/// What all four have in common. The body is read before the credentials are judged, so that the connection can be kept
/// after a 401.
async fn answer(
    State(service): State<Shared>,
    ConnectInfo(shears): ConnectInfo<Shears>,
    http: Request,
    operation: Operation,
) -> Response {
    let (head, body) = http.into_parts();
    let body = body::read(body).await;
    let (answer, trouble) = decide(&mut lock(&service), &head.headers, body, operation);
    let response = answer.respond(Format::accepted(&head.headers));
    match trouble {
        Some(trouble) => trouble::befall(trouble, response, &shears).await,
        None => response,
    }
}

/// The answer, and what befalls it. Faults do not see a call without credentials, nor one whose body is too large.
fn decide(
    service: &mut Service,
    headers: &HeaderMap,
    body: Result<Vec<u8>, NoBody>,
    operation: Operation,
) -> (Answer, Option<Trouble>) {
    let account = account_of(service, headers);
    let dialect = match chosen(headers) {
        Ok(chosen) => chosen.unwrap_or(service.dialect_of(account)),
        Err(answer) => return (answer, None),
    };
    let Some(account) = account else { return (dialect.refusal(&Code::AuthenticationFailed.into()), None) };
    let body = match body {
        Ok(body) => body,
        Err(NoBody::TooLarge) => return (too_large(dialect), None),
        Err(NoBody::Broken) => return (dialect.refusal(&Refusal::bad_request("the body broke off")), None),
    };
    let struck = service.faults.strike(operation);
    if let Some(Trouble::Refuse(code)) = struck {
        let unsaved = service.commit().is_err();
        return (dialect.refusal(&if unsaved { Code::Exception } else { code }.into()), None);
    }
    let mut magic = None;
    let answer = Fields::read(headers, &body)
        .and_then(|fields| {
            let answer = perform(operation, Call { service, account, dialect, fields: &fields })?;
            magic = magic_trouble(service, account, &fields, operation);
            Ok(answer)
        })
        .and_then(|answer| service.commit().map(|()| answer).map_err(Refusal::from));
    (answer.unwrap_or_else(|refusal| dialect.refusal(&refusal)), struck.or(magic))
}

fn perform(operation: Operation, call: Call) -> Result<Answer, Refusal> {
    match operation {
        Operation::Request => request(call),
        Operation::Resend => resend(call),
        Operation::Verify => verify(call),
        Operation::Balance => balance(call),
    }
}

/// What the number of the call's person brings to its answer.
fn magic_trouble(service: &Service, account: usize, fields: &Fields, operation: Operation) -> Option<Trouble> {
    let mobile = match operation {
        Operation::Request => fields.optional("mobile").ok()??,
        Operation::Verify => service.mobile_of(account, fields.optional("otpId").ok()??)?,
        Operation::Resend | Operation::Balance => return None,
    };
    Magic::trouble(mobile, operation)
}

/// The dialect that the request itself asks for.
fn chosen(headers: &HeaderMap) -> Result<Option<Dialect>, Answer> {
    let Some(value) = headers.get(DIALECT_HEADER) else { return Ok(None) };
    match value.to_str().unwrap_or_default().parse() {
        Ok(dialect) => Ok(Some(dialect)),
        Err(error) => Err(Answer::bad_request(format!("X-Sandbox-Dialect: {error}"))),
    }
}

fn account_of(service: &Service, headers: &HeaderMap) -> Option<usize> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => service.account_of(&Presented::read(value.as_bytes())?),
        _ => None,
    }
}

/// Such a body would not reach the real service's program, so the status is HTTP's own in every dialect.
fn too_large(dialect: Dialect) -> Answer {
    let description = format!("the body is larger than {} bytes", body::LARGEST);
    Answer { status: StatusCode::PAYLOAD_TOO_LARGE.as_u16(), ..dialect.refusal(&Refusal::bad_request(description)) }
}
