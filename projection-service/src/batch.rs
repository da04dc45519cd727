//! A batch of a stream: the opened events that concern the reader, and the end position of the batch. The other events,
//! which belong to other projections, are skipped.

use std::sync::Arc;

use log_reader::{Context, FollowError, FollowedEvent, Follower, Reader};
use platform::config::ProjectionSettings;
use tokio::{sync::Notify, task::JoinSet};

use crate::{
    fault::Fault,
    pace::{BatchSize, Rests},
};

/// A batch of events.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The events that concern the reader, including unreadable ones.
    pub(crate) concerning: Vec<FollowedEvent>,
    /// The number of events, including skipped ones.
    pub(crate) read: u64,
    /// The position of the last commit.
    pub(crate) to: u64,
    /// The hash of that commit.
    pub(crate) hash: Option<String>,
}

impl Batch {
    /// Waits for the next commits of a stream, up to the commit with the `max`th event, and opens the events that the
    /// follower yields.
    pub(crate) async fn fetch(journal: &Reader, follower: &mut Follower, max: usize) -> Result<Self, FollowError> {
        let before = follower.events_read();
        let recorded = follower.next_recorded(max).await?;
        Ok(Self {
            concerning: journal.read_each(recorded).await?,
            read: follower.events_read() - before,
            to: follower.position(),
            hash: follower.hash().map(|hash| hash.to_string()),
        })
    }
}

/// Reads a stream in batches. While it is behind, it reads the next batch while the last one is written. While it is up
/// to date, it pauses between batches.
#[derive(Debug)]
pub(crate) struct BatchReader {
    journal: Reader,
    position: u64,
    size: BatchSize,
    max: usize,
    rests: Option<Rests>,
    /// Notified when a query waits for rows.
    wanted: Arc<Notify>,
    /// The follower, while no read is in progress.
    idle: Option<Follower>,
    reading: JoinSet<(Follower, Result<Batch, FollowError>)>,
}

impl BatchReader {
    /// Opens a reader of the events of these aggregate types, after a position.
    pub(crate) fn open(
        journal: &Reader,
        settings: &ProjectionSettings,
        context: Context,
        types: &[&'static str],
        position: u64,
        wanted: Arc<Notify>,
    ) -> Self {
        let mut size = BatchSize::new(settings);
        let follower = journal.follow(context, position).of_types(types);
        Self {
            journal: journal.clone(),
            position,
            max: size.next(false),
            size,
            rests: None,
            wanted,
            idle: Some(follower.with_batch_bytes(settings.batch_bytes)),
            reading: JoinSet::new(),
        }
    }

    /// The end position of the last batch that it returned.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// Waits for the next batch. Cancelling the wait loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Batch, Fault> {
        if let Some(rests) = &self.rests {
            rests.rest(&self.wanted).await;
        }
        self.begin();
        let (follower, batch) = match self.reading.join_next().await {
            Some(read) => read.map_err(|error| Fault::Passing(error.to_string()))?,
            None => return Err(Fault::Passing("the reader of the stream has stopped".to_owned())),
        };
        let batch = batch?;
        // An active stream always has another event. Only a reader that received a full batch is behind.
        let is_behind = follower.is_behind() && batch.read >= self.max as u64;
        self.idle = Some(follower);
        self.position = batch.to;
        self.max = self.size.next(is_behind);
        self.rests = (!is_behind).then(Rests::begin);
        if is_behind {
            self.begin();
        }
        Ok(batch)
    }

    /// Starts the next read, unless one is in progress.
    fn begin(&mut self) {
        if let Some(mut follower) = self.idle.take() {
            let (journal, max) = (self.journal.clone(), self.max);
            self.reading.spawn(async move {
                let batch = Batch::fetch(&journal, &mut follower, max).await;
                (follower, batch)
            });
        }
    }
}
