//! The inbox page and what belongs to it, all of it inside the program: no build step, no request to anywhere else.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::{MethodRouter, get};

use crate::api::Shared;

/// Nothing but the page's own files, no inline script or style, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", file("text/html; charset=utf-8", include_str!("../page/inbox.html")))
        .route("/sandbox/page/inbox.css", file("text/css; charset=utf-8", include_str!("../page/inbox.css")))
        .route("/sandbox/page/inbox.js", script(include_str!("../page/inbox.js")))
        .route("/sandbox/page/common.js", script(include_str!("../page/common.js")))
        .route("/sandbox/page/filter.js", script(include_str!("../page/filter.js")))
        .route("/sandbox/page/list.js", script(include_str!("../page/list.js")))
        .route("/sandbox/page/messages.js", script(include_str!("../page/messages.js")))
        .route("/sandbox/page/requests.js", script(include_str!("../page/requests.js")))
        .route("/sandbox/page/tools.js", script(include_str!("../page/tools.js")))
        .route("/sandbox/page/icon.svg", file("image/svg+xml", include_str!("../page/icon.svg")))
        .route("/openapi.json", file("application/json", include_str!("../openapi.json")))
}

/// A module, which the others import.
fn script(content: &'static str) -> MethodRouter<Shared> {
    file("text/javascript; charset=utf-8", content)
}

fn file(media_type: &'static str, content: &'static str) -> MethodRouter<Shared> {
    get(move || async move {
        let mut response = Response::new(Body::from(content));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        response
    })
}
