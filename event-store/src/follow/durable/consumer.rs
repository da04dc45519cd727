//! The server's side of a durable subscription: a consumer that is created once and then kept to its options.

use std::time::Duration;

use async_nats::jetstream::{
    consumer::{AckPolicy, Config, DeliverPolicy, Info, ReplayPolicy},
    stream::PauseResponse,
};

use super::{DurableError, DurableOptions, Start};
use crate::{EventStore, StreamDefinition, StreamError, jetstream::wire::Wire};

/// The end of a pause that nobody ends. The server counts the nanoseconds until then in 64 bits, so it cannot be
/// later.
const PAUSED_UNTIL: &str = "2200-01-01T00:00:00Z";

/// How often the server is asked whether a consumer has applied a change.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// Creates the consumer, or updates the existing one where it differs from the options.
pub(super) async fn ensure(
    store: &EventStore,
    definition: &StreamDefinition,
    name: &str,
    options: &DurableOptions,
) -> Result<(), DurableError> {
    let stream = store.stream_name(definition);
    let existing = match info(store.wire(), &stream, name).await {
        Ok(info) => Some(info.config),
        Err(DurableError::Gone { .. }) => None,
        Err(error) => return Err(error),
    };
    let Some(existing) = existing else {
        let start = start(store, definition, name, options.start).await?;
        return match create_or_update(store.wire(), &stream, name, &config(name, options, start)).await {
            // Another process has created the consumer in between, with another start. That start stays.
            Err(DurableError::Refused { .. }) if info(store.wire(), &stream, name).await.is_ok() => {
                Box::pin(ensure(store, definition, name, options)).await
            }
            created => created,
        };
    };
    let wanted = Config {
        pause_until: existing.pause_until,
        ..config(name, options, existing.deliver_policy)
    };
    if is_as_wanted(&existing, &wanted) {
        return Ok(());
    }
    create_or_update(store.wire(), &stream, name, &wanted).await
}

/// The server's information about the consumer.
pub(super) async fn info(wire: &Wire, stream: &str, name: &str) -> Result<Info, DurableError> {
    let subject = format!("CONSUMER.INFO.{stream}.{name}");
    let info = wire.api_question(&subject, &serde_json::json!({})).await;
    info.map_err(|fault| DurableError::of(stream, name, fault))
}

/// Pauses the consumer until it is resumed.
pub(super) async fn pause(wire: &Wire, stream: &str, name: &str) -> Result<(), DurableError> {
    request_pause(wire, stream, name, &serde_json::json!({ "pause_until": PAUSED_UNTIL })).await
}

/// Resumes the consumer.
pub(super) async fn resume(wire: &Wire, stream: &str, name: &str) -> Result<(), DurableError> {
    request_pause(wire, stream, name, &serde_json::json!({})).await
}

async fn request_pause(wire: &Wire, stream: &str, name: &str, request: &serde_json::Value) -> Result<(), DurableError> {
    let subject = format!("CONSUMER.PAUSE.{stream}.{name}");
    let answer = wire.api::<PauseResponse>(&subject, request).await;
    let wanted = answer.map_err(|fault| DurableError::of(stream, name, fault))?.paused;
    // In a cluster the answer comes before the consumer has applied the change.
    let heard = async {
        while info(wire, stream, name).await?.paused != wanted {
            tokio::time::sleep(ASK_EVERY).await;
        }
        Ok(())
    };
    match tokio::time::timeout(wire.timeout(), heard).await {
        Ok(heard) => heard,
        Err(_) => Err(DurableError::Unavailable {
            stream: stream.to_owned(),
            name: name.to_owned(),
            reason: "it was not paused or resumed in time".to_owned(),
        }),
    }
}

async fn create_or_update(wire: &Wire, stream: &str, name: &str, config: &Config) -> Result<(), DurableError> {
    let subject = format!("CONSUMER.CREATE.{stream}.{name}");
    let request = serde_json::json!({ "stream_name": stream, "config": config });
    let created = wire.api::<Info>(&subject, &request).await;
    created.map(drop).map_err(|fault| DurableError::of(stream, name, fault))
}

/// Where the consumer starts. A start position beyond the stream's end is an error: the server would wait for that
/// position and leave out everything before it.
async fn start(
    store: &EventStore,
    definition: &StreamDefinition,
    name: &str,
    start: Start,
) -> Result<DeliverPolicy, DurableError> {
    let after = match start {
        Start::New => return Ok(DeliverPolicy::New),
        Start::Beginning => return Ok(DeliverPolicy::All),
        Start::After(after) => after,
    };
    let stream = store.stream_name(definition);
    let status = store.status(definition).await.map_err(|error| match error {
        StreamError::Unavailable { stream, reason } => DurableError::Unavailable {
            stream,
            name: name.to_owned(),
            reason,
        },
        StreamError::Unsafe { stream, differences } => DurableError::Refused {
            stream,
            name: name.to_owned(),
            reason: differences,
        },
    })?;
    let last = status.last_position;
    if last < after {
        return Err(DurableError::AheadOfStream { stream, after, last });
    }
    Ok(DeliverPolicy::ByStartSequence {
        start_sequence: after + 1,
    })
}

fn config(name: &str, options: &DurableOptions, deliver_policy: DeliverPolicy) -> Config {
    Config {
        durable_name: Some(name.to_owned()),
        name: Some(name.to_owned()),
        deliver_policy,
        ack_policy: AckPolicy::Explicit,
        ack_wait: options.ack_wait,
        // The server never gives up on an event. That is up to the consumer.
        max_deliver: -1,
        replay_policy: ReplayPolicy::Instant,
        max_ack_pending: options.max_ack_pending.into(),
        ..Config::default()
    }
}

/// Whether the relevant settings are equal.
fn is_as_wanted(existing: &Config, wanted: &Config) -> bool {
    existing.ack_policy == wanted.ack_policy
        && existing.ack_wait == wanted.ack_wait
        && existing.backoff == wanted.backoff
        && existing.deliver_subject == wanted.deliver_subject
        && existing.filter_subject == wanted.filter_subject
        && existing.filter_subjects == wanted.filter_subjects
        && existing.headers_only == wanted.headers_only
        && existing.inactive_threshold == wanted.inactive_threshold
        && existing.max_ack_pending == wanted.max_ack_pending
        && existing.max_deliver == wanted.max_deliver
}
