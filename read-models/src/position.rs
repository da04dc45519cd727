//! Waits for projections to reach a position, without polling: the database announces every move.

use std::{collections::HashMap, time::Duration};

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::watch;

use crate::{checkpoint::CHANNEL, demand::Demand};

const RECONNECT_PAUSE: Duration = Duration::from_millis(500);
/// The interval at which the table is read without an announcement, because a connection can fail silently.
const REFRESH_EVERY: Duration = Duration::from_secs(5);
/// The timeout of a read of the table.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(5);

/// A projection's stream and position.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Standing {
    stream: String,
    position: u64,
}

/// Tracks the positions of all projections while the database connection is up. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Positions {
    standings: watch::Receiver<HashMap<String, Standing>>,
    demand: Demand,
}

impl Positions {
    /// Starts listening. The task ends with the last clone.
    #[must_use]
    pub fn listen(pool: PgPool) -> Self {
        let (sender, standings) = watch::channel(HashMap::new());
        let demand = Demand::announce(pool.clone());
        tokio::spawn(async move {
            let mut told = false;
            while !sender.is_closed() {
                if let Err(error) = follow(&pool, &sender, &mut told).await
                    && !told
                    && !sender.is_closed()
                {
                    tracing::warn!(reason = %error, "waiting for the read models' checkpoints");
                    told = true;
                }
                // A crashed database may have lost the last commits, so the known positions are discarded.
                sender.send_replace(HashMap::new());
                tokio::time::sleep(RECONNECT_PAUSE).await;
            }
        });
        Self { standings, demand }
    }

    /// Waits until those of the projections that read `stream` have reached `position`, and announces the demand to
    /// them. Returns whether they reached it in time.
    pub async fn wait(&self, projections: &[&str], stream: &str, position: u64, within: Duration) -> bool {
        let have_reached = |standings: &HashMap<String, Standing>| {
            projections.iter().all(|projection| {
                standings
                    .get(*projection)
                    .is_some_and(|standing| standing.stream != stream || standing.position >= position)
            })
        };
        let mut standings = self.standings.clone();
        if have_reached(&standings.borrow_and_update()) {
            return true;
        }
        self.demand.want(stream);
        let reached = standings.wait_for(have_reached);
        matches!(tokio::time::timeout(within, reached).await, Ok(Ok(_)))
    }
}

/// Listens until the connection is lost. It reads the table first, to catch up on missed announcements.
async fn follow(
    pool: &PgPool,
    sender: &watch::Sender<HashMap<String, Standing>>,
    told: &mut bool,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    // An automatic reconnection would hide a possible crash of the database.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    refresh(pool, sender).await?;
    *told = false;
    let mut unannounced = tokio::time::interval(REFRESH_EVERY);
    loop {
        tokio::select! {
            () = sender.closed() => return Ok(()),
            _ = unannounced.tick() => refresh(pool, sender).await?,
            announced = listener.try_recv() => match announced? {
                Some(notification) => {
                    if !apply(sender, notification.payload()) {
                        refresh(pool, sender).await?;
                    }
                }
                None => return Ok(()),
            },
        }
    }
}

async fn refresh(pool: &PgPool, sender: &watch::Sender<HashMap<String, Standing>>) -> Result<(), sqlx::Error> {
    let query = sqlx::query_as("SELECT projection, stream, position FROM projection_checkpoint").fetch_all(pool);
    let rows: Vec<(String, String, i64)> = tokio::time::timeout(REFRESH_TIMEOUT, query)
        .await
        .map_err(|_| sqlx::Error::PoolTimedOut)??;
    let standings = rows.into_iter().map(|(projection, stream, position)| {
        (
            projection,
            Standing {
                stream,
                position: position.unsigned_abs(),
            },
        )
    });
    sender.send_replace(standings.collect());
    Ok(())
}

/// Applies an announcement. Returns false if one of the projections is unknown.
fn apply(sender: &watch::Sender<HashMap<String, Standing>>, payload: &str) -> bool {
    let Some((projections, position)) = payload.split_once(':') else {
        return true;
    };
    let Ok(position) = position.parse::<u64>() else {
        return true;
    };
    let mut known = true;
    sender.send_if_modified(|standings| {
        let mut moved = false;
        for projection in projections.split(',') {
            match standings.get_mut(projection) {
                Some(standing) => {
                    standing.position = position;
                    moved = true;
                }
                None => known = false,
            }
        }
        moved
    });
    known
}
