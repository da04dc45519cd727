//! Creates a stream, or changes an existing one to its settings where that is safe. It is idempotent.

use std::time::Duration;

use async_nats::jetstream::{
    self, ErrorCode,
    context::CreateStreamErrorKind,
    stream::{Config, Info},
};

use super::{Difference, StreamError, differences};

/// How often a stream is asked for within one request timeout.
const ATTEMPTS: u32 = 4;

/// Creates the stream or checks the existing one, and changes its settings if `mends` is set. Returns the stream's
/// settings.
pub(crate) async fn ensure(
    context: &jetstream::Context,
    wanted: &Config,
    mends: bool,
    timeout: Duration,
) -> Result<Config, StreamError> {
    let Info { config, state, .. } = get_or_create(context, wanted, timeout).await?;
    let found = differences(&config, state.bytes, wanted);
    if found.iter().any(|difference| !difference.is_mended) {
        return Err(refused(wanted, &found, None));
    }
    if found.is_empty() || !mends {
        return Ok(config);
    }
    let Info { config, state, .. } = mend(context, &config, wanted, &found).await?;
    let left = differences(&config, state.bytes, wanted);
    if !left.is_empty() {
        return Err(refused(wanted, &left, Some("the server has not applied the change")));
    }
    for Difference {
        setting,
        actual,
        wanted: now,
        ..
    } in &found
    {
        tracing::info!(
            stream = wanted.name,
            setting,
            was = actual,
            now,
            "a stream's setting was changed"
        );
    }
    Ok(config)
}

/// Gets or creates the stream, with retries within one request timeout. When several clients create a stream at the
/// same moment, a cluster creates it but answers only some of them, or they disagree on its settings.
async fn get_or_create(context: &jetstream::Context, wanted: &Config, timeout: Duration) -> Result<Info, StreamError> {
    let mut reason = String::new();
    for _ in 0..ATTEMPTS {
        let asked = context.get_or_create_stream(wanted.clone());
        match tokio::time::timeout(timeout / ATTEMPTS, asked).await {
            Ok(Ok(stream)) => return Ok(stream.cached_info().clone()),
            Ok(Err(error)) => reason = error.to_string(),
            Err(_) => reason = "no answer in time".to_owned(),
        }
    }
    Err(StreamError::unavailable(wanted.name.clone(), &reason))
}

/// Changes the settings that differ, and leaves all others as they are.
async fn mend(
    context: &jetstream::Context,
    actual: &Config,
    wanted: &Config,
    found: &[Difference],
) -> Result<Info, StreamError> {
    let update = async |config| {
        let updated = context.update_stream(config).await;
        updated.map_err(|error| match error.kind() {
            // A move in progress is temporary. All other errors of the server are final.
            CreateStreamErrorKind::JetStream(reason) if reason.error_code() != ErrorCode::STREAM_MOVE_IN_PROGRESS => {
                refused(wanted, found, Some(&format!("the server refuses the change: {reason}")))
            }
            _ => StreamError::unavailable(wanted.name.clone(), &error),
        })
    };
    let placed = Config {
        description: wanted.description.clone(),
        duplicate_window: wanted.duplicate_window,
        max_bytes: wanted.max_bytes,
        placement: wanted.placement.clone().or(actual.placement.clone()),
        ..actual.clone()
    };
    let copies_are_enough = actual.num_replicas >= wanted.num_replicas;
    if copies_are_enough || placed != *actual {
        let info = update(placed.clone()).await?;
        if copies_are_enough {
            return Ok(info);
        }
    }
    // The server does not move a stream and add copies in one update.
    update(Config {
        num_replicas: wanted.num_replicas,
        ..placed
    })
    .await
}

fn refused(wanted: &Config, found: &[Difference], why: Option<&str>) -> StreamError {
    let mut differences = found.iter().map(Difference::to_string).collect::<Vec<_>>().join("; ");
    if let Some(why) = why {
        differences = format!("{differences} ({why})");
    }
    StreamError::Unsafe {
        stream: wanted.name.clone(),
        differences,
    }
}
