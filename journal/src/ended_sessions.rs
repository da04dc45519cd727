//! The sessions of access tokens that have ended before their tokens expire. Every process that verifies tokens follows
//! them, and learns of each within a moment.

use bytes::Bytes;
use event_store::{EventStore, NoticeError, Notices};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The topic of the notices.
const TOPIC: &str = "ended-sessions";

/// A session that has ended.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct EndedSession {
    /// The session.
    pub session: Uuid,
    /// When its last access token expires, in seconds since 1970.
    pub expiry: u64,
}

/// Follows the sessions that end.
#[derive(Debug)]
pub struct EndedSessions(Notices);

impl EndedSessions {
    pub(crate) fn of(store: &EventStore) -> Self {
        Self(store.notices(TOPIC))
    }

    /// The next session that has ended. The wait lasts through outages.
    pub async fn next(&mut self) -> EndedSession {
        loop {
            match serde_json::from_slice(&self.0.next().await) {
                Ok(ended) => return ended,
                Err(_) => tracing::warn!("a notice about a session cannot be read"),
            }
        }
    }
}

pub(crate) async fn tell(store: &EventStore, ended: EndedSession) -> Result<(), NoticeError> {
    // Plain data always serializes.
    let notice = serde_json::to_vec(&ended).unwrap_or_default();
    store.notify(TOPIC, ended.session, Bytes::from(notice)).await
}
