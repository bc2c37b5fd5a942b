//! The addresses of the server: what each takes, answers and refuses. What a request means to the
//! records must not be decided here.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY,
    RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response, Sse};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::{Deserialize, Serialize};

use super::desk::{Desk, DeskError};
use super::live::Live;
use super::writer::{NoReply, Queue};
use crate::page::{Language, Shown, TodayView, content_security_policy, today_page, trouble_page};

/// How long a body may take: 64 KiB over a 2G link, twice over.
const UPLOAD_TIME: Duration = Duration::from_secs(120);

/// When a phone that found no room should come back, seconds.
const COME_BACK: u64 = 5;

/// What every handler holds.
#[derive(Clone)]
pub(super) struct Office {
    pub(super) desk: Arc<dyn Desk>,
    pub(super) queue: Queue,
    pub(super) live: Live,
    pub(super) request_bytes: usize,
}

/// What phones need: the exchange, and a sign of life.
pub(super) fn phone_routes() -> Router<Office> {
    Router::new()
        .route("/sync", post(sync))
        .route("/health", get(health))
}

/// What the office's own people look at. On this machine (`local`) it answers only under this
/// machine's names: a web page elsewhere must not reach it by a name of its own.
pub(super) fn page_routes(local: bool) -> Router<Office> {
    let routes = Router::new()
        .route("/", get(today))
        .route("/events", get(events))
        .layer(middleware::map_response(guard_page));
    if local {
        routes.layer(middleware::from_fn(refuse_strange_names))
    } else {
        routes
    }
}

async fn health() -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], "ok\n")
}

async fn sync(State(office): State<Office>, request: Request) -> Result<Response, Refusal> {
    let length = declared_length(request.headers())?;
    if length > office.request_bytes {
        return Err(Refusal::TooLong);
    }
    let room = office.queue.room_for(length).ok_or(Refusal::Busy)?;
    let body = tokio::time::timeout(UPLOAD_TIME, to_bytes(request.into_body(), length))
        .await
        .map_err(|_| Refusal::TooSlow)?
        .map_err(|_| Refusal::Cut)?;
    let reply = room
        .submit(body.into())
        .await
        .unwrap_or(Err(NoReply::Stopped));
    match reply {
        Ok(reply) => Ok((
            [
                (CONTENT_TYPE, "application/octet-stream"),
                (CACHE_CONTROL, "no-store"),
            ],
            Body::from(reply),
        )
            .into_response()),
        Err(NoReply::DeskFailed) => Err(Refusal::DeskFailed),
        Err(NoReply::Stopped) => Err(Refusal::Busy),
    }
}

/// The length that room is kept for, of a body of the right type.
fn declared_length(headers: &HeaderMap) -> Result<usize, Refusal> {
    let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if content_type != Some(b"application/octet-stream") {
        return Err(Refusal::WrongType);
    }
    headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok())
        .ok_or(Refusal::NoLength)
}

/// Why an exchange was refused before the desk judged it. Nothing of it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    WrongType,
    NoLength,
    TooLong,
    TooSlow,
    Cut,
    Busy,
    DeskFailed,
}

#[derive(Serialize)]
struct RefusalBody {
    code: &'static str,
    zh: &'static str,
    en: &'static str,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, zh, en) = match self {
            Self::WrongType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "sync.wrong_type",
                "内容类型不对：请发送 application/octet-stream。",
                "Wrong content type: send application/octet-stream.",
            ),
            Self::NoLength => (
                StatusCode::LENGTH_REQUIRED,
                "sync.no_length",
                "请先说明长度（Content-Length）。",
                "Say the length first (Content-Length).",
            ),
            Self::TooLong => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "sync.too_long",
                "一次发得太多：请分成小份再发，记录还在手机上。",
                "Too much at once: send smaller pieces; the records are still on the phone.",
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "sync.too_slow",
                "发送太慢：请分成小份再发，记录还在手机上。",
                "Sent too slowly: send smaller pieces; the records are still on the phone.",
            ),
            Self::Cut => (
                StatusCode::BAD_REQUEST,
                "sync.cut",
                "没有收完整：请再发一次，记录还在手机上。",
                "Not received whole: send again; the records are still on the phone.",
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "sync.busy",
                "办公室正忙：稍后自动再试，记录还在手机上。",
                "The office is busy: try again shortly; the records are still on the phone.",
            ),
            Self::DeskFailed => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "sync.desk_failed",
                "办公室没能保存：记录还在手机上，请告诉街道办公室查看日志。",
                "The office could not keep it: the records are still on the phone; tell the office to look at its log.",
            ),
        };
        let mut response = (status, Json(RefusalBody { code, zh, en })).into_response();
        if self == Self::Busy {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(COME_BACK));
        }
        response
    }
}

/// What a page may ask for; anything unknown means the usual.
#[derive(Deserialize)]
struct Asked {
    lang: Option<String>,
    show: Option<String>,
}

impl Asked {
    fn language(&self) -> Language {
        Language::asked(self.lang.as_deref())
    }

    fn shown(&self) -> Shown {
        Shown::asked(self.show.as_deref())
    }
}

async fn today(State(office): State<Office>, Query(asked): Query<Asked>) -> Response {
    match read_today(&office).await {
        Ok(view) => {
            let page = today_page(&view, asked.language(), asked.shown());
            Html(page.into_string()).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the Today page cannot be shown");
            let page = trouble_page(asked.language());
            (StatusCode::INTERNAL_SERVER_ERROR, Html(page.into_string())).into_response()
        }
    }
}

async fn events(State(office): State<Office>, Query(asked): Query<Asked>) -> Response {
    let subscription = office.live.subscribe();
    match read_today(&office).await {
        Ok(view) => {
            Sse::new(subscription.events(view, asked.language(), asked.shown())).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "live updates cannot start");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn read_today(office: &Office) -> Result<TodayView, DeskError> {
    let desk = Arc::clone(&office.desk);
    tokio::task::spawn_blocking(move || desk.today())
        .await
        .unwrap_or_else(|_| Err(DeskError("the desk panicked".to_owned())))
}

async fn guard_page(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, content_security_policy()),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn refuse_strange_names(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| request.uri().host());
    if host.is_some_and(is_address_or_localhost) {
        return next.run(request).await;
    }
    let words = "本页只能用 http://localhost 打开。\nOpen this page as http://localhost.\n";
    (StatusCode::MISDIRECTED_REQUEST, words).into_response()
}

/// An IP literal or `localhost`, with or without a port: what a name server cannot redirect.
fn is_address_or_localhost(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let literal = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || literal.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_no_name_server_gives_reach_the_local_page() {
        for good in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(is_address_or_localhost(good), "{good}");
        }
        for bad in [
            "",
            "rebound.example:8080",
            "localhost.example",
            "127.0.0.1.example:80",
        ] {
            assert!(!is_address_or_localhost(bad), "{bad}");
        }
    }

    #[test]
    fn every_refusal_says_what_to_do_in_both_languages() {
        for refusal in [
            Refusal::WrongType,
            Refusal::NoLength,
            Refusal::TooLong,
            Refusal::TooSlow,
            Refusal::Cut,
            Refusal::Busy,
            Refusal::DeskFailed,
        ] {
            let response = refusal.into_response();
            assert!(!response.status().is_success());
            let asks_back = response.headers().contains_key(RETRY_AFTER);
            assert_eq!(asks_back, refusal == Refusal::Busy);
        }
    }
}
