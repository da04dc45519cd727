//! Measures the phases of a rebuild from its progress events.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use projection_service::rebuild::Progress;
use serde::{Deserialize, Serialize};

/// The time of each phase of a rebuild, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Phases {
    pub(crate) beginning: f64,
    pub(crate) folding: f64,
    pub(crate) indexing: f64,
    pub(crate) comparing: f64,
    pub(crate) swapping: f64,
}

impl Phases {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The current phase.
#[derive(Clone, Copy)]
enum Phase {
    Beginning,
    Folding,
    Indexing,
    Comparing,
    Swapping,
}

/// Measures the time of each phase.
pub(super) struct Stopwatch(Mutex<State>);

struct State {
    phase: Phase,
    since: Instant,
    phases: Phases,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self(Mutex::new(State {
            phase: Phase::Beginning,
            since: Instant::now(),
            phases: Phases::default(),
        }))
    }

    /// Receives the progress events.
    pub(super) fn hears(&self, progress: &Progress<'_>) {
        let phase = match progress {
            Progress::Begun { .. } | Progress::Folded { .. } => Phase::Folding,
            Progress::Indexing { .. } => Phase::Indexing,
            Progress::Comparing { .. } => Phase::Comparing,
            Progress::Replacing { .. } => Phase::Swapping,
            // Another stream may follow.
            Progress::Replaced(_) => Phase::Folding,
        };
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.turns_to(phase);
    }

    /// The time of each phase.
    pub(super) fn phases(&self) -> Phases {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.turns_to(Phase::Swapping);
        state.phases
    }
}

impl State {
    fn turns_to(&mut self, phase: Phase) {
        let now = Instant::now();
        let seconds = (now - self.since).as_secs_f64();
        let spent = match self.phase {
            Phase::Beginning => &mut self.phases.beginning,
            Phase::Folding => &mut self.phases.folding,
            Phase::Indexing => &mut self.phases.indexing,
            Phase::Comparing => &mut self.phases.comparing,
            Phase::Swapping => &mut self.phases.swapping,
        };
        *spent += seconds;
        (self.phase, self.since) = (phase, now);
    }
}
