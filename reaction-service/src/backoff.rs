//! The delay before the next attempt: an exponential backoff with an upper bound and a jitter that depends on the
//! event.

use std::time::Duration;

use settings::ReactorSettings;

/// The delay before the next attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) const fn new(settings: &ReactorSettings) -> Self {
        Self {
            first: Duration::from_millis(settings.retry_initial_ms),
            longest: Duration::from_millis(settings.retry_max_ms),
        }
    }

    /// The pause after the try of this number, from 1. Events that failed together do not come back together: which share
    /// of the upper half of the pause an event waits follows from its position, so that nothing random is needed.
    pub(crate) fn pause(&self, attempt: u64, position: u64) -> Duration {
        let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX).min(20);
        let whole = self.first.saturating_mul(1 << doublings).min(self.longest);
        // Fibonacci hashing spreads neighbouring numbers over the whole range.
        let share = position.wrapping_add(attempt).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54;
        whole / 2 + whole.mul_f64(share as f64 / 2048.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_doubles_up_to_the_bound_and_differs_between_events() {
        let backoff = Backoff {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(1),
        };
        for (attempt, whole_ms) in [(1, 100), (2, 200), (4, 800), (5, 1_000), (u64::MAX, 1_000)] {
            for position in [1, 2, 3, u64::MAX] {
                let pause = backoff.pause(attempt, position).as_millis();
                assert!((whole_ms / 2..=whole_ms).contains(&pause), "{attempt}: {pause} ms");
            }
        }
        let pauses: BTreeSet<_> = (1..=20).map(|position| backoff.pause(3, position)).collect();
        assert!(pauses.len() > 15, "{pauses:?}");
    }
}
