//! Demand for rows. Projections that are up to date pause between batches; a query that waits for a projection ends the
//! pause.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::{Notify, mpsc};

/// The channel that announces the streams that queries wait for.
const CHANNEL: &str = "projection_wanted";
/// The capacity of the queue of demands. Further ones are dropped without harm: their streams are already queued.
const MOST_WAITING: usize = 64;
const RECONNECT_PAUSE: Duration = Duration::from_millis(500);

/// Announces the streams that queries wait for. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Demand(mpsc::Sender<String>);

impl Demand {
    /// Starts the announcing task. It ends with the last clone.
    #[must_use]
    pub fn announce(pool: PgPool) -> Self {
        let (sender, mut wanted) = mpsc::channel::<String>(MOST_WAITING);
        tokio::spawn(async move {
            while let Some(first) = wanted.recv().await {
                let mut streams = HashSet::from([first]);
                while let Ok(another) = wanted.try_recv() {
                    streams.insert(another);
                }
                let announced = sqlx::query("SELECT pg_notify($1, stream) FROM UNNEST($2::text[]) AS stream")
                    .bind(CHANNEL)
                    .bind(streams.into_iter().collect::<Vec<_>>())
                    .execute(&pool)
                    .await;
                if let Err(error) = announced {
                    // The projections only pause slightly longer than necessary.
                    tracing::debug!(reason = %error, "a demand for rows could not be announced");
                }
            }
        });
        Self(sender)
    }

    /// Announces that a query waits for rows of a stream.
    pub fn want(&self, stream: &str) {
        let _ = self.0.try_send(stream.to_owned());
    }
}

/// Receives the announcements of demand.
#[derive(Debug)]
pub struct Listener(HashMap<&'static str, Arc<Notify>>);

impl Listener {
    /// Creates a listener for these streams.
    #[must_use]
    pub fn new(streams: impl IntoIterator<Item = &'static str>) -> Self {
        Self(streams.into_iter().map(|stream| (stream, Arc::default())).collect())
    }

    /// Returns the notification for demand on a stream.
    #[must_use]
    pub fn of(&self, stream: &str) -> Arc<Notify> {
        self.0.get(stream).map(Arc::clone).unwrap_or_default()
    }

    /// Listens for ever. Announcements during a connection loss are missed.
    pub async fn listen(self, pool: PgPool) {
        loop {
            if let Err(error) = self.follow(&pool).await {
                tracing::debug!(reason = %error, "cannot listen for demands for rows");
            }
            tokio::time::sleep(RECONNECT_PAUSE).await;
        }
    }

    async fn follow(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        while let Some(announced) = listener.try_recv().await? {
            if let Some(wanted) = self.0.get(announced.payload()) {
                wanted.notify_one();
            }
        }
        Ok(())
    }
}
