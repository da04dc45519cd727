//! Parked events: events that a durable subscription has given up on, kept in a stream of their own until an operator
//! has dealt with them. A record holds the event's place and the reason, but not its content.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use async_nats::{
    HeaderMap, Subject,
    jetstream::{
        self,
        message::StreamMessage,
        stream::{Config, DiscardPolicy, StorageType},
    },
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    EventStore, Options, Place, StreamDefinition, StreamError, StreamSettings,
    jetstream::api::ApiFault,
    jetstream::stream,
    jetstream::wire::{Outcome, Wire},
};

/// The stream's name, and the first token of its subjects.
const NAME: &str = "PARKED";
const ROOT: &str = "parked";

/// An event that a durable subscription has given up on. It holds opaque ids, and never the event's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parked {
    /// The subscription's name.
    pub subscription: String,
    /// The name of the event's stream.
    pub stream: String,
    /// The sequence of the event's commit there.
    pub position: u64,
    /// The event's index in the commit.
    pub index: u32,
    /// The event's id, if it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Uuid>,
    /// The event type, if it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// The type and the id of the event's aggregate, if it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<String>,
    /// How often it was tried.
    pub attempts: u64,
    /// Why the last attempt failed.
    pub reason: String,
    /// When it was parked.
    pub parked_at: DateTime<Utc>,
}

impl Parked {
    /// The event's place in its stream.
    #[must_use]
    pub const fn place(&self) -> Place {
        Place {
            position: self.position,
            index: self.index,
        }
    }
}

/// Parked events cannot be reached or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parked events are unavailable: {0}")]
pub struct ParkingError(String);

impl From<StreamError> for ParkingError {
    fn from(error: StreamError) -> Self {
        Self(error.to_string())
    }
}

/// The open stream of parked events.
#[derive(Debug)]
pub(crate) struct ParkingLot {
    name: String,
    subject_prefix: String,
}

impl EventStore {
    /// Parks an event. If it is already parked, the new record replaces the old one.
    ///
    /// # Errors
    /// The server does not answer or does not accept it. The event may be parked all the same: repeat the call.
    pub async fn park(&self, parked: &Parked) -> Result<(), ParkingError> {
        let lot = self.parking_lot().await?;
        let payload = serde_json::to_vec(parked).map_err(|error| ParkingError(error.to_string()))?;
        let subject = lot.subject(&parked.stream, &parked.subscription, parked.place());
        match self.wire().publish_over(&subject, Bytes::from(payload)).await {
            Outcome::Committed { .. } => Ok(()),
            Outcome::Transient(reason) | Outcome::Full(reason) | Outcome::Refused(reason) => Err(ParkingError(reason)),
            Outcome::Unavailable => Err(ParkingError("not connected".to_owned())),
            Outcome::Conflict | Outcome::Unknown => Err(ParkingError("no answer in time".to_owned())),
        }
    }

    /// The events of a stream that are parked for a subscription, in the order of parking, at most `most`.
    ///
    /// # Errors
    /// The server does not answer, or a record cannot be read.
    pub async fn parked(
        &self,
        stream: &StreamDefinition,
        subscription: &str,
        most: usize,
    ) -> Result<Vec<Parked>, ParkingError> {
        let lot = self.parking_lot().await?;
        let filter = lot.filter(stream.name, subscription);
        let (mut found, mut after) = (Vec::new(), 0);
        while found.len() < most {
            let next = serde_json::json!({ "seq": after + 1, "next_by_subj": filter });
            let message = self.wire().leaders_message(&lot.name, &next).await;
            let Some(message) = message.map_err(ParkingError)? else {
                break;
            };
            after = message.sequence;
            found.push(read(&message)?);
        }
        Ok(found)
    }

    /// The event that is parked for a subscription at a place, if there is one.
    ///
    /// # Errors
    /// The server does not answer, or the record cannot be read.
    pub async fn parked_at(
        &self,
        stream: &StreamDefinition,
        subscription: &str,
        place: Place,
    ) -> Result<Option<Parked>, ParkingError> {
        let lot = self.parking_lot().await?;
        let subject = lot.subject(stream.name, subscription, place);
        let message = self.wire().leaders_copy(&lot.name, &subject).await;
        message.map_err(ParkingError)?.as_ref().map(read).transpose()
    }

