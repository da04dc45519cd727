//! Building a projection anew beside the live one, and putting it in its place. The new version is folded from the first
//! event in parts, catches up while commands keep coming, is compared with the live one at one position, and takes its
//! place in one transaction. The progress of each part is kept in the database: an interrupted rebuild goes on from there.

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

/// From so few events on, the new version is as good as there; the rest is folded while the live one stands still.
const NEARLY_THERE_EVENTS: u64 = 500;
/// So often it is tried to get there, before the stream is taken to grow faster than it can be folded.
const MOST_ROUNDS: usize = 100;
/// So often the live table is asked for, before it is taken to be in use for good.
const MOST_TRIES: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// How to rebuild.
#[derive(Clone, Debug)]
pub struct Options {
    /// In how many parts a version is folded that has not been begun.
    pub workers: usize,
    /// Whether the new version is compared with the live one.
    pub compares: bool,
    /// How many events are taken at a time.
    pub projections: ProjectionSettings,
}

/// What is going on.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A version was begun, or is gone on with from this position.
    Begun {
        /// The projection.
        projection: &'static str,
        /// How far all its parts are.
        position: u64,
        /// Whether it had been begun before.
        is_resumed: bool,
    },
    /// A stream has been folded up to a position.
    Folded {
        /// The stream.
        stream: Context,
        /// The position.
        position: u64,
        /// Where the stream ends.
        end: u64,
    },
    /// The indexes of a version are made.
    Indexing {
        /// The projection.
        projection: &'static str,
    },
    /// A version is compared with the live one.
    Comparing {
        /// The projection.
        projection: &'static str,
    },
    /// A version is about to take the place of the live one.
    Replacing {
        /// The projection.
        projection: &'static str,
    },
    /// A version has taken the place of the live one.
    Replaced(&'a Rebuilt),
}

/// A projection that has been built anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The projection.
    pub projection: &'static str,
    /// The version of its projector.
    pub version: u32,
    /// Where it stood when it took the live one's place.
    pub position: u64,
    /// What the comparison with the live one found.
    pub comparison: Compared,
}

/// What became of comparing a new version with the live one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// They were compared, both at this position.
    At {
        /// The position.
        position: u64,
        /// How many rows the new version has.
        rows: u64,
        /// What was found in the live one.
        found: Comparison,
    },
    /// They were not, for this reason.
    Not(&'static str),
}

/// Why a projection was not built anew.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Somebody else is at it.
    #[error("{projection} is being rebuilt by {holder}")]
    HeldBy {
        /// The projection.
        projection: &'static str,
        /// Who.
        holder: String,
    },
    /// The log cannot be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The log does not answer.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The database did not take it.
    #[error("{0}")]
    Database(String),
    /// It was stopped where it cannot go on.
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

/// A projection that is built, and how far each part of it is.
type Member = (&'static Projection, Vec<u64>);

/// Who hears what is going on.
pub type Tell<'a> = &'a (dyn Fn(Progress<'_>) + Send + Sync);

/// Builds projections anew, and puts each in its place. Those that read one stream are folded together.
///
/// # Errors
/// Somebody else is at it, or the log or the database cannot be used. Those that are in place by then stay; the others go
/// on where they were when it is done again.
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
        // A projection that has never run has no checkpoint to put another version at.
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

/// Takes the lease on rebuilding these projections. It is renewed until the answer is dropped.
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
        // The lease of one that was killed runs out meanwhile.
        let holding = watched.wait_for(|lease| lease.is_held()).map(|held| held.is_ok());
        let is_held = tokio::time::timeout(PATIENCE, holding).await.unwrap_or(false);
        if !is_held {
            let leases = lease::all(pool).await?;
            let name = lease_name(projection);
            let held_by = leases.into_iter().find(|lease| lease.name == name);
            return Err(RebuildError::HeldBy {
                projection: projection.name(),
                holder: held_by.map_or_else(|| "nobody who can be told".to_owned(), |lease| lease.holder),
            });
        }
    }
    Ok(alone)
}

fn lease_name(projection: &Projection) -> String {
    format!("rebuild {}", projection.name())
}

/// The leases on rebuilding. They are let go of when it is dropped, too, if there is time left to do so.
struct Alone {
    shutdown: platform::Shutdown,
    keeping: Option<JoinHandle<()>>,
}

impl Alone {
    async fn release(mut self) {
        self.shutdown.trigger();
        if let Some(keeping) = self.keeping.take() {
            // They run out all the same.
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
                Compared::Not("the live version is of another projector")
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

    /// Folds until the stream's end is near.
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
            "{} grows faster than it can be folded; what has been folded stays, and it can be done again",
            self.context
        )))
    }

    /// Puts a version in place. What the live one has folded meanwhile is folded while its checkpoint is held.
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
