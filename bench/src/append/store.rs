//! The event store under test: its streams, opened with the settings that the services have by default.

use std::time::Duration;

use event_store::{
    AggregateId, EventHash, EventStore, Metadata, NewEvent, Options, StreamDefinition, StreamSettings, Write,
};
use platform::{Clock, config::Loader, new_id};

/// Where the contestant appends.
pub(crate) static ACCOUNTS: StreamDefinition = StreamDefinition {
    name: "ACCOUNTS",
    root: "accounts",
};

const SOURCE: &str = "urn:bench";
const EVENT_TYPE: &str = "account.credited";

/// Opens the store on these streams, and creates them if they do not exist.
pub(crate) async fn open(url: &str, streams: &[&'static StreamDefinition]) -> anyhow::Result<EventStore> {
    Ok(EventStore::connect(options(url)?, streams).await?)
}

/// How a service connects by default.
pub(crate) fn options(url: &str) -> anyhow::Result<Options> {
    let settings = Loader::new().load()?;
    Ok(Options {
        url: url.to_owned(),
        namespace: String::new(),
        source: SOURCE.to_owned(),
        streams: StreamSettings::default(),
        mends_streams: true,
        request_timeout: Duration::from_millis(settings.nats.request_timeout_ms),
        queue_appends: settings.commands.queue_appends,
        remembered_states: settings.commands.remembered_aggregates,
        sealing: None,
        snapshots: false,
    })
}

/// Names an account.
pub(crate) fn account(id: &str) -> Result<AggregateId, String> {
    AggregateId::new(&ACCOUNTS, "account", id).map_err(|error| error.to_string())
}

/// The first event of an account.
pub(crate) fn first_event(id: &str, body: &bytes::Bytes) -> Result<Write, String> {
    Ok(Write {
        aggregate: account(id)?,
        expected_version: 0,
        previous_hash: EventHash::GENESIS,
        events: vec![event(body)],
    })
}

/// A new event.
pub(crate) fn event(body: &bytes::Bytes) -> NewEvent {
    NewEvent {
        id: new_id(),
        event_type: EVENT_TYPE.to_owned(),
        schema_version: 1,
        data: body.clone(),
        personal: None,
    }
}

/// What a service says of a command's events.
pub(crate) fn metadata(clock: &Clock) -> Metadata {
    Metadata {
        time: clock.now(),
        actor: "bench".to_owned(),
        correlation_id: new_id(),
        causation_id: None,
        traceparent: None,
    }
}
