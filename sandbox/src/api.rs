//! The service's own four paths: HTTP in, an operation of the service, HTTP out. What only the sandbox has stands in
//! `tools.rs`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ants_otp::Code;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::post;

use crate::RETRY_AFTER_SECONDS;
use crate::account::Presented;
use crate::body::{self, Fields, NoBody};
use crate::dialect::{Answer, Dialect};
use crate::otp::Notify;
use crate::service::{Refusal, Service};

pub(crate) type Shared = Arc<Mutex<Service>>;

/// The service, whatever became of the thread that had it last: no operation leaves it half done.
pub(crate) fn lock(service: &Mutex<Service>) -> MutexGuard<'_, Service> {
    service.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/otp/requestOTP", post(|State(service): State<Shared>, http: Request| answer(service, http, request)))
        .route("/otp/resendOTP", post(|State(service): State<Shared>, http: Request| answer(service, http, resend)))
        .route("/otp/verifyOTP", post(|State(service): State<Shared>, http: Request| answer(service, http, verify)))
        .route("/account/balance", post(|State(service): State<Shared>, http: Request| answer(service, http, balance)))
}

/// A call of the service on behalf of one account.
struct Call<'a> {
    service: &'a mut Service,
    account: usize,
    dialect: Dialect,
    fields: Fields,
}

type Operation = fn(Call) -> Result<Answer, Refusal>;

fn request(call: Call) -> Result<Answer, Refusal> {
    let fields = &call.fields;
    let (otc_id, mobile) = (fields.required("otcId")?, fields.required("mobile")?);
    let sent = call.service.request(call.account, otc_id, mobile, notify(fields)?)?;
    Ok(call.dialect.sent(&sent))
}

fn resend(call: Call) -> Result<Answer, Refusal> {
    let fields = &call.fields;
    let (otp_id, otc_id) = (fields.optional("otpId")?, fields.optional("otcId")?);
    let sent = call.service.resend(call.account, otp_id, otc_id, notify(fields)?)?;
    Ok(call.dialect.sent(&sent))
}

fn verify(call: Call) -> Result<Answer, Refusal> {
    let fields = &call.fields;
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
async fn answer(service: Shared, http: Request, operation: Operation) -> Response {
    let (head, body) = http.into_parts();
    let body = body::read(body).await;
    let service = &mut *lock(&service);
    let Some(account) = account_of(service, &head.headers) else {
        return respond(Dialect::default().refusal(&Code::AuthenticationFailed.into()));
    };
    let dialect = service.dialect_of(account);
    let body = match body {
        Ok(body) => body,
        Err(NoBody::TooLarge) => return respond(too_large(dialect)),
        Err(NoBody::Broken) => return respond(dialect.refusal(&Refusal::bad_request("the body broke off"))),
    };
    let answer = Fields::read(&head.headers, &body)
        .and_then(|fields| operation(Call { service, account, dialect, fields }))
        .unwrap_or_else(|refusal| dialect.refusal(&refusal));
    respond(answer)
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

pub(crate) fn respond(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body.to_string()));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if answer.status == StatusCode::TOO_MANY_REQUESTS {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    if answer.status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"sandbox\""));
    }
    response
}
