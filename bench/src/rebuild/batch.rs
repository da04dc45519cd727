//! Events that are stored together, as a command would store them: an appointment's with those of the days that guard it.
//! Nothing is decided here, because whoever makes the events up keeps to the rules.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::{
    Decider,
    day::{Day, DayEvent, Reservation, Resource},
    values::Period,
};
use journal::{CommandContext, Context, Freshness, Journal, Loaded, UnitOfWork};
use platform::new_id;
use uuid::Uuid;

/// The days that have been written to. What was not is new, and nothing need be loaded.
pub(super) type KnownDays = HashSet<String>;

/// Events that are stored together.
pub(super) struct Batch<'a> {
    journal: &'a Journal,
    context: Context,
    now: DateTime<Utc>,
    work: UnitOfWork,
    days: HashMap<String, Loaded<Day>>,
    events: u64,
}

impl<'a> Batch<'a> {
    pub(super) fn new(journal: &'a Journal, context: Context, now: DateTime<Utc>) -> Self {
        Self {
            journal,
            context,
            now,
            work: UnitOfWork::new(context),
            days: HashMap::new(),
            events: 0,
        }
    }

    /// Adds the first event of an aggregate.
    pub(super) async fn begin<A: Decider>(&mut self, id: &str, event: A::Event) -> anyhow::Result<()> {
        let mut loaded = self
            .journal
            .expect_new::<A>(self.context, id, Freshness::Remembered)
            .await?;
        self.stage(&mut loaded, event)
    }

    /// Adds a further event of an aggregate, which is in no other place of this batch.
    pub(super) async fn go_on<A: Decider>(&mut self, id: &str, event: A::Event) -> anyhow::Result<()> {
        let mut loaded = self
            .journal
            .load_to_write::<A>(self.context, id, Freshness::Remembered)
            .await?;
        self.stage(&mut loaded, event)
    }

    /// Reserves time of both parties' days.
    pub(super) async fn reserve(
        &mut self,
        known: &mut KnownDays,
        parties: [Resource; 2],
        appointment_id: Uuid,
        period: Period,
    ) -> anyhow::Result<()> {
        let reservation = Reservation { appointment_id, period };
        self.guard(known, parties, DayEvent::Reserved(reservation), period)
            .await
    }

    /// Gives it up.
    pub(super) async fn release(
        &mut self,
        known: &mut KnownDays,
        parties: [Resource; 2],
        appointment_id: Uuid,
        period: Period,
    ) -> anyhow::Result<()> {
        let reservation = Reservation { appointment_id, period };
        self.guard(known, parties, DayEvent::Released(reservation), period)
            .await
    }

    async fn guard(
        &mut self,
        known: &mut KnownDays,
        parties: [Resource; 2],
        event: DayEvent,
        period: Period,
    ) -> anyhow::Result<()> {
        for party in parties {
            let id = party.day_id(period.start().date_naive());
            let mut day = match self.days.remove(&id) {
                Some(day) => day,
                None if known.insert(id.clone()) => {
                    self.journal
                        .expect_new(self.context, &id, Freshness::Remembered)
                        .await?
                }
                None => {
                    self.journal
                        .load_to_write(self.context, &id, Freshness::Remembered)
                        .await?
                }
            };
            self.stage::<Day>(&mut day, event.clone())?;
            self.days.insert(id, day);
        }
        Ok(())
    }

    fn stage<A: Decider>(&mut self, loaded: &mut Loaded<A>, event: A::Event) -> anyhow::Result<()> {
        self.work.stage(loaded, &[event])?;
        self.events += 1;
        Ok(())
    }

    /// Stores them, and says how many they were.
    pub(super) async fn commit(self) -> anyhow::Result<u64> {
        if self.work.is_empty() {
            return Ok(0);
        }
        let command = CommandContext {
            now: self.now,
            actor: "bench".to_owned(),
            correlation_id: new_id(),
            causation_id: None,
            traceparent: None,
        };
        self.journal.commit(self.work, &command).await?;
        Ok(self.events)
    }
}
