//! Leases for work that only one process at a time should do. A process without the lease stands by, and takes over
//! when the holder stops renewing. Leases only avoid duplicate work; the checkpoint guarantees correctness.

use std::time::Duration;

use platform::Shutdown;
use read_models::{
    PgConnection, PgPool,
    lease::{self, Activity, Claim, HeldLease},
};
use tokio::{sync::watch, time::Instant};

/// The lifetime of a lease without renewal. With [`HEARTBEAT`], it bounds the time without progress after the holder
/// has died.
const LASTS: Duration = Duration::from_secs(3);
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The maximum time to acquire the lease of a dead holder.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The known state of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lease {
    /// The database has not been queried yet.
    Unknown,
    /// This process holds it.
    Held {
        /// The number of replacements of the projection's rows by another version. When it rises, the projection must
        /// restart from its checkpoint.
        replacements: u32,
        /// The number of lost database connections since this process first claimed the lease. When it rises, the
        /// projection must restart from its checkpoint: a crash can lose the last commits, and without another event
        /// nothing else would reveal that.
        losses: u32,
    },
    /// Another process holds it.
    Elsewhere,
    /// The database has been unreachable for so long that another process may hold the lease.
    Lost,
}

impl Lease {
    /// Whether this process holds it.
    pub(crate) const fn is_held(self) -> bool {
        matches!(self, Self::Held { .. })
    }
}

#[derive(Debug)]
struct Wanted {
    name: String,
    activity: watch::Receiver<Activity>,
    lease: watch::Sender<Lease>,
}

/// Acquires and renews the leases of one process.
#[derive(Debug)]
pub(crate) struct LeaseKeeper {
    holder: String,
    wanted: Vec<Wanted>,
}

impl LeaseKeeper {
    /// Creates a keeper without claims.
    pub(crate) fn new() -> Self {
        Self {
            holder: platform::process::identity(),
            wanted: Vec::new(),
        }
    }

    /// Claims a lease. The claimant's activity is published with it.
    pub(crate) fn want(&mut self, name: String, activity: watch::Receiver<Activity>) -> watch::Receiver<Lease> {
        let (lease, watched) = watch::channel(Lease::Unknown);
        self.wanted.push(Wanted { name, activity, lease });
        watched
    }

    /// Keeps the leases until shutdown, and then releases them, so that other processes need not wait.
    pub(crate) async fn run(self, pool: PgPool, shutdown: Shutdown) {
        let mut connection: Option<PgConnection> = None;
        let mut losses: u32 = 0;
        let mut renewed = Instant::now();
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                _ = heartbeat.tick() => {}
            }
            let asked = Instant::now();
            let claimed = tokio::time::timeout(LASTS / 2, self.claim(&pool, &mut connection)).await;
            match claimed {
                Ok(Ok(held)) => {
                    renewed = asked;
                    self.tell(|name| match held.iter().find(|held| held.name == name) {
                        Some(held) => Lease::Held {
                            replacements: held.replacements,
                            losses,
                        },
                        None => Lease::Elsewhere,
                    });
                }
                failed => {
                    if let Ok(Err(error)) = failed {
                        tracing::debug!(reason = read_models::describe(&error), "the leases are not renewed");
                    }
                    connection = None;
                    losses = losses.wrapping_add(1);
                    if renewed.elapsed() >= LASTS {
                        self.tell(|_| Lease::Lost);
                    }
                }
            }
        }
        self.release(connection).await;
    }

    async fn claim(
        &self,
        pool: &PgPool,
        connection: &mut Option<PgConnection>,
    ) -> Result<Vec<HeldLease>, read_models::Error> {
        let connection = match connection {
            Some(connection) => connection,
            None => connection.insert(lease::connect(pool).await?),
        };
        let claims: Vec<Claim> = self.wanted.iter().map(Wanted::claim).collect();
        lease::claim(connection, &self.holder, &claims, LASTS).await
    }

    fn tell(&self, lease: impl Fn(&str) -> Lease) {
        for wanted in &self.wanted {
            let now = lease(&wanted.name);
            let changed = wanted
                .lease
                .send_if_modified(|before| std::mem::replace(before, now) != now);
            if changed {
                tracing::debug!(name = wanted.name, lease = ?now, "the lease has changed hands");
            }
        }
    }

    async fn release(self, connection: Option<PgConnection>) {
        let names: Vec<String> = self.wanted.iter().map(|wanted| wanted.name.clone()).collect();
        if let Some(mut connection) = connection {
            let released = lease::release(&mut connection, &self.holder, &names);
            // Otherwise, the leases expire by themselves.
            drop(tokio::time::timeout(LASTS, released).await);
        }
    }
}

impl Wanted {
    fn claim(&self) -> Claim {
        Claim {
            name: self.name.clone(),
            activity: self.activity.borrow().clone(),
        }
    }
}
