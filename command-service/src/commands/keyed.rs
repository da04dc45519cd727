//! Idempotency: a command that carries a key is carried out once, and answered the same ever after.

use aws_lc_rs::digest::{SHA256, digest};
use domain::idempotency_key::{IdempotencyKey, IdempotencyKeyCommand, KeyUse, RecordedAnswer};
use domain::privilege::{Role, SchedulingPrivilege};
use domain::values::Personal;
use journal::{CommandContext, Context, Freshness, Loaded, UnitOfWork};

use uuid::Uuid;

use super::{CommandError, Commands, Done, Refusal, decide};

/// Who gives a command, when, under which key, and with which roles.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(crate) context: CommandContext,
    pub(crate) key: Option<RequestKey>,
    pub(crate) roles: Vec<Role>,
}

impl Caller {
    /// The privilege to depart from the schedule.
    ///
    /// # Errors
    /// None of the caller's roles has it.
    pub(crate) fn scheduling_privilege(&self) -> Result<SchedulingPrivilege, CommandError> {
        Ok(SchedulingPrivilege::of(&self.roles).map_err(Refusal::NotPrivileged)?)
    }
}

/// A key, and the request that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The id that the key is known by in the log.
    id: String,
    fingerprint: String,
}

impl RequestKey {
    /// The longest a key can be, in characters.
    pub const MAX_CHARS: usize = 255;

    /// Takes a key and everything that tells its request from another one.
    #[must_use]
    pub fn new(key: &str, request: &[&[u8]]) -> Self {
        Self {
            id: hex_digest(&[key.as_bytes()]),
            fingerprint: hex_digest(request),
        }
    }
}

/// Hashes parts in order. Each is preceded by its length, so that no two lists share an encoding.
fn hex_digest(parts: &[&[u8]]) -> String {
    let mut text = Vec::new();
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_be_bytes());
        text.extend_from_slice(part);
    }
    digest(&SHA256, &text)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A key that is free, as loaded.
pub(super) struct FreeKey<'a> {
    request: &'a RequestKey,
    loaded: Loaded<IdempotencyKey>,
}

impl FreeKey<'_> {
    /// Adds the use of the key to the unit of work, so that it is stored with the command's events or not at all.
    pub(super) fn stage(
        mut self,
        work: &mut UnitOfWork,
        answer: &RecordedAnswer,
        data_subject: Option<Uuid>,
    ) -> Result<(), CommandError> {
        let used = KeyUse {
            fingerprint: self.request.fingerprint.clone().into(),
            data_subject,
            answer: answer.clone(),
        };
        decide(work, &mut self.loaded, IdempotencyKeyCommand::Use(used))
    }
}

impl Commands {
    /// Looks a request's key up. A key that has been used for the same request gives the answer of that time.
    ///
    /// # Errors
    /// The key has been used for another request, or the log does not answer.
    pub(super) async fn look_up<'a>(
        &self,
        context: Context,
        request: &'a RequestKey,
        freshness: Freshness,
    ) -> Result<Result<FreeKey<'a>, Done>, CommandError> {
        let loaded: Loaded<IdempotencyKey> = self.0.journal.expect_new(context, &request.id, freshness).await?;
        match loaded.state().used() {
            None => Ok(Ok(FreeKey { request, loaded })),
            Some(used) => match &used.fingerprint {
                Personal::Erased => Err(CommandError::Erased),
                Personal::Known(known) if *known == request.fingerprint => Ok(Err(Done {
                    answer: used.answer.clone(),
                    position: loaded.head().position,
                })),
                Personal::Known(_) => Err(CommandError::KeyReused),
            },
        }
    }
}
