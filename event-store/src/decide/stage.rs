//! How far a stream's writer has come, and what others can tell it.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};

use super::{job::Job, pulse::Pulse};
use crate::{StreamDefinition, index::Index};

/// How far a stream's writer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nobody has needed it yet.
    Asleep,
    /// The stream is asked whether the index is of this log. Why that takes long, if it does.
    Opening(String),
    /// The index is being folded from the log.
    Building { position: u64, end: u64 },
    /// Commands are decided.
    Ready,
    /// The stream cannot be followed any further.
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

/// A stream's index and its writer.
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
    /// Lets the writer write its index to the file, and end.
    pub(crate) fn close(&self) {
        self.close.notify_one();
    }

    /// Lets the writer begin, if it has not.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(crate) fn is_ready(&self) -> bool {
        *self.stage.borrow() == Stage::Ready
    }

    /// Whether what is known of the stream is of now, or why not. What nobody has needed yet is no reason.
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

    /// How far the writer has come, in words.
    pub(crate) fn words(&self, stream: &StreamDefinition) -> String {
        self.stage.borrow().words(stream)
    }
}
