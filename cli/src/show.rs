//! `anamnesis show`: something as it was, folded from the log. It changes nothing.

use std::process::ExitCode;

use anyhow::Context as _;
use log_reader::Moment;
use query_service::past::{self, TYPES};
use uuid::Uuid;

use crate::{
    args::{Common, Show},
    console,
    finding::with_finder,
    log::with_log_and_settings,
};

pub(crate) fn run(common: &Common, show: &Show) -> anyhow::Result<ExitCode> {
    let (aggregate_type, id) = named(&show.aggregate)?;
    let moment = match (show.as_of, show.version) {
        (Some(instant), _) => Moment::AsOf(instant),
        (None, Some(version)) => Moment::Version(version),
        (None, None) => Moment::Now,
    };
    let shown = with_log_and_settings(common, "anamnesis-show", async |journal, settings| {
        with_finder(journal, settings, async |finder| {
            let shown = past::show(finder, aggregate_type, id, moment).await;
            shown.with_context(|| show.aggregate.clone())
        })
        .await
    })?;
    let shown = shown.context("stopped before the end")?;
    console::print(&serde_json::to_string_pretty(&shown)?)?;
    Ok(ExitCode::SUCCESS)
}

fn named(text: &str) -> anyhow::Result<(&'static str, Uuid)> {
    let form = || {
        format!(
            "must be TYPE/ID, where the type is one of {} and the id a UUID",
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
