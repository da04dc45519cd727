//! When is measured.

use std::time::Duration;

use tokio::time::Instant;

/// From when until when is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) begin: Instant,
    pub(crate) end: Instant,
}

impl Window {
    /// The window that begins after a warm-up from now.
    pub(crate) fn after(warm_up_seconds: f64, seconds: f64) -> Self {
        let begin = Instant::now() + Duration::from_secs_f64(warm_up_seconds);
        Self {
            begin,
            end: begin + Duration::from_secs_f64(seconds),
        }
    }

    pub(crate) fn holds(self, instant: Instant) -> bool {
        self.begin <= instant && instant < self.end
    }

    pub(crate) fn seconds(self) -> f64 {
        (self.end - self.begin).as_secs_f64()
    }
}
