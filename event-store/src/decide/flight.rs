//! A commit on its way to the stream, or a question whether the stream has gone on.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    AppendError,
    commit::{self, Draft},
    wire::{Outcome, Wire},
};

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// How long a connection that is away is waited for.
const WITHOUT_A_CONNECTION: Duration = Duration::from_millis(300);

/// What came of it.
#[derive(Debug)]
pub(crate) enum Landing {
    /// The commit is durable, right behind the one that was expected to be the last.
    Stored,
    /// The stream had not gone on.
    Current,
    /// The stream ends elsewhere, at this sequence at least. Nothing was stored.
    GoneOn { last: u64 },
    /// Nothing was stored, or that is not known.
    Failed(AppendError),
}

/// Stores a commit right behind a sequence. A commit whose answer was lost is sent again: on that sequence there is place
/// for one, and its id tells whose it is.
pub(crate) async fn publish(
    wire: Wire,
    stream: String,
    subject: String,
    draft: Draft,
    expected: u64,
    deadline: Instant,
) -> Landing {
    let begun = Instant::now();
    let (mut in_doubt, mut pause) = (false, FIRST_PAUSE);
    loop {
        let outcome = wire.publish_commit(&subject, &draft, expected).await;
        let (fault, until) = match outcome {
            Outcome::Committed { sequence } if sequence == expected + 1 => return Landing::Stored,
            Outcome::Committed { sequence } => {
                let reason = format!("the commit was stored at sequence {sequence}, and not behind {expected}");
                return Landing::Failed(AppendError::Damaged(reason));
            }
            Outcome::Conflict if in_doubt => match look(&wire, &stream, draft.id, expected).await {
                Some(landing) => return landing,
                None => (String::new(), deadline),
            },
            Outcome::Conflict => return gone_on(&wire, &stream, expected).await,
            Outcome::Full(reason) if !in_doubt => return Landing::Failed(AppendError::Full(reason)),
            Outcome::Refused(reason) if !in_doubt => return Landing::Failed(AppendError::Refused(reason)),
            Outcome::Full(reason) | Outcome::Refused(reason) => (reason, deadline),
            Outcome::Unknown => {
                in_doubt = true;
                if let Some(landing) = look(&wire, &stream, draft.id, expected).await {
                    return landing;
                }
                (String::new(), deadline)
            }
            Outcome::Unavailable => ("not connected".to_owned(), begun + WITHOUT_A_CONNECTION),
            Outcome::Transient(reason) => (reason, begun + wire.publish_timeout()),
        };
        let until = if in_doubt { deadline } else { until.min(deadline) };
        if Instant::now() + pause > until {
            return Landing::Failed(match in_doubt {
                true => AppendError::OutcomeUnknown,
                false => AppendError::Unavailable(fault),
            });
        }
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Whose the commit behind a sequence is, if there is one already.
async fn look(wire: &Wire, stream: &str, id: uuid::Uuid, expected: u64) -> Option<Landing> {
    let which = serde_json::json!({ "seq": expected + 1 });
    let found = wire.leaders_message(stream, &which).await.ok()??;
    Some(match commit::commit_id(&found.headers) == Some(id) {
        true => Landing::Stored,
        false => Landing::GoneOn { last: expected + 1 },
    })
}

async fn gone_on(wire: &Wire, stream: &str, expected: u64) -> Landing {
    match wire.stream_info(stream).await {
        Ok(info) if info.state.last_seq < expected => Landing::Failed(shorter(info.state.last_seq, expected)),
        Ok(info) => Landing::GoneOn {
            last: info.state.last_seq,
        },
        // It is at least one further: somebody else's commit stands, or is about to stand, behind what was expected.
        Err(_) => Landing::GoneOn { last: expected },
    }
}

/// Asks the stream's leader whether the stream has gone on.
pub(super) async fn ask(wire: Wire, stream: String, expected: u64, deadline: Instant) -> Landing {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let until = match wire.is_connected() {
            true => begun + wire.publish_timeout(),
            false => begun + WITHOUT_A_CONNECTION,
        };
        let fault = match wire.stream_info(&stream).await {
            Ok(info) if info.state.last_seq == expected => return Landing::Current,
            Ok(info) if info.state.last_seq < expected => {
                return Landing::Failed(shorter(info.state.last_seq, expected));
            }
            Ok(info) => {
                return Landing::GoneOn {
                    last: info.state.last_seq,
                };
            }
            Err(fault) => fault.to_string(),
        };
        if Instant::now() + pause > until.min(deadline) {
            return Landing::Failed(AppendError::Unavailable(fault));
        }
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

fn shorter(last: u64, expected: u64) -> AppendError {
    AppendError::Unavailable(format!(
        "the stream ends at sequence {last}, before sequence {expected} that was read"
    ))
}
