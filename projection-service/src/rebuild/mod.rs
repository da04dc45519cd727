//! Rebuilds a projection beside the live one, and replaces it. The new version is folded from the first event in parts,
//! catches up while commands continue, is compared with the live one at one position, and replaces it in one
//! transaction. The database stores the progress of each part, so an interrupted rebuild resumes.

mod fan;
mod proof;

use std::{collections::BTreeMap, time::Duration};

use futures_util::FutureExt as _;
use log_reader::{Context, FollowError, Reader, StreamError};
use platform::config::ProjectionSettings;
use read_models::{
    PgPool,
    building::{self, ReplaceError},
    checkpoint,
    compare::Comparison,
    lease::{self, Activity},
};

use tokio::task::JoinHandle;

use crate::{
    catalogue::Projection,
    fault::Fault,
    lease::{LeaseKeeper, PATIENCE},
    rebuild::fan::Fan,
};

/// The lag at which the new version is close enough. The remaining events are folded while the live version is locked.
const NEARLY_THERE_EVENTS: u64 = 500;
/// The maximum number of attempts to catch up. After that, the stream is considered to grow faster than it can be
/// folded.
const MOST_ROUNDS: usize = 100;
/// The maximum number of attempts to lock the live table, before it is considered permanently in use.
const MOST_TRIES: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// The options of a rebuild.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of parts of a new build.
    pub workers: usize,
    /// Whether to compare the new version with the live one.
    pub compares: bool,
    /// The settings for batches.
    pub projections: ProjectionSettings,
}

/// A progress report.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A build begins or resumes at this position.
    Begun {
        /// The projection.
        projection: &'static str,
        /// The position that all its parts have reached.
        position: u64,
        /// Whether an earlier run began it.
        is_resumed: bool,
    },
    /// A stream has been folded up to a position.
    Folded {
        /// The stream.
        stream: Context,
        /// The position.
        position: u64,
        /// The end of the stream.
        end: u64,
    },
    /// The indexes of a version are being created.
    Indexing {
        /// The projection.
        projection: &'static str,
    },
    /// A version is being compared with the live one.
    Comparing {
        /// The projection.
        projection: &'static str,
    },
    /// A version is about to replace the live one.
    Replacing {
        /// The projection.
        projection: &'static str,
    },
    /// A version has replaced the live one.
    Replaced(&'a Rebuilt),
}

/// A rebuilt projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The projection.
    pub projection: &'static str,
    /// The version of its projector.
    pub version: u32,
    /// Its position at the replacement.
    pub position: u64,
    /// The result of the comparison with the live version.
    pub comparison: Compared,
}

/// The result of comparing a new version with the live one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Both were compared at this position.
    At {
        /// The position.
        position: u64,
        /// The number of rows of the new version.
        rows: u64,
        /// The differences of the live version.
        found: Comparison,
    },
    /// They were not compared, for this reason.
    Not(&'static str),
}

/// An error of a rebuild.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Another process is rebuilding the projection.
    #[error("{projection} is being rebuilt by {holder}")]
    HeldBy {
        /// The projection.
        projection: &'static str,
        /// The name of that process.
        holder: String,
    },
    /// The log cannot be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The log is unavailable.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The database write failed.
    #[error("{0}")]
    Database(String),
    /// The rebuild cannot continue.
    #[error("{0}")]
    Stopped(String),
}

impl From<read_models::Error> for RebuildError {
    fn from(error: read_models::Error) -> Self {
        Self::Database(read_models::describe(&error))
    }
}

impl From<Fault> for RebuildError {
    fn from(fault: Fault) -> Self {
        Self::Stopped(fault.to_string())
    }
}

