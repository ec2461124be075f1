//! The service's own four paths: HTTP in, an operation of the service, HTTP out. What only the sandbox has stands in
//! `tools.rs`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ants_otp::{Code, Operation};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::post;

use crate::account::Presented;
use crate::answer::{Answer, Format};
use crate::body::{self, Fields, NoBody};
use crate::dialect::Dialect;
use crate::effect;
use crate::fault::Effect;
use crate::line::CutHandle;
use crate::magic::Magic;
use crate::otp::Notify;
use crate::paths;
use crate::request_log::{Exchange, Outcome};
use crate::service::{Refusal, Sent, Service};

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

/// A call that was carried out: the answer, and what it comes to.
struct Done {
    answer: Answer,
    code: Code,
    reason: &'static str,
    otp_id: Option<String>,
}

impl Done {
    fn sent(dialect: Dialect, sent: Sent) -> Done {
        Done { answer: dialect.sent(&sent), code: Code::Ok, reason: "", otp_id: Some(sent.otp_id) }
    }
}

fn request(call: Call) -> Result<Done, Refusal> {
    let fields = call.fields;
    let (otc_id, mobile) = (fields.required("otcId")?, fields.required("mobile")?);
    let sent = call.service.request(call.account, otc_id, mobile, notify(fields)?)?;
    Ok(Done::sent(call.dialect, sent))
}

fn resend(call: Call) -> Result<Done, Refusal> {
    let fields = call.fields;
    let (otp_id, otc_id) = (fields.optional("otpId")?, fields.optional("otcId")?);
    let sent = call.service.resend(call.account, otp_id, otc_id, notify(fields)?)?;
    Ok(Done::sent(call.dialect, sent))
}

fn verify(call: Call) -> Result<Done, Refusal> {
    let fields = call.fields;
    let (otp_id, typed) = (fields.required("otpId")?, fields.required("otpCode")?);
    // The specification shows them here too, where no SMS goes out whose delivery could be reported.
    notify(fields)?;
    let (otp_id, verification) = call.service.verify(call.account, otp_id, typed)?;
    let (code, reason) = verification.outcome();
    Ok(Done { answer: call.dialect.verification(&otp_id, &verification), code, reason, otp_id: Some(otp_id) })
}

fn balance(call: Call) -> Result<Done, Refusal> {
    let answer = call.dialect.balance(&call.service.balance(call.account));
    Ok(Done { answer, code: Code::Ok, reason: "", otp_id: None })
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
    ConnectInfo(cut): ConnectInfo<CutHandle>,
    http: Request,
    operation: Operation,
) -> Response {
    let begun = Instant::now();
    let (head, body) = http.into_parts();
    let (body, whole) = body::read_some(body).await;
    let (response, effect) = {
        let service = &mut *lock(&service);
        let (answer, effect, outcome) = decide(service, &head.headers, (&body, whole), operation);
        let response = match effect {
            Some(Effect::Html(status)) => effect::page(status),
            _ => answer.written(Format::accepted(&head.headers)),
        };
        (log(service, head, body, outcome, response, begun), effect)
    };
    match effect {
        Some(effect) => effect::apply(effect, response, &cut).await,
        None => response,
    }
}

/// A path that is none.
pub(crate) async fn unknown_path(State(service): State<Shared>, http: Request) -> Response {
    let reason = paths::unknown(http.uri().path());
    misdirected(service, http, StatusCode::NOT_FOUND, reason).await
}

/// A method that a path does not take.
pub(crate) async fn wrong_method(State(service): State<Shared>, http: Request) -> Response {
    let preflight = http.headers().get(header::ORIGIN).filter(|_| http.method() == Method::OPTIONS);
    let reason = match preflight {
        Some(origin) => format!(
            "A page of {} asks whether it may call: --cors-origin allows it.",
            String::from_utf8_lossy(origin.as_bytes())
        ),
        None => paths::wrong_method(http.uri().path(), http.method().as_str()),
    };
    misdirected(service, http, StatusCode::METHOD_NOT_ALLOWED, reason).await
}

async fn misdirected(service: Shared, http: Request, status: StatusCode, reason: String) -> Response {
    let begun = Instant::now();
    let (head, body) = http.into_parts();
    let (body, _) = body::read_some(body).await;
    let response = Answer::misdirected(status, &reason).written(Format::accepted(&head.headers));
    let path = head.uri.path();
    if paths::is_own(path) {
        return response.map(Body::from);
    }
    let operation = Operation::from_path(path);
    let outcome = Outcome { operation, code: Code::HttpStatus, reason, mobile: None, otp_id: None, fault: None };
    log(&mut lock(&service), head, body, outcome, response, begun)
}

/// Keeps what came and what was made of it, and goes on with the answer.
fn log(
    service: &mut Service,
    head: Parts,
    body: Vec<u8>,
    outcome: Outcome,
    answer: Response<String>,
    begun: Instant,
) -> Response {
    let response = answer.clone().map(Body::from);
    let Parts { method, uri, headers, .. } = head;
    service.log(Exchange { method, uri, headers, body, outcome, answer, duration: begun.elapsed() });
    response
}

type Decision = (Answer, Option<Effect>, Outcome);

