//! Liveness and readiness of a process, with the reason for each failed check. Every check has its own timeout, so an
//! answer always comes quickly.

use std::{collections::BTreeMap, fmt, future::Future, sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, FutureExt, join_all};
use tokio::sync::watch;

use crate::Shutdown;

/// Long enough for a healthy server on another machine, and short enough for an orchestrator's probe.
const CHECK_TIMEOUT: Duration = Duration::from_millis(500);

/// Whether one component is ready; otherwise the reason. The reason is shown to operators and must not contain
/// secrets or personal data.
pub type Readiness = Result<(), String>;

/// What a background task reports of itself, as far as the health of the process is concerned.
pub trait Report: Send + Sync + 'static {
    /// Whether the task does its work; if not, why.
    fn readiness(&self) -> Readiness;
}

impl Report for Readiness {
    fn readiness(&self) -> Readiness {
        self.clone()
    }
}

type Probe = Arc<dyn Fn() -> BoxFuture<'static, Readiness> + Send + Sync>;
type LastReport = Arc<dyn Fn() -> Readiness + Send + Sync>;

#[derive(Clone)]
enum Check {
    Probe(Probe),
    State(LastReport),
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
    pub fn state(mut self, name: &'static str, state: watch::Receiver<impl Report>) -> Self {
        self.checks.insert(name, Check::State(last_report(state)));
        self
    }

    /// Shows the last report of a background task among the checks. It does not affect readiness, because requests
    /// are answered without that task.
    pub fn note(mut self, name: &'static str, state: watch::Receiver<impl Report>) -> Self {
        self.notes.insert(name, Check::State(last_report(state)));
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

    /// What is to be said of checks that are ready all the same.
    pub fn remarks(&self) -> BTreeMap<&'static str, String> {
        let remarks = self.remarks.iter();
        remarks
            .filter_map(|(name, remark)| Some((*name, remark.borrow().clone()?)))
            .collect()
    }
}

fn last_report(state: watch::Receiver<impl Report>) -> LastReport {
    Arc::new(move || match state.has_changed() {
        Ok(_) => state.borrow().readiness(),
        Err(_) => Err("the task that reports it has ended".to_owned()),
    })
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
        Check::State(last_report) => last_report(),
        Check::Running(shutdown) if shutdown.is_cancelled() => Err("the process is stopping".to_owned()),
        Check::Running(_) => Ok(()),
    }
}
