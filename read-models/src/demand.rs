//! That somebody waits for rows. Projections that keep up rest between batches; a query that waits for one ends the rest.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::{Notify, mpsc};

/// The channel on which the stream is announced whose rows are waited for.
const CHANNEL: &str = "projection_wanted";
/// How many streams can be asked for before the first is announced. More are no loss: those are announced already.
const MOST_WAITING: usize = 64;
const RECONNECT_PAUSE: Duration = Duration::from_millis(500);

/// Says which streams' rows are waited for. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Demand(mpsc::Sender<String>);

impl Demand {
    /// Starts to announce. The task ends with the last clone.
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
                    // The projections rest for a little longer than they need.
                    tracing::debug!(reason = %error, "a demand for rows could not be announced");
                }
            }
        });
        Self(sender)
    }

    /// Says that rows of a stream are waited for.
    pub fn want(&self, stream: &str) {
        let _ = self.0.try_send(stream.to_owned());
    }
}

/// Hears which streams' rows are waited for.
#[derive(Debug)]
pub struct Listener(HashMap<&'static str, Arc<Notify>>);

impl Listener {
    /// Hears of these streams.
    #[must_use]
    pub fn new(streams: impl IntoIterator<Item = &'static str>) -> Self {
        Self(streams.into_iter().map(|stream| (stream, Arc::default())).collect())
    }

    /// What is notified when rows of a stream are waited for.
    #[must_use]
    pub fn of(&self, stream: &str) -> Arc<Notify> {
        self.0.get(stream).map(Arc::clone).unwrap_or_default()
    }

    /// Listens for ever. While the connection is lost, nothing is heard.
    pub async fn listen(self, pool: PgPool) {
        loop {
            if let Err(error) = self.follow(&pool).await {
                tracing::debug!(reason = %error, "demands for rows are not heard");
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
