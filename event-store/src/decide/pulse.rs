//! Tracks when a stream was last heard of, and what prevents following it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// A stream that has been silent for this long has stalled: the local state may be as old.
const STALLED_AFTER: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Pulse(Mutex<Beat>);

#[derive(Debug)]
struct Beat {
    heard_at: Instant,
    trouble: Option<String>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self(Mutex::new(Beat {
            heard_at: Instant::now(),
            trouble: None,
        }))
    }
}

impl Pulse {
    /// A commit has arrived, or it is certain that there is none.
    pub(super) fn beat(&self) {
        let mut beat = self.lock();
        beat.heard_at = Instant::now();
        beat.trouble = None;
    }

    /// Records what prevents following the stream, until the next beat.
    pub(super) fn trouble(&self, reason: String) {
        self.lock().trouble = Some(reason);
    }

    /// Checks that the stream has been heard of recently. Returns the reason if not.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.check_at(Instant::now())
    }

    fn check_at(&self, now: Instant) -> Result<(), String> {
        let beat = self.lock();
        if let Some(trouble) = &beat.trouble {
            return Err(trouble.clone());
        }
        match now.saturating_duration_since(beat.heard_at) {
            silence if silence < STALLED_AFTER => Ok(()),
            silence => Err(format!("it has been silent for {} s", silence.as_secs())),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Beat> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_a_stall_and_a_beat_ends_trouble() {
        let pulse = Pulse::default();
        assert_eq!(pulse.check(), Ok(()));
        let later = pulse.lock().heard_at + STALLED_AFTER;
        let stalled = "it has been silent for 10 s".to_owned();
        assert_eq!(pulse.check_at(later), Err(stalled));
        pulse.trouble("it is shorter".to_owned());
        assert_eq!(pulse.check(), Err("it is shorter".to_owned()));
        pulse.beat();
        assert_eq!(pulse.check(), Ok(()));
    }
}
