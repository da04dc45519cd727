//! The window of a measurement.

use std::time::Duration;

use tokio::time::Instant;

/// A window of time.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The start.
    pub begin: Instant,
    /// The end (exclusive).
    pub end: Instant,
}

impl Window {
    /// The window that starts after a warm-up from now.
    #[must_use]
    pub fn after(warm_up_seconds: f64, seconds: f64) -> Self {
        let begin = Instant::now() + Duration::from_secs_f64(warm_up_seconds);
        Self {
            begin,
            end: begin + Duration::from_secs_f64(seconds),
        }
    }

    /// Whether an instant is in the window.
    #[must_use]
    pub fn holds(self, instant: Instant) -> bool {
        self.begin <= instant && instant < self.end
    }

    /// The length.
    #[must_use]
    pub fn seconds(self) -> f64 {
        (self.end - self.begin).as_secs_f64()
    }
}
