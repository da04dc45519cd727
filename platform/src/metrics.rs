//! The Prometheus recorder behind the `metrics` macros. Labels must be few and fixed (a
//! route, never a path; a reason, never an id), because each combination is kept for ever.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use metrics::Unit;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// The bucket bounds of every metric that ends in `_seconds`: from a cached read to a request's timeout.
const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);
const MEMORY: &str = "process_resident_memory_bytes";

static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();

/// Why metrics could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The recorder refused its settings.
    #[error("the metrics recorder cannot be built: {0}")]
    Build(#[from] BuildError),
    /// Other code has installed a recorder.
    #[error("another metrics recorder is installed in this process")]
    Taken,
    /// The upkeep thread of the recorder could not be started.
    #[error("the metrics upkeep thread cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// The recorder of this process.
#[derive(Clone, Debug)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Installs the recorder, or returns the installed one, because several services and many tests share a process.
    ///
    /// # Errors
    /// Another recorder is installed, or the upkeep thread cannot be started.
    pub fn install() -> Result<Self, MetricsError> {
        static INSTALLING: Mutex<()> = Mutex::new(());
        let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = INSTALLED.get() {
            return Ok(Self(handle.clone()));
        }
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
            .build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|_| MetricsError::Taken)?;
        keep_small(handle.clone())?;
        metrics::describe_gauge!(MEMORY, Unit::Bytes, "Memory of this process that is in RAM");
        Ok(Self(INSTALLED.get_or_init(|| handle).clone()))
    }

    /// All metrics in the Prometheus text format.
    pub fn render(&self) -> String {
        if let Some(bytes) = resident_bytes() {
            metrics::gauge!(MEMORY).set(bytes);
        }
        self.0.render()
    }
}

/// Drains histogram samples regularly, because they accumulate until `/metrics` is read, which may never happen. It
/// is a thread and not a task, because it must outlive the runtime of the first service or test.
fn keep_small(handle: PrometheusHandle) -> Result<(), std::io::Error> {
    thread::Builder::new()
        .name("metrics-upkeep".to_owned())
        .spawn(move || {
            loop {
                thread::sleep(UPKEEP_INTERVAL);
                handle.run_upkeep();
            }
        })?;
    Ok(())
}

/// The resident set size from Linux's process table. On other systems the metric is absent.
fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kibibytes) * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorder_is_installed_once_and_shared() {
        let first = Metrics::install().unwrap();
        let second = Metrics::install().unwrap();
        metrics::counter!("platform_test_total").increment(2);
        metrics::histogram!("platform_test_seconds").record(0.03);
        assert!(first.render().contains("platform_test_total 2"));
        let text = second.render();
        assert!(text.contains("platform_test_seconds_bucket{le=\"0.05\"} 1"), "{text}");
        assert!(text.contains(MEMORY));
    }
}