/// The answer, what befalls it, and what the log says. Faults do not see a call without credentials, nor one whose body is
/// too large.
fn decide(
    service: &mut Service,
    headers: &HeaderMap,
    (body, whole): (&[u8], Result<(), NoBody>),
    operation: Operation,
) -> Decision {
    let account = account_of(service, headers);
    let refused = |answer, refusal: &Refusal| (answer, None, outcome(operation, refusal.code, refusal.reason()));
    let dialect = match chosen(headers) {
        Ok(chosen) => chosen.unwrap_or(service.dialect_of(account)),
        Err(why) => return refused(Answer::bad_request(&*why), &Refusal::bad_request(why)),
    };
    let refused = |refusal: Refusal| refused(dialect.refusal(&refusal), &refusal);
    let Some(account) = account else { return refused(Refusal::new(Code::AuthenticationFailed, stranger(headers))) };
    match whole {
        Ok(()) => {}
        Err(NoBody::TooLarge) => {
            let (answer, effect, outcome) = refused(Refusal::bad_request(too_large()));
            // Such a body would not reach the real service's program, so the status is HTTP's own in every dialect.
            return (Answer { status: StatusCode::PAYLOAD_TOO_LARGE.as_u16(), ..answer }, effect, outcome);
        }
        Err(NoBody::Broken) => return refused(Refusal::bad_request("the body broke off")),
    }
    let hit = service.faults.next_for(operation);
    if let Some(Effect::Refuse(code)) = hit {
        let unsaved = service.commit().is_err();
        let code = if unsaved { Code::Exception } else { code };
        let (answer, _, outcome) = refused(Refusal::new(code, "A fault that is set refuses the call."));
        return (answer, None, Outcome { fault: hit.map(Effect::word), ..outcome });
    }
    let fields = match Fields::read(headers, body) {
        Ok(fields) => fields,
        Err(refusal) => {
            let (answer, _, outcome) = refused(refusal);
            return (answer, hit, Outcome { fault: hit.map(Effect::word), ..outcome });
        }
    };
    carry_out(operation, Call { service, account, dialect, fields: &fields }, hit)
}

/// A call with readable fields.
fn carry_out(operation: Operation, call: Call, hit: Option<Effect>) -> Decision {
    let Call { service, account, dialect, fields } = call;
    let done = perform(operation, Call { service: &mut *service, account, dialect, fields });
    let done = done.and_then(|done| service.commit().map(|()| done).map_err(Refusal::from));
    let named = fields.optional("otpId").ok().flatten();
    let mobile = match operation {
        Operation::Request => fields.optional("mobile").ok().flatten(),
        Operation::Resend | Operation::Verify => named.and_then(|otp_id| service.mobile_of(account, otp_id)),
        Operation::Balance => None,
    };
    // What the number of the call's person brings to its answer.
    let magic = mobile.filter(|_| done.is_ok()).and_then(|mobile| Magic::effect(mobile, operation));
    let effect = hit.or(magic);
    let (answer, code, reason, otp_id) = match done {
        Ok(done) => (done.answer, done.code, done.reason.to_owned(), done.otp_id),
        Err(refusal) => (dialect.refusal(&refusal), refusal.code, refusal.reason(), None),
    };
    let sent_to = otp_id.as_deref().and_then(|otp_id| service.mobile_of(account, otp_id));
    let outcome = Outcome {
        mobile: mobile.or(sent_to).map(str::to_owned),
        fault: effect.map(Effect::word),
        otp_id: otp_id.or(named.map(str::to_owned)),
        ..outcome(operation, code, reason)
    };
    (answer, effect, outcome)
}

fn outcome(operation: Operation, code: Code, reason: String) -> Outcome {
    Outcome { operation: Some(operation), code, reason, mobile: None, otp_id: None, fault: None }
}

fn perform(operation: Operation, call: Call) -> Result<Done, Refusal> {
    match operation {
        Operation::Request => request(call),
        Operation::Resend => resend(call),
        Operation::Verify => verify(call),
        Operation::Balance => balance(call),
    }
}

/// The dialect that the request itself asks for.
fn chosen(headers: &HeaderMap) -> Result<Option<Dialect>, String> {
    let Some(value) = headers.get(DIALECT_HEADER) else { return Ok(None) };
    let dialect = value.to_str().unwrap_or_default().parse();
    dialect.map(Some).map_err(|error| format!("X-Sandbox-Dialect: {error}"))
}

fn account_of(service: &Service, headers: &HeaderMap) -> Option<usize> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => service.account_of(&Presented::read(value.as_bytes())?),
        _ => None,
    }
}

/// Why the credentials are no account's, for the log.
fn stranger(headers: &HeaderMap) -> &'static str {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => "There is no Authorization header.",
        (Some(_), Some(_)) => "There is more than one Authorization header.",
        (Some(value), None) => match Presented::read(value.as_bytes()) {
            Some(Presented::Basic(pair)) if !pair.contains(&b':') => "The Basic credentials hold no colon.",
            Some(Presented::Basic(_)) => "No account has this user name with this password.",
            Some(Presented::Bearer(_)) => "No account has this token.",
            None => "The Authorization is neither Bearer nor Basic with base64 behind it.",
        },
    }
}

fn too_large() -> String {
    format!("the body is larger than {} bytes", body::LARGEST)
}
