//! What is refused before anything is looked at: requests without the token, for another host, or from another page.
//! A page of the web can make a browser send requests here, but it can neither know the token nor hide its origin; a name
//! that is made to point to 127.0.0.1 is told by the host.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::answer::Refusal;

/// Until a response begins.
const PATIENCE: Duration = Duration::from_secs(30);
/// Requests that are open at once; a page has a handful.
const OPEN: usize = 64;

/// What the page may load and who may show it: its own files alone, and nobody.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Who may come in.
pub(super) struct Guard {
    token: String,
    hosts: [String; 2],
    origins: [String; 2],
    open: Semaphore,
}

impl Guard {
    pub(super) fn new(port: u16, token: String) -> Self {
        let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        let origins = hosts.clone().map(|host| format!("http://{host}"));
        Self { token, hosts, origins, open: Semaphore::new(OPEN) }
    }

    fn refusal(&self, path: &str, headers: &HeaderMap) -> Option<Refusal> {
        let only = |name: HeaderName| {
            let mut all = headers.get_all(name).iter();
            let first = all.next();
            if all.next().is_some() { Some(None) } else { first.map(|value| value.to_str().ok()) }
        };
        let among = |value: Option<&str>, known: &[String; 2]| {
            value.is_some_and(|value| known.iter().any(|known| known == value))
        };
        if !among(only(header::HOST).flatten(), &self.hosts) {
            return Some(Refusal::new(403, "host", "this server answers as 127.0.0.1 alone"));
        }
        if only(header::ORIGIN).is_some_and(|origin| !among(origin, &self.origins)) {
            return Some(Refusal::new(403, "origin", "this server answers its own page alone"));
        }
        let token = path.trim_start_matches('/').split('/').next().unwrap_or("");
        if !bool::from(token.as_bytes().ct_eq(self.token.as_bytes())) {
            let message = "the address has a secret part, which is another one at each start: open the address that \
                           gradus-play has printed";
            return Some(Refusal::new(403, "token", message));
        }
        None
    }
}

/// Around every request.
pub(super) async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let refusal = guard.refusal(request.uri().path(), request.headers());
    let mut response = match (refusal, guard.open.try_acquire()) {
        (Some(refusal), _) => refusal.into_response(),
        (None, Err(_)) => Refusal::new(503, "busy", "too many requests are open").into_response(),
        (None, Ok(_place)) => timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| late()),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What took too long.
fn late() -> Response {
    let message = format!("no answer within {} seconds; ask for less", PATIENCE.as_secs());
    Refusal::new(504, "late", message).into_response()
}

/// For a path that is asked in another way than it answers.
pub(super) async fn another_method(request: Request) -> Response {
    let message =
        format!("{} is not answered here; ask files by GET and the library by POST", request.method());
    Refusal::new(405, "method", message).into_response()
}

/// For paths that are none.
pub(super) async fn nothing_here() -> Response {
    Refusal::new(404, "path", "there is nothing at this path").into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, axum::Json(json!({ "error": self }))).into_response()
    }
}
