//! Notices: small messages that every process learns of within a moment, such as that something may no longer be used. A
//! process that starts learns of earlier ones that still matter. They expire, and are no events.

use std::{pin::Pin, time::Duration};

use async_nats::jetstream::{
    self, Message,
    consumer::{DeliverPolicy, pull},
    stream::{Config, DiscardPolicy, StorageType},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    EventStore, InvalidToken, Options, StreamError, StreamSettings, check_token, jetstream::stream,
    jetstream::wire::Outcome,
};

/// The stream's name, and the first token of its subjects.
const NAME: &str = "NOTICES";
const ROOT: &str = "notices";
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long a topic may be silent before its consumer is replaced, in case the server has lost it without notice.
const IDLE: Duration = Duration::from_secs(15);

/// How long a notice lasts. What it is about must not matter any longer than that.
pub const NOTICE_LIFETIME: Duration = Duration::from_secs(2 * 3600);

/// A notice could not be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the notice could not be given: {0}")]
pub struct NoticeError(String);

impl From<StreamError> for NoticeError {
    fn from(error: StreamError) -> Self {
        Self(error.to_string())
    }
}

impl From<InvalidToken> for NoticeError {
    fn from(error: InvalidToken) -> Self {
        Self(format!("the topic {error}"))
    }
}

/// The open stream of notices.
#[derive(Debug)]
pub(crate) struct NoticeBoard {
    name: String,
    subject_prefix: String,
}

type Messages = Pin<Box<dyn Stream<Item = Result<Message, async_nats::error::Error<pull::OrderedErrorKind>>> + Send>>;

/// The notices of one topic.
pub struct Notices {
    store: EventStore,
    topic: &'static str,
    position: u64,
    messages: Option<Messages>,
    connections: watch::Receiver<u64>,
}

impl std::fmt::Debug for Notices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notices")
            .field("topic", &self.topic)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl EventStore {
    /// Gives a notice on a topic. The id tells it from others: the call can be repeated.
    ///
    /// # Errors
    /// The server does not answer or does not accept it. The notice may have been given all the same.
    pub async fn notify(&self, topic: &str, id: Uuid, notice: Bytes) -> Result<(), NoticeError> {
        check_token(topic)?;
        let board = self.notice_board().await?;
        let subject = format!("{}{topic}.{}", board.subject_prefix, id.simple());
        match self.wire().publish_over(&subject, notice).await {
            Outcome::Committed { .. } => Ok(()),
            Outcome::Transient(reason) | Outcome::Full(reason) | Outcome::Refused(reason) => Err(NoticeError(reason)),
            Outcome::Unavailable => Err(NoticeError("not connected".to_owned())),
            Outcome::Conflict | Outcome::Unknown => Err(NoticeError("no answer in time".to_owned())),
        }
    }

    /// Follows the notices of a topic, from the first one that has not expired.
    #[must_use]
    pub fn notices(&self, topic: &'static str) -> Notices {
        Notices {
            store: self.clone(),
            topic,
            position: 0,
            messages: None,
            connections: self.connections(),
        }
    }
}

impl Notices {
    /// The next notice. The wait lasts through outages.
    pub async fn next(&mut self) -> Bytes {
        loop {
            let mut messages = match self.messages.take() {
                Some(messages) => messages,
                None => self.reopen().await,
            };
            let next = tokio::select! {
                next = messages.next() => next,
                // A new connection has lost the requests of the old one.
                Ok(()) = self.connections.changed() => None,
                () = tokio::time::sleep(IDLE) => None,
            };
            let Some(Ok(message)) = next else { continue };
            let Ok(sequence) = message.info().map(|info| info.stream_sequence) else {
                continue;
            };
            self.messages = Some(messages);
            // A consumer that the client replaced before its first message starts at the stream's beginning.
            if sequence > self.position {
                self.position = sequence;
                return message.payload.clone();
            }
        }
    }

    async fn reopen(&mut self) -> Messages {
        let mut pause = FIRST_PAUSE;
        loop {
            self.connections.mark_unchanged();
            match self.open().await {
                Ok(messages) => return messages,
                Err(reason) if pause == FIRST_PAUSE => {
                    tracing::warn!(topic = self.topic, reason, "the notices are waited for");
                }
                Err(_) => {}
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                Ok(()) = self.connections.changed() => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn open(&mut self) -> Result<Messages, String> {
        let wire = self.store.wire();
        let board = self.store.notice_board().await.map_err(|error| error.to_string())?;
        let info = wire.stream_info(&board.name).await.map_err(|fault| fault.to_string())?;
        if info.state.last_seq < self.position {
            // The stream was made anew.
            self.position = 0;
        }
        let config = pull::OrderedConfig {
            deliver_policy: DeliverPolicy::ByStartSequence {
                start_sequence: self.position + 1,
            },
            filter_subject: format!("{}{}.*", board.subject_prefix, self.topic),
            ..pull::OrderedConfig::default()
        };
        let opening = async {
            let stream = self.store.context().get_stream_no_info(&board.name).await;
            let consumer = stream.map_err(|error| error.to_string())?.create_consumer(config).await;
            let messages = consumer.map_err(|error| error.to_string())?.messages().await;
            messages.map_err(|error| error.to_string())
        };
        match tokio::time::timeout(wire.timeout(), opening).await {
            Ok(opened) => Ok(Box::pin(opened?)),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }
}

impl NoticeBoard {
    /// Opens the stream, or creates it if it does not exist.
    pub(crate) async fn open(context: &jetstream::Context, options: &Options) -> Result<Self, StreamError> {
        let (name, subject_prefix) = match options.namespace.as_str() {
            "" => (NAME.to_owned(), format!("{ROOT}.")),
            namespace => (format!("{namespace}_{NAME}"), format!("{namespace}.{ROOT}.")),
        };
        let wanted = config(name.clone(), format!("{subject_prefix}>"), &options.streams);
        stream::ensure(context, &wanted, options.mends_streams, options.request_timeout).await?;
        Ok(Self { name, subject_prefix })
    }
}

/// The stream drops what has expired, and nothing else.
fn config(name: String, subjects: String, settings: &StreamSettings) -> Config {
    Config {
        name,
        description: Some("Notices to all processes, which expire.".to_owned()),
        subjects: vec![subjects],
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        max_age: NOTICE_LIFETIME,
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
