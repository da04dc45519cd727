//! Checks the streams: no sequence or version is missing, and every commit carries the hash of the commit before it.

use log_reader::{Context, Reader, StreamFault};
use serde::Serialize;

use crate::console;

/// The result for one stream.
#[derive(Debug, Serialize)]
pub(super) struct ChainVerdict {
    stream: &'static str,
    /// The number of valid commits.
    commits: u64,
    /// The number of events in them.
    events: u64,
    aggregates: usize,
    /// The first fault, if any.
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

/// Reads the streams from the start.
pub(super) async fn verify(journal: &Reader, contexts: &[Context]) -> anyhow::Result<Vec<ChainVerdict>> {
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
            commits: verified.commits,
            events: verified.events,
            aggregates: verified.aggregates,
            fault: verified.fault.map(Fault::from),
        });
    }
    Ok(verdicts)
}

impl ChainVerdict {
    pub(super) const fn is_whole(&self) -> bool {
        self.fault.is_none()
    }

    pub(super) fn readable(&self) -> String {
        let Self {
            stream,
            commits,
            events,
            aggregates,
            fault,
        } = self;
        let found = fault.as_ref().map_or("whole", |fault| fault.message.as_str());
        format!("{stream:<24}{commits:>12} commits, {events:>12} events of {aggregates:>9} aggregates: {found}")
    }
}
