//! `anamnesis show`: a resource at a point in time, folded from the log.

use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use log_reader::Moment;
use query_service::past::{self, TYPES};
use read_models::Scope;
use uuid::Uuid;

use crate::{common::Common, console, finding::with_finder, log::with_log_and_settings};

const EXAMPLES: &str = "Examples:
  anamnesis show patient/01980f2e-0000-7000-8000-000000000001 --version 1
  anamnesis show invoice/01980f2e-0000-7000-8000-000000000003 --as-of 2027-01-31T23:59:59Z | jq .open";

/// Show a patient, appointment, prescription, account or invoice at any point in time, as JSON.
///
/// Use it to see what the system knew at an earlier time. It folds the events of the resource from the log, up to a time
/// or a version. It only reads. It shows no personal data of erased people, whatever the time.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_version_flag = true)]
pub(crate) struct Show {
    /// The resource, for example patient/01980f2e-0000-7000-8000-000000000001.
    #[arg(value_name = "TYPE/ID")]
    aggregate: String,
    /// Show the state at this time, for example 2027-01-11T15:00:00Z [default: now].
    #[arg(long, value_name = "TIME", conflicts_with = "version")]
    as_of: Option<DateTime<Utc>>,
    /// Show this version. Versions start at 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    version: Option<u64>,
}

pub(crate) fn run(common: &Common, show: &Show) -> anyhow::Result<ExitCode> {
    let (aggregate_type, id) = parse(&show.aggregate)?;
    let moment = match (show.as_of, show.version) {
        (Some(instant), _) => Moment::AsOf(instant),
        (None, Some(version)) => Moment::Version(version),
        (None, None) => Moment::Now,
    };
    let shown = with_log_and_settings(common, "anamnesis-show", async |journal, settings| {
        with_finder(journal, settings, async |finder| {
            let shown = past::show(finder, Scope::All, aggregate_type, id, moment).await;
            shown.with_context(|| show.aggregate.clone())
        })
        .await
    })?;
    let shown = shown.context("stopped before the end")?;
    console::print(&serde_json::to_string_pretty(&shown)?)?;
    Ok(ExitCode::SUCCESS)
}

fn parse(text: &str) -> anyhow::Result<(&'static str, Uuid)> {
    let form = || {
        format!(
            "must be TYPE/ID: the type is one of {}, the id is a UUID",
            TYPES.join(", ")
        )
    };
    let (aggregate_type, id) = text.split_once('/').with_context(form)?;
    let known = TYPES
        .iter()
        .find(|known| **known == aggregate_type)
        .with_context(form)?;
    Ok((known, id.parse().ok().with_context(form)?))
}
