//! Trying again what was parked, at once and where somebody can see what comes of it.

use journal::{JournalEvent, Parked, ParkingError, Place};

use crate::{Description, Fault, Outcome, Reactors, attempt};

/// What came of trying again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It is done now, and not parked any more.
    Done(Outcome),
    /// It stays parked.
    Failed(Fault),
    /// Nothing is parked there.
    NotParked,
}

impl Reactors {
    /// Tries again what a reactor was given up on at a place.
    ///
    /// # Errors
    /// What is parked cannot be reached. The reaction may have been carried out all the same: try again.
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

    /// Lets a reactor react to an event. Nothing is acknowledged or parked.
    ///
    /// # Errors
    /// It failed.
    pub async fn react(&self, description: &Description, event: &JournalEvent) -> Result<Outcome, Fault> {
        let reactor = self.find(description);
        let reactor = reactor.ok_or_else(|| Fault::Lasting("there is no such reactor".to_owned()))?;
        attempt::react(reactor, event).await
    }
}
