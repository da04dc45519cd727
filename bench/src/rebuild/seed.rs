//! Creates the clinic once per run: many practices concurrently, each day by day, through the journal and sealed as in
//! a service.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anyhow::Context as _;
use journal::Journal;
use serde::Serialize;
use settings::Settings;
use tokio::task::JoinSet;

use super::{practice::Practice, reference::Reference};
use crate::Progress;

/// The approximate number of events of a practice in a working year of 230 days.
const EVENTS_OF_A_PRACTICE: u64 = 8_000;
/// The number of progress lines.
const STEPS: u64 = 5;

/// The size of the clinic.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Clinic {
    /// The number of events in both streams.
    pub(super) events: u64,
    pub(super) patients: u64,
    pub(super) appointments: u64,
}

/// Creates a clinic with a minimum number of events. Also returns the expected rows.
pub(super) async fn clinic(
    settings: &Settings,
    events: u64,
    progress: &Progress,
) -> anyhow::Result<(Clinic, Reference)> {
    let mut settings = settings.clone();
    // Every aggregate is used again, and none should be loaded.
    settings.commands.remembered_aggregates = usize::try_from(events)?.max(settings.commands.remembered_aggregates);
    settings.sealing.cached_keys = usize::try_from(events)?.max(settings.sealing.cached_keys);
    let journal = Journal::open_to_decide(&settings.journal()).await?;
    let (stored, told) = (Arc::new(AtomicU64::new(0)), AtomicU64::new(0));
    let practices = events.div_ceil(EVENTS_OF_A_PRACTICE);
    let mut working = JoinSet::new();
    for number in 0..practices {
        working.spawn(work(journal.clone(), number, events, practices, Arc::clone(&stored)));
    }
    let mut reference = Reference::default();
    while let Some(worked) = working.join_next().await {
        reference.take(worked.context("a practice")??);
        let step = stored.load(Ordering::Relaxed) * STEPS / events;
        if told.fetch_max(step, Ordering::Relaxed) < step {
            progress(&format!(
                "creating the clinic: {} of {events}",
                stored.load(Ordering::Relaxed)
            ));
        }
    }
    let clinic = Clinic {
        events: stored.load(Ordering::Relaxed),
        patients: reference.patients.len() as u64,
        appointments: reference.appointments.len() as u64,
    };
    Ok((clinic, reference))
}

async fn work(
    journal: Journal,
    number: u64,
    events: u64,
    practices: u64,
    stored: Arc<AtomicU64>,
) -> anyhow::Result<Reference> {
    let mut practice = Practice::new(number)?;
    let mut made = practice.open(&journal).await?;
    while made < events.div_ceil(practices) {
        made += practice.work_a_day(&journal).await?;
    }
    stored.fetch_add(made, Ordering::Relaxed);
    Ok(practice.reference)
}
