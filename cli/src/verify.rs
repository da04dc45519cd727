//! `anamnesis verify`: reads the whole log and checks that it is whole. It changes nothing.

use std::process::ExitCode;

use anyhow::Context as _;
use indicatif::ProgressBar;
use journal::{ChainVerifier, Context, Journal};
use serde::Serialize;

use crate::{
    args::{Common, Verify},
    console,
    log::with_log,
};

/// How many events are read at a time.
const BATCH_EVENTS: usize = 1_000;

/// What became of one stream.
#[derive(Debug, Serialize)]
struct Verdict {
    stream: &'static str,
    /// How many events were found right.
    events: u64,
    aggregates: usize,
    /// The first fault, if there is one.
    fault: Option<String>,
}

pub(crate) fn run(common: &Common, verify: &Verify) -> anyhow::Result<ExitCode> {
    let contexts = verify
        .stream
        .map_or_else(|| Context::ALL.to_vec(), |context| vec![context]);
    let verified = with_log(common, "anamnesis-verify", async |journal| {
        verify_all(journal, &contexts).await
    })?;
    let verdicts = verified.context("stopped before the end")?;
    console::print(&if verify.json {
        serde_json::to_string(&verdicts)?
    } else {
        readable(&verdicts)
    })?;
    let whole = verdicts.iter().all(|verdict| verdict.fault.is_none());
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn verify_all(journal: &Journal, contexts: &[Context]) -> anyhow::Result<Vec<Verdict>> {
    let mut verdicts = Vec::with_capacity(contexts.len());
    for context in contexts {
        let end = journal.status(*context).await?.last_position;
        let bar = console::progress("verifying", end);
        verdicts.push(verify_stream(journal, *context, end, &bar).await);
        bar.finish_and_clear();
    }
    Ok(verdicts)
}

/// Checks a stream up to its end as it was when the command began.
async fn verify_stream(journal: &Journal, context: Context, end: u64, bar: &ProgressBar) -> Verdict {
    let mut verifier = ChainVerifier::default();
    let fault = check(journal, context, end, &mut verifier, bar).await.err();
    Verdict {
        stream: context.name(),
        events: verifier.events(),
        aggregates: verifier.aggregates(),
        fault: fault.map(|fault| fault.to_string()),
    }
}

async fn check(
    journal: &Journal,
    context: Context,
    end: u64,
    verifier: &mut ChainVerifier,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let mut follower = journal.follow(context, 0);
    let mut position = 0;
    while position < end {
        for event in follower.next_recorded(BATCH_EVENTS).await? {
            verifier.check(&event)?;
            position = event.position;
            bar.set_position(position.min(end));
        }
    }
    Ok(())
}

fn readable(verdicts: &[Verdict]) -> String {
    let line = |verdict: &Verdict| {
        let Verdict {
            stream,
            events,
            aggregates,
            fault,
        } = verdict;
        let found = fault.as_deref().unwrap_or("whole");
        format!("{stream:<12}{events:>12} events of {aggregates:>9} aggregates: {found}")
    };
    verdicts.iter().map(line).collect::<Vec<_>>().join("\n")
}
