//! Idempotency: a command that carries a key is carried out once, and answered the same ever after.

use chrono::{DateTime, Utc};
use domain::privilege::{Role, SchedulingPrivilege};
use journal::{CommandContext, Decision, Receipt};

use super::{Answer, Command, CommandError, Refusal, Rules, receipt, stop::Stop};

/// Who gives a command, when, under which key, and with which roles.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(crate) context: CommandContext,
    pub(crate) key: Option<RequestKey>,
    pub(crate) roles: Vec<Role>,
}

impl Caller {
    /// When the command is given.
    #[must_use]
    pub const fn now(&self) -> DateTime<Utc> {
        self.context.now
    }

    /// The privilege to depart from the schedule.
    ///
    /// # Errors
    /// None of the caller's roles has it.
    pub fn scheduling_privilege(&self) -> Result<SchedulingPrivilege, CommandError> {
        Ok(SchedulingPrivilege::of(&self.roles).map_err(Refusal::NotPrivileged)?)
    }
}

/// A key, and the request that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    key: String,
    /// Everything that tells the request from another one.
    request: Vec<u8>,
}

impl RequestKey {
    /// The longest a key can be, in characters.
    pub const MAX_CHARS: usize = 255;

    /// Takes a key and everything that tells its request from another one.
    #[must_use]
    pub fn new(key: &str, request: &[&[u8]]) -> Self {
        Self {
            key: key.to_owned(),
            request: joined(request),
        }
    }

    /// The key and its request as the log knows them: tags that tell nothing without the installation's secret. Another
    /// caller's key is another key.
    pub(crate) fn of(&self, rules: &Rules, actor: &str) -> KeyTags {
        KeyTags {
            key: rules
                .pepper
                .tag(&joined(&[b"key", actor.as_bytes(), self.key.as_bytes()])),
            fingerprint: rules.pepper.tag(&joined(&[b"request", &self.request])),
        }
    }
}

/// Joins parts in order. Each is preceded by its length, so that no two lists share an encoding.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut text = Vec::new();
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_be_bytes());
        text.extend_from_slice(part);
    }
    text
}

/// A key and its request, as the log knows them.
#[derive(Clone, Debug)]
pub(crate) struct KeyTags {
    key: String,
    fingerprint: String,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) enum Settled {
    /// It was carried out now.
    Now(Answer),
    /// It was carried out before, under its key.
    Before(journal::UsedKey),
}

/// Looks the key up, if the command carries one, decides, and notes the key's use beside what was decided.
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
