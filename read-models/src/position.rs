//! Waiting for a projection to reach a position, without asking again and again: the database announces every move.

use std::{collections::HashMap, time::Duration};

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::watch;

use crate::{checkpoint::CHANNEL, demand::Demand};

const RECONNECT_PAUSE: Duration = Duration::from_millis(500);
/// How often the table is read although nothing was announced: a connection can die without a sign.
const REFRESH_EVERY: Duration = Duration::from_secs(5);
/// How long one reading of the table may take.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(5);

/// Where a projection stands, and in which stream.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Standing {
    stream: String,
    position: u64,
}

/// Knows how far every projection has read, while the database that said so can be heard. Cheap to clone.
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
                // A database that has crashed comes back without what was committed last. Nobody is told to have seen it.
                sender.send_replace(HashMap::new());
                tokio::time::sleep(RECONNECT_PAUSE).await;
            }
        });
        Self { standings, demand }
    }

    /// Waits until each of the projections that reads `stream` has read it up to `position`, and lets them know that somebody
    /// waits. Answers whether they have, within the time given.
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

/// Listens until the connection is lost. What was announced while nobody listened is read from the table first.
async fn follow(
    pool: &PgPool,
    sender: &watch::Sender<HashMap<String, Standing>>,
    told: &mut bool,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    // Made anew under the hand, a connection would hide that the database may have crashed.
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

/// Takes one announcement. Answers false when one of the projections is not known yet.
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
