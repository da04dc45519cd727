//! Leases: which process may advance a projection, or build another version of it. A lease runs out when it is not
//! renewed, by the database's clock. It keeps processes out of each other's way; that no two advance a projection is
//! what the checkpoint's fence proves.

use std::time::Duration;

use chrono::{DateTime, Utc};
use platform::health::{Readiness, Report};
use sqlx::{Connection as _, PgConnection, PgPool};

/// What the holder of a lease does with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It follows the stream.
    Following,
    /// It builds another version of the projection first, and this is to be said of that.
    Building(String),
    /// It waits for something to pass, and this is why.
    Waiting(String),
    /// It does not go on by itself, and this is why.
    Halted(String),
}

impl Activity {
    /// What the state is called.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Following => "following",
            Self::Building(_) => "building",
            Self::Waiting(_) => "waiting",
            Self::Halted(_) => "halted",
        }
    }

    /// Why that is so, if there is something to say.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Following => None,
            Self::Building(reason) | Self::Waiting(reason) | Self::Halted(reason) => Some(reason),
        }
    }

    /// What a row tells. A state that only a newer program knows is none that a projection advances in.
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

/// What a process wants a lease for, and what it says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The projection, or another name.
    pub name: String,
    /// What the holder does with it.
    pub activity: Activity,
}

/// A lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The projection, or another name.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// What the holder does with it.
    pub activity: Activity,
    /// When it runs out.
    pub expires_at: DateTime<Utc>,
    /// Whether it has not run out.
    pub is_held: bool,
}

/// A connection of its own, so that nothing that a process does with the others keeps it from renewing its leases. They
/// need not survive a crash of the database, so nobody waits for a disk.
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

/// A lease that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLease {
    /// The projection, or another name.
    pub name: String,
    /// How often other rows have been put in the place of the projection's.
    pub replacements: u32,
}

/// Takes or renews those of the leases that nobody else holds. Answers with those that are held now.
///
/// # Errors
/// The database cannot be asked. What was held before is held until it runs out.
pub async fn claim(
    connection: &mut PgConnection,
    holder: &str,
    claims: &[Claim],
    lasts: Duration,
) -> Result<Vec<HeldLease>, sqlx::Error> {
    // In one order everywhere, so that two processes cannot wait for each other.
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

/// Gives up leases that are held, so that others need not wait until they run out.
///
/// # Errors
/// The database cannot be asked. They run out all the same.
pub async fn release(connection: &mut PgConnection, holder: &str, names: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM projection_lease WHERE holder = $1 AND projection = ANY($2)")
        .bind(holder)
        .bind(names)
        .execute(connection)
        .await
        .map(drop)
}

/// Every lease, also those that have run out.
///
/// # Errors
/// The database cannot be asked.
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
