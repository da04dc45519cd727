//! The stage of a stream's writer, and the handle through which other tasks reach it.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};

use super::{job::Job, pulse::Pulse};
use crate::{StreamDefinition, index::Index};

/// The stage of a stream's writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// No command has needed it yet.
    Asleep,
    /// It checks that the index belongs to this log. The text says why that takes long, if it does.
    Opening(String),
    /// It folds the log into the index.
    Building { position: u64, end: u64 },
    /// It decides commands.
    Ready,
    /// It cannot follow the stream any further.
    Halted(String),
}

impl Stage {
    pub(super) fn words(&self, stream: &StreamDefinition) -> String {
        let name = stream.name;
        match self {
            Self::Asleep => format!("the index of stream {name} has not been opened yet"),
            Self::Opening(reason) if reason.is_empty() => format!("the index of stream {name} is being opened"),
            Self::Opening(reason) => format!("the index of stream {name} is being opened: {reason}"),
            Self::Building { position, end } => {
                format!("the index of stream {name} is being built: {position} of {end} commits")
            }
            Self::Ready => format!("stream {name} is followed"),
            Self::Halted(reason) => format!("stream {name} takes no commits: {reason}"),
        }
    }
}

/// A stream's index, and the handle of its writer.
#[derive(Clone, Debug)]
pub(crate) struct Started {
    pub(crate) index: Arc<Index>,
    pub(crate) queue: mpsc::Sender<Box<dyn Job>>,
    pub(crate) stage: watch::Receiver<Stage>,
    pub(super) pulse: Arc<Pulse>,
    pub(super) wake: Arc<Notify>,
    pub(super) close: Arc<Notify>,
}

impl Started {
    /// Makes the writer write its index to the file and end.
    pub(crate) fn close(&self) {
        self.close.notify_one();
    }

    /// Starts the writer, if it has not started.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(crate) fn is_ready(&self) -> bool {
        *self.stage.borrow() == Stage::Ready
    }

    /// Checks that the local state of the stream is current. Returns the reason if not. A writer that no command has
    /// needed yet passes.
    pub(crate) fn check(&self, stream: &StreamDefinition) -> Result<(), String> {
        match &*self.stage.borrow() {
            Stage::Asleep => Ok(()),
            Stage::Ready => match self.pulse.check() {
                Ok(()) => Ok(()),
                Err(reason) => Err(format!("stream {} has stalled: {reason}", stream.name)),
            },
            stage => Err(stage.words(stream)),
        }
    }

    /// The writer's stage as text.
    pub(crate) fn words(&self, stream: &StreamDefinition) -> String {
        self.stage.borrow().words(stream)
    }
}
