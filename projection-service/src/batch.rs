//! A batch of a stream, as it was read: the events that concern its reader, opened, and how far it goes. The others are
//! passed over: most of a stream's events are about other projections' rows.

use std::sync::Arc;

use log_reader::{Context, FollowError, FollowedEvent, Follower, Reader};
use platform::config::ProjectionSettings;
use tokio::{sync::Notify, task::JoinSet};

use crate::{
    fault::Fault,
    pace::{BatchSize, Rests},
};

/// What was read at once.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The events that concern the reader, readable or not.
    pub(crate) concerning: Vec<FollowedEvent>,
    /// How many events were read, those passed over among them.
    pub(crate) read: u64,
    /// The position of the last commit.
    pub(crate) to: u64,
    /// That commit's hash.
    pub(crate) hash: Option<String>,
}

impl Batch {
    /// Waits for the next commits of a stream, up to the one with the `max`th event, and opens those that the follower hands out.
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

/// Reads a stream batch by batch. While it is behind, the next batch is read while the last one is written; while it keeps
/// up, batches begin apart.
#[derive(Debug)]
pub(crate) struct BatchReader {
    journal: Reader,
    position: u64,
    size: BatchSize,
    max: usize,
    rests: Option<Rests>,
    /// Told when somebody waits for rows.
    wanted: Arc<Notify>,
    /// The follower, while nothing is being read.
    idle: Option<Follower>,
    reading: JoinSet<(Follower, Result<Batch, FollowError>)>,
}

impl BatchReader {
    /// Reads the events of aggregates of these types, from the first one after a position.
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

    /// Up to where it has handed out what there is.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// Waits for the next batch. A caller that gives up waiting loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Batch, Fault> {
        if let Some(rests) = &self.rests {
            rests.rest(&self.wanted).await;
        }
        self.begin();
        let (follower, batch) = match self.reading.join_next().await {
            Some(read) => read.map_err(|error| Fault::Passing(error.to_string()))?,
            None => return Err(Fault::Passing("nothing is read any more".to_owned())),
        };
        let batch = batch?;
        // A stream that moves always has one more event; behind is who was given as many as they asked for.
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

    /// Begins to read the next batch, unless that is under way.
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
