//! The event store under test: its streams, opened with the settings that the services have by default.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use event_store::{
    AggregateId, Append, EventStore, IndexStorage, Metadata, NewEvent, Options, StreamDefinition, StreamSettings, Write,
};
use futures_util::{StreamExt as _, stream};
use platform::{Clock, config::Loader, new_id};

/// Where the contestant appends.
pub(crate) static ACCOUNTS: StreamDefinition = StreamDefinition {
    name: "ACCOUNTS",
    subject: "accounts.log",
    models: &[],
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
        index: Some(IndexStorage::Temporary),
        sealing: None,
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

/// How many accounts get their first event in one append, and how many appends are under way.
const FILLED_AT_ONCE: usize = 500;
const FILLS_IN_FLIGHT: usize = 4;

/// Fills the stream with events of accounts that nobody loads, rounded up to whole appends. `told` hears how many there are.
pub(crate) async fn fill(
    url: &str,
    label: &str,
    events: usize,
    event_bytes: usize,
    told: impl Fn(usize),
) -> anyhow::Result<()> {
    let store = open(url, &[&ACCOUNTS]).await?;
    let (clock, body) = (Clock::system(), bench_driver::body(event_bytes).into());
    let filled = AtomicUsize::new(0);
    stream::iter((0..events).step_by(FILLED_AT_ONCE))
        .for_each_concurrent(FILLS_IN_FLIGHT, |first| {
            let (store, body, clock, filled, told) = (&store, &body, &clock, &filled, &told);
            async move {
                let writes: Result<Vec<_>, _> = (first..first + FILLED_AT_ONCE)
                    .map(|number| first_event(&format!("{label}-{number}"), body))
                    .collect();
                if let Ok(writes) = writes {
                    let append = Append {
                        stream: &ACCOUNTS,
                        writes,
                        metadata: metadata(clock),
                    };
                    if store.append(append).await.is_ok() {
                        told((filled.fetch_add(FILLED_AT_ONCE, Ordering::Relaxed) + FILLED_AT_ONCE).min(events));
                    }
                }
            }
        })
        .await;
    anyhow::ensure!(filled.into_inner() >= events, "the stream could not be filled");
    Ok(())
}
