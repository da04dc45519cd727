//! `anamnesis schema show`.

use std::process::ExitCode;

use anyhow::Context as _;
use events::{
    CATALOGUE,
    publication::{SchemaId, pretty, sample, schema},
};

use crate::console;

/// Print the JSON Schema of an event, or its sample.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  anamnesis schema show patient.registered\n  \
                        anamnesis schema show patient.registered@1 --sample")]
pub(crate) struct SchemaShow {
    /// The event type, with an optional version [default: the newest version].
    #[arg(value_name = "TYPE[@VERSION]")]
    event: String,
    /// Print the golden sample instead: an event body of this version with every field filled.
    #[arg(long)]
    sample: bool,
}

/// The number of suggestions for an unknown name.
const SUGGESTIONS: usize = 3;

pub(super) fn run(show: &SchemaShow) -> anyhow::Result<ExitCode> {
    let id = find(&show.event)?;
    let text = if show.sample {
        sample(&id).map(str::to_owned)
    } else {
        schema(&id).as_ref().map(pretty)
    };
    let text = text.with_context(|| format!("nothing is published for {id}"))?;
    console::print(text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Parses an event type with an optional version.
fn find(text: &str) -> anyhow::Result<SchemaId> {
    let (event_type, version) = match text.split_once('@') {
        Some((event_type, version)) => (event_type, Some(version)),
        None => (text, None),
    };
    let mut known = CATALOGUE.iter().flat_map(|aggregate| aggregate.events);
    let present = known
        .find(|name| name.event_type == event_type)
        .with_context(|| {
            format!(
                "unknown event type {event_type}; the nearest are {}; `anamnesis schema list` lists all",
                nearest(event_type).join(", ")
            )
        })?
        .schema_version;
    let version = match version {
        None => present,
        Some(version) => version
            .parse()
            .ok()
            .filter(|version| (1..=present).contains(version))
            .with_context(|| {
                format!("{event_type} has no version {version}; the oldest is 1, the newest is {present}")
            })?,
    };
    Ok(SchemaId::new(event_type, version))
}

/// The known names that are most similar to an unknown one, the most similar first.
fn nearest(event_type: &str) -> Vec<&'static str> {
    let known = CATALOGUE.iter().flat_map(|aggregate| aggregate.events);
    let mut names: Vec<&str> = known.map(|name| name.event_type).collect();
    names.sort_by_key(|name| strsim::damerau_levenshtein(event_type, name));
    names.truncate(SUGGESTIONS);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likest_name_comes_first() {
        assert_eq!(nearest("patient.regsitered")[0], "patient.registered");
        assert_eq!(nearest("appointment.fulfiled")[0], "appointment.fulfilled");
    }

    #[test]
    fn without_a_version_the_present_one_is_meant() {
        let known = |text| find(text).expect("a known event").to_string();
        assert_eq!(known("appointment.fulfilled"), "appointment.fulfilled@1");
        assert_eq!(known("appointment.fulfilled@1"), "appointment.fulfilled@1");
        for unknown in [
            "appointment.fulfilled@0",
            "appointment.fulfilled@9",
            "appointment.fulfilled@v1",
            "appointment.fulfilled@",
            "appointment@1",
            "",
        ] {
            assert!(find(unknown).is_err(), "{unknown}");
        }
    }
}