    /// How many events of a stream are parked for a subscription.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn parked_count(&self, stream: &StreamDefinition, subscription: &str) -> Result<u64, ParkingError> {
        let lot = self.parking_lot().await?;
        let subjects = lot.subjects(self.wire(), &lot.filter(stream.name, subscription)).await;
        let subjects = subjects.map_err(|fault| ParkingError(fault.to_string()))?;
        Ok(subjects.len() as u64)
    }

    /// Removes a parked event, because it has been handled or never will be. Returns whether it was parked.
    ///
    /// # Errors
    /// The server does not answer. The event may be removed all the same: repeat the call.
    pub async fn unpark(
        &self,
        stream: &StreamDefinition,
        subscription: &str,
        place: Place,
    ) -> Result<bool, ParkingError> {
        let lot = self.parking_lot().await?;
        let subject = lot.subject(stream.name, subscription, place);
        let message = self.wire().leaders_copy(&lot.name, &subject).await;
        let Some(message) = message.map_err(ParkingError)? else {
            return Ok(false);
        };
        let request = serde_json::json!({ "seq": message.sequence, "no_erase": true });
        self.wire()
            .api::<serde_json::Value>(&format!("STREAM.MSG.DELETE.{}", lot.name), &request)
            .await
            .map_err(|fault| ParkingError(fault.to_string()))?;
        Ok(true)
    }
}

impl ParkingLot {
    /// The parking lot of a namespace.
    fn of(namespace: &str) -> Self {
        let (name, subject_prefix) = match namespace {
            "" => (NAME.to_owned(), format!("{ROOT}.")),
            namespace => (format!("{namespace}_{NAME}"), format!("{namespace}.{ROOT}.")),
        };
        Self { name, subject_prefix }
    }

    /// Opens the stream, or creates it if it does not exist.
    pub(crate) async fn open(context: &jetstream::Context, options: &Options) -> Result<Self, StreamError> {
        let Self { name, subject_prefix } = Self::of(&options.namespace);
        let wanted = config(name.clone(), format!("{subject_prefix}>"), &options.streams);
        stream::ensure(context, &wanted, options.mends_streams, options.request_timeout).await?;
        Ok(Self { name, subject_prefix })
    }

    /// The subjects with a parked event that match a filter.
    async fn subjects(&self, wire: &Wire, filter: &str) -> Result<Vec<String>, ApiFault> {
        #[derive(Deserialize)]
        struct Info {
            state: State,
        }
        #[derive(Deserialize)]
        struct State {
            #[serde(default)]
            subjects: Option<HashMap<String, u64>>,
        }
        let request = serde_json::json!({ "subjects_filter": filter });
        let info = wire
            .api_question::<Info>(&format!("STREAM.INFO.{}", self.name), &request)
            .await?;
        Ok(info.state.subjects.unwrap_or_default().into_keys().collect())
    }

    fn subject(&self, stream: &str, subscription: &str, Place { position, index }: Place) -> String {
        format!("{}{stream}.{subscription}.{position}-{index}", self.subject_prefix)
    }

    fn filter(&self, stream: &str, subscription: &str) -> String {
        format!("{}{stream}.{subscription}.*", self.subject_prefix)
    }
}

impl Wire {
    /// Publishes one message, whatever its subject holds already.
    pub(crate) async fn publish_over(&self, subject: &str, payload: Bytes) -> Outcome {
        if !self.is_connected() {
            return Outcome::Unavailable;
        }
        self.request(Subject::from(subject), HeaderMap::new(), payload).await
    }
}

/// Counts the parked events of each stream and subscription, without opening the parking lot.
pub(crate) async fn census(wire: &Wire, namespace: &str) -> Result<BTreeMap<(String, String), u64>, ParkingError> {
    const STREAM_NOT_FOUND: u64 = 10_059;
    let lot = ParkingLot::of(namespace);
    let subjects = match lot.subjects(wire, ">").await {
        Ok(subjects) => subjects,
        Err(ApiFault::Refused { code, .. }) if code == STREAM_NOT_FOUND => Vec::new(),
        Err(fault) => return Err(ParkingError(fault.to_string())),
    };
    let mut census = BTreeMap::new();
    for subject in &subjects {
        let place = subject.strip_prefix(&lot.subject_prefix);
        let mut tokens = place.unwrap_or_default().split('.');
        if let (Some(stream), Some(subscription)) = (tokens.next(), tokens.next()) {
            *census.entry((stream.to_owned(), subscription.to_owned())).or_default() += 1;
        }
    }
    Ok(census)
}

fn read(message: &StreamMessage) -> Result<Parked, ParkingError> {
    serde_json::from_slice(&message.payload).map_err(|_| {
        let (sequence, subject) = (message.sequence, &message.subject);
        ParkingError(format!("sequence {sequence}, subject {subject}, is not a parked event"))
    })
}

/// The stream keeps the last message of each subject, and drops none to make room.
fn config(name: String, subjects: String, settings: &StreamSettings) -> Config {
    Config {
        name,
        description: Some("Events that durable subscriptions were given up on.".to_owned()),
        subjects: vec![subjects],
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        max_messages_per_subject: 1,
        num_replicas: settings.replicas,
        placement: settings.placement(),
        max_messages: -1,
        max_bytes: -1,
        allow_direct: true,
        duplicate_window: Duration::from_secs(1),
        ..Config::default()
    }
}
