//! The shutdown signal of a process. Each listener decides how to finish its work, within its own bound.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of a program that Ctrl-C ended, by the convention of shells: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// A shutdown signal. All clones share it.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// A shutdown that only [`Shutdown::trigger`] starts.
    pub fn new() -> Self {
        Self::default()
    }

    /// A shutdown that SIGINT (Ctrl-C) and SIGTERM start. A second signal ends the process at once, without the grace
    /// period.
    ///
    /// # Errors
    /// The signal handlers cannot be installed.
    pub fn on_signals() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let shutdown = Self::new();
        tokio::spawn(watch(shutdown.clone(), interrupt, terminate));
        Ok(shutdown)
    }

    /// Returns once shutdown has begun.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }

    /// Whether shutdown has begun.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Begins the shutdown. The call is idempotent.
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
    async fn a_child_stops_with_its_parent_but_not_the_reverse() {
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
