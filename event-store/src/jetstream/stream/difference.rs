//! The differences between an existing stream and its required settings, and which of them a start may change.

use std::fmt::{self, Debug};

use async_nats::jetstream::stream::{Config, Placement};

/// A setting of a stream that differs from its required value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The server's name for the setting.
    pub setting: &'static str,
    /// The present value.
    pub actual: String,
    /// The required value.
    pub wanted: String,
    /// Whether the next start changes the setting. Otherwise the start refuses the stream.
    pub is_mended: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, must be {}", self.setting, self.actual, self.wanted)
    }
}

/// Compares a stream, which holds `held_bytes`, with its required settings.
pub(crate) fn differences(actual: &Config, held_bytes: u64, wanted: &Config) -> Vec<Difference> {
    let mut found = fixed(actual, wanted);
    found.extend(max_bytes(actual, held_bytes, wanted));
    if actual.num_replicas < wanted.num_replicas {
        let at_least = format!("{} or more", wanted.num_replicas);
        found.push(mended("num_replicas", actual.num_replicas.to_string(), at_least));
    }
    if wanted.placement.is_some() && actual.placement != wanted.placement {
        let (actual, wanted) = (placement(&actual.placement), placement(&wanted.placement));
        found.push(mended("placement", actual, wanted));
    }
    if actual.description != wanted.description {
        let text = |config: &Config| format!("{:?}", config.description.as_deref().unwrap_or_default());
        found.push(mended("description", text(actual), text(wanted)));
    }
    if actual.duplicate_window != wanted.duplicate_window {
        let text = |config: &Config| format!("{:?}", config.duplicate_window);
        found.push(mended("duplicate_window", text(actual), text(wanted)));
    }
    found
}

/// Differences that a start never changes. Events may have been lost under these settings, or may lie under subjects
/// where they cannot be found again. The server does not allow changes to most of these settings either.
fn fixed(actual: &Config, wanted: &Config) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |setting: &'static str, actual: &dyn Debug, wanted: &dyn Debug| {
        let (actual, wanted) = (format!("{actual:?}"), format!("{wanted:?}"));
        if actual != wanted {
            found.push(Difference {
                setting,
                actual,
                wanted,
                is_mended: false,
            });
        }
    };
    compare("subjects", &actual.subjects, &wanted.subjects);
    compare("retention", &actual.retention, &wanted.retention);
    compare("storage", &actual.storage, &wanted.storage);
    compare("discard", &actual.discard, &wanted.discard);
    compare("deny_delete", &actual.deny_delete, &wanted.deny_delete);
    compare("deny_purge", &actual.deny_purge, &wanted.deny_purge);
    compare("allow_direct", &actual.allow_direct, &wanted.allow_direct);
    compare("allow_rollup_hdrs", &actual.allow_rollup, &wanted.allow_rollup);
    compare("allow_msg_ttl", &actual.allow_message_ttl, &wanted.allow_message_ttl);
    compare(
        "allow_msg_counter",
        &actual.allow_message_counter,
        &wanted.allow_message_counter,
    );
    compare("max_age", &actual.max_age, &wanted.max_age);
    compare("max_msgs", &actual.max_messages, &wanted.max_messages);
    compare(
        "max_msgs_per_subject",
        &actual.max_messages_per_subject,
        &wanted.max_messages_per_subject,
    );
    compare("sealed", &actual.sealed, &wanted.sealed);
    compare("no_ack", &actual.no_ack, &wanted.no_ack);
    compare("mirror", &actual.mirror.is_some(), &wanted.mirror.is_some());
    compare("sources", &actual.sources.is_some(), &wanted.sources.is_some());
    compare(
        "subject_transform",
        &actual.subject_transform.is_some(),
        &wanted.subject_transform.is_some(),
    );
    found
}

