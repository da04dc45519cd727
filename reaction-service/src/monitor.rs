//! Metrics on the lag of a reactor. They are polled from the server, because all processes share the work.

use std::{sync::Arc, time::Duration};

use commands::Commands;
use platform::Shutdown;

use crate::Reactor;

const ASK_EVERY: Duration = Duration::from_secs(5);

/// The monitor of one reactor.
#[derive(Debug)]
pub(crate) struct Monitor {
    commands: Commands,
    reactor: Arc<dyn Reactor>,
}

impl Monitor {
    pub(crate) const fn new(commands: Commands, reactor: Arc<dyn Reactor>) -> Self {
        Self { commands, reactor }
    }

    /// Polls until shutdown. While the server does not respond, the metrics keep their values.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let mut ticks = tokio::time::interval(ASK_EVERY);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ticks.tick() => self.ask().await,
            }
        }
    }

    async fn ask(&self) {
        let description = self.reactor.description();
        let name = description.name;
        let journal = self.commands.journal();
        let Ok(Some(status)) = journal.reactor_status(description.context, name).await else {
            return;
        };
        let age = status.oldest_at.map_or(0.0, |oldest| {
            let age = self.commands.clock().now() - oldest;
            age.as_seconds_f64().max(0.0)
        });
        metrics::gauge!("reactor_lag_events", "reactor" => name).set(status.lag_events as f64);
        metrics::gauge!("reactor_oldest_event_age_seconds", "reactor" => name).set(age);
        metrics::gauge!("reactor_parked_events", "reactor" => name).set(status.parked_events as f64);
    }
}
