//! Formats an event for printing.

use chrono::SecondsFormat;
use journal::{Context, OpenedEvent};

use super::args::Format;
use crate::ndjson::EventLine;

/// Formats an event.
///
/// # Errors
/// Its body is not JSON.
pub(super) fn render(context: Context, opened: &OpenedEvent, format: Format) -> anyhow::Result<String> {
    let event = &opened.recorded;
    match format {
        Format::Pretty => Ok(format!(
            "{:>10}:{:<6} {} {:<32} {}/{} v{}\n                  {}",
            context.name(),
            event.place(),
            event.metadata.time.to_rfc3339_opts(SecondsFormat::Millis, true),
            event.event_type,
            event.aggregate_type,
            event.aggregate_id,
            event.version,
            String::from_utf8_lossy(&opened.body),
        )),
        Format::Ndjson => Ok(serde_json::to_string(&EventLine::opened(opened)?)?),
    }
}
