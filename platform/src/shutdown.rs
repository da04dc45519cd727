//! One signal that everything in a process listens to when it should stop.
//! It only tells; each listener decides how to finish what it holds, within its own bound.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of a program ended by Ctrl-C, by the convention of the shells: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// Tells every clone when to stop.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// A shutdown that only [`Shutdown::trigger`] starts.
    pub fn new() -> Self {
        Self::default()
    }

    /// A shutdown that SIGINT (Ctrl-C) and SIGTERM start. A second signal ends the process at once, for the operator
    /// who does not want to wait for the grace period.
    ///
    /// # Errors
    /// When the signal handlers cannot be installed.
    pub fn on_signals() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let shutdown = Self::new();
        tokio::spawn(watch(shutdown.clone(), interrupt, terminate));
        Ok(shutdown)
    }

    /// Returns once shutdown has begun; at once when it already has.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }

    /// Whether shutdown has begun.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Begins the shutdown. Calling it again changes nothing.
    pub fn trigger(&self) {
        self.0.cancel();
    }

    /// A shutdown that begins with this one, and can also begin alone: for one part of a process, such as a projector
    /// that hands over to another instance.
    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }
}

async fn watch(shutdown: Shutdown, mut interrupt: Signal, mut terminate: Signal) {
    either(&mut interrupt, &mut terminate).await;
    tracing::info!("stopping; a second signal ends the process at once");
    shutdown.trigger();
    either(&mut interrupt, &mut terminate).await;
    std::process::exit(INTERRUPTED);
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_child_stops_with_its_parent_and_not_the_other_way_round() {
        let parent = Shutdown::new();
        let alone = parent.child();
        alone.trigger();
        assert!(!parent.is_cancelled());
        let child = parent.child();
        parent.trigger();
        child.cancelled().await;
        assert!(child.is_cancelled());
    }
}
