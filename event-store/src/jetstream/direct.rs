//! Direct get: one request to any replica of a stream, answered with all messages that match.

use async_nats::{Message, StatusCode};
use futures_util::StreamExt as _;
use serde_json::Value;

use crate::jetstream::{api::API, wire::Wire};

/// The server's text for a message that exists but cannot be read. The text for a message that does not exist is
/// different.
const UNREADABLE: &str = "Message Not Found";

/// The answer to a direct get.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) messages: Vec<Message>,
    pub(crate) end: End,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// There are no more messages.
    Complete,
    /// There are more messages than one answer may hold.
    More,
    /// The next message exists, but the server cannot read it.
    Unreadable,
}

impl Wire {
    /// Asks for messages.
    ///
    /// # Errors
    /// The reason why there is no answer in time, or why the server refused.
    pub(crate) async fn direct_get(&self, stream: &str, request: &Value) -> Result<Found, String> {
        let asked = async {
            while self.is_connected() {
                match self.on_this_connection(self.collect(stream, request)).await {
                    Some(Ok(Some(found))) => return Ok(found),
                    Some(Err(reason)) => return Err(reason),
                    Some(Ok(None)) | None => {}
                }
            }
            Err("not connected".to_owned())
        };
        let answered = tokio::time::timeout(self.timeout(), asked).await;
        answered.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }

    /// The message with a sequence, from any replica.
    ///
    /// # Errors
    /// The reason why there is no answer in time, or why the server refused.
    pub(crate) async fn direct_message(&self, stream: &str, sequence: u64) -> Result<Option<Message>, String> {
        let which = serde_json::json!({ "seq": sequence }).to_string();
        let subject = format!("{API}DIRECT.GET.{stream}");
        let reply = self.question(subject.into(), which.into()).await?;
        match reply.status {
            None | Some(StatusCode::OK) => Ok(Some(reply)),
            Some(StatusCode::NOT_FOUND) => Ok(None),
            Some(status) => Err(format!("status {status} {}", reply.description.unwrap_or_default())),
        }
    }

    /// Asks once. Returns `None` if no answer begins in time.
    async fn collect(&self, stream: &str, request: &Value) -> Result<Option<Found>, String> {
        let client = self.client();
        let inbox = client.new_inbox();
        let mut replies = client
            .subscribe(inbox.clone())
            .await
            .map_err(|error| error.to_string())?;
        client
            .publish_with_reply(format!("{API}DIRECT.GET.{stream}"), inbox, request.to_string().into())
            .await
            .map_err(|error| error.to_string())?;
        let mut messages = Vec::new();
        let Ok(mut next) = tokio::time::timeout(self.exchange(), replies.next()).await else {
            return Ok(None);
        };
        while let Some(reply) = next.take() {
            let end = match reply.status {
                None | Some(StatusCode::OK) => {
                    messages.push(reply);
                    next = replies.next().await;
                    continue;
                }
                Some(StatusCode::NOT_FOUND) if reply.description.as_deref() == Some(UNREADABLE) => End::Unreadable,
                Some(StatusCode::NOT_FOUND) => End::Complete,
                // A message without a body marks the end of the answer.
                Some(status) if status.as_u16() == 204 => match header(&reply, "Nats-Num-Pending") {
                    None | Some("0") => End::Complete,
                    Some(_) => End::More,
                },
                Some(status) => {
                    let description = reply.description.unwrap_or_default();
                    return Err(format!("status {status} {description}"));
                }
            };
            return Ok(Some(Found { messages, end }));
        }
        Err("the connection was closed".to_owned())
    }
}

/// The sequence of a message in its stream; 0 if unknown.
pub(crate) fn sequence(message: &Message) -> u64 {
    header(message, "Nats-Sequence")
        .and_then(|value| value.parse().ok())
        .unwrap_or(0)
}

/// The subject that a message was stored under.
pub(crate) fn subject(message: &Message) -> &str {
    header(message, "Nats-Subject").unwrap_or_default()
}

fn header<'a>(message: &'a Message, name: &'static str) -> Option<&'a str> {
    let value = message.headers.as_ref()?.get_last(name)?;
    Some(value.as_str())
}
