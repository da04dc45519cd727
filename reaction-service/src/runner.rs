//! The runner: takes the events of one reactor, some at once, and lets each be handled. It goes on through outages.

use std::{convert::Infallible, sync::Arc, time::Duration};

use commands::Commands;
use journal::DurableError;
use platform::{Shutdown, config::ReactorSettings, health::Readiness};
use tokio::{sync::watch, task::JoinSet};

use crate::{Reactor, attempt::Attempt, backoff::Backoff};

/// How long events that are being handled may take to their end after the process was told to stop. What does not come
/// to its end comes again elsewhere.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Keeps one reactor going.
#[derive(Debug)]
pub(crate) struct Runner {
    commands: Commands,
    reactor: Arc<dyn Reactor>,
    settings: ReactorSettings,
    readiness: watch::Sender<Readiness>,
}

impl Runner {
    /// Makes a runner, and lets others watch whether its reactor gets on, and if not, why.
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

    /// Runs until the shutdown.
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
                "reactions are cut short; they come again"
            );
        }
    }

    /// Takes events for as long as the server knows the reactor's place.
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
                    tracing::error!(reactor = name, reason = %error, "a reaction has broken off; its event comes again");
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
