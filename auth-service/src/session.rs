//! The sessions: a sign-in on one device, and its refresh tokens. Each refresh replaces the token. Whoever presents a
//! replaced token either is a second tab of the same device, or has stolen it.

use chrono::{DateTime, TimeDelta, Utc};
use settings::AuthSettings;
use sqlx::{Acquire as _, PgConnection, PgPool, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::{
    AuthError,
    secrets::{self, REFRESH_PREFIX},
};

/// How long a replaced token still gets its successor.
const GRACE: TimeDelta = TimeDelta::seconds(10);
/// The sessions of an account that are kept. A further sign-in ends the oldest.
pub(crate) const MAX_SESSIONS: u32 = 32;
/// The replaced tokens of a session that are recognised.
const REMEMBERED_TOKENS: i32 = 500;
/// How many expired sessions a sign-in removes.
const REMOVED_AT_ONCE: i64 = 100;

macro_rules! columns {
    () => {
        "id, account_id, amr, started_at, refreshed_at, ends_at, rotation_key, generation"
    };
}

/// A session.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) id: Uuid,
    pub(crate) account_id: Uuid,
    pub(crate) amr: Vec<String>,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) refreshed_at: DateTime<Utc>,
    pub(crate) ends_at: DateTime<Utc>,
    rotation_key: Vec<u8>,
    generation: i32,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetime {
    idle: TimeDelta,
    whole: TimeDelta,
}

impl From<&AuthSettings> for Lifetime {
    fn from(settings: &AuthSettings) -> Self {
        Self {
            idle: TimeDelta::minutes(settings.session_idle_minutes.into()),
            whole: TimeDelta::minutes(settings.session_max_minutes.into()),
        }
    }
}

impl From<TimeDelta> for Lifetime {
    /// Of a session that cannot be refreshed.
    fn from(whole: TimeDelta) -> Self {
        Self { idle: whole, whole }
    }
}

impl Lifetime {
    /// When a session ends that is used now.
    fn end(self, started_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        (now + self.idle).min(started_at + self.whole)
    }
}

/// The outcome of presenting a refresh token.
pub(crate) enum Rotation {
    /// The token is the current one, or was a moment ago. Here is its successor.
    Next(Session, String),
    /// The token was replaced long ago. Its session has been ended.
    Replayed,
    /// There is no such token, or its session is over.
    Unknown,
}

impl Session {
    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            account_id: row.try_get("account_id")?,
            amr: row.try_get("amr")?,
            started_at: row.try_get("started_at")?,
            refreshed_at: row.try_get("refreshed_at")?,
            ends_at: row.try_get("ends_at")?,
            rotation_key: row.try_get("rotation_key")?,
            generation: row.try_get("generation")?,
        })
    }
}

/// Starts a session, unless the account has been disabled meanwhile. Returns it with its first refresh token.
pub(crate) async fn start(
    connection: &mut PgConnection,
    account_id: Uuid,
    amr: &[&str],
    lifetime: Lifetime,
    now: DateTime<Utc>,
    tokens_expire_at: DateTime<Utc>,
) -> Result<(Session, String), AuthError> {
    let session = Session {
        id: platform::new_id(),
        account_id,
        amr: amr.iter().map(|way| (*way).to_owned()).collect(),
        started_at: now,
        refreshed_at: now,
        ends_at: lifetime.end(now, now),
        rotation_key: secrets::random()?.to_vec(),
        generation: 0,
    };
    let token = secrets::token(REFRESH_PREFIX)?;
    let mut transaction = connection.begin().await?;
    let statement = concat!(
        "INSERT INTO auth.session (",
        columns!(),
        ") SELECT $1, id, $3, $4, $4, $5, $6, $7 FROM auth.account WHERE id = $2 AND disabled_at IS NULL FOR SHARE"
    );
    let inserted = sqlx::query(statement)
        .bind(session.id)
        .bind(account_id)
        .bind(&session.amr)
        .bind(now)
        .bind(session.ends_at)
        .bind(&session.rotation_key)
        .bind(session.generation)
        .execute(&mut *transaction)
        .await?;
    if inserted.rows_affected() == 0 {
        return Err(AuthError::SignInFailed);
    }
    insert_token(&mut transaction, &session, &token).await?;
    remove_surplus(&mut transaction, account_id, now, tokens_expire_at).await?;
    transaction.commit().await?;
    Ok((session, token))
}

async fn insert_token(connection: &mut PgConnection, session: &Session, token: &str) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO auth.refresh_token (hash, session_id, generation) VALUES ($1, $2, $3)")
        .bind(secrets::hash(token))
        .bind(session.id)
        .bind(session.generation)
        .execute(connection)
        .await?;
    Ok(())
}

async fn remove_surplus(
    connection: &mut PgConnection,
    account_id: Uuid,
    now: DateTime<Utc>,
    tokens_expire_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let oldest = "WITH ended AS (DELETE FROM auth.session WHERE id IN \
                  (SELECT id FROM auth.session WHERE account_id = $1 ORDER BY started_at DESC, id DESC OFFSET $2) \
                  RETURNING id) \
                  INSERT INTO auth.ended_session (session_id, tokens_expire_at) SELECT id, $3 FROM ended";
    sqlx::query(oldest)
        .bind(account_id)
        .bind(i64::from(MAX_SESSIONS))
        .bind(tokens_expire_at)
        .execute(&mut *connection)
        .await?;
    // Other sign-ins remove others at the same time.
    let expired = "DELETE FROM auth.session WHERE id IN \
                   (SELECT id FROM auth.session WHERE ends_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)";
    sqlx::query(expired)
        .bind(now)
        .bind(REMOVED_AT_ONCE)
        .execute(connection)
        .await?;
    Ok(())
}

