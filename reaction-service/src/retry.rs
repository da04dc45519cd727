//! Retries parked reactions immediately and reports the outcome to the operator.

use journal::{JournalEvent, Parked, ParkingError, Place};

use crate::{Description, Fault, Outcome, Reactors, attempt};

/// The outcome of a retry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retried {
    /// The reaction succeeded and is no longer parked.
    Done(Outcome),
    /// The reaction failed and stays parked.
    Failed(Fault),
    /// Nothing is parked at that place.
    NotParked,
}

impl Reactors {
    /// Retries the parked reaction of a reactor to the event at a place.
    ///
    /// # Errors
    /// The parked reactions cannot be reached. The reaction may have succeeded all the same; a repeated retry is safe.
    pub async fn retry(&self, reactor: &Description, place: Place) -> Result<Retried, ParkingError> {
        let (journal, context, name) = (self.commands.journal(), reactor.context, reactor.name);
        let Some(parked) = journal.parked_at(context, name, place).await? else {
            return Ok(Retried::NotParked);
        };
        match self.react_at(reactor, place).await {
            Ok(outcome) => {
                journal.unpark(context, name, place).await?;
                Ok(Retried::Done(outcome))
            }
            Err(fault) => {
                let attempts = parked.attempts.saturating_add(1);
                let reason = fault.to_string();
                let parked_at = self.commands.clock().now();
                journal
                    .park(&Parked {
                        attempts,
                        reason,
                        parked_at,
                        ..parked
                    })
                    .await?;
                Ok(Retried::Failed(fault))
            }
        }
    }

    async fn react_at(&self, description: &Description, place: Place) -> Result<Outcome, Fault> {
        let event = self.commands.journal().event_at(description.context, place).await?;
        self.react(description, &event).await
    }

    /// Runs a reactor on an event, without acknowledging or parking it.
    ///
    /// # Errors
    /// The reaction failed.
    pub async fn react(&self, description: &Description, event: &JournalEvent) -> Result<Outcome, Fault> {
        let reactor = self.find(description);
        let reactor = reactor.ok_or_else(|| Fault::Lasting("there is no such reactor".to_owned()))?;
        attempt::react(reactor, event).await
    }
}