/// A projection that is being built, and the positions of its parts.
type Member = (&'static Projection, Vec<u64>);

/// A progress callback.
pub type Tell<'a> = &'a (dyn Fn(Progress<'_>) + Send + Sync);

/// Rebuilds projections and puts each in place. The projections of one stream are folded together.
///
/// # Errors
/// Another process is rebuilding one of them, or the log or the database is unavailable. Projections already in place
/// stay; a repeated call resumes the others.
pub async fn rebuild(
    journal: &Reader,
    pool: &PgPool,
    projections: &[&'static Projection],
    options: &Options,
    tell: Tell<'_>,
) -> Result<Vec<Rebuilt>, RebuildError> {
    let alone = hold_alone(pool, projections).await?;
    let rebuilt = rebuild_alone(journal, pool, projections, options, tell).await;
    alone.release().await;
    rebuilt
}

async fn rebuild_alone(
    journal: &Reader,
    pool: &PgPool,
    projections: &[&'static Projection],
    options: &Options,
    tell: Tell<'_>,
) -> Result<Vec<Rebuilt>, RebuildError> {
    let mut groups: BTreeMap<(Context, usize), Vec<Member>> = BTreeMap::new();
    for projection in projections {
        let (name, version) = (projection.name(), projection.version());
        // A projection that has never run has no checkpoint yet.
        checkpoint::load(pool, name, projection.context().name(), version).await?;
        let build = building::begin(pool, name, version, options.workers.max(1)).await?;
        tell(Progress::Begun {
            projection: name,
            position: build.positions.iter().copied().min().unwrap_or(0),
            is_resumed: build.is_resumed,
        });
        let group = (projection.context(), build.positions.len());
        groups.entry(group).or_default().push((projection, build.positions));
    }
    let mut rebuilt = Vec::new();
    for ((context, parts), members) in groups {
        let group = Group {
            journal,
            pool,
            options,
            tell,
            context,
        };
        rebuilt.extend(group.rebuild(parts, members).await?);
    }
    Ok(rebuilt)
}

/// Acquires the lease on rebuilding these projections. It is renewed until the result is dropped.
async fn hold_alone(pool: &PgPool, projections: &[&'static Projection]) -> Result<Alone, RebuildError> {
    let mut keeper = LeaseKeeper::new();
    let (_, building) = tokio::sync::watch::channel(Activity::Building("beside the live version".to_owned()));
    let wanted: Vec<_> = projections
        .iter()
        .map(|projection| (*projection, keeper.want(lease_name(projection), building.clone())))
        .collect();
    let shutdown = platform::Shutdown::new();
    let alone = Alone {
        shutdown: shutdown.clone(),
        keeping: Some(tokio::spawn(keeper.run(pool.clone(), shutdown))),
    };
    for (projection, mut watched) in wanted {
        // The lease of a killed process expires within this time.
        let holding = watched.wait_for(|lease| lease.is_held()).map(|held| held.is_ok());
        let is_held = tokio::time::timeout(PATIENCE, holding).await.unwrap_or(false);
        if !is_held {
            let leases = lease::all(pool).await?;
            let name = lease_name(projection);
            let held_by = leases.into_iter().find(|lease| lease.name == name);
            return Err(RebuildError::HeldBy {
                projection: projection.name(),
                holder: held_by.map_or_else(|| "an unknown process".to_owned(), |lease| lease.holder),
            });
        }
    }
    Ok(alone)
}

fn lease_name(projection: &Projection) -> String {
    format!("rebuild {}", projection.name())
}

/// The leases on rebuilding. Dropping it releases them too, if time permits.
struct Alone {
    shutdown: platform::Shutdown,
    keeping: Option<JoinHandle<()>>,
}

impl Alone {
    async fn release(mut self) {
        self.shutdown.trigger();
        if let Some(keeping) = self.keeping.take() {
            // Otherwise, the leases expire by themselves.
            let _ = keeping.await;
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

/// The projections that are folded together.
struct Group<'a> {
    journal: &'a Reader,
    pool: &'a PgPool,
    options: &'a Options,
    tell: Tell<'a>,
    context: Context,
}

impl Group<'_> {
    async fn rebuild(&self, parts: usize, members: Vec<Member>) -> Result<Vec<Rebuilt>, RebuildError> {
        let projections: Vec<&'static Projection> = members.iter().map(|(projection, _)| *projection).collect();
        let mut fan = Fan::open(self.journal, self.pool, &self.options.projections, parts, members).await?;
        self.catch_up(&mut fan).await?;
        for projection in &projections {
            (self.tell)(Progress::Indexing {
                projection: projection.name(),
            });
            building::make_indexes(self.pool, projection.name()).await?;
        }
        let mut rebuilt = Vec::with_capacity(projections.len());
        for projection in projections {
            self.catch_up(&mut fan).await?;
            let comparison = if self.options.compares {
                let name = projection.name();
                (self.tell)(Progress::Comparing { projection: name });
                proof::compare(self.journal, self.pool, &mut fan, projection).await?
            } else {
                Compared::Not("the live version belongs to another version of the projector")
            };
            (self.tell)(Progress::Replacing {
                projection: projection.name(),
            });
            let standing = self.replace(&mut fan, projection).await?;
            fan.retire(projection.name()).await?;
            let one = Rebuilt {
                projection: projection.name(),
                version: standing.version,
                position: standing.position,
                comparison,
            };
            (self.tell)(Progress::Replaced(&one));
            rebuilt.push(one);
        }
        Ok(rebuilt)
    }

    /// Folds until the end of the stream is near.
    async fn catch_up(&self, fan: &mut Fan) -> Result<(), RebuildError> {
        for _ in 0..MOST_ROUNDS {
            let end = self.journal.status(self.context).await?.last_position;
            let behind = end.saturating_sub(fan.position());
            let told = |position| {
                (self.tell)(Progress::Folded {
                    stream: self.context,
                    position,
                    end,
                });
            };
            fan.fold_to(end, &told).await?;
            if behind <= NEARLY_THERE_EVENTS {
                return Ok(());
            }
        }
        Err(RebuildError::Stopped(format!(
            "{} grows faster than it can be folded; the progress is kept, and the rebuild can be repeated",
            self.context
        )))
    }

    /// Puts a version in place. It locks the live checkpoint and folds the remaining events up to it first.
    async fn replace(
        &self,
        fan: &mut Fan,
        projection: &'static Projection,
    ) -> Result<checkpoint::Standing, RebuildError> {
        for _ in 0..MOST_TRIES {
            let mut transaction = self.pool.begin().await?;
            let live = checkpoint::held(&mut transaction, projection.name()).await?;
            let live = live.ok_or_else(|| RebuildError::Stopped("its checkpoint is gone".to_owned()))?;
            fan.fold_to(live.position, &|_| {}).await?;
            match building::replace(&mut transaction, projection.name(), live).await {
                Ok(standing) => {
                    transaction.commit().await?;
                    return Ok(standing);
                }
                Err(ReplaceError::Busy | ReplaceError::Behind { .. }) => {
                    drop(transaction);
                    tokio::time::sleep(PAUSE).await;
                }
                Err(ReplaceError::Refused(reason)) => return Err(RebuildError::Stopped(reason.to_owned())),
                Err(ReplaceError::Database(error)) => return Err(error.into()),
            }
        }
        Err(RebuildError::Stopped(format!(
            "the table of {} is in use all the time; the new version is kept, and it can be done again",
            projection.name()
        )))
    }
}
