//! An idempotency key: a guard that lets a command that carries it be carried out once, and keeps the answer.
//!
//! It is committed in the same atomic batch as the command's events, in the same stream, so a retry gets the same answer
//! after any restart and however late it comes. Its id is a hash of the key.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Decider,
    aggregate::{aggregate, events},
    values::Personal,
};

/// What can be asked of a key.
#[derive(Clone, Debug)]
pub enum IdempotencyKeyCommand {
    /// Use it for a command.
    Use(KeyUse),
}

events! {
    /// What can have happened to a key.
    IdempotencyKeyEvent {
        /// A command was carried out under it.
        Used(KeyUse) = "idempotency-key.used", version 1;
    }
}

/// A command that was carried out under a key, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyUse {
    /// A hash of the request: another request under the same key is refused.
    pub fingerprint: Personal<String>,
    /// Whose personal data the request and the answer hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_subject: Option<Uuid>,
    /// What was answered.
    pub answer: RecordedAnswer,
}

/// A command's answer, whole, but for what follows from its position in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Where what was made can be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The version of the resource.
    pub version: u64,
    /// The body, as it was sent. It holds what the resource holds, personal data included.
    pub body: Personal<String>,
}

/// Why a key turned a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdempotencyKeyRefusal {
    /// A command was carried out under it.
    #[error("the idempotency key has been used")]
    AlreadyUsed,
}

/// A key's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct IdempotencyKey {
    used: Option<KeyUse>,
}

impl IdempotencyKey {
    /// What it was used for; nothing before that.
    #[must_use]
    pub const fn used(&self) -> Option<&KeyUse> {
        self.used.as_ref()
    }
}

aggregate!(IdempotencyKey = "idempotency-key", IdempotencyKeyCommand => IdempotencyKeyEvent, IdempotencyKeyRefusal);

impl Decider for IdempotencyKey {
    fn decide(&self, command: IdempotencyKeyCommand) -> Result<Vec<IdempotencyKeyEvent>, IdempotencyKeyRefusal> {
        let IdempotencyKeyCommand::Use(wanted) = command;
        match self.used {
            Some(_) => Err(IdempotencyKeyRefusal::AlreadyUsed),
            None => Ok(vec![IdempotencyKeyEvent::Used(wanted)]),
        }
    }

    fn evolve(&mut self, event: &IdempotencyKeyEvent) {
        match event {
            IdempotencyKeyEvent::Used(used) => self.used = Some(used.clone()),
        }
    }

    fn data_subject(&self, _own_id: &str) -> Option<String> {
        self.used.as_ref()?.data_subject.map(|person| person.to_string())
    }
}

#[cfg(test)]
mod scenarios {
    use cqrs_es::test::TestFramework;

    use super::*;

    fn one_use() -> KeyUse {
        let answer = RecordedAnswer {
            status: 201,
            location: None,
            version: 1,
            body: "{}".to_owned().into(),
        };
        KeyUse {
            fingerprint: "f".to_owned().into(),
            data_subject: None,
            answer,
        }
    }

    #[test]
    fn a_key_is_used_once() {
        TestFramework::<IdempotencyKey>::with(())
            .given_no_previous_events()
            .when(IdempotencyKeyCommand::Use(one_use()))
            .then_expect_events(vec![IdempotencyKeyEvent::Used(one_use())]);
        TestFramework::<IdempotencyKey>::with(())
            .given(vec![IdempotencyKeyEvent::Used(one_use())])
            .when(IdempotencyKeyCommand::Use(one_use()))
            .then_expect_error(IdempotencyKeyRefusal::AlreadyUsed);
    }
}
