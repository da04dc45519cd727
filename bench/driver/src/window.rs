//! When is measured.

use std::time::Duration;

use tokio::time::Instant;

/// From when until when is measured.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The first instant of it.
    pub begin: Instant,
    /// The first instant behind it.
    pub end: Instant,
}

impl Window {
    /// The window that begins after a warm-up from now.
    #[must_use]
    pub fn after(warm_up_seconds: f64, seconds: f64) -> Self {
        let begin = Instant::now() + Duration::from_secs_f64(warm_up_seconds);
        Self {
            begin,
            end: begin + Duration::from_secs_f64(seconds),
        }
    }

    /// Whether an instant is in it.
    #[must_use]
    pub fn holds(self, instant: Instant) -> bool {
        self.begin <= instant && instant < self.end
    }

    /// How long it is.
    #[must_use]
    pub fn seconds(self) -> f64 {
        (self.end - self.begin).as_secs_f64()
    }
}
