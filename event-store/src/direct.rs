//! Direct get: one question to any replica of a stream, answered with as many messages as match.

use async_nats::{Message, Request, StatusCode};
use futures_util::StreamExt as _;
use serde_json::Value;

use crate::wire::Wire;

/// What the server says of a message that it knows of and cannot read. Of no message at all it says something else.
const UNREADABLE: &str = "Message Not Found";

/// What came back.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) messages: Vec<Message>,
    pub(crate) end: End,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// There is nothing more.
    Complete,
    /// There is more than one answer may hold.
    More,
    /// The next message is known to the server, which cannot read it.
    Unreadable,
}

impl Wire {
    /// Asks for messages.
    ///
    /// # Errors
    /// No answer came in time, or it was a refusal: the reason.
    pub(crate) async fn direct_get(&self, stream: &str, request: &Value) -> Result<Found, String> {
        if !self.is_connected() {
            return Err("not connected".to_owned());
        }
        let asked = self.on_this_connection(self.collect(stream, request));
        match tokio::time::timeout(self.timeout(), asked).await {
            Ok(Some(found)) => found,
            Ok(None) => Err("the connection was lost".to_owned()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }

    /// The message with a sequence, as any replica has it.
    ///
    /// # Errors
    /// No answer came in time, or it was a refusal: the reason.
    pub(crate) async fn direct_message(&self, stream: &str, sequence: u64) -> Result<Option<Message>, String> {
        if !self.is_connected() {
            return Err("not connected".to_owned());
        }
        let request = Request::new()
            .payload(serde_json::json!({ "seq": sequence }).to_string().into())
            .timeout(Some(self.timeout()));
        let reply = self.ask(format!("$JS.API.DIRECT.GET.{stream}"), request).await;
        let reply = reply
            .ok_or("the connection was lost")?
            .map_err(|error| error.to_string())?;
        match reply.status {
            None | Some(StatusCode::OK) => Ok(Some(reply)),
            Some(StatusCode::NOT_FOUND) => Ok(None),
            Some(status) => Err(format!("status {status} {}", reply.description.unwrap_or_default())),
        }
    }

    async fn collect(&self, stream: &str, request: &Value) -> Result<Found, String> {
        let client = self.client();
        let inbox = client.new_inbox();
        let mut replies = client
            .subscribe(inbox.clone())
            .await
            .map_err(|error| error.to_string())?;
        client
            .publish_with_reply(
                format!("$JS.API.DIRECT.GET.{stream}"),
                inbox,
                request.to_string().into(),
            )
            .await
            .map_err(|error| error.to_string())?;
        let mut messages = Vec::new();
        while let Some(reply) = replies.next().await {
            let end = match reply.status {
                None | Some(StatusCode::OK) => {
                    messages.push(reply);
                    continue;
                }
                Some(StatusCode::NOT_FOUND) if reply.description.as_deref() == Some(UNREADABLE) => End::Unreadable,
                Some(StatusCode::NOT_FOUND) => End::Complete,
                // The end of the answer is marked by a message without a body.
                Some(status) if status.as_u16() == 204 => match header(&reply, "Nats-Num-Pending") {
                    None | Some("0") => End::Complete,
                    Some(_) => End::More,
                },
                Some(status) => {
                    let description = reply.description.unwrap_or_default();
                    return Err(format!("status {status} {description}"));
                }
            };
            return Ok(Found { messages, end });
        }
        Err("the connection was closed".to_owned())
    }
}

/// The sequence of a message in its stream; 0 when it does not say.
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
