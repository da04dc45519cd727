//! The outbox: what others are to be told, stored together with what it tells of.

use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{ambient::new_id, database::Transaction};

const INSERT: &str = "INSERT INTO outbox (event_id, event_type, subject_id, payload) VALUES ($1, $2, $3, $4)";

/// Puts an event into the outbox.
pub(crate) async fn put(
    transaction: &mut Transaction,
    event_type: &'static str,
    subject_id: Uuid,
    payload: &(impl Serialize + Sync),
) -> Result<(), sqlx::Error> {
    sqlx::query(INSERT)
        .bind(new_id())
        .bind(event_type)
        .bind(subject_id)
        .bind(Json(payload))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
