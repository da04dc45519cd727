//! Asks the server for one message at a time, for as long as it takes. One, because what is asked for in advance would
//! spend its time waiting here: it counts as held from the moment it is sent.

use std::time::Duration;

use async_nats::{Message, StatusCode, Subscriber};
use futures_util::StreamExt as _;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{DurableError, consumer};
use crate::{EventStore, wire::Wire};

/// How long the server keeps a request that it cannot answer.
const EXPIRES: Duration = Duration::from_secs(30);
/// How often it says that it still has the request. After two such times without a word, it is asked again.
const HEARTBEAT: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The requests of one subscription in one process.
#[derive(Debug)]
pub(super) struct Pull {
    wire: Wire,
    stream: String,
    name: String,
    ack_wait: Duration,
    connections: watch::Receiver<u64>,
    open: Option<Request>,
    pause: Duration,
}

/// A request that the server has, and where its answer comes in.
#[derive(Debug)]
struct Request {
    replies: Subscriber,
    heard_at: Instant,
    /// When somebody last stopped waiting for the answer.
    left_at: Option<Instant>,
}

/// What came of a request.
enum Answer {
    Message(Message),
    /// It is over, without a message.
    Expired,
    /// The server says something else, or nothing.
    Trouble(String),
}

impl Pull {
    pub(super) fn new(store: &EventStore, stream: &str, name: &str, ack_wait: Duration) -> Self {
        Self {
            wire: store.wire().clone(),
            stream: stream.to_owned(),
            name: name.to_owned(),
            ack_wait,
            connections: store.connections(),
            open: None,
            pause: FIRST_PAUSE,
        }
    }

    /// Waits for a message.
    pub(super) async fn next(&mut self) -> Result<Message, DurableError> {
        self.give_up_stale();
        loop {
            let answer = match &mut self.open {
                Some(request) => {
                    let answer = tokio::select! {
                        biased;
                        answer = request.answer() => answer,
                        // The new connection knows nothing of what was asked of the old one.
                        Ok(()) = self.connections.changed() => Answer::Expired,
                    };
                    self.open = None;
                    answer
                }
                None => match self.ask().await {
                    Ok(request) => {
                        self.open = Some(request);
                        continue;
                    }
                    Err(reason) => Answer::Trouble(reason),
                },
            };
            match answer {
                Answer::Message(message) => {
                    self.pause = FIRST_PAUSE;
                    return Ok(message);
                }
                Answer::Expired => {}
                Answer::Trouble(reason) => self.bide(&reason).await?,
            }
        }
    }

    /// An answer that came while nobody waited may have been given to someone else by now.
    fn give_up_stale(&mut self) {
        let is_stale = |request: &Request| request.left_at.is_some_and(|left| left.elapsed() > self.ack_wait / 2);
        if self.open.as_ref().is_some_and(is_stale) {
            self.open = None;
        }
    }

    async fn ask(&mut self) -> Result<Request, String> {
        self.connections.mark_unchanged();
        if !self.wire.is_connected() {
            return Err("not connected".to_owned());
        }
        let client = self.wire.client();
        let inbox = client.new_inbox();
        let send = async {
            let replies = client
                .subscribe(inbox.clone())
                .await
                .map_err(|error| error.to_string())?;
            let request = serde_json::json!({
                "batch": 1,
                "expires": nanoseconds(EXPIRES),
                "idle_heartbeat": nanoseconds(HEARTBEAT),
            });
            let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", self.stream, self.name);
            let sent = client
                .publish_with_reply(subject, inbox, request.to_string().into())
                .await;
            sent.map_err(|error| error.to_string())?;
            Ok(Request {
                replies,
                heard_at: Instant::now(),
                left_at: None,
            })
        };
        timeout(self.wire.timeout(), send)
            .await
            .unwrap_or_else(|_| Err("the connection takes nothing".to_owned()))
    }

    /// Waits a little before the server is asked again, unless the subscription is gone. The first trouble is told;
    /// those after it are the same.
    async fn bide(&mut self, reason: &str) -> Result<(), DurableError> {
        if let Err(gone @ DurableError::Gone { .. }) = consumer::info(&self.wire, &self.stream, &self.name).await {
            return Err(gone);
        }
        if self.pause == FIRST_PAUSE {
            tracing::warn!(
                stream = self.stream,
                name = self.name,
                reason,
                "a durable subscription waits for its stream"
            );
        }
        tokio::select! {
            () = sleep(self.pause) => {}
            Ok(()) = self.connections.changed() => {}
        }
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

impl Request {
    async fn answer(&mut self) -> Answer {
        let mut waiting = Waiting(self);
        let Waiting(request) = &mut waiting;
        loop {
            let reply = tokio::select! {
                biased;
                reply = request.replies.next() => reply,
                () = sleep_until(request.heard_at + HEARTBEAT * 2) => {
                    return Answer::Trouble("the server has gone silent".to_owned());
                }
            };
            let Some(reply) = reply else {
                return Answer::Trouble("the connection was closed".to_owned());
            };
            request.heard_at = Instant::now();
            match reply.status {
                None | Some(StatusCode::OK) => return Answer::Message(reply),
                Some(StatusCode::IDLE_HEARTBEAT) => {}
                Some(StatusCode::NOT_FOUND | StatusCode::TIMEOUT) => return Answer::Expired,
                Some(status) => {
                    let description = reply.description.unwrap_or_default();
                    return Answer::Trouble(format!("status {status} {description}"));
                }
            }
        }
    }
}

/// Notes when somebody stops waiting for the answer.
struct Waiting<'a>(&'a mut Request);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.left_at = Some(Instant::now());
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
