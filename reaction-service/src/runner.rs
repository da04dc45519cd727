//! The runner of one reactor: it fetches events and handles several of them concurrently. It survives outages.

use std::{convert::Infallible, sync::Arc, time::Duration};

use commands::Commands;
use journal::DurableError;
use platform::{Shutdown, health::Readiness};
use settings::ReactorSettings;
use tokio::{sync::watch, task::JoinSet};

use crate::{Reactor, attempt::Attempt, backoff::Backoff};

/// The grace period for events in progress at shutdown. Unfinished events are redelivered to another process.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// The runner of one reactor.
#[derive(Debug)]
pub(crate) struct Runner {
    commands: Commands,
    reactor: Arc<dyn Reactor>,
    settings: ReactorSettings,
    readiness: watch::Sender<Readiness>,
}

impl Runner {
    /// Creates a runner, and a watch on its readiness.
    pub(crate) fn new(
        commands: Commands,
        reactor: Arc<dyn Reactor>,
        settings: &ReactorSettings,
    ) -> (Self, watch::Receiver<Readiness>) {
        let (readiness, watched) = watch::channel(Err("starting".to_owned()));
        let runner = Self {
            commands,
            reactor,
            settings: settings.clone(),
            readiness,
        };
        (runner, watched)
    }

    /// Runs until shutdown.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let backoff = Backoff::new(&self.settings);
        let mut held = JoinSet::new();
        for tries in 1.. {
            let fault = tokio::select! {
                () = shutdown.cancelled() => break,
                Err(fault) = self.follow(&mut held, &shutdown) => fault,
            };
            tracing::warn!(reactor = self.reactor.description().name, reason = %fault, "a reactor waits");
            drop(self.readiness.send_replace(Err(format!("waits: {fault}"))));
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = tokio::time::sleep(backoff.pause(tries, 0)) => {}
            }
        }
        let to_their_end = async { while held.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WITHIN, to_their_end).await.is_err() {
            tracing::warn!(
                reactor = self.reactor.description().name,
                "reactions were interrupted; their events will be redelivered"
            );
        }
    }

    /// Fetches events until the consumer on the server fails.
    async fn follow(&self, held: &mut JoinSet<()>, shutdown: &Shutdown) -> Result<Infallible, DurableError> {
        let description = self.reactor.description();
        let name = description.name;
        let hold = Duration::from_millis(self.settings.hold_ms);
        let journal = self.commands.journal();
        let mut reactions = journal
            .react(description.context, name, description.event_types, hold)
            .await?;
        drop(self.readiness.send_replace(Ok(())));
        let attempt = Attempt::new(
            self.commands.clone(),
            Arc::clone(&self.reactor),
            &self.settings,
            self.readiness.clone(),
            shutdown.clone(),
        );
        loop {
            let free = self.settings.max_concurrent_events.saturating_sub(held.len());
            tokio::select! {
                Some(ended) = held.join_next() => if let Err(error) = ended {
                    tracing::error!(reactor = name, reason = %error, "a reaction was interrupted; its event will be redelivered");
                },
                taken = reactions.next_batch(free), if free > 0 => {
                    for reaction in taken? {
                        held.spawn(attempt.clone().handle(reaction));
                    }
                }
            }
        }
    }
}
