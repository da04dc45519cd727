//! Gathers the facts for the checks. A question without an answer is a fact too.

use std::{collections::BTreeMap, path::Path};

use journal::{
    Context,
    inspect::{self, AccountLimit, LogInspector, ServerSettings, ServerVersion, StreamReport},
};
use platform::{Clock, config::NatsSettings};
use read_models::inspect::DatabaseReport;
use settings::Settings;

use super::clock_offset::ClockOffset;
use crate::backend::Backend;

/// The facts for all checks.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) log: Result<LogFacts, String>,
    pub(super) servers: SystemFacts,
    pub(super) database: Result<DatabaseReport, String>,
    /// The offsets of other clocks from the clock of this machine.
    pub(super) clocks: Vec<(&'static str, Result<ClockOffset, String>)>,
    /// The file system of the data directory, if the embedded servers store the log there.
    pub(super) disk: Option<Result<DiskSpace, String>>,
}

/// The facts about the log that every user can read.
#[derive(Debug)]
pub(super) struct LogFacts {
    pub(super) servers: Vec<ServerVersion>,
    pub(super) limits: Result<Vec<AccountLimit>, String>,
    pub(super) streams: Vec<StreamFacts>,
    /// The number of parked events by stream and reactor.
    pub(super) parked: Result<BTreeMap<(String, String), u64>, String>,
}

/// The facts about a stream. A stream that does not exist has no report.
#[derive(Debug)]
pub(super) struct StreamFacts {
    pub(super) name: &'static str,
    pub(super) report: Result<Option<StreamReport>, String>,
}

/// The settings of the servers, which only the system account can read.
#[derive(Debug)]
pub(super) enum SystemFacts {
    Told(Vec<ServerSettings>),
    /// The settings name no user of the system account.
    NotAsked,
    Failed(String),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct DiskSpace {
    pub(super) free_bytes: u64,
    pub(super) size_bytes: u64,
}

impl Facts {
    /// Queries all servers. The timeouts in the settings bound every query.
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

    /// The streams that exist and could be inspected.
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
        Ok(settings) if settings.is_empty() => SystemFacts::Failed("no server answers this user".to_owned()),
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
