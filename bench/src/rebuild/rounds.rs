//! The order of a run: for each size the clinic is made, its tables are built for the first time, and then, round by round,
//! everything is measured once, each in a process of its own. At one of the sizes the peers take part.

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
    peers,
    reference::Reference,
    seed,
};
use crate::servers::Servers;

/// How long a part may take: a second for this many events, and this much in any case.
const SLOWEST_EVENTS_PER_S: u64 = 1_000;
const GRACE: Duration = Duration::from_secs(120);
/// How many rows of the reference are written at a time.
const ROWS_AT_A_TIME: usize = 5_000;

/// What runs side by side in a round, beside the peers. Another one begins in every round.
const DEEDS: [Deed; 3] = [Deed::Rebuild, Deed::Read, Deed::Copy];

pub(super) async fn run(run: &Run<'_>) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let with_peers = !peers::present(run.programs).is_empty();
    for events in run.plan.clinics(with_peers) {
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
    read_models::migrate(&pool).await?;
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
        "{} events were made in {:.0} s",
        clinic.events, size.seeding_seconds
    ));
    let built = work(run, &part, &size).await?;
    run.say(&format!("built for the first time in {:.1} s", built.seconds));
    check(&pool, &expected).await?;
    let peers = match events == run.plan.peer_events {
        true => peers::prepare(run, &settings, &clinic).await?,
        false => Vec::new(),
    };
    let deeds: Vec<Deed> = DEEDS.into_iter().chain(peers.iter().map(|peer| peer.deed)).collect();
    for round in 1..=run.plan.rounds {
        for turn in 0..deeds.len() {
            let deed = deeds[(round - 1 + turn) % deeds.len()];
            let peer = peers.iter().find(|peer| peer.deed == deed);
            let measured = match peer {
                Some(peer) => peer.rebuild().await?,
                None => work(run, &Part { deed, ..part.clone() }, &size).await?,
            };
            let events_per_second = clinic.events as f64 / measured.seconds;
            run.say(&format!(
                "round {round}/{}, {} events, {}: {events_per_second:.0} events/s",
                run.plan.rounds,
                clinic.events,
                deed.name()
            ));
            match peer {
                Some(peer) => check(&peer.pool, &expected).await.context(deed.name())?,
                None if deed == Deed::Rebuild => check(&pool, &expected).await?,
                None => {}
            }
            size.cells.push(Row {
                round,
                deed,
                events_per_second,
                measured,
            });
        }
    }
    for peer in peers {
        peer.pool.close().await;
    }
    pool.close().await;
    Ok(size)
}

async fn work(run: &Run<'_>, part: &Part, size: &Size) -> anyhow::Result<PartMeasured> {
    rustix::fs::sync();
    let limit = GRACE + Duration::from_secs(size.clinic.events / SLOWEST_EVENTS_PER_S);
    let measured: PartMeasured = run.programs.run_own("part", part, limit).await?;
    if part.deed == Deed::Read {
        let (read, held) = (measured.count, size.clinic.events);
        anyhow::ensure!(read == held, "{read} of {held} events were read");
    }
    Ok(measured)
}

/// What the tables must come to, counted and hashed by the same database.
async fn expected(
    pool: &PgPool,
    settings: &platform::Settings,
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

/// Holds the tables of a database against what they must come to.
async fn check(pool: &PgPool, expected: &[Summary; TABLES.len()]) -> anyhow::Result<()> {
    let mut connection = pool.acquire().await?;
    for (table, expected) in TABLES.iter().zip(expected) {
        let found = compare::summary(&mut connection, "public", table).await?;
        anyhow::ensure!(
            found == *expected,
            "{table} is not what follows from the events: {found:?}, and should be {expected:?}"
        );
    }
    Ok(())
}
