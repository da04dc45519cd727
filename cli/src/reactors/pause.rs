//! `anamnesis reactors pause` and `anamnesis reactors resume`. A restore also pauses the reactors, because they must not act
//! on an incomplete log.

use std::process::ExitCode;

use anyhow::Context as _;
use journal::Journal;
use reaction_service::{ALL, Description};

use super::SERVICE;
use crate::{common::Common, console, log::with_log};

pub(super) fn pause(common: &Common, reactor: Option<&'static Description>) -> anyhow::Result<ExitCode> {
    let paused = with_log(common, SERVICE, async |journal| pause_these(journal, reactor).await)?;
    paused.context("stopped before the end")?;
    console::say("paused; `anamnesis reactors resume` resumes");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn resume(common: &Common, reactor: Option<&'static Description>) -> anyhow::Result<ExitCode> {
    let resumed = with_log(common, SERVICE, async |journal| resume_these(journal, reactor).await)?;
    resumed.context("stopped before the end")?;
    console::say("resumed");
    Ok(ExitCode::SUCCESS)
}

/// Pauses all reactors, including those that have never run.
pub(crate) async fn pause_all(journal: &Journal) -> anyhow::Result<()> {
    pause_these(journal, None).await
}

pub(crate) async fn resume_all(journal: &Journal) -> anyhow::Result<()> {
    resume_these(journal, None).await
}

async fn pause_these(journal: &Journal, only: Option<&'static Description>) -> anyhow::Result<()> {
    for reactor in these(only) {
        journal.pause_reactor(reactor.context, reactor.name).await?;
    }
    Ok(())
}

async fn resume_these(journal: &Journal, only: Option<&'static Description>) -> anyhow::Result<()> {
    for reactor in these(only) {
        journal.resume_reactor(reactor.context, reactor.name).await?;
    }
    Ok(())
}

fn these(only: Option<&'static Description>) -> impl Iterator<Item = &'static Description> {
    ALL.into_iter()
        .filter(move |reactor| only.is_none_or(|only| only == *reactor))
}