/// A limit may change freely above the stream's size. A limit below it would stop all appends at once.
fn max_bytes(actual: &Config, held_bytes: u64, wanted: &Config) -> Option<Difference> {
    let limit = |config: &Config| u64::try_from(config.max_bytes).ok().filter(|limit| *limit > 0);
    let text = |limit: Option<u64>| limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string());
    let (actual, wanted) = (limit(actual), limit(wanted));
    if actual == wanted {
        return None;
    }
    match wanted {
        Some(wanted) if wanted <= held_bytes => Some(Difference {
            setting: "max_bytes",
            actual: text(actual),
            wanted: format!("{wanted}, which is no more than the {held_bytes} bytes that it holds"),
            is_mended: false,
        }),
        wanted => Some(mended("max_bytes", text(actual), text(wanted))),
    }
}

fn mended(setting: &'static str, actual: String, wanted: String) -> Difference {
    Difference {
        setting,
        actual,
        wanted,
        is_mended: true,
    }
}

fn placement(placement: &Option<Placement>) -> String {
    let Some(placement) = placement else {
        return "anywhere".to_owned();
    };
    let cluster = placement.cluster.as_deref().unwrap_or("any");
    format!("cluster {cluster}, tags {:?}", placement.tags)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::jetstream::stream::{StreamSettings, config};

    fn of(settings: &StreamSettings) -> Config {
        config("ORDERS".to_owned(), "ordering.>".to_owned(), settings)
    }

    fn texts(actual: &Config, held_bytes: u64, wanted: &Config) -> Vec<String> {
        let found = differences(actual, held_bytes, wanted).into_iter();
        found
            .map(|found| format!("{found}{}", if found.is_mended { " (mended)" } else { "" }))
            .collect()
    }

    #[test]
    fn an_unsafe_setting_is_named_with_both_values() {
        let wanted = of(&StreamSettings::default());
        assert_eq!(texts(&wanted, 0, &wanted), [""; 0]);
        let expiring = Config {
            max_age: Duration::from_secs(60),
            deny_delete: false,
            ..wanted.clone()
        };
        assert_eq!(
            texts(&expiring, 0, &wanted),
            ["deny_delete is false, must be true", "max_age is 60s, must be 0ns"]
        );
    }

    #[test]
    fn a_limit_moves_above_what_is_held_and_not_below() {
        let limited = |max_bytes| {
            of(&StreamSettings {
                max_bytes,
                ..StreamSettings::default()
            })
        };
        let found = |actual, held_bytes, wanted| texts(&limited(actual), held_bytes, &limited(wanted));
        assert_eq!(found(Some(10), 10, Some(10)), [""; 0]);
        assert_eq!(found(Some(10), 10, Some(20)), ["max_bytes is 10, must be 20 (mended)"]);
        assert_eq!(found(Some(20), 9, Some(10)), ["max_bytes is 20, must be 10 (mended)"]);
        assert_eq!(
            found(Some(20), 10, None),
            ["max_bytes is 20, must be unlimited (mended)"]
        );
        assert_eq!(
            found(None, 10, Some(10)),
            ["max_bytes is unlimited, must be 10, which is no more than the 10 bytes that it holds"]
        );
    }

    #[test]
    fn replicas_are_added_and_never_taken_away() {
        let copies = |replicas| {
            of(&StreamSettings {
                replicas,
                ..StreamSettings::default()
            })
        };
        assert_eq!(
            texts(&copies(1), 0, &copies(3)),
            ["num_replicas is 1, must be 3 or more (mended)"]
        );
        assert_eq!(texts(&copies(3), 0, &copies(1)), [""; 0]);
    }

    #[test]
    fn a_placement_that_nobody_asks_about_stays() {
        let placed = of(&StreamSettings {
            placement_cluster: Some("eu".to_owned()),
            placement_tags: vec!["ssd".to_owned()],
            ..StreamSettings::default()
        });
        let anywhere = of(&StreamSettings::default());
        assert_eq!(texts(&placed, 0, &anywhere), [""; 0]);
        assert_eq!(
            texts(&anywhere, 0, &placed),
            ["placement is anywhere, must be cluster eu, tags [\"ssd\"] (mended)"]
        );
    }
}
