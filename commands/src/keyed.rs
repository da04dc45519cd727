//! Idempotency: a command with a key runs once, and every repetition gets the same answer.

use chrono::{DateTime, Utc};
use domain::{access::Role, privilege::SchedulingPrivilege};
use journal::{CommandContext, Decision, Receipt};

use super::{Answer, Command, CommandError, Refusal, Rules, pepper::joined, receipt, stop::Stop};

/// The caller of a command: actor, time, idempotency key and roles.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(crate) context: CommandContext,
    pub(crate) key: Option<RequestKey>,
    pub(crate) roles: Vec<Role>,
}

impl Caller {
    /// The time of the command.
    #[must_use]
    pub const fn now(&self) -> DateTime<Utc> {
        self.context.now
    }

    /// The privilege to depart from the schedule.
    ///
    /// # Errors
    /// None of the caller's roles has the privilege.
    pub fn scheduling_privilege(&self) -> Result<SchedulingPrivilege, CommandError> {
        Ok(SchedulingPrivilege::of(&self.roles).map_err(Refusal::NotPrivileged)?)
    }
}

/// An idempotency key and its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    key: String,
    /// The content that identifies the request.
    request: Vec<u8>,
}

impl RequestKey {
    /// The maximum length of a key, in characters.
    pub const MAX_CHARS: usize = 255;

    /// Creates a key from its text and the parts that identify the request.
    #[must_use]
    pub fn new(key: &str, request: &[&[u8]]) -> Self {
        Self {
            key: key.to_owned(),
            request: joined(request),
        }
    }

    /// The tags of key and request for the log. They reveal nothing without the installation's secret. The same key of
    /// two callers gives different tags.
    pub(crate) fn of(&self, rules: &Rules, actor: &str) -> KeyTags {
        KeyTags {
            key: rules
                .pepper
                .tag(&joined(&[b"key", actor.as_bytes(), self.key.as_bytes()])),
            fingerprint: rules.pepper.tag(&joined(&[b"request", &self.request])),
        }
    }
}

/// The tags of a key and its request in the log.
#[derive(Clone, Debug)]
pub(crate) struct KeyTags {
    key: String,
    fingerprint: String,
}

/// The outcome of a command with or without a key.
#[derive(Debug)]
pub(crate) enum Settled {
    /// The command ran now.
    Now(Answer),
    /// The command ran before with the same key.
    Before(journal::UsedKey),
}

/// Decides a command, unless its key was used before. The key's use is stored in the same commit.
pub(crate) fn decide<C: Command>(
    command: &C,
    rules: &Rules,
    key: Option<&KeyTags>,
    decision: &mut Decision<'_, '_>,
) -> Result<Settled, Stop> {
    let Some(KeyTags { key, fingerprint }) = key else {
        return Ok(Settled::Now(command.decide(rules, decision)?));
    };
    match decision.used_key(key)? {
        Some(used) if used.receipt.fingerprint == *fingerprint => Ok(Settled::Before(used)),
        Some(_) => Err(CommandError::KeyReused.into()),
        None => {
            let answer = command.decide(rules, decision)?;
            decision.use_key(Receipt {
                key: key.clone(),
                fingerprint: fingerprint.clone(),
                outcome: receipt::write(&answer),
            });
            Ok(Settled::Now(answer))
        }
    }
}
