//! `anamnesis verify`: checks that what is stored is whole. It changes nothing.

use std::process::ExitCode;

use anyhow::Context as _;
use journal::{Context, Journal, StreamFault};
use serde::Serialize;

use crate::{
    args::{Common, Verify},
    console,
    log::with_log,
};

/// What was found, by check.
#[derive(Debug, Serialize)]
struct Verdicts {
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<Vec<ChainVerdict>>,
}

/// What became of one stream.
#[derive(Debug, Serialize)]
struct ChainVerdict {
    stream: &'static str,
    /// How many events were found right.
    events: u64,
    aggregates: usize,
    /// The first fault, if there is one.
    fault: Option<Fault>,
}

/// The first fault of a stream.
#[derive(Debug, Serialize)]
struct Fault {
    kind: &'static str,
    sequence: u64,
    aggregate: Option<String>,
    version: Option<u64>,
    message: String,
}

impl From<StreamFault> for Fault {
    fn from(fault: StreamFault) -> Self {
        let (aggregate, version) = fault.event().map(|event| (event.aggregate, event.version)).unzip();
        Self {
            kind: fault.kind(),
            sequence: fault.sequence(),
            aggregate,
            version,
            message: fault.to_string(),
        }
    }
}

pub(crate) fn run(common: &Common, verify: &Verify) -> anyhow::Result<ExitCode> {
    let contexts = verify
        .stream
        .map_or_else(|| Context::ALL.to_vec(), |context| vec![context]);
    let verified = with_log(common, "anamnesis-verify", async |journal| {
        let chain = if verify.wants_chain() {
            Some(verify_chains(journal, &contexts).await?)
        } else {
            None
        };
        Ok(Verdicts { chain })
    })?;
    let verdicts = verified.context("stopped before the end")?;
    console::print(&if verify.json {
        serde_json::to_string(&verdicts)?
    } else {
        readable(&verdicts)
    })?;
    let whole = verdicts.chain.iter().flatten().all(|verdict| verdict.fault.is_none());
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn verify_chains(journal: &Journal, contexts: &[Context]) -> anyhow::Result<Vec<ChainVerdict>> {
    let mut verdicts = Vec::with_capacity(contexts.len());
    for context in contexts {
        let bar = console::progress(context.name(), 0);
        let verified = journal
            .verify(*context, |position, end| {
                bar.set_length(end);
                bar.set_position(position);
            })
            .await;
        bar.finish_and_clear();
        let verified = verified?;
        verdicts.push(ChainVerdict {
            stream: context.name(),
            events: verified.events,
            aggregates: verified.aggregates,
            fault: verified.fault.map(Fault::from),
        });
    }
    Ok(verdicts)
}

fn readable(verdicts: &Verdicts) -> String {
    let line = |verdict: &ChainVerdict| {
        let ChainVerdict {
            stream,
            events,
            aggregates,
            fault,
        } = verdict;
        let found = fault.as_ref().map_or("whole", |fault| fault.message.as_str());
        format!("{stream:<12}{events:>12} events of {aggregates:>9} aggregates: {found}")
    };
    verdicts.chain.iter().flatten().map(line).collect::<Vec<_>>().join("\n")
}
