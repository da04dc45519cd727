//! Streams as code: what a stream must be like to hold events, and a start that refuses one which is not.

use std::{fmt, time::Duration};

use async_nats::jetstream::{
    self,
    stream::{Config, DiscardPolicy, RetentionPolicy, StorageType},
};

/// A stream of the store. One stream is the reach of an atomic commit.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct StreamDefinition {
    /// Its name, for example `ORDERS`.
    pub name: &'static str,
    /// The first token of its subjects, for example `ordering`.
    pub root: &'static str,
}

/// How far a stream has grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamStatus {
    /// The sequence of its last event; 0 when it has none.
    pub last_position: u64,
    /// How many events it holds.
    pub events: u64,
}

/// Why a stream cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The server cannot be asked.
    #[error("stream {stream} cannot be read or created: {reason}")]
    Unavailable {
        /// The stream's name.
        stream: String,
        /// What the server or the client said.
        reason: String,
    },
    /// The stream exists with settings under which events could be lost.
    #[error("stream {stream} exists, but is not safe for events: {differences}")]
    Unsafe {
        /// The stream's name.
        stream: String,
        /// Each setting, as it is and as it must be.
        differences: String,
    },
}

/// The settings under which an acknowledged event stays: nothing expires, nothing can be deleted, nothing is discarded
/// to make room, and a batch is stored whole.
pub(crate) fn config(name: String, subjects: String, replicas: usize) -> Config {
    Config {
        name,
        subjects: vec![subjects],
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        num_replicas: replicas,
        deny_delete: true,
        deny_purge: true,
        max_messages: -1,
        max_bytes: -1,
        allow_direct: true,
        allow_atomic_publish: true,
        // Subjects are unique, so the server need not remember message ids for long.
        duplicate_window: Duration::from_secs(1),
        ..Config::default()
    }
}

/// Creates the stream, or checks the one that exists. Several clients may do so at the same moment: a cluster then
/// creates the stream, but answers only some of them, so whoever hears nothing asks again.
pub(crate) async fn ensure(context: &jetstream::Context, wanted: Config, timeout: Duration) -> Result<(), StreamError> {
    const ATTEMPTS: u32 = 4;
    let mut outcome = Err("no answer in time".to_owned());
    for _ in 0..ATTEMPTS {
        let asked = context.get_or_create_stream(wanted.clone());
        if let Ok(answer) = tokio::time::timeout(timeout / ATTEMPTS, asked).await {
            outcome = answer.map_err(|error| error.to_string());
            break;
        }
    }
    let stream = outcome.map_err(|reason| StreamError::Unavailable {
        stream: wanted.name.clone(),
        reason,
    })?;
    let differences = differences(&stream.cached_info().config, &wanted);
    if !differences.is_empty() {
        return Err(StreamError::Unsafe {
            stream: wanted.name,
            differences: differences.join("; "),
        });
    }
    Ok(())
}

fn differences(actual: &Config, wanted: &Config) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |setting: &str, actual: &dyn fmt::Debug, wanted: &dyn fmt::Debug| {
        let (actual, wanted) = (format!("{actual:?}"), format!("{wanted:?}"));
        if actual != wanted {
            found.push(format!("{setting} is {actual}, must be {wanted}"));
        }
    };
    compare("subjects", &actual.subjects, &wanted.subjects);
    compare("retention", &actual.retention, &wanted.retention);
    compare("storage", &actual.storage, &wanted.storage);
    compare("discard", &actual.discard, &wanted.discard);
    compare("deny_delete", &actual.deny_delete, &wanted.deny_delete);
    compare("deny_purge", &actual.deny_purge, &wanted.deny_purge);
    compare("allow_direct", &actual.allow_direct, &wanted.allow_direct);
    compare(
        "allow_atomic",
        &actual.allow_atomic_publish,
        &wanted.allow_atomic_publish,
    );
    compare("max_age", &actual.max_age, &wanted.max_age);
    compare("max_msgs", &actual.max_messages, &wanted.max_messages);
    compare("max_bytes", &actual.max_bytes, &wanted.max_bytes);
    compare("sealed", &actual.sealed, &wanted.sealed);
    compare("no_ack", &actual.no_ack, &wanted.no_ack);
    if actual.num_replicas < wanted.num_replicas {
        found.push(format!(
            "num_replicas is {}, must be {} or more",
            actual.num_replicas, wanted.num_replicas
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsafe_setting_is_named_with_both_values() {
        let wanted = config("ORDERS".to_owned(), "ordering.>".to_owned(), 1);
        assert!(differences(&wanted, &wanted).is_empty());
        let expiring = Config {
            max_age: Duration::from_secs(60),
            deny_delete: false,
            ..wanted.clone()
        };
        assert_eq!(
            differences(&expiring, &wanted),
            ["deny_delete is false, must be true", "max_age is 60s, must be 0ns"]
        );
    }
}
