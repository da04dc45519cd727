//! Tells other processes of sessions that were ended, because their access tokens are valid for some minutes more. A row
//! remembers each session until they have been told, so a crash loses none.

use std::time::Duration;

use chrono::{DateTime, Utc};
use journal::{EndedSession, Journal};
use platform::Shutdown;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use crate::{Auth, AuthError};

/// How often rows of other processes, which may have ended, are looked for.
const PAUSE: Duration = Duration::from_secs(1);
/// The most sessions that are told of in one go.
const AT_ONCE: i64 = 500;

/// Tells of ended sessions until the shutdown.
pub(crate) async fn tell(auth: Auth, journal: Journal, shutdown: Shutdown) {
    let mut failed = false;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = auth.0.ended.notified() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
        match tell_all(auth.pool(), &journal, auth.now()).await {
            Ok(()) => failed = false,
            // It is logged once: an outage fails every second.
            Err(reason) if !failed => {
                tracing::warn!(reason, "other processes cannot be told of ended sessions");
                failed = true;
            }
            Err(_) => {}
        }
    }
}

async fn tell_all(pool: &PgPool, journal: &Journal, now: DateTime<Utc>) -> Result<(), String> {
    let described = |error: sqlx::Error| AuthError::from(error).to_string();
    let rows = sqlx::query("SELECT session_id, tokens_expire_at FROM auth.ended_session LIMIT $1")
        .bind(AT_ONCE)
        .fetch_all(pool)
        .await
        .map_err(described)?;
    let mut told: Vec<Uuid> = Vec::new();
    let mut outcome = Ok(());
    for row in rows {
        let session: Uuid = row.try_get("session_id").map_err(described)?;
        let expires_at: DateTime<Utc> = row.try_get("tokens_expire_at").map_err(described)?;
        if expires_at > now {
            let expiry = u64::try_from(expires_at.timestamp()).unwrap_or_default();
            if let Err(error) = journal.tell_of_ended_session(EndedSession { session, expiry }).await {
                outcome = Err(error.to_string());
                break;
            }
        }
        told.push(session);
    }
    if !told.is_empty() {
        sqlx::query("DELETE FROM auth.ended_session WHERE session_id = ANY ($1)")
            .bind(told)
            .execute(pool)
            .await
            .map_err(described)?;
    }
    outcome
}
