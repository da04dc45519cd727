//! Restoring a stream from a backup: events are stored as they were recorded, at the positions that they had. What the
//! stream holds already is compared and skipped, so that a restoration can be broken off and begun again. It decides
//! nothing, and changes no event.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::{
    AppendError, EventHash, EventStore, LoadError, RecordedEvent, StreamDefinition, StreamError, Subscription,
    SubscriptionError,
    append::MAX_EVENTS,
    direct::{self, End},
    envelope,
    subject::{check_token, of_event, of_version},
    wire::{EXPECTED_LAST_SEQUENCE, Message},
};

/// How many events of the stream are read at a time, to be compared.
const BATCH_EVENTS: usize = 500;
/// How much the server hands out in one answer.
const PAGE_BYTES: u64 = 4 << 20;

/// A stream that is being restored.
#[derive(Debug)]
pub struct Restoration {
    store: EventStore,
    stream: &'static StreamDefinition,
    /// Where the stream ended when the restoration began.
    found: u64,
    /// Reads what the stream held then.
    present: Subscription,
    waiting: VecDeque<RecordedEvent>,
    position: u64,
}

/// What became of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many have been stored.
    pub stored: u64,
    /// How many were there already.
    pub already_there: u64,
}

/// An event cannot be restored. It and those after it were not stored.
#[derive(Debug, thiserror::Error)]
#[error("stream {stream}, sequence {position}: {fault}")]
pub struct RestoreError {
    /// The stream's name.
    pub stream: &'static str,
    /// The event's position.
    pub position: u64,
    /// Why.
    pub fault: RestoreFault,
}

