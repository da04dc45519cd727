//! Exports the clinic's events for the peers: read from the streams, decrypted, and written to one file.

use std::{
    collections::VecDeque,
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use bench_driver::EventLine;
use chrono::{DateTime, SecondsFormat, Utc};
use journal::{Context, Follower, Journal, OpenedEvent};
use settings::Settings;

/// The number of events that are read at a time.
const READ_AT_ONCE: usize = 1_000;

/// Writes the events of both streams to a file, and returns their number. Each stream keeps its order. Across streams,
/// the earlier event comes first.
pub(super) async fn events(settings: &Settings, file: &Path) -> anyhow::Result<u64> {
    let journal = Journal::open_as_guest(&settings.journal()).await?;
    let mut patients = Source::open(&journal, Context::Patients).await?;
    let mut scheduling = Source::open(&journal, Context::Scheduling).await?;
    let (mut lines, mut count) = (BufWriter::new(File::create_new(file)?), 0);
    loop {
        let next = match (patients.time().await?, scheduling.time().await?) {
            (None, None) => break,
            (Some(_), None) => &mut patients,
            (None, Some(_)) => &mut scheduling,
            (Some(one), Some(other)) if one <= other => &mut patients,
            (Some(_), Some(_)) => &mut scheduling,
        };
        if let Some(event) = next.ahead.pop_front() {
            serde_json::to_writer(&mut lines, &line(event)?)?;
            lines.write_all(b"\n")?;
            count += 1;
        }
    }
    lines.flush()?;
    Ok(count)
}

/// A stream up to its end at the time of opening.
struct Source {
    follower: Follower,
    position: u64,
    end: u64,
    ahead: VecDeque<OpenedEvent>,
}

impl Source {
    async fn open(journal: &Journal, context: Context) -> anyhow::Result<Self> {
        Ok(Self {
            follower: journal.follow(context, 0),
            position: 0,
            end: journal.status(context).await?.last_position,
            ahead: VecDeque::new(),
        })
    }

    /// The time of the next event, if there is one.
    async fn time(&mut self) -> anyhow::Result<Option<DateTime<Utc>>> {
        if self.ahead.is_empty() && self.position < self.end {
            self.ahead = self.follower.next_opened(READ_AT_ONCE).await?.into();
            self.position = self.follower.position();
        }
        Ok(self.ahead.front().map(|event| event.recorded.metadata.time))
    }
}

fn line(event: OpenedEvent) -> serde_json::Result<EventLine> {
    let OpenedEvent { recorded, body } = event;
    Ok(EventLine {
        aggregate_type: recorded.aggregate_type,
        aggregate_id: recorded.aggregate_id,
        version: recorded.version,
        event_type: recorded.event_type,
        time: recorded.metadata.time.to_rfc3339_opts(SecondsFormat::Micros, true),
        data: serde_json::from_slice(&body)?,
    })
}
