//! Gathers what the checks look at. What cannot be learnt is a fact too.

use std::{collections::BTreeMap, path::Path};

use journal::{
    Context,
    inspect::{self, AccountLimit, LogInspector, ServerSettings, ServerVersion, StreamReport},
};
use platform::{Clock, Settings, config::NatsSettings};
use read_models::inspect::DatabaseReport;

use super::clock_offset::ClockOffset;
use crate::backend::Backend;

/// Everything that the checks look at.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) log: Result<LogFacts, String>,
    pub(super) servers: SystemFacts,
    pub(super) database: Result<DatabaseReport, String>,
    /// How far the clocks of others are from this machine's.
    pub(super) clocks: Vec<(&'static str, Result<ClockOffset, String>)>,
    /// The file system that holds the data directory, if the embedded servers keep the log there.
    pub(super) disk: Option<Result<DiskSpace, String>>,
}

/// What everybody may know of the log.
#[derive(Debug)]
pub(super) struct LogFacts {
    pub(super) servers: Vec<ServerVersion>,
    pub(super) limits: Result<Vec<AccountLimit>, String>,
    pub(super) streams: Vec<StreamFacts>,
    /// How much reactors gave up on, by stream and reactor.
    pub(super) parked: Result<BTreeMap<(String, String), u64>, String>,
}

/// What is known of one stream. One that does not exist has no report.
#[derive(Debug)]
pub(super) struct StreamFacts {
    pub(super) name: &'static str,
    pub(super) report: Result<Option<StreamReport>, String>,
}

/// What the servers say of their own settings.
#[derive(Debug)]
pub(super) enum SystemFacts {
    Told(Vec<ServerSettings>),
    /// No user of the system account is known.
    NotAsked,
    Failed(String),
}

/// A file system.
#[derive(Clone, Copy, Debug)]
pub(super) struct DiskSpace {
    pub(super) free_bytes: u64,
    pub(super) size_bytes: u64,
}

impl Facts {
    /// Asks everyone. Every question is bounded by the settings' own time limits.
    pub(super) async fn gather(settings: &Settings, backend: &Backend, data_dir: &Path) -> Self {
        let nats = backend.nats(settings);
        let clock = Clock::system();
        let (log, nats_clock) = ask_log(&nats, &clock).await;
        let (database, postgres_clock) = ask_database(settings, backend, &clock).await;
        Self {
            log,
            servers: ask_servers(&nats).await,
            database,
            clocks: nats_clock.into_iter().chain(postgres_clock).collect(),
            disk: settings.nats.url.is_empty().then(|| disk_space(data_dir)),
        }
    }

    /// The streams that exist and could be looked at.
    pub(super) fn streams(&self) -> impl Iterator<Item = (&'static str, &StreamReport)> {
        let streams = self.log.iter().flat_map(|log| &log.streams);
        streams.filter_map(|stream| Some((stream.name, stream.report.as_ref().ok()?.as_ref()?)))
    }
}

type Clocked<T> = (Result<T, String>, Option<(&'static str, Result<ClockOffset, String>)>);

async fn ask_log(nats: &NatsSettings, clock: &Clock) -> Clocked<LogFacts> {
    let looking = match LogInspector::connect(nats).await {
        Ok(looking) => looking,
        Err(error) => return (Err(error.to_string()), None),
    };
    let mut streams = Vec::new();
    for context in Context::ALL {
        let report = looking.stream(context).await;
        streams.push(StreamFacts {
            name: context.name(),
            report: report.map_err(|error| error.to_string()),
        });
    }
    let facts = LogFacts {
        servers: looking.servers().await,
        limits: looking.account_limits().await,
        streams,
        parked: looking.parked().await.map_err(|error| error.to_string()),
    };
    let offset = ClockOffset::measure(clock, async || looking.time().await).await;
    (Ok(facts), Some(("nats", offset)))
}

async fn ask_servers(nats: &NatsSettings) -> SystemFacts {
    if nats.system_url.is_empty() {
        return SystemFacts::NotAsked;
    }
    match inspect::server_settings(nats).await {
        Ok(settings) if settings.is_empty() => SystemFacts::Failed("nobody answers this user".to_owned()),
        Ok(settings) => SystemFacts::Told(settings),
        Err(error) => SystemFacts::Failed(error.to_string()),
    }
}

async fn ask_database(settings: &Settings, backend: &Backend, clock: &Clock) -> Clocked<DatabaseReport> {
    let pool = match read_models::connect(backend.postgres().expose(), &settings.postgres) {
        Ok(pool) => pool,
        Err(error) => return (Err(error.to_string()), None),
    };
    let report = read_models::inspect::inspect(&pool).await;
    let offset = match &report {
        Ok(_) => {
            let ask = async || {
                read_models::inspect::time(&pool)
                    .await
                    .map_err(|error| error.to_string())
            };
            Some(("postgres", ClockOffset::measure(clock, ask).await))
        }
        Err(_) => None,
    };
    pool.close().await;
    (report.map_err(|error| error.to_string()), offset)
}

fn disk_space(path: &Path) -> Result<DiskSpace, String> {
    let found = rustix::fs::statvfs(path).map_err(|error| error.to_string())?;
    Ok(DiskSpace {
        free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
        size_bytes: found.f_blocks.saturating_mul(found.f_frsize),
    })
}
