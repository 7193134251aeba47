//! Logs, request measures and `/metrics`. Nothing here names a person: no ids, no query strings, no
//! bodies; a request is known by its route's pattern and a random number.

use std::sync::OnceLock;
use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::Instrument;
use tracing_subscriber::EnvFilter;

/// How logs are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The HTTP client logs every byte of what it is told to trace: tokens and our own secret among them.
const QUIET: [&str; 2] = ["ureq=warn", "ureq_proto=warn"];

/// Starts logging to standard error. `RUST_LOG` says how much; "info" if it does not.
pub fn start_logs(format: LogFormat) {
    let asked = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let quiet = QUIET.iter().filter_map(|directive| directive.parse().ok());
    let filter = quiet.fold(asked, EnvFilter::add_directive);
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Where nobody reads them any more, a line is lost: to complain of that would panic, and a panic is logged.
    let logs = logs.log_internal_errors(false);
    // A second start in one process keeps the first: only tests do that.
    let _ = match format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().try_init(),
    };
    std::panic::set_hook(Box::new(|panic| tell_of_panic(panic.location())));
}

/// Where a task panicked, and nothing of what it said: that may quote a record.
fn tell_of_panic(place: Option<&std::panic::Location<'_>>) {
    let place = place.map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "a task panicked: its work was undone");
}

/// The process's one recorder, installed at the first call.
pub fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    let install = || {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder is installed: /metrics stays empty");
        }
        handle
    };
    HANDLE.get_or_init(install).clone()
}

/// Measures and logs one request.
///
/// # Errors
/// What the inner service says.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let method = request.method().as_str().to_owned();
    let id = request_id();
    let span = tracing::info_span!("request", id = %id);
    let mut answer = next.call(request).instrument(span.clone()).await?;
    // The pattern, never the path: a path may hold the id of a child's record.
    let route = answer.request().match_pattern().unwrap_or_else(|| "none".to_owned());
    let status = answer.status().as_u16();
    let seconds = started.elapsed().as_secs_f64();
    measure(&method, &route, status, seconds);
    span.in_scope(|| tracing::info!(method, route, status, ms = seconds * 1000.0, "answered"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    Ok(answer)
}

fn measure(method: &str, route: &str, status: u16, seconds: f64) {
    let labels = [("method", known_method(method)), ("route", route.to_owned())];
    metrics::histogram!("caseweave_request_seconds", &labels).record(seconds);
    let [method, route] = labels;
    let labels = [method, route, ("status", status.to_string())];
    metrics::counter!("caseweave_requests_total", &labels).increment(1);
}

/// A stranger may invent methods; each would be a measure of its own for ever.
fn known_method(method: &str) -> String {
    let known = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"].contains(&method);
    if known { method.to_owned() } else { "other".to_owned() }
}

/// Finds one request's lines in the logs; means nothing outside them.
fn request_id() -> String {
    getrandom::u64().map(|id| format!("{id:016x}")).unwrap_or_default()
}

/// How long the audit's oldest row waits to be linked; more than five seconds is an alarm.
pub fn note_audit_tail(seconds: f64) {
    metrics::gauge!("audit_tail_seconds").set(seconds);
}
