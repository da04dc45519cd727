//! Leases: they decide which process advances a projection, or builds another version of it. A lease expires, by the
//! database's clock, unless it is renewed. Leases only avoid duplicate work; the fence of the checkpoint guarantees
//! that only one process advances a projection.

use std::time::Duration;

use chrono::{DateTime, Utc};
use platform::health::{Readiness, Report};
use sqlx::{Connection as _, PgConnection, PgPool};

/// The current activity of a lease's holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Activity {
    /// The holder follows the stream.
    Following,
    /// The holder builds another version of the projection first, for this reason.
    Building(String),
    /// The holder waits for a temporary problem to pass, for this reason.
    Waiting(String),
    /// The holder has stopped until someone intervenes, for this reason.
    Halted(String),
}

impl Activity {
    /// The name of the activity.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Following => "following",
            Self::Building(_) => "building",
            Self::Waiting(_) => "waiting",
            Self::Halted(_) => "halted",
        }
    }

    /// The reason, if there is one.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Following => None,
            Self::Building(reason) | Self::Waiting(reason) | Self::Halted(reason) => Some(reason),
        }
    }

    /// Parses a row. An unknown activity of a newer program counts as not advancing.
    fn read(name: &str, reason: Option<String>) -> Self {
        let reason = reason.unwrap_or_default();
        match name {
            "following" => Self::Following,
            "building" => Self::Building(reason),
            "halted" => Self::Halted(reason),
            _ => Self::Waiting(reason),
        }
    }
}

impl Report for Activity {
    fn readiness(&self) -> Readiness {
        match self {
            Self::Following => Ok(()),
            Self::Waiting(reason) => Err(reason.clone()),
            Self::Building(reason) | Self::Halted(reason) => Err(format!("{}: {reason}", self.name())),
        }
    }
}

/// A claim to a lease, with the claimant's activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The projection's name, or another name.
    pub name: String,
    /// The holder's activity.
    pub activity: Activity,
}

/// A lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The projection's name, or another name.
    pub name: String,
    /// The holder's name.
    pub holder: String,
    /// The holder's activity.
    pub activity: Activity,
    /// The time of expiry.
    pub expires_at: DateTime<Utc>,
    /// Whether it has not expired.
    pub is_held: bool,
}

/// Opens a separate connection for leases, so that no other work of the process delays their renewal. Its commits are
/// asynchronous, because leases need not survive a crash of the database.
///
/// # Errors
/// The database cannot be reached.
pub async fn connect(pool: &PgPool) -> Result<PgConnection, sqlx::Error> {
    let mut connection = PgConnection::connect_with(&pool.connect_options()).await?;
    sqlx::query("SET synchronous_commit TO off")
        .execute(&mut connection)
        .await?;
    Ok(connection)
}

/// A lease that the caller holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLease {
    /// The projection's name, or another name.
    pub name: String,
    /// The number of replacements of the projection's rows by another version.
    pub replacements: u32,
}

/// Acquires or renews the leases that no other process holds. Returns the held leases.
///
/// # Errors
/// The database cannot be queried. Leases held before stay valid until they expire.
pub async fn claim(
    connection: &mut PgConnection,
    holder: &str,
    claims: &[Claim],
    lasts: Duration,
) -> Result<Vec<HeldLease>, sqlx::Error> {
    // The same order everywhere prevents deadlocks between processes.
    let mut claims: Vec<&Claim> = claims.iter().collect();
    claims.sort_by(|one, other| one.name.cmp(&other.name));
    let held: Vec<(String, i32)> = sqlx::query_as(
        "INSERT INTO projection_lease (projection, holder, state, reason, expires_at)
         SELECT name, $1, state, reason, clock_timestamp() + $2 * interval '1 millisecond'
         FROM UNNEST($3::text[], $4::text[], $5::text[]) AS claimed (name, state, reason)
         ON CONFLICT (projection) DO UPDATE SET
             holder = EXCLUDED.holder, state = EXCLUDED.state, reason = EXCLUDED.reason,
             expires_at = EXCLUDED.expires_at
         WHERE projection_lease.holder = EXCLUDED.holder OR projection_lease.expires_at < clock_timestamp()
         RETURNING projection,
             coalesce((SELECT replacements FROM projection_checkpoint checkpoint
                       WHERE checkpoint.projection = projection_lease.projection), 0)",
    )
    .bind(holder)
    .bind(lasts.as_secs_f64() * 1000.0)
    .bind(claims.iter().map(|claim| claim.name.as_str()).collect::<Vec<_>>())
    .bind(claims.iter().map(|claim| claim.activity.name()).collect::<Vec<_>>())
    .bind(claims.iter().map(|claim| claim.activity.reason()).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    let lease = |(name, replacements): (String, i32)| HeldLease {
        name,
        replacements: replacements.unsigned_abs(),
    };
    Ok(held.into_iter().map(lease).collect())
}

/// Releases leases, so that other processes need not wait for their expiry.
///
/// # Errors
/// The database cannot be queried. The leases then expire by themselves.
pub async fn release(connection: &mut PgConnection, holder: &str, names: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM projection_lease WHERE holder = $1 AND projection = ANY($2)")
        .bind(holder)
        .bind(names)
        .execute(connection)
        .await
        .map(drop)
}

/// Returns all leases, including expired ones.
///
/// # Errors
/// The database cannot be queried.
pub async fn all(pool: &PgPool) -> Result<Vec<Lease>, sqlx::Error> {
    type Row = (String, String, String, Option<String>, DateTime<Utc>, bool);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT projection, holder, state, reason, expires_at, expires_at >= clock_timestamp()
         FROM projection_lease ORDER BY projection",
    )
    .fetch_all(pool)
    .await?;
    let lease = |(name, holder, state, reason, expires_at, is_held): Row| Lease {
        name,
        holder,
        activity: Activity::read(&state, reason),
        expires_at,
        is_held,
    };
    Ok(rows.into_iter().map(lease).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activity_is_read_as_it_was_written() {
        let why = || "the rows are of version 2".to_owned();
        for activity in [
            Activity::Following,
            Activity::Building(why()),
            Activity::Waiting(why()),
            Activity::Halted(why()),
        ] {
            let reason = activity.reason().map(str::to_owned);
            assert_eq!(Activity::read(activity.name(), reason), activity);
        }
        assert_eq!(Activity::read("dreaming", None), Activity::Waiting(String::new()));
    }

    #[test]
    fn only_a_projection_that_follows_is_ready() {
        let told = |activity: Activity| activity.readiness();
        assert_eq!(told(Activity::Following), Ok(()));
        assert_eq!(told(Activity::Waiting("later".to_owned())), Err("later".to_owned()));
        assert_eq!(
            told(Activity::Halted("a: b".to_owned())),
            Err("halted: a: b".to_owned())
        );
        assert_eq!(
            told(Activity::Building("v2".to_owned())),
            Err("building: v2".to_owned())
        );
    }
}
