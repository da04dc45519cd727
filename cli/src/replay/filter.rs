//! Selects the events to print.

use anyhow::Context as _;
use journal::{Context, RecordedEvent};
use uuid::Uuid;

use super::args::{Bound, Replay};

/// The events to print.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    context: Option<Context>,
    aggregate: Option<(String, String)>,
    from: Option<Bound>,
    to: Option<Bound>,
    types: Vec<String>,
    correlation: Option<Uuid>,
}

impl Filter {
    /// Builds the filter from the arguments.
    ///
    /// # Errors
    /// The aggregate is not TYPE/ID, its type does not exist, or it belongs to another stream; an event type does not exist,
    /// or belongs to another aggregate; or the bounds exclude everything.
    pub(super) fn new(replay: &Replay) -> anyhow::Result<Self> {
        let aggregate = replay.aggregate.as_deref().map(aggregate).transpose()?;
        let mut context = replay.stream;
        if let Some((aggregate_type, _)) = &aggregate {
            let home = Context::of_aggregate_type(aggregate_type);
            anyhow::ensure!(
                context.is_none() || context == home,
                "--stream: the aggregate is in {}",
                home.map_or("another stream", Context::name)
            );
            context = home;
        }
        check_types(
            &replay.types,
            aggregate.as_ref().map(|(aggregate_type, _)| aggregate_type.as_str()),
        )?;
        check_bounds(replay)?;
        Ok(Self {
            context,
            aggregate,
            from: replay.from,
            to: replay.to,
            types: replay.types.clone(),
            correlation: replay.correlation,
        })
    }

    /// The type and id of the wanted aggregate, if any.
    pub(super) fn aggregate(&self) -> Option<(&str, &str)> {
        let (aggregate_type, id) = self.aggregate.as_ref()?;
        Some((aggregate_type, id))
    }

    /// The wanted correlation, if any.
    pub(super) const fn correlation(&self) -> Option<Uuid> {
        self.correlation
    }

    /// Whether the events can be found by aggregate or correlation.
    pub(super) const fn names_few(&self) -> bool {
        self.aggregate.is_some() || self.correlation.is_some()
    }

    /// The streams to read.
    pub(super) fn contexts(&self) -> Vec<Context> {
        self.context
            .map_or_else(|| Context::ALL.to_vec(), |context| vec![context])
    }

    /// The position before the first one to read.
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
        let correlation = self.correlation.is_none_or(|id| event.metadata.correlation_id == id);
        from && to && aggregate && correlation && (self.types.is_empty() || self.types.contains(&event.event_type))
    }

    /// Whether no later event can match. Times do not help: commands set them, so they are not ordered within a stream.
    pub(super) fn is_past(&self, event: &RecordedEvent) -> bool {
        matches!(self.to, Some(Bound::Position(last)) if event.position > last)
    }
}

fn aggregate(text: &str) -> anyhow::Result<(String, String)> {
    let (aggregate_type, id) = text
        .split_once('/')
        .filter(|(_, id)| !id.is_empty())
        .context("--aggregate must be TYPE/ID, for example patient/01980f2e-0000-7000-8000-000000000001")?;
    let known: Vec<_> = events::CATALOGUE
        .iter()
        .map(|aggregate| aggregate.aggregate_type)
        .collect();
    anyhow::ensure!(
        known.contains(&aggregate_type),
        "--aggregate: unknown type; the types are {}",
        known.join(", ")
    );
    Ok((aggregate_type.to_owned(), id.to_owned()))
}

/// Checks that the event types exist, and belong to the aggregate type if one is given.
fn check_types(types: &[String], aggregate_type: Option<&str>) -> anyhow::Result<()> {
    let known: Vec<_> = events::CATALOGUE
        .iter()
        .filter(|aggregate| aggregate_type.is_none_or(|wanted| aggregate.aggregate_type == wanted))
        .flat_map(|aggregate| aggregate.events)
        .map(|name| name.event_type)
        .collect();
    match types.iter().find(|wanted| !known.contains(&wanted.as_str())) {
        None => Ok(()),
        Some(unknown) => anyhow::bail!(
            "--type: unknown type {unknown}{}; the types are {}",
            aggregate_type.map_or(String::new(), |aggregate_type| format!(
                " of aggregate {aggregate_type}"
            )),
            known.join(", ")
        ),
    }
}

fn check_bounds(replay: &Replay) -> anyhow::Result<()> {
    let nothing_between = match (replay.from, replay.to) {
        (Some(Bound::Position(from)), Some(Bound::Position(to))) => from > to,
        (Some(Bound::Time(from)), Some(Bound::Time(to))) => from > to,
        _ => false,
    };
    anyhow::ensure!(!nothing_between, "--from is after --to: there is nothing between them");
    anyhow::ensure!(
        !(replay.follow && matches!(replay.to, Some(Bound::Time(_)))),
        "--follow would never end at a time, because times are not ordered within a stream; use a position for --to, or \
         remove one of the options"
    );
    Ok(())
}
