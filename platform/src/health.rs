//! Liveness and readiness of a process, with the reason for each failed check. Every check has its own timeout, so an
//! answer always comes quickly.

use std::{collections::BTreeMap, fmt, future::Future, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use serde_json::json;
use tokio::sync::watch;

use crate::{
    Shutdown,
    http::problem::{Problem, types},
};

/// Long enough for a healthy server on another machine, and short enough for an orchestrator's probe.
const CHECK_TIMEOUT: Duration = Duration::from_millis(500);
const RETRY_AFTER_SECONDS: u32 = 1;

/// Whether one component is ready; otherwise the reason. The reason is shown to operators and must not contain
/// secrets or personal data.
pub type Readiness = Result<(), String>;

type Probe = Arc<dyn Fn() -> BoxFuture<'static, Readiness> + Send + Sync>;

#[derive(Clone)]
enum Check {
    Probe(Probe),
    State(watch::Receiver<Readiness>),
    Running(Shutdown),
}

/// The checks of one process, by name.
#[derive(Clone, Default)]
pub struct Health {
    checks: BTreeMap<&'static str, Check>,
    /// Reported beside the checks, without effect on readiness.
    notes: BTreeMap<&'static str, Check>,
    /// Warnings about checks that are ready.
    remarks: BTreeMap<&'static str, watch::Receiver<Option<String>>>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.checks.keys())
            .entries(self.notes.keys())
            .finish()
    }
}

impl Health {
    /// A set without checks, which is always ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a check that runs on each request. It fails after 500 ms.
    pub fn probe<F, R>(mut self, name: &'static str, probe: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Readiness> + Send + 'static,
    {
        self.checks
            .insert(name, Check::Probe(Arc::new(move || probe().boxed())));
        self
    }

    /// Adds a check that reads the last report of a background task.
    pub fn state(mut self, name: &'static str, state: watch::Receiver<Readiness>) -> Self {
        self.checks.insert(name, Check::State(state));
        self
    }

    /// Shows the last report of a background task among the checks. It does not affect readiness, because requests
    /// are answered without that task.
    pub fn note(mut self, name: &'static str, state: watch::Receiver<Readiness>) -> Self {
        self.notes.insert(name, Check::State(state));
        self
    }

    /// Adds a warning to a check that is ready: the process works, but an operator should look.
    pub fn remark(mut self, name: &'static str, remark: watch::Receiver<Option<String>>) -> Self {
        self.remarks.insert(name, remark);
        self
    }

    /// Becomes not ready when the process begins to stop, so that a load balancer sends no more requests.
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.checks.insert("process", Check::Running(shutdown));
        self
    }

    /// Runs all checks concurrently.
    pub async fn check(&self) -> BTreeMap<&'static str, Readiness> {
        run_all(&self.checks).await
    }

    /// The notes beside the checks.
    pub async fn notes(&self) -> BTreeMap<&'static str, Readiness> {
        run_all(&self.notes).await
    }

    /// `GET /health/live` and `GET /health/ready`.
    pub fn router(self) -> Router {
        Router::new()
            .route("/health/live", get(|| async { Json(json!({"status": "live"})) }))
            .route("/health/ready", get(ready))
            .with_state(self)
    }
}

async fn run_all(checks: &BTreeMap<&'static str, Check>) -> BTreeMap<&'static str, Readiness> {
    let results = checks
        .iter()
        .map(|(name, check)| async move { (*name, run(check).await) });
    join_all(results).await.into_iter().collect()
}

async fn run(check: &Check) -> Readiness {
    match check {
        Check::Probe(probe) => tokio::time::timeout(CHECK_TIMEOUT, probe())
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} ms", CHECK_TIMEOUT.as_millis()))),
        Check::State(state) if state.has_changed().is_err() => Err("the task that reports it has ended".to_owned()),
        Check::State(state) => state.borrow().clone(),
        Check::Running(shutdown) if shutdown.is_cancelled() => Err("the process is stopping".to_owned()),
        Check::Running(_) => Ok(()),
    }
}

async fn ready(State(health): State<Health>) -> Response {
    let (results, notes) = (health.check().await, health.notes().await);
    let missing: Vec<&str> = results
        .iter()
        .filter(|(_, result)| result.is_err())
        .map(|(name, _)| *name)
        .collect();
    let remarks: BTreeMap<&str, String> = health
        .remarks
        .iter()
        .filter_map(|(name, remark)| Some((*name, format!("degraded: {}", remark.borrow().as_ref()?))))
        .collect();
    let checks: BTreeMap<&str, &str> = notes
        .iter()
        .chain(&results)
        .map(|(name, result)| match result {
            Ok(()) => (*name, remarks.get(name).map_or("ready", String::as_str)),
            Err(reason) => (*name, reason.as_str()),
        })
        .collect();
    if missing.is_empty() {
        let status = if remarks.is_empty() { "ready" } else { "degraded" };
        return Json(json!({"status": status, "checks": checks})).into_response();
    }
    Problem::new(&types::UNAVAILABLE)
        .detail(format!("not ready: {}", missing.join(", ")))
        .extension("checks", json!(checks))
        .retry_after(RETRY_AFTER_SECONDS)
        .into_response()
}
