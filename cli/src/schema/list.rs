//! `anamnesis schema list`.

use std::process::ExitCode;

use events::{
    CATALOGUE,
    publication::{SchemaId, fingerprint, schema},
};
use serde::Serialize;

use crate::console;

/// List all events with their versions.
///
/// Services write the newest version and read all versions. Upcasters convert older versions on reading. The fingerprint
/// identifies the schema of the newest version: it is the start of the SHA-256 of its canonical JSON.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  anamnesis schema list --json | jq '.[] | select(.version > 1)'")]
pub(crate) struct SchemaList {
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
}

/// An event as it is listed.
#[derive(Debug, Serialize)]
struct Listed {
    r#type: &'static str,
    aggregate: &'static str,
    /// The newest version, which services write.
    version: u32,
    /// The versions that can be read.
    versions: Vec<u32>,
    /// The fingerprint of the schema of the newest version.
    fingerprint: String,
}

pub(super) fn run(list: &SchemaList) -> anyhow::Result<ExitCode> {
    let events = listed();
    console::print(&if list.json {
        serde_json::to_string_pretty(&events)?
    } else {
        readable(&events)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn listed() -> Vec<Listed> {
    let mut events = Vec::new();
    for aggregate in CATALOGUE {
        for name in aggregate.events {
            let present = schema(&SchemaId::new(name.event_type, name.schema_version));
            events.push(Listed {
                r#type: name.event_type,
                aggregate: aggregate.aggregate_type,
                version: name.schema_version,
                versions: (1..=name.schema_version).collect(),
                fingerprint: present.as_ref().map(fingerprint).unwrap_or_default(),
            });
        }
    }
    events
}

fn readable(events: &[Listed]) -> String {
    let heading = format!(
        "{:<32}{:<18}{:>7}  {:<10}{}",
        "TYPE", "AGGREGATE", "VERSION", "READS", "FINGERPRINT"
    );
    let lines = events.iter().map(|event| {
        let versions: Vec<String> = event.versions.iter().map(u32::to_string).collect();
        format!(
            "{:<32}{:<18}{:>7}  {:<10}{}",
            event.r#type,
            event.aggregate,
            event.version,
            versions.join(","),
            event.fingerprint
        )
    });
    std::iter::once(heading).chain(lines).collect::<Vec<_>>().join("\n")
}
