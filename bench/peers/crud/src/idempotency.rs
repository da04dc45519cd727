//! Requests under an `Idempotency-Key` are carried out once, and answered alike however often they are repeated.

use axum::http::{HeaderMap, StatusCode};
use sha2::{Digest as _, Sha256};
use sqlx::{Row as _, postgres::PgRow};

use crate::{
    answer::Answer,
    database::Transaction,
    refusal::{KEY_REQUIRED, KEY_REUSED, Refusal},
};

const MOST_CHARACTERS: usize = 255;
const FIND: &str = "SELECT fingerprint, status, location, version, body FROM idempotency_keys WHERE key = $1";
const INSERT: &str =
    "INSERT INTO idempotency_keys (key, fingerprint, status, location, version, body) VALUES ($1, $2, $3, $4, $5, $6)";

/// A key, and what tells the request under it from others.
#[derive(Debug)]
pub(crate) struct Key {
    key: String,
    fingerprint: Vec<u8>,
}

impl Key {
    /// The key that a request must have.
    ///
    /// # Errors
    /// There is none, or it is too long.
    pub(crate) fn required(headers: &HeaderMap, path: &str, body: &[u8]) -> Result<Self, Refusal> {
        let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
        let key = key.filter(|key| !key.is_empty() && key.len() <= MOST_CHARACTERS);
        let key = key.ok_or_else(|| Refusal::rule(KEY_REQUIRED, "money is moved under an Idempotency-Key only"))?;
        let mut fingerprint = Sha256::new();
        fingerprint.update(path.as_bytes());
        fingerprint.update([0]);
        fingerprint.update(body);
        Ok(Self {
            key: key.to_owned(),
            fingerprint: fingerprint.finalize().to_vec(),
        })
    }

    /// What the request was answered, if it has been carried out before.
    ///
    /// # Errors
    /// The key was used for another request.
    pub(crate) async fn answered(&self, transaction: &mut Transaction) -> Result<Option<Answer>, Refusal> {
        let found: Option<PgRow> = sqlx::query(FIND)
            .bind(&self.key)
            .fetch_optional(&mut **transaction)
            .await?;
        let Some(row) = found else {
            return Ok(None);
        };
        if row.try_get::<Vec<u8>, _>("fingerprint")? != self.fingerprint {
            return Err(Refusal::rule(KEY_REUSED, "the key has been used for another request"));
        }
        let status = u16::try_from(row.try_get::<i16, _>("status")?).ok();
        let status = status.and_then(|code| StatusCode::from_u16(code).ok());
        Ok(Some(Answer {
            status: status.unwrap_or(StatusCode::OK),
            location: row.try_get("location")?,
            version: row.try_get("version")?,
            body: row.try_get("body")?,
        }))
    }

    /// Keeps the answer to the request, which has just been carried out.
    ///
    /// # Errors
    /// Another request has used the key meanwhile.
    pub(crate) async fn keep(&self, transaction: &mut Transaction, answer: &Answer) -> Result<(), Refusal> {
        sqlx::query(INSERT)
            .bind(&self.key)
            .bind(&self.fingerprint)
            .bind(i16::try_from(answer.status.as_u16()).unwrap_or(i16::MAX))
            .bind(&answer.location)
            .bind(answer.version)
            .bind(&answer.body)
            .execute(&mut **transaction)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: &str, path: &str, body: &[u8]) -> Result<Key, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert("idempotency-key", key.parse().unwrap());
        Key::required(&headers, path, body)
    }

    #[test]
    fn a_request_is_told_from_another_by_its_path_and_its_body() {
        let fingerprint = |path, body| key("k", path, body).unwrap().fingerprint;
        assert_eq!(fingerprint("/a", b"{}"), fingerprint("/a", b"{}"));
        assert_ne!(fingerprint("/a", b"{}"), fingerprint("/b", b"{}"));
        assert_ne!(fingerprint("/a", b"{}"), fingerprint("/a", b"[]"));
    }

    #[test]
    fn a_key_is_required_and_bounded() {
        assert!(key("", "/a", b"").is_err());
        assert!(key(&"k".repeat(256), "/a", b"").is_err());
        assert!(Key::required(&HeaderMap::new(), "/a", b"").is_err());
    }
}
