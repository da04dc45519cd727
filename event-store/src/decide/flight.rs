//! Sends a commit to the stream, or asks whether the stream has advanced, with retries until the deadline.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    AppendError,
    commit::{self, Draft},
    jetstream::wire::{Outcome, Wire},
};

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// How long to wait for a lost connection.
const WITHOUT_A_CONNECTION: Duration = Duration::from_millis(300);

/// The outcome of sending a commit or of asking.
#[derive(Debug)]
pub(crate) enum Landing {
    /// The commit is durable, directly after the expected last commit.
    Stored,
    /// The stream has not advanced.
    Current,
    /// The stream does not end at the expected sequence: it reaches at least this one. Nothing was stored.
    GoneOn { last: u64 },
    /// The stream ends before the expected last commit. Nothing was stored.
    Shorter { last: u64 },
    /// Nothing was stored, or the outcome is unknown.
    Failed(AppendError),
}

/// A commit, and where to store it.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    pub(crate) wire: Wire,
    /// The stream's name on the server.
    pub(crate) stream: String,
    pub(crate) subject: String,
    pub(crate) draft: Draft,
    /// The expected last sequence of the stream.
    pub(crate) expected: u64,
    pub(crate) deadline: Instant,
}

/// Stores a commit directly after the expected sequence. A commit whose answer was lost is sent again: the next
/// sequence holds only one commit, and its id tells whose it is.
pub(crate) async fn publish(sending: Sending) -> Landing {
    let begun = Instant::now();
    let Sending {
        wire,
        subject,
        draft,
        expected,
        deadline,
        ..
    } = &sending;
    let (mut in_doubt, mut pause) = (false, FIRST_PAUSE);
    loop {
        let outcome = wire.publish_commit(subject, draft, *expected).await;
        let (fault, until) = match outcome {
            Outcome::Committed { sequence } if sequence == expected + 1 => return Landing::Stored,
            Outcome::Committed { sequence } => {
                tracing::error!(
                    stream = sending.stream,
                    sequence,
                    expected,
                    "a commit was stored at an unexpected sequence"
                );
                return Landing::Failed(AppendError::OutcomeUnknown);
            }
            Outcome::Conflict if !in_doubt => return gone_on(&sending).await,
            Outcome::Full(reason) if !in_doubt => return Landing::Failed(AppendError::Full(reason)),
            Outcome::Refused(reason) if !in_doubt => return Landing::Failed(AppendError::Refused(reason)),
            Outcome::Unknown | Outcome::Conflict | Outcome::Full(_) | Outcome::Refused(_) => {
                in_doubt = true;
                if let Some(landing) = look(&sending).await {
                    return landing;
                }
                (String::new(), *deadline)
            }
            Outcome::Unavailable => ("not connected".to_owned(), begun + WITHOUT_A_CONNECTION),
            Outcome::Transient(reason) => (reason, begun + wire.patience()),
        };
        let until = if in_doubt { *deadline } else { until.min(*deadline) };
        if Instant::now() + pause > until {
            return Landing::Failed(match in_doubt {
                true => AppendError::OutcomeUnknown,
                false => AppendError::Unavailable(fault),
            });
        }
        sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Looks up the next commit and tells whose it is. Returns `None` if there is no commit yet, or no answer in time.
async fn look(sending: &Sending) -> Option<Landing> {
    let next = sending.expected + 1;
    let which = serde_json::json!({ "seq": next });
    let found = sending.wire.leaders_message(&sending.stream, &which);
    let found = timeout_at(sending.deadline, found).await.ok()?.ok()??;
    Some(match commit::commit_id(&found.headers) == Some(sending.draft.id) {
        true => Landing::Stored,
        false => Landing::GoneOn { last: next },
    })
}

async fn gone_on(sending: &Sending) -> Landing {
    let expected = sending.expected;
    let info = timeout_at(sending.deadline, sending.wire.stream_info(&sending.stream)).await;
    match info {
        Ok(Ok(info)) if info.state.last_seq < expected => Landing::Shorter {
            last: info.state.last_seq,
        },
        Ok(Ok(info)) => Landing::GoneOn {
            last: info.state.last_seq,
        },
        // A commit of another process is there or about to be, or the expected last commit is gone.
        Ok(Err(_)) | Err(_) => Landing::GoneOn { last: expected },
    }
}

/// Asks the stream's leader whether the stream has advanced.
pub(super) async fn ask(wire: Wire, stream: String, expected: u64, deadline: Instant) -> Landing {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let until = match wire.is_connected() {
            true => begun + wire.patience(),
            false => begun + WITHOUT_A_CONNECTION,
        };
        let fault = match timeout_at(deadline, wire.stream_info(&stream)).await {
            Ok(Ok(info)) => {
                let last = info.state.last_seq;
                return match last.cmp(&expected) {
                    std::cmp::Ordering::Equal => Landing::Current,
                    std::cmp::Ordering::Less => Landing::Shorter { last },
                    std::cmp::Ordering::Greater => Landing::GoneOn { last },
                };
            }
            Ok(Err(fault)) => fault.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        if Instant::now() + pause > until.min(deadline) {
            return Landing::Failed(AppendError::Unavailable(fault));
        }
        sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}
