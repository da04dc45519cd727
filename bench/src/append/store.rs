//! The event store under test: its streams, opened with the default settings of the services.

use std::time::Duration;

use event_store::{
    AggregateId, Append, EventStore, IndexStorage, Metadata, NewEvent, Options, StreamDefinition, StreamSettings, Write,
};
use platform::{Clock, new_id};
use settings::Settings;

/// The stream of the event store under test.
pub(crate) static ACCOUNTS: StreamDefinition = StreamDefinition {
    name: "ACCOUNTS",
    subject: "accounts.log",
    models: &[],
};

const SOURCE: &str = "urn:bench";
const EVENT_TYPE: &str = "account.credited";

/// Opens the store on these streams, and creates missing streams.
pub(crate) async fn open(url: &str, streams: &[&'static StreamDefinition]) -> anyhow::Result<EventStore> {
    Ok(EventStore::connect(options(url)?, streams).await?)
}

/// The default connection settings of a service.
pub(crate) fn options(url: &str) -> anyhow::Result<Options> {
    let settings = Settings::defaults()?;
    Ok(Options {
        url: url.to_owned(),
        namespace: String::new(),
        source: SOURCE.to_owned(),
        streams: StreamSettings::default(),
        mends_streams: true,
        request_timeout: Duration::from_millis(settings.nats.request_timeout_ms),
        queue_appends: settings.commands.queue_appends,
        remembered_states: settings.commands.remembered_aggregates,
        index: Some(IndexStorage::Temporary),
        sealing: None,
    })
}

/// The id of an account.
pub(crate) fn account(id: &str) -> Result<AggregateId, String> {
    AggregateId::new(&ACCOUNTS, "account", id).map_err(|error| error.to_string())
}

/// The first event of an account.
pub(crate) fn first_event(id: &str, body: &bytes::Bytes) -> Result<Write, String> {
    Ok(Write {
        aggregate: account(id)?,
        expected_version: 0,
        events: vec![event(body)],
    })
}

/// Creates an event.
pub(crate) fn event(body: &bytes::Bytes) -> NewEvent {
    NewEvent {
        id: new_id(),
        event_type: EVENT_TYPE.to_owned(),
        schema_version: 1,
        data: body.clone(),
        personal: None,
    }
}

/// The metadata of a command's events, as in a service.
pub(crate) fn metadata(clock: &Clock) -> Metadata {
    Metadata {
        time: clock.now(),
        actor: "bench".to_owned(),
        correlation_id: new_id(),
        causation_id: None,
        traceparent: None,
    }
}

/// Fills the stream with the first events of accounts that are never loaded. All commits have the same number of
/// events, so the total is rounded up. `told` receives the number of events.
pub(crate) async fn fill(
    url: &str,
    events: usize,
    commit_events: usize,
    event_bytes: usize,
    told: impl Fn(usize),
) -> anyhow::Result<()> {
    let store = open(url, &[&ACCOUNTS]).await?;
    let (clock, body) = (Clock::system(), bench_driver::body(event_bytes).into());
    for first in (0..events).step_by(commit_events) {
        let writes: Result<Vec<_>, _> = (first..first + commit_events)
            .map(|number| first_event(&format!("old-{number}"), &body))
            .collect();
        let append = Append {
            stream: &ACCOUNTS,
            writes: writes.map_err(anyhow::Error::msg)?,
            metadata: metadata(&clock),
        };
        store.append(append).await?;
        told((first + commit_events).min(events));
    }
    Ok(())
}
