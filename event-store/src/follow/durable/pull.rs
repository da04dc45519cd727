//! Pulls messages of a durable subscription, and waits while there are none. It never asks for more than can be
//! handled at once, because the ack wait of a message starts when it is sent.

use std::{mem, time::Duration};

use async_nats::{Message, StatusCode, Subscriber};
use futures_util::StreamExt as _;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{DurableError, consumer};
use crate::{
    EventStore,
    jetstream::{api::API, wire::Wire},
};

/// How long the server keeps a request that it cannot answer.
const EXPIRES: Duration = Duration::from_secs(30);
/// How often the server confirms that it still has the request. After two missed heartbeats, it is asked again.
const HEARTBEAT: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The pull requests of one subscription in one process.
#[derive(Debug)]
pub(super) struct Pull {
    wire: Wire,
    stream: String,
    name: String,
    ack_wait: Duration,
    connections: watch::Receiver<u64>,
    open: Option<Request>,
    /// The messages that the request has brought so far.
    arrived: Vec<Message>,
    pause: Duration,
}

/// A request that the server has, and its replies.
#[derive(Debug)]
struct Request {
    replies: Subscriber,
    /// The maximum number of messages.
    most: usize,
    heard_at: Instant,
    /// When a caller last stopped waiting for the answer.
    left_at: Option<Instant>,
}

/// The answer to a request.
enum Answer {
    Message(Message),
    /// The request is over.
    Over,
    /// The server reports something else, or is silent.
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
            arrived: Vec::new(),
            pause: FIRST_PAUSE,
        }
    }

    /// Waits for messages and returns those that are there, at most `most`. An earlier call that was dropped may have
    /// asked for more.
    pub(super) async fn next(&mut self, most: usize) -> Result<Vec<Message>, DurableError> {
        self.give_up_stale();
        loop {
            let answer = match &mut self.open {
                Some(request) => tokio::select! {
                    biased;
                    answer = request.answer() => answer,
                    // The new connection knows nothing of requests on the old one.
                    Ok(()) = self.connections.changed() => Answer::Over,
                },
                None => match self.ask(most).await {
                    Ok(request) => {
                        self.open = Some(request);
                        continue;
                    }
                    Err(reason) => Answer::Trouble(reason),
                },
            };
            let trouble = match answer {
                Answer::Message(message) => {
                    self.pause = FIRST_PAUSE;
                    self.arrived.push(message);
                    if self.open.as_ref().is_some_and(|open| self.arrived.len() < open.most) {
                        continue;
                    }
                    None
                }
                Answer::Over => None,
                Answer::Trouble(reason) => Some(reason),
            };
            self.open = None;
            if !self.arrived.is_empty() {
                return Ok(mem::take(&mut self.arrived));
            }
            if let Some(reason) = trouble {
                self.bide(&reason).await?;
            }
        }
    }

    /// Drops messages that came while no caller waited: other processes may have received them by now.
    fn give_up_stale(&mut self) {
        let is_stale = |request: &Request| request.left_at.is_some_and(|left| left.elapsed() > self.ack_wait / 2);
        if self.open.as_ref().is_some_and(is_stale) {
            self.open = None;
            self.arrived.clear();
        }
    }

    async fn ask(&mut self, most: usize) -> Result<Request, String> {
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
            let most = most.max(1);
            // With both, the server waits for the first message, sends what there is, and then ends the request.
            let request = serde_json::json!({
                "batch": most,
                "no_wait": true,
                "expires": nanoseconds(EXPIRES),
                "idle_heartbeat": nanoseconds(HEARTBEAT),
            });
            let subject = format!("{API}CONSUMER.MSG.NEXT.{}.{}", self.stream, self.name);
            let sent = client
                .publish_with_reply(subject, inbox, request.to_string().into())
                .await;
            sent.map_err(|error| error.to_string())?;
            Ok(Request {
                replies,
                most,
                heard_at: Instant::now(),
                left_at: None,
            })
        };
        timeout(self.wire.timeout(), send)
            .await
            .unwrap_or_else(|_| Err("the connection accepts no requests".to_owned()))
    }

    /// Pauses before the server is asked again, unless the subscription is gone. Only the first problem in a row is
    /// logged.
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
                Some(StatusCode::NOT_FOUND | StatusCode::TIMEOUT) => return Answer::Over,
                Some(status) => {
                    let description = reply.description.unwrap_or_default();
                    return Answer::Trouble(format!("status {status} {description}"));
                }
            }
        }
    }
}

/// Records when the caller stops waiting for the answer.
struct Waiting<'a>(&'a mut Request);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.left_at = Some(Instant::now());
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
