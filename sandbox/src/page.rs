//! The inbox page and what belongs to it, all of it inside the program: no build step, no request to anywhere else.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::get;

use crate::api::Shared;

/// Nothing but the page's own files, no inline script or style, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(|| file("text/html; charset=utf-8", include_str!("../page/inbox.html"))))
        .route("/sandbox/page/inbox.css", get(|| file("text/css; charset=utf-8", include_str!("../page/inbox.css"))))
        .route(
            "/sandbox/page/inbox.js",
            get(|| file("text/javascript; charset=utf-8", include_str!("../page/inbox.js"))),
        )
        .route("/sandbox/page/icon.svg", get(|| file("image/svg+xml", include_str!("../page/icon.svg"))))
        .route("/openapi.json", get(|| file("application/json", include_str!("../openapi.json"))))
}

async fn file(media_type: &'static str, content: &'static str) -> Response {
    let mut response = Response::new(Body::from(content));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