/// Replaces a refresh token by its successor.
pub(crate) async fn rotate(
    pool: &PgPool,
    token: &str,
    lifetime: Lifetime,
    now: DateTime<Utc>,
    tokens_expire_at: DateTime<Utc>,
) -> Result<Rotation, sqlx::Error> {
    let hash = secrets::hash(token);
    let mut transaction = pool.begin().await?;
    // The session's row is the lock of all its tokens.
    let locked = concat!(
        "SELECT ",
        columns!(),
        " FROM auth.session WHERE id = (SELECT session_id FROM auth.refresh_token WHERE hash = $1) FOR UPDATE"
    );
    let row = sqlx::query(locked)
        .bind(&hash)
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(mut session) = row.as_ref().map(Session::read).transpose()? else {
        return Ok(Rotation::Unknown);
    };
    let row = sqlx::query("SELECT replaced_at FROM auth.refresh_token WHERE hash = $1")
        .bind(&hash)
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(row) = row else {
        return Ok(Rotation::Unknown);
    };
    if session.ends_at <= now {
        return Ok(Rotation::Unknown);
    }
    let next = secrets::successor(&session.rotation_key, token);
    match row.try_get::<Option<DateTime<Utc>>, _>("replaced_at")? {
        None => {}
        Some(replaced_at) if now < replaced_at + GRACE => return Ok(Rotation::Next(session, next)),
        Some(_) => {
            end(&mut transaction, session.account_id, session.id, tokens_expire_at).await?;
            transaction.commit().await?;
            return Ok(Rotation::Replayed);
        }
    }
    session.generation = session.generation.saturating_add(1);
    session.refreshed_at = now;
    session.ends_at = lifetime.end(session.started_at, now);
    let statement = "UPDATE auth.session SET generation = $2, refreshed_at = $3, ends_at = $4 WHERE id = $1";
    sqlx::query(statement)
        .bind(session.id)
        .bind(session.generation)
        .bind(now)
        .bind(session.ends_at)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("UPDATE auth.refresh_token SET replaced_at = $2 WHERE hash = $1")
        .bind(&hash)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("DELETE FROM auth.refresh_token WHERE session_id = $1 AND generation < $2")
        .bind(session.id)
        .bind(session.generation.saturating_sub(REMEMBERED_TOKENS))
        .execute(&mut *transaction)
        .await?;
    insert_token(&mut transaction, &session, &next).await?;
    transaction.commit().await?;
    Ok(Rotation::Next(session, next))
}

/// A session of an account, if it has not ended.
pub(crate) async fn find(
    connection: &mut PgConnection,
    account_id: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Session>, sqlx::Error> {
    let statement = concat!(
        "SELECT ",
        columns!(),
        " FROM auth.session WHERE id = $1 AND account_id = $2 AND ends_at > $3"
    );
    let row = sqlx::query(statement)
        .bind(id)
        .bind(account_id)
        .bind(now)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(Session::read).transpose()
}

/// The sessions of an account that have not ended, newest first.
pub(crate) async fn list(pool: &PgPool, account_id: Uuid, now: DateTime<Utc>) -> Result<Vec<Session>, sqlx::Error> {
    let statement = concat!(
        "SELECT ",
        columns!(),
        " FROM auth.session WHERE account_id = $1 AND ends_at > $2 ORDER BY started_at DESC, id DESC LIMIT $3"
    );
    let rows = sqlx::query(statement)
        .bind(account_id)
        .bind(now)
        .bind(i64::from(MAX_SESSIONS))
        .fetch_all(pool)
        .await?;
    rows.iter().map(Session::read).collect()
}

/// Ends a session of an account. Returns whether there was one. Its last access token expires at `tokens_expire_at`;
/// until then, other processes have to be told.
pub(crate) async fn end(
    connection: &mut PgConnection,
    account_id: Uuid,
    id: Uuid,
    tokens_expire_at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let statement = "WITH ended AS (DELETE FROM auth.session WHERE id = $1 AND account_id = $2 RETURNING id) \
                     INSERT INTO auth.ended_session (session_id, tokens_expire_at) SELECT id, $3 FROM ended";
    let ended = sqlx::query(statement)
        .bind(id)
        .bind(account_id)
        .bind(tokens_expire_at)
        .execute(connection)
        .await?;
    Ok(ended.rows_affected() > 0)
}

/// Ends the sessions of an account, except one that stays, as [`end`] does.
pub(crate) async fn end_all(
    connection: &mut PgConnection,
    account_id: Uuid,
    stays: Option<Uuid>,
    tokens_expire_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let statement = "WITH ended AS \
                     (DELETE FROM auth.session WHERE account_id = $1 AND id IS DISTINCT FROM $2 RETURNING id) \
                     INSERT INTO auth.ended_session (session_id, tokens_expire_at) SELECT id, $3 FROM ended";
    sqlx::query(statement)
        .bind(account_id)
        .bind(stays)
        .bind(tokens_expire_at)
        .execute(connection)
        .await?;
    Ok(())
}
