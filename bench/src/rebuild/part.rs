//! A part of a round, in a separate process with its own memory and caches.

use std::time::{Duration, Instant};

use bench_driver::peak_memory_mb;
use log_reader::{Context, Reader};
use platform::config::{Secret, SecretUrl};
use projection_service::{
    Projection,
    rebuild::{Compared, Options, rebuild},
};
use serde::{Deserialize, Serialize};
use settings::Settings;

use super::{
    TABLES,
    phases::{Phases, Stopwatch},
};
use crate::bare;

/// The connections that a rebuild needs besides those of its workers.
const OTHER_CONNECTIONS: u32 = 4;

/// The work of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Deed {
    /// Build the tables for the first time, without a comparison.
    Build,
    /// Rebuild the tables, as an operator does.
    Rebuild,
    /// Read the streams without processing the events.
    Read,
    /// Copy the rows into tables of the same shape.
    Copy,
    /// Rebuild the tables with disintegrate.
    DisintegratePostgres,
    /// Rebuild the tables with Python's eventsourcing.
    Eventsourcing,
}

impl Deed {
    /// The deeds of the peers.
    pub(super) const PEERS: [Self; 2] = [Self::DisintegratePostgres, Self::Eventsourcing];

    /// The printed name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Rebuild => "rebuild",
            Self::Read => "read",
            Self::Copy => "copy",
            Self::DisintegratePostgres => "disintegrate-postgres",
            Self::Eventsourcing => "eventsourcing",
        }
    }
}

/// A part.
#[derive(Clone, Serialize, Deserialize)]
pub struct Part {
    pub(crate) deed: Deed,
    /// This URL and the next one can contain passwords.
    pub(crate) nats: String,
    pub(crate) postgres: String,
    pub(crate) master_key: String,
    pub(crate) workers: usize,
}

impl std::fmt::Debug for Part {
    /// Leaves out passwords and keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("deed", &self.deed).finish_non_exhaustive()
    }
}

/// The measurement of a part.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PartMeasured {
    /// The number of events that were read, or of rows that were copied.
    pub(crate) count: u64,
    pub(crate) seconds: f64,
    /// The phases of a rebuild; `None` for other deeds.
    #[serde(default, skip_serializing_if = "Phases::is_empty")]
    pub(crate) phases: Phases,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rss_mb: Option<f64>,
}

impl Part {
    /// The default settings of a service, on the servers of this part.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        let mut settings = Settings::defaults()?;
        settings.nats.url = SecretUrl::new(&self.nats);
        settings.postgres.url = SecretUrl::new(&self.postgres);
        settings.postgres.max_connections = u32::try_from(self.workers * TABLES.len())? + OTHER_CONNECTIONS;
        settings.sealing.master_keys = Secret::new(&self.master_key);
        Ok(settings)
    }
}

/// Runs a part of the rebuild benchmark in this process.
///
/// # Errors
/// A server is not usable, or the rebuilt rows differ from the live ones.
pub async fn run_part(part: &Part) -> anyhow::Result<PartMeasured> {
    let settings = part.settings()?;
    let mut measured = match part.deed {
        Deed::Build | Deed::Rebuild => rebuilt(part, &settings).await?,
        Deed::Read => read(&settings).await?,
        Deed::Copy => {
            let (rows, took) = bare::copy_rows(&part.postgres, &TABLES).await?;
            PartMeasured {
                count: rows,
                seconds: took.as_secs_f64(),
                ..PartMeasured::default()
            }
        }
        Deed::DisintegratePostgres | Deed::Eventsourcing => {
            anyhow::bail!("only the peers' program runs {}", part.deed.name())
        }
    };
    measured.rss_mb = peak_memory_mb();
    Ok(measured)
}

async fn rebuilt(part: &Part, settings: &Settings) -> anyhow::Result<PartMeasured> {
    let journal = Reader::open(&settings.journal()).await?;
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres)?;
    let projections: Vec<&'static Projection> = TABLES.iter().filter_map(|table| Projection::find(table)).collect();
    let options = Options {
        workers: part.workers,
        compares: part.deed == Deed::Rebuild,
        projections: settings.projections.clone(),
    };
    let stopwatch = Stopwatch::start();
    let began = Instant::now();
    let rebuilt = rebuild(&journal, &pool, &projections, &options, &|progress| {
        stopwatch.hears(&progress)
    })
    .await?;
    let took = began.elapsed();
    for one in &rebuilt {
        match &one.comparison {
            Compared::At { found, .. } => {
                anyhow::ensure!(
                    found.is_equal(),
                    "{} differs from the live version: {found:?}",
                    one.projection
                );
            }
            Compared::Not(reason) => {
                anyhow::ensure!(!options.compares, "{} was not compared: {reason}", one.projection);
            }
        }
    }
    pool.close().await;
    Ok(PartMeasured {
        count: rebuilt.iter().map(|one| one.position).sum(),
        seconds: took.as_secs_f64(),
        phases: stopwatch.phases(),
        rss_mb: None,
    })
}

async fn read(settings: &Settings) -> anyhow::Result<PartMeasured> {
    let journal = Reader::open(&settings.journal()).await?;
    let (mut count, mut took) = (0, Duration::ZERO);
    for context in [Context::Patients, Context::Scheduling] {
        let end = journal.status(context).await?.last_position;
        let began = Instant::now();
        let mut follower = journal
            .follow(context, 0)
            .with_batch_bytes(settings.projections.batch_bytes);
        let mut position = 0;
        while position < end {
            let batch = follower.next_recorded(settings.projections.batch_events).await?;
            count += batch.len() as u64;
            position = batch.last().map_or(position, |event| event.position);
        }
        took += began.elapsed();
    }
    Ok(PartMeasured {
        count,
        seconds: took.as_secs_f64(),
        ..PartMeasured::default()
    })
}
