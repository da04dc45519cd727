//! Events that are stored together. Nothing is decided here, because the generator obeys the rules.

use std::{convert::Infallible, sync::Arc};

use chrono::{DateTime, Utc};
use journal::{CommandContext, Context, Decision, Journal, Journaled, Undecided};
use platform::new_id;

type Stage = dyn Fn(&mut Decision<'_, '_>) -> Result<(), Undecided> + Send + Sync;

/// Events that are stored together.
pub(super) struct Batch<'a> {
    journal: &'a Journal,
    context: Context,
    now: DateTime<Utc>,
    stages: Vec<Arc<Stage>>,
}

impl<'a> Batch<'a> {
    pub(super) const fn new(journal: &'a Journal, context: Context, now: DateTime<Utc>) -> Self {
        Self {
            journal,
            context,
            now,
            stages: Vec::new(),
        }
    }

    /// Adds an event of an aggregate.
    pub(super) fn add<A: Journaled>(&mut self, id: &str, event: A::Event) {
        let id = id.to_owned();
        self.stages.push(Arc::new(move |decision| {
            let mut loaded = decision.load::<A>(&id)?;
            decision.stage(&mut loaded, std::slice::from_ref(&event))
        }));
    }

    /// Stores the events, and returns their number.
    pub(super) async fn commit(self) -> anyhow::Result<u64> {
        let events = self.stages.len() as u64;
        if events == 0 {
            return Ok(0);
        }
        let command = CommandContext {
            now: self.now,
            actor: "bench".to_owned(),
            correlation_id: new_id(),
            causation_id: None,
            traceparent: None,
        };
        let stages = self.stages;
        let decided = self.journal.decide(self.context, command, move |decision| {
            stages.iter().try_for_each(|stage| stage(decision))?;
            Ok(Ok::<_, Infallible>(()))
        });
        decided.await?;
        Ok(events)
    }
}
