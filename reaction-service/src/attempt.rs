//! Handles one event from its delivery to its settlement: it is attempted, then acknowledged, returned for a retry, or
//! parked.

use std::{sync::Arc, time::Duration};

use commands::Commands;
use journal::{JournalEvent, Reaction};
use platform::{Shutdown, health::Readiness, telemetry::traceparent};
use settings::ReactorSettings;
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::{Fault, Outcome, Reactor, backoff::Backoff};

/// Attempts and settles events. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    commands: Commands,
    reactor: Arc<dyn Reactor>,
    backoff: Backoff,
    hold: Duration,
    max_attempts: u64,
    readiness: watch::Sender<Readiness>,
    shutdown: Shutdown,
}

/// How to settle an event.
#[derive(Debug)]
enum Verdict {
    Settled(Outcome),
    Retry(String),
    Park(String),
    /// The process stops, and another one receives the event.
    LetGo,
}

impl Attempt {
    pub(crate) fn new(
        commands: Commands,
        reactor: Arc<dyn Reactor>,
        settings: &ReactorSettings,
        readiness: watch::Sender<Readiness>,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            commands,
            reactor,
            backoff: Backoff::new(settings),
            hold: Duration::from_millis(settings.hold_ms),
            max_attempts: settings.max_attempts,
            readiness,
            shutdown,
        }
    }

    /// Handles an event. If anything fails, the event is redelivered until it is acknowledged.
    pub(crate) async fn handle(self, reaction: Reaction) {
        let verdict = self.verdict(&reaction).await;
        let settled = self.settle(&reaction, verdict).await;
        if let Err(reason) = settled {
            tracing::debug!(
                reactor = self.name(),
                place = %reaction.place(),
                reason,
                "an event will be redelivered"
            );
        }
    }

    async fn verdict(&self, reaction: &Reaction) -> Verdict {
        // No earlier attempt completed: their processes died.
        if reaction.attempt() > self.max_attempts {
            return Verdict::Park("no attempt completed".to_owned());
        }
        let mut renew = tokio::time::interval(self.hold / 3);
        renew.reset();
        let tried = self.try_on(reaction);
        tokio::pin!(tried);
        loop {
            tokio::select! {
                verdict = &mut tried => return verdict,
                // A lost renewal is harmless: another process may handle the event too.
                _ = renew.tick() => drop(reaction.in_progress().await),
            }
        }
    }

    /// Retries as long as a shared dependency is unavailable. Such failures do not count against the event.
    async fn try_on(&self, reaction: &Reaction) -> Verdict {
        for tries in 1.. {
            match self.react(reaction).await {
                Ok(outcome) => {
                    self.report(Ok(()));
                    return Verdict::Settled(outcome);
                }
                Err(Fault::Away(reason)) => {
                    if self.report(Err(format!("waits: {reason}"))) {
                        tracing::warn!(reactor = self.name(), reason, "a reactor waits");
                    }
                    tokio::select! {
                        () = self.shutdown.cancelled() => return Verdict::LetGo,
                        () = tokio::time::sleep(self.backoff.pause(tries, reaction.place().position)) => {}
                    }
                }
                Err(Fault::Failed(reason)) if reaction.attempt() < self.max_attempts => return Verdict::Retry(reason),
                Err(Fault::Failed(reason) | Fault::Lasting(reason)) => return Verdict::Park(reason),
            }
        }
        Verdict::LetGo
    }

    async fn react(&self, reaction: &Reaction) -> Result<Outcome, Fault> {
        // The server may deliver an event before this process has followed its stream that far.
        let (context, position) = (self.reactor.description().context, reaction.place().position);
        let reached = self.commands.journal().reach(context, position).await;
        reached.map_err(|error| Fault::Away(error.to_string()))?;
        let event = reaction.open().await?;
        react(self.reactor.as_ref(), &event).await
    }

    async fn settle(&self, reaction: &Reaction, verdict: Verdict) -> Result<(), String> {
        let name = self.name();
        let count = |outcome: &'static str| {
            metrics::counter!("reactor_events_total", "reactor" => name, "outcome" => outcome).increment(1);
        };
        match verdict {
            Verdict::LetGo => reaction
                .retry(Duration::ZERO)
                .await
                .map_err(|error| error.to_string())?,
            Verdict::Settled(outcome) => {
                // An earlier attempt may have parked the event and died before the acknowledgement.
                if reaction.attempt() > 1 {
                    reaction.unpark().await.map_err(|error| error.to_string())?;
                }
                reaction.done().await.map_err(|error| error.to_string())?;
                match outcome {
                    Outcome::Done => count("done"),
                    Outcome::Nothing(why) => {
                        tracing::debug!(
                            reactor = name,
                            place = %reaction.place(),
                            why,
                            "nothing to be done"
                        );
                        count("nothing");
                    }
                }
            }
            Verdict::Retry(reason) => {
                let (attempt, place) = (reaction.attempt(), reaction.place());
                tracing::info!(reactor = name, %place, attempt, reason, "a reaction will be retried");
                let pause = self.backoff.pause(attempt, place.position);
                reaction.retry(pause).await.map_err(|error| error.to_string())?;
                count("failed");
            }
            Verdict::Park(reason) => {
                let (attempt, place) = (reaction.attempt(), reaction.place());
                tracing::error!(reactor = name, %place, attempt, reason, "a reaction is parked");
                let parked = reaction.park(reason, self.commands.clock().now()).await;
                parked.map_err(|error| error.to_string())?;
                reaction.done().await.map_err(|error| error.to_string())?;
                count("parked");
            }
        }
        Ok(())
    }

    fn name(&self) -> &'static str {
        self.reactor.description().name
    }

    /// Reports the readiness. Returns whether it has changed.
    fn report(&self, readiness: Readiness) -> bool {
        let is_ready = readiness.is_ok();
        self.readiness.send_replace(readiness).is_ok() != is_ready
    }
}

/// Reacts to an event in a span that continues the trace of its command.
pub(crate) async fn react(reactor: &dyn Reactor, event: &JournalEvent) -> Result<Outcome, Fault> {
    let recorded = &event.recorded;
    let span = tracing::info_span!(
        "react",
        reactor = reactor.description().name,
        position = recorded.position
    );
    if let Some(parent) = &recorded.metadata.traceparent {
        traceparent::set_parent(&span, parent);
    }
    reactor.react(event).instrument(span).await
}
