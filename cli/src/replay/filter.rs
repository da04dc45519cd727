//! Which events are wanted.

use anyhow::Context as _;
use journal::{Context, RecordedEvent};

use crate::args::{Bound, Replay};

/// Which events are wanted.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    context: Option<Context>,
    aggregate: Option<(String, String)>,
    from: Option<Bound>,
    to: Option<Bound>,
    types: Vec<String>,
}

impl Filter {
    /// Reads the command line's wishes.
    ///
    /// # Errors
    /// The aggregate is not written as type and id, is of no known type, or does not live in the stream; or a type of
    /// events does not exist.
    pub(super) fn new(replay: &Replay) -> anyhow::Result<Self> {
        let aggregate = replay
            .aggregate
            .as_deref()
            .map(|text| {
                text.split_once('/')
                    .context("--aggregate must be TYPE/ID, for example patient/…")
            })
            .transpose()?
            .map(|(aggregate_type, id)| (aggregate_type.to_owned(), id.to_owned()));
        let mut context = replay.stream;
        if let Some((aggregate_type, _)) = &aggregate {
            let home = Context::of_aggregate_type(aggregate_type).with_context(|| {
                let known = schemas::CATALOGUE.iter().map(|aggregate| aggregate.aggregate_type);
                format!(
                    "no aggregate is of that type; there are {}",
                    known.collect::<Vec<_>>().join(", ")
                )
            })?;
            anyhow::ensure!(
                context.is_none_or(|context| context == home),
                "that aggregate lives in stream {home}"
            );
            context = Some(home);
        }
        let mut known = schemas::CATALOGUE.iter().flat_map(|aggregate| aggregate.events);
        for wanted in &replay.types {
            anyhow::ensure!(
                known.clone().any(|name| name.event_type == wanted),
                "no event is of type {wanted}; there are {}",
                known
                    .by_ref()
                    .map(|name| name.event_type)
                    .collect::<Vec<_>>()
                    .join(", ")
            );
        }
        Ok(Self {
            context,
            aggregate,
            from: replay.from,
            to: replay.to,
            types: replay.types.clone(),
        })
    }

    /// The streams to read.
    pub(super) fn contexts(&self) -> Vec<Context> {
        self.context
            .map_or_else(|| Context::ALL.to_vec(), |context| vec![context])
    }

    /// The position to start behind.
    pub(super) fn start(&self) -> u64 {
        match self.from {
            Some(Bound::Position(position)) => position.saturating_sub(1),
            Some(Bound::Time(_)) | None => 0,
        }
    }

    /// Whether an event is wanted.
    pub(super) fn wants(&self, event: &RecordedEvent) -> bool {
        let from = match self.from {
            Some(Bound::Position(position)) => event.position >= position,
            Some(Bound::Time(time)) => event.metadata.time >= time,
            None => true,
        };
        let to = match self.to {
            Some(Bound::Position(position)) => event.position <= position,
            Some(Bound::Time(time)) => event.metadata.time <= time,
            None => true,
        };
        let aggregate = self
            .aggregate
            .as_ref()
            .is_none_or(|(aggregate_type, id)| event.aggregate_type == *aggregate_type && event.aggregate_id == *id);
        from && to && aggregate && (self.types.is_empty() || self.types.contains(&event.event_type))
    }

    /// Whether no event after this one can be wanted. Times are no help: they are the commands', not the log's.
    pub(super) fn is_past(&self, event: &RecordedEvent) -> bool {
        matches!(self.to, Some(Bound::Position(last)) if event.position >= last)
    }
}
