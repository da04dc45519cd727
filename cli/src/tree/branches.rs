//! Builds a tree from the events of one correlation: commands, their events, and the commands that those caused.

use std::collections::HashMap;

use journal::RecordedEvent;
use uuid::Uuid;

/// The maximum depth of a tree. Deeper commands become roots.
const MAX_DEPTH: usize = 100;

/// A command, as far as its events describe it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// The event that caused it, if any.
    pub(super) causation_id: Option<Uuid>,
    /// Its events in stream order, at least one.
    pub(super) events: Vec<Caused>,
}

/// An event and the commands that it caused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Caused {
    pub(super) event: RecordedEvent,
    pub(super) commands: Vec<Command>,
}

/// Builds the tree. A command whose cause is not among the events becomes a root.
pub(super) fn grow(events: Vec<RecordedEvent>) -> Vec<Command> {
    let mut commands = stored_together(events);
    commands.sort_by_key(|command| command[0].metadata.time);
    let mut waiting: Vec<_> = commands.into_iter().map(Some).collect();
    let numbered = waiting.iter().enumerate();
    let home: HashMap<Uuid, usize> = numbered
        .flat_map(|(place, command)| command.iter().flatten().map(move |event| (event.id, place)))
        .collect();
    let mut caused: HashMap<Uuid, Vec<usize>> = HashMap::new();
    let mut roots = Vec::new();
    for (place, command) in waiting.iter().enumerate() {
        let cause = command
            .iter()
            .flatten()
            .next()
            .and_then(|event| event.metadata.causation_id);
        match cause.filter(|cause| home.get(cause).is_some_and(|of_cause| *of_cause != place)) {
            Some(cause) => caused.entry(cause).or_default().push(place),
            None => roots.push(place),
        }
    }
    // A command that no root reaches is too deep, or part of a cycle, which no command creates. It is shown as a root.
    roots.extend(0..waiting.len());
    roots
        .into_iter()
        .filter_map(|place| branch(place, 0, &mut waiting, &caused))
        .collect()
}

/// Groups adjacent events of one commit with the same metadata: the events of a command.
fn stored_together(events: Vec<RecordedEvent>) -> Vec<Vec<RecordedEvent>> {
    let mut commands: Vec<Vec<RecordedEvent>> = Vec::new();
    for event in events {
        match commands.last_mut() {
            Some(command) if command.last().is_some_and(|last| belong_together(last, &event)) => command.push(event),
            _ => commands.push(vec![event]),
        }
    }
    commands
}

fn belong_together(one: &RecordedEvent, next: &RecordedEvent) -> bool {
    let is_next = one.position == next.position && one.index + 1 == next.index;
    one.stream == next.stream && is_next && one.metadata == next.metadata
}

fn branch(
    place: usize,
    depth: usize,
    waiting: &mut [Option<Vec<RecordedEvent>>],
    caused: &HashMap<Uuid, Vec<usize>>,
) -> Option<Command> {
    if depth == MAX_DEPTH {
        return None;
    }
    let events = waiting.get_mut(place)?.take()?;
    let causation_id = events.first().and_then(|event| event.metadata.causation_id);
    let grown = events.into_iter().map(|event| {
        let places = caused.get(&event.id).into_iter().flatten();
        let commands = places
            .filter_map(|place| branch(*place, depth + 1, waiting, caused))
            .collect();
        Caused { event, commands }
    });
    Some(Command {
        causation_id,
        events: grown.collect(),
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use journal::{Context, Metadata};

    use super::*;

    fn event(
        id: u128,
        context: Context,
        (position, index): (u64, u32),
        second: u32,
        causation: Option<u128>,
    ) -> RecordedEvent {
        RecordedEvent {
            stream: context.definition(),
            position,
            index,
            aggregate_type: "patient".to_owned(),
            aggregate_id: "a".to_owned(),
            version: 1,
            id: Uuid::from_u128(id),
            event_type: "patient.registered".to_owned(),
            schema_version: 1,
            metadata: Metadata {
                time: format!("2027-01-11T15:00:{second:02}Z").parse().expect("an instant"),
                actor: "user-1".to_owned(),
                correlation_id: Uuid::nil(),
                causation_id: causation.map(Uuid::from_u128),
                traceparent: None,
            },
            sealed: None,
            data: Bytes::from_static(b"{}"),
        }
    }

    /// The tree as ids: each event, followed by the commands that it caused in brackets.
    fn shape(commands: &[Command]) -> String {
        let of_event = |caused: &Caused| match caused.commands.as_slice() {
            [] => caused.event.id.as_u128().to_string(),
            commands => format!("{}[{}]", caused.event.id.as_u128(), shape(commands)),
        };
        let of_command = |command: &Command| command.events.iter().map(of_event).collect::<Vec<_>>().join("+");
        commands.iter().map(of_command).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn commands_hang_under_the_events_that_caused_them_across_streams() {
        let tree = grow(vec![
            event(4, Context::Patients, (9, 0), 3, Some(3)),
            event(1, Context::Scheduling, (1, 0), 1, None),
            event(2, Context::Scheduling, (1, 1), 1, None),
            event(3, Context::Billing, (5, 0), 2, Some(2)),
            event(5, Context::Billing, (5, 1), 4, Some(2)),
        ]);
        assert_eq!(shape(&tree), "1+2[3[4] 5]");
    }

    #[test]
    fn what_was_not_stored_together_is_not_one_command() {
        let apart = grow(vec![
            event(1, Context::Billing, (1, 0), 1, None),
            event(2, Context::Billing, (2, 0), 1, None),
            event(3, Context::Billing, (2, 1), 2, None),
        ]);
        assert_eq!(shape(&apart), "1 2 3");
    }

    #[test]
    fn a_cause_that_is_elsewhere_or_a_circle_hides_nothing() {
        let elsewhere = grow(vec![event(1, Context::Billing, (1, 0), 1, Some(99))]);
        assert_eq!(
            (shape(&elsewhere).as_str(), elsewhere[0].causation_id),
            ("1", Some(Uuid::from_u128(99)))
        );
        let circle = grow(vec![
            event(1, Context::Billing, (1, 0), 1, Some(2)),
            event(2, Context::Patients, (1, 0), 2, Some(1)),
        ]);
        assert_eq!(shape(&circle), "1[2]");
        assert_eq!(shape(&grow(vec![event(1, Context::Billing, (1, 0), 1, Some(1))])), "1");
    }
}
