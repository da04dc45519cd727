//! Formats a tree of commands and events as text or JSON.

use chrono::SecondsFormat;
use serde_json::{Value, json};
use uuid::Uuid;

use super::branches::{Caused, Command};

pub(super) fn text(correlation: Uuid, commands: &[Command]) -> String {
    let mut lines = vec![format!("correlation {correlation}")];
    draw_commands(commands, "", true, &mut lines);
    lines.join("\n")
}

fn draw_commands(commands: &[Command], indent: &str, is_root: bool, lines: &mut Vec<String>) {
    for (index, command) in commands.iter().enumerate() {
        let (branch, below) = corner(index + 1 == commands.len());
        let Some(Caused { event, .. }) = command.events.first() else {
            continue;
        };
        let cause = match command.causation_id.filter(|_| is_root) {
            Some(cause) => format!(", caused by event {cause} outside this tree"),
            None => String::new(),
        };
        lines.push(format!(
            "{indent}{branch}command at {} by {} in {}{cause}",
            event.metadata.time.to_rfc3339_opts(SecondsFormat::Millis, true),
            event.metadata.actor,
            event.stream.name,
        ));
        draw_events(&command.events, &format!("{indent}{below}"), lines);
    }
}

fn draw_events(events: &[Caused], indent: &str, lines: &mut Vec<String>) {
    for (index, Caused { event, commands }) in events.iter().enumerate() {
        let (branch, below) = corner(index + 1 == events.len());
        lines.push(format!(
            "{indent}{branch}{}  {}/{} v{}  (sequence {})",
            event.event_type,
            event.aggregate_type,
            event.aggregate_id,
            event.version,
            event.place(),
        ));
        draw_commands(commands, &format!("{indent}{below}"), false, lines);
    }
}

/// The prefixes of a branch: of its first line, and of the lines below it.
const fn corner(is_last: bool) -> (&'static str, &'static str) {
    if is_last {
        ("└─ ", "   ")
    } else {
        ("├─ ", "│  ")
    }
}

pub(super) fn json(correlation: Uuid, commands: &[Command]) -> serde_json::Result<String> {
    serde_json::to_string(&json!({
        "correlationId": correlation,
        "commands": commands.iter().map(command_json).collect::<Vec<_>>(),
    }))
}

fn command_json(command: &Command) -> Value {
    let first = command.events.first().map(|caused| &caused.event);
    json!({
        "stream": first.map(|event| event.stream.name),
        "time": first.map(|event| event.metadata.time),
        "actor": first.map(|event| event.metadata.actor.as_str()),
        "causationId": command.causation_id,
        "events": command.events.iter().map(event_json).collect::<Vec<_>>(),
    })
}

fn event_json(Caused { event, commands }: &Caused) -> Value {
    json!({
        "position": event.position,
        "index": event.index,
        "id": event.id,
        "type": event.event_type,
        "aggregateType": event.aggregate_type,
        "aggregateId": event.aggregate_id,
        "version": event.version,
        "commands": commands.iter().map(command_json).collect::<Vec<_>>(),
    })
}
