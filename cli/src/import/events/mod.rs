//! `anamnesis import events`: restores a backup. It executes no commands: it stores the original commits.

mod lines;
mod restorer;

use std::{
    fs::File,
    io::{self, Read},
    process::ExitCode,
};

use anyhow::Context as _;
use journal::Journal;
use serde::Serialize;
use tokio::time::Instant;

use self::restorer::{Report, Restorer};
use super::args::ImportEvents;
use crate::{
    backend::{Backend, Need},
    common::Common,
    config, console,
    log::with_log_for,
};

/// The printed summary.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    #[serde(flatten)]
    report: Report,
    elapsed_ms: u64,
}

pub(super) fn run(common: &Common, wanted: &ImportEvents) -> anyhow::Result<ExitCode> {
    let input: Box<dyn Read + Send> = match &wanted.file {
        Some(path) => Box::new(File::open(path).with_context(|| format!("cannot open {}", path.display()))?),
        None => Box::new(io::stdin()),
    };
    Backend::check_secrets_are_kept(&config::load(common)?, &common.data_dir)?;
    let restored = with_log_for(common, "anamnesis-import", Need::NewLog, async |journal| {
        restore(journal, input).await
    })?;
    let summary = restored.context("stopped before the end; run it again to continue")?;
    console::print(&match wanted.json {
        true => serde_json::to_string(&summary)?,
        false => readable(&summary),
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn restore(journal: &Journal, input: Box<dyn Read + Send>) -> anyhow::Result<Summary> {
    let began = Instant::now();
    let bar = console::progress("restoring", 0);
    let mut restorer = Restorer::new(journal, |all, done| {
        bar.set_length(all);
        bar.set_position(done);
    });
    let report = match feed(&mut restorer, input).await {
        Err(error) if restorer.is_partial() => Err(error.context(
            "the restoration is not complete; the reactors stay paused until it is, or until `anamnesis reactors resume`",
        )),
        restored => restored,
    }?;
    bar.finish_and_clear();
    let elapsed = began.elapsed();
    Ok(Summary {
        report,
        elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    })
}

async fn feed(restorer: &mut Restorer<'_, impl Fn(u64, u64)>, input: Box<dyn Read + Send>) -> anyhow::Result<Report> {
    let mut batches = lines::read(input);
    while let Some(batch) = batches.recv().await {
        for line in batch.context("cannot read the backup")? {
            restorer.take(line).await?;
        }
    }
    restorer.finish().await
}

fn readable(Summary { report, elapsed_ms }: &Summary) -> String {
    let mut lines = vec![format!("{:<14}{:>12}{:>15}", "", "stored", "already there")];
    let rows = report.streams.iter().map(|(name, count)| (*name, count));
    let line =
        |(name, count): (&str, &restorer::Count)| format!("{name:<14}{:>12}{:>15}", count.stored, count.already_there);
    lines.extend(rows.chain([("keys", &report.keys)]).map(line));
    let stored: u64 = report.streams.values().map(|count| count.stored).sum();
    let rate = stored * 1_000 / (*elapsed_ms).max(1);
    lines.push(format!("in {elapsed_ms} ms, {rate} commits stored per second"));
    lines.join("\n")
}
