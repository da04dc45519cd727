//! How an event is printed.

use chrono::SecondsFormat;
use journal::{Context, OpenedEvent};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::args::Format;

/// An event, whole: what `--format ndjson` prints a line of.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Printed<'a> {
    stream: &'static str,
    position: u64,
    id: Uuid,
    r#type: &'a str,
    schema_version: u32,
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    version: u64,
    time: chrono::DateTime<chrono::Utc>,
    actor: &'a str,
    correlation_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    causation_id: Option<Uuid>,
    previous_hash: String,
    data: Value,
}

/// Writes an event as text.
///
/// # Errors
/// Its body is not JSON.
pub(super) fn render(context: Context, opened: &OpenedEvent, format: Format) -> serde_json::Result<String> {
    let data: Value = serde_json::from_slice(&opened.body)?;
    let event = &opened.recorded;
    match format {
        Format::Pretty => Ok(format!(
            "{:>10}:{:<6} {} {:<32} {}/{} v{}\n                  {data}",
            context.name(),
            event.position,
            event.metadata.time.to_rfc3339_opts(SecondsFormat::Millis, true),
            event.event_type,
            event.aggregate_type,
            event.aggregate_id,
            event.version,
        )),
        Format::Ndjson => serde_json::to_string(&Printed {
            stream: context.name(),
            position: event.position,
            id: event.id,
            r#type: &event.event_type,
            schema_version: event.schema_version,
            aggregate_type: &event.aggregate_type,
            aggregate_id: &event.aggregate_id,
            version: event.version,
            time: event.metadata.time,
            actor: &event.metadata.actor,
            correlation_id: event.metadata.correlation_id,
            causation_id: event.metadata.causation_id,
            previous_hash: event.previous_hash.to_string(),
            data,
        }),
    }
}
