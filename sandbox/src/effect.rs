//! What a fault does to an answer that is ready to go out.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt as _;
use http_body_util::channel::Channel;

use crate::fault::Effect;
use crate::line::{Cut, CutHandle, Place};

/// Into how many pieces at most a slow body is cut.
const PIECES: usize = 20;

/// The answer as the trouble leaves it; it may come late, or never.
pub(crate) async fn apply(effect: Effect, answer: Response, cut: &CutHandle) -> Response {
    let cut = |place, reset| cut.order(Cut { place, reset });
    match effect {
        // What it refuses was refused before, and its page is the answer already.
        Effect::Refuse(_) | Effect::Html(_) => {}
        Effect::Silent => std::future::pending().await,
        Effect::Late(delay) => tokio::time::sleep(delay).await,
        Effect::Slow(time) => return slow(answer, time).await,
        Effect::CutBefore { reset } => cut(Place::Before, reset),
        Effect::CutAfter { reset } => cut(Place::After, reset),
        Effect::Half { reset } => {
            let length = answer.body().size_hint().exact().unwrap_or_default();
            cut(Place::Missing(usize::try_from(length).unwrap_or_default().div_ceil(2)), reset);
        }
    }
    answer
}

/// The head announces the length, so that only the time tells that this is no common answer.
async fn slow(answer: Response, time: Duration) -> Response {
    let (mut head, body) = answer.into_parts();
    let Ok(bytes) = body.collect().await else { return page(500).map(Body::from) };
    let bytes = bytes.to_bytes();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let (mut sender, slow_body) = Channel::<_>::new(1);
    tokio::spawn(async move {
        let pieces: Vec<Bytes> =
            bytes.chunks(bytes.len().div_ceil(PIECES).max(1)).map(|piece| bytes.slice_ref(piece)).collect();
        let wait = time / u32::try_from(pieces.len().max(1)).unwrap_or(u32::MAX);
        for piece in pieces {
            tokio::time::sleep(wait).await;
            if sender.send_data(piece).await.is_err() {
                // The client is gone.
                return;
            }
        }
    });
    Response::from_parts(head, Body::new(slow_body))
}

/// As gateways write it.
pub(crate) fn page(status: u16) -> Response<String> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or("Error"));
    let html = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>sandbox</center>\r\n</body>\r\n</html>\r\n"
    );
    let mut response = Response::new(html);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}
