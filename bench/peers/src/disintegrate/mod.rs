//! disintegrate on PostgreSQL: the clinic's events in its event store, and the read models built from them by its
//! listeners.

mod events;
mod listeners;

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
    str::FromStr as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use bench_driver::{PeerMeasured, PeerPart, PeerStep, peak_memory_mb};
use disintegrate::{EventStore as _, serde::json::Json};
use disintegrate_postgres::{
    Migrator, PgEventListener, PgEventListenerConfig, PgEventListenerError, PgEventStore, RetryAction,
};
use events::ClinicEvent;
use listeners::{Appointments, Patients};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

const STORED_AT_ONCE: usize = 500;
/// Two listeners read, two write, and somebody looks how far they are.
const CONNECTIONS: u32 = 8;
/// How often the listeners look for new events, and how often it is looked how far they are. All events are there.
const POLL: Duration = Duration::from_millis(5);

type Store = PgEventStore<ClinicEvent, Json<ClinicEvent>>;

/// Runs a step.
pub(crate) async fn run(part: &PeerPart) -> anyhow::Result<PeerMeasured> {
    let pool = pool(&part.url).await?;
    let (count, took) = match part.step {
        PeerStep::Import => (import(&pool, &part.events).await?, Duration::ZERO),
        PeerStep::Rebuild => rebuild(&pool).await?,
    };
    pool.close().await;
    Ok(PeerMeasured {
        count,
        seconds: took.as_secs_f64(),
        peak_memory_mb: peak_memory_mb(),
    })
}

/// What is rebuilt need not wait for the disk, as it does not with us. And a connection that was used a moment ago is taken
/// as it is: to ask costs every statement a round trip.
async fn pool(url: &str) -> anyhow::Result<PgPool> {
    let options = PgConnectOptions::from_str(url)?.options([("synchronous_commit", "off")]);
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .test_before_acquire(false);
    Ok(pool.connect_with(options).await?)
}

async fn import(pool: &PgPool, file: &Path) -> anyhow::Result<u64> {
    sqlx::raw_sql(include_str!("schema.sql")).execute(pool).await?;
    let store = Store::new_uninitialized(pool.clone(), Json::default());
    let (mut events, mut count) = (Vec::with_capacity(STORED_AT_ONCE), 0);
    for line in BufReader::new(File::open(file)?).lines() {
        let line = serde_json::from_str(&line?).context("a line of the file is no event")?;
        events.push(ClinicEvent::of(line)?);
        count += 1;
        if events.len() == STORED_AT_ONCE {
            store.append_without_validation(std::mem::take(&mut events)).await?;
        }
    }
    if !events.is_empty() {
        store.append_without_validation(events).await?;
    }
    // Last, so that no event stored here is announced.
    Migrator::new(store).init_listener().await?;
    Ok(count)
}

async fn rebuild(pool: &PgPool) -> anyhow::Result<(u64, Duration)> {
    let (held, last): (i64, i64) = sqlx::query_as("SELECT count(*), coalesce(max(event_id), 0) FROM event")
        .fetch_one(pool)
        .await?;
    let failure = Arc::new(Mutex::new(None));
    let store = Store::new_uninitialized(pool.clone(), Json::default());
    let began = Instant::now();
    sqlx::query("TRUNCATE appointment, cached_patient, event_listener")
        .execute(pool)
        .await?;
    let listeners = PgEventListener::builder(store)
        .uninitialized()
        .register_listener(Patients::new(pool.clone()), config(&failure))
        .register_listener(Appointments::new(pool.clone()), config(&failure));
    let (watched, told) = (pool.clone(), Arc::clone(&failure));
    let (sender, applied) = tokio::sync::oneshot::channel();
    listeners
        .start_with_shutdown(async move {
            let outcome = until_applied(&watched, last, &told).await.map(|()| began.elapsed());
            // Whoever waits for it waits longer than this.
            drop(sender.send(outcome));
        })
        .await?;
    Ok((held.unsigned_abs(), applied.await.context("the listeners have ended")??))
}

/// All events in one pass, which is the default: with a smaller `fetch_size` every fetch asks for all events that are left.
fn config<E: std::fmt::Debug + 'static>(
    failure: &Arc<Mutex<Option<String>>>,
) -> PgEventListenerConfig<impl Fn(PgEventListenerError<E>, usize) -> RetryAction + Clone + use<E>> {
    let failure = Arc::clone(failure);
    PgEventListenerConfig::poller(POLL).with_retry(move |error: PgEventListenerError<E>, _| {
        *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{error:?}"));
        RetryAction::Abort
    })
}

/// Waits until both listeners have committed that they have passed the last event.
async fn until_applied(pool: &PgPool, last: i64, failure: &Mutex<Option<String>>) -> anyhow::Result<()> {
    loop {
        let behind: bool =
            sqlx::query_scalar("SELECT count(*) < 2 FROM event_listener WHERE last_processed_event_id >= $1")
                .bind(last)
                .fetch_one(pool)
                .await?;
        if !behind {
            return Ok(());
        }
        if let Some(failure) = failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            anyhow::bail!("a listener has failed: {failure}");
        }
        tokio::time::sleep(POLL).await;
    }
}
