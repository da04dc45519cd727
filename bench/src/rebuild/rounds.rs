//! The order of a run. For each size it creates the clinic and builds its tables for the first time. Then each round
//! measures everything once, each part in a separate process. The peers run at one size.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use journal::generate_key;
use read_models::{
    PgPool, ProjectedRow,
    compare::{self, Summary},
    scratch,
};

use super::{
    Run, TABLES,
    outcome::{Outcome, Row, Size},
    part::{Deed, Part, PartMeasured},
    peers::{self, Peer},
    reference::Reference,
    seed,
};
use crate::servers::Servers;

/// The timeout of a part: a second for this many events, plus a constant.
const SLOWEST_EVENTS_PER_S: u64 = 1_000;
const GRACE: Duration = Duration::from_secs(120);
/// The number of reference rows that are written at a time.
const ROWS_AT_A_TIME: usize = 5_000;

/// The deeds of a round besides those of the peers. Each round starts with another one.
const DEEDS: [Deed; 3] = [Deed::Rebuild, Deed::Read, Deed::Copy];

pub(super) async fn run(run: &Run<'_>) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    for events in run.plan.clinics(peers::are_present(run.programs)) {
        let size = Servers::with_postgres_during(run.scratch, run.shutdown, async |servers| {
            measure(run, servers, events).await
        });
        outcome.sizes.push(size.await?);
    }
    Ok(outcome)
}

async fn measure(run: &Run<'_>, servers: &Servers, events: u64) -> anyhow::Result<Size> {
    let (nats, postgres) = servers.urls()?;
    let part = Part {
        deed: Deed::Build,
        nats,
        postgres,
        master_key: generate_key()?,
        workers: run.plan.workers,
    };
    let settings = part.settings()?;
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres)?;
    read_models::migrate(&pool, &settings.postgres).await?;
    let began = Instant::now();
    let (clinic, reference) = seed::clinic(&settings, events, run.progress).await?;
    let expected = expected(&pool, &settings, reference).await?;
    let mut size = Size {
        asked: events,
        clinic,
        seeding_seconds: began.elapsed().as_secs_f64(),
        cells: Vec::new(),
    };
    run.say(&format!(
        "{} events created in {:.0} s",
        clinic.events, size.seeding_seconds
    ));
    let built = work(run, &part, clinic.events).await?;
    run.say(&format!("built for the first time in {:.1} s", built.seconds));
    check(&pool, &expected).await?;
    let peers = match events == run.plan.peer_events {
        true => peers::prepare(run, &settings, &clinic).await?,
        false => Vec::new(),
    };
    let side_by_side = SideBySide {
        run,
        part,
        pool,
        expected,
        peers,
        events: clinic.events,
    };
    for round in 1..=run.plan.rounds {
        size.cells.extend(side_by_side.round(round).await?);
    }
    side_by_side.close().await;
    Ok(size)
}

/// All measurements of a clinic.
struct SideBySide<'a> {
    run: &'a Run<'a>,
    part: Part,
    pool: PgPool,
    expected: [Summary; TABLES.len()],
    peers: Vec<Peer>,
    /// The number of events in both streams.
    events: u64,
}

impl SideBySide<'_> {
    async fn round(&self, round: usize) -> anyhow::Result<Vec<Row>> {
        let peers = self.peers.iter().map(Peer::deed);
        let mut deeds: Vec<Deed> = DEEDS.into_iter().chain(peers).collect();
        let first = (round - 1) % deeds.len();
        deeds.rotate_left(first);
        let mut rows = Vec::with_capacity(deeds.len());
        for deed in deeds {
            let measured = self.measure(deed).await?;
            let (rounds, events) = (self.run.plan.rounds, self.events);
            let events_per_second = events as f64 / measured.seconds;
            let heading = format!("round {round}/{rounds}, {events} events, {}", deed.name());
            self.run.say(&format!("{heading}: {events_per_second:.0} events/s"));
            rows.push(Row {
                round,
                deed,
                events_per_second,
                measured,
            });
        }
        Ok(rows)
    }

    async fn measure(&self, deed: Deed) -> anyhow::Result<PartMeasured> {
        if let Some(peer) = self.peers.iter().find(|peer| peer.deed() == deed) {
            let measured = peer.rebuild().await?;
            check(&peer.pool, &self.expected).await.context(deed.name())?;
            return Ok(measured);
        }
        let part = Part {
            deed,
            ..self.part.clone()
        };
        let measured = work(self.run, &part, self.events).await?;
        if deed == Deed::Rebuild {
            check(&self.pool, &self.expected).await?;
        }
        Ok(measured)
    }

    async fn close(self) {
        for peer in self.peers {
            peer.pool.close().await;
        }
        self.pool.close().await;
    }
}

async fn work(run: &Run<'_>, part: &Part, held: u64) -> anyhow::Result<PartMeasured> {
    rustix::fs::sync();
    let limit = GRACE + Duration::from_secs(held / SLOWEST_EVENTS_PER_S);
    let measured: PartMeasured = run.programs.run_own("part", part, limit).await?;
    if part.deed == Deed::Read {
        let read = measured.count;
        anyhow::ensure!(read == held, "{read} of {held} events were read");
    }
    Ok(measured)
}

/// The expected contents of the tables, counted and hashed by the same database.
async fn expected(
    pool: &PgPool,
    settings: &settings::Settings,
    reference: Reference,
) -> anyhow::Result<[Summary; TABLES.len()]> {
    let scratch = scratch::open(pool, &settings.postgres, &TABLES).await?;
    let mut connection = scratch.acquire().await?;
    write(&mut connection, reference.appointments.into_values().collect()).await?;
    write(&mut connection, reference.patients.into_values().collect()).await?;
    let mut summaries = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        summaries.push(compare::summary(&mut connection, "pg_temp", table).await?);
    }
    drop(connection);
    scratch.close().await;
    summaries.try_into().ok().context("a summary of each table")
}

async fn write<R: ProjectedRow>(connection: &mut read_models::PgConnection, rows: Vec<R>) -> anyhow::Result<()> {
    for rows in rows.chunks(ROWS_AT_A_TIME) {
        R::write(connection, rows).await?;
    }
    Ok(())
}

/// Compares the tables of a database with the expected contents.
async fn check(pool: &PgPool, expected: &[Summary; TABLES.len()]) -> anyhow::Result<()> {
    let mut connection = pool.acquire().await?;
    for (table, expected) in TABLES.iter().zip(expected) {
        let found = compare::summary(&mut connection, "public", table).await?;
        anyhow::ensure!(
            found == *expected,
            "{table} does not match the events: found {found:?}, expected {expected:?}"
        );
    }
    Ok(())
}
