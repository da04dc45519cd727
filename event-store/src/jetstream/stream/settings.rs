//! The stream settings that an installation may choose, and those that are fixed.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy, Placement, RetentionPolicy, StorageType};

/// The stream's description, for users of other tools.
const DESCRIPTION: &str = "An event log: nothing expires, is deleted or is discarded. Its settings are kept by code.";
/// Commits carry no message ids, so the server need not remember any for long.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(1);

/// The stream settings that an installation chooses. All other settings keep events safe and are fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSettings {
    /// How many servers keep a copy of each stream: 1, 3 or 5. A stream with more copies keeps them.
    pub replicas: usize,
    /// The cluster that keeps the streams. `None` leaves the choice to the server, and keeps an earlier choice.
    pub placement_cluster: Option<String>,
    /// The tags of the servers that keep the streams. An empty list leaves the choice to the server, and keeps an
    /// earlier choice.
    pub placement_tags: Vec<String>,
    /// The maximum size of each stream. A full stream accepts no more events and drops none. `None` leaves only the
    /// disk as the limit.
    pub max_bytes: Option<u64>,
}

impl Default for StreamSettings {
    /// One copy, anywhere, without a limit.
    fn default() -> Self {
        Self {
            replicas: 1,
            placement_cluster: None,
            placement_tags: Vec::new(),
            max_bytes: None,
        }
    }
}

impl StreamSettings {
    pub(crate) fn placement(&self) -> Option<Placement> {
        let chosen = self.placement_cluster.is_some() || !self.placement_tags.is_empty();
        chosen.then(|| Placement {
            cluster: self.placement_cluster.clone(),
            tags: self.placement_tags.clone(),
        })
    }
}

/// The settings that keep acknowledged events: nothing expires, nothing can be deleted, and nothing is discarded to
/// make room.
pub(crate) fn config(name: String, subjects: String, settings: &StreamSettings) -> Config {
    Config {
        name,
        description: Some(DESCRIPTION.to_owned()),
        subjects: vec![subjects],
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        num_replicas: settings.replicas,
        placement: settings.placement(),
        deny_delete: true,
        deny_purge: true,
        max_messages: -1,
        max_messages_per_subject: -1,
        max_bytes: settings
            .max_bytes
            .map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
        allow_direct: true,
        duplicate_window: DUPLICATE_WINDOW,
        ..Config::default()
    }
}