/// Why an event cannot be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFault {
    /// An event before it is missing, or it comes a second time.
    #[error("it is out of order; sequence {expected} should come here")]
    OutOfOrder {
        /// The sequence that should come.
        expected: u64,
    },
    /// The stream is not the one that the backup was made of.
    #[error("the stream holds another event there: it is not the log that was backed up")]
    Differs,
    /// The event does not follow from the one before it.
    #[error("it does not follow from the event before it of its aggregate")]
    Chain,
    /// The event cannot stand in a stream.
    #[error("{0}")]
    Unusable(&'static str),
    /// What the stream holds cannot be read.
    #[error(transparent)]
    Present(#[from] SubscriptionError),
    /// The event before it cannot be read.
    #[error(transparent)]
    Before(#[from] LoadError),
    /// The store did not take it.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl EventStore {
    /// Begins to restore a stream, from its first event on.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn restore(&self, stream: &'static StreamDefinition) -> Result<Restoration, StreamError> {
        Ok(Restoration {
            store: self.clone(),
            stream,
            found: self.status(stream).await?.last_position,
            present: self.subscribe(stream, 0),
            waiting: VecDeque::new(),
            position: 0,
        })
    }
}

impl Restoration {
    /// Where the stream ended when the restoration began.
    #[must_use]
    pub const fn found(&self) -> u64 {
        self.found
    }

    /// The position of the last event taken.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Takes the next events, 1,000 at most. Those that the stream holds are compared; the others are stored in one
    /// commit, all or none. Nobody else may write to the stream meanwhile: if somebody does, that is an error.
    ///
    /// # Errors
    /// An event is not the next one, is not what the stream holds, does not follow from the one before it of its
    /// aggregate, or could not be stored. The restoration is over then; another one can be begun.
    pub async fn take(&mut self, mut events: Vec<RecordedEvent>) -> Result<Restored, RestoreError> {
        if let Some(event) = events.get(MAX_EVENTS) {
            return Err(refused(
                event,
                RestoreFault::Unusable("no more than 1,000 events are taken at once"),
            ));
        }
        for event in &events {
            let expected = self.position + 1;
            if event.position != expected || event.stream != self.stream {
                return Err(refused(event, RestoreFault::OutOfOrder { expected }));
            }
            check(event).map_err(|fault| refused(event, RestoreFault::Unusable(fault)))?;
            self.position = event.position;
        }
        let fresh = events.split_off(events.partition_point(|event| event.position <= self.found));
        for event in &events {
            let present = self.next_present().await.map_err(|fault| refused(event, fault))?;
            if present.id != event.id || present.hash() != event.hash() {
                return Err(refused(event, RestoreFault::Differs));
            }
        }
        let restored = Restored {
            stored: fresh.len() as u64,
            already_there: events.len() as u64,
        };
        if let (Some(first), Some(last)) = (fresh.first(), fresh.last()) {
            self.check_chain(&fresh).await?;
            let stored = self.store.submit(self.stream, self.messages(&fresh)).await;
            match stored {
                Ok(position) if position == last.position => {}
                Ok(_) | Err(AppendError::Conflict) => return Err(refused(first, RestoreFault::Differs)),
                Err(error) => return Err(refused(first, error.into())),
            }
        }
        Ok(restored)
    }

    async fn next_present(&mut self) -> Result<RecordedEvent, RestoreFault> {
        loop {
            match self.waiting.pop_front() {
                Some(event) => return Ok(event),
                None => self.waiting.extend(self.present.next_batch(BATCH_EVENTS).await?),
            }
        }
    }

    fn messages(&self, events: &[RecordedEvent]) -> Vec<Message> {
        let prefix = self.store.subject_prefix();
        let mut messages: Vec<_> = events
            .iter()
            .map(|event| Message {
                subject: format!("{prefix}{}", of_event(event)).into(),
                event_id: event.id,
                headers: envelope::encode_recorded(self.store.source(), event),
                payload: event.data.clone(),
            })
            .collect();
        // So that every event comes to lie where it lay, or none is stored.
        if let (Some(message), Some(event)) = (messages.first_mut(), events.first()) {
            message.headers.put(&EXPECTED_LAST_SEQUENCE, event.position - 1);
        }
        messages
    }

    /// Checks that each event carries the hash of the one before it of its aggregate, be that among them or stored.
    async fn check_chain(&self, events: &[RecordedEvent]) -> Result<(), RestoreError> {
        let mut hashes: HashMap<String, EventHash> = HashMap::new();
        let mut stored = HashSet::new();
        for event in events {
            let before = of_version(event, event.version.saturating_sub(1));
            if event.version > 1 && !hashes.contains_key(&before) {
                stored.insert(before);
            }
            hashes.insert(of_event(event), event.hash());
        }
        let first = events.first().map_or(0, |event| event.position);
        let found = self.stored_hashes(&stored).await;
        hashes.extend(found.map_err(|fault| RestoreError {
            stream: self.stream.name,
            position: first,
            fault: fault.into(),
        })?);
        for event in events {
            let before = match event.version {
                1 => Some(EventHash::GENESIS),
                version => hashes.get(&of_version(event, version - 1)).copied(),
            };
            if before != Some(event.previous_hash) {
                return Err(refused(event, RestoreFault::Chain));
            }
        }
        Ok(())
    }

    /// The hashes of stored events, by subject. A replica that does not show one may be behind: the leader is asked.
    async fn stored_hashes(&self, subjects: &HashSet<String>) -> Result<HashMap<String, EventHash>, LoadError> {
        let (prefix, name) = (self.store.subject_prefix(), self.store.stream_name(self.stream));
        let whole: Vec<_> = subjects.iter().map(|subject| format!("{prefix}{subject}")).collect();
        let (mut hashes, mut from) = (HashMap::new(), 1);
        while !whole.is_empty() {
            let request = serde_json::json!({ "multi_last": whole, "seq": from, "max_bytes": PAGE_BYTES });
            let found = self.store.wire().direct_get(&name, &request).await;
            let found = found.map_err(LoadError::Unavailable)?;
            for message in &found.messages {
                let sequence = direct::sequence(message);
                let (subject, headers) = (direct::subject(message), message.headers.as_ref());
                let event = self
                    .store
                    .decode(self.stream, subject, sequence, headers, message.payload.clone())?;
                hashes.insert(of_event(&event), event.hash());
                from = from.max(sequence + 1);
            }
            if found.end != End::More || found.messages.is_empty() {
                break;
            }
        }
        let mut missing = subjects.clone();
        missing.retain(|subject| !hashes.contains_key(subject));
        for subject in missing {
            let copy = self
                .store
                .wire()
                .leaders_copy(&name, &format!("{prefix}{subject}"))
                .await;
            if let Some(message) = copy.map_err(LoadError::Unavailable)? {
                let event = self.store.decode(
                    self.stream,
                    &message.subject,
                    message.sequence,
                    Some(&message.headers),
                    message.payload,
                )?;
                hashes.insert(subject, event.hash());
            }
        }
        Ok(hashes)
    }
}

fn refused(event: &RecordedEvent, fault: RestoreFault) -> RestoreError {
    RestoreError {
        stream: event.stream.name,
        position: event.position,
        fault,
    }
}

/// Checks that an event can be written as a message: what was read from a stream can.
fn check(event: &RecordedEvent) -> Result<(), &'static str> {
    if check_token(&event.aggregate_type).is_err() || check_token(&event.aggregate_id).is_err() || event.version == 0 {
        return Err("its aggregate's type, id or version cannot stand in a subject");
    }
    let metadata = &event.metadata;
    let mut texts = vec![event.event_type.as_str(), metadata.actor.as_str()];
    texts.extend(metadata.traceparent.as_deref());
    if let Some(sealed) = &event.sealed {
        if check_token(&sealed.data_subject).is_err() || sealed.fields.iter().any(|field| field.contains(',')) {
            return Err("its sealed fields are not named as they can be");
        }
        texts.extend(sealed.fields.iter().map(String::as_str));
    }
    if texts.iter().any(|text| text.chars().any(char::is_control)) {
        return Err("a text of its envelope holds control characters");
    }
    Ok(())
}
