//! Executes the commands of an import.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use chrono::{DateTime, Utc};
use commands::{Caller, Command, CommandError, Commands, Refusal};
use journal::{Journaled, Loaded};
use uuid::Uuid;

use super::error::ImportError;

/// The number of attempts for a command while the log is busy or unavailable.
const MAX_ATTEMPTS: u32 = 5;

/// The actor of imported events.
const ACTOR: &str = "import";

/// Executes commands, and loads what is stored.
#[derive(Debug)]
pub(super) struct Executor {
    commands: Commands,
    updates: bool,
    found_ended: AtomicBool,
}

/// The outcome of a command.
#[derive(Clone, Debug)]
pub(super) enum Given {
    Done,
    Refused(Refusal),
    /// It cannot be executed, for a reason that does not affect other commands.
    Impossible(&'static str),
}

impl Given {
    /// The reason why it was not executed, if it was not.
    pub(super) fn reason(&self) -> Option<String> {
        match self {
            Self::Done => None,
            Self::Refused(refusal) => Some(refusal.to_string()),
            Self::Impossible(reason) => Some((*reason).to_owned()),
        }
    }
}

impl Executor {
    pub(super) const fn new(commands: Commands, updates: bool) -> Self {
        Self {
            commands,
            updates,
            found_ended: AtomicBool::new(false),
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.commands.clock().now()
    }

    /// Whether stored records that differ are changed.
    pub(super) const fn updates(&self) -> bool {
        self.updates
    }

    /// Remembers that the source contains inactive or deceased people.
    pub(super) fn note_ended(&self) {
        self.found_ended.store(true, Ordering::Relaxed);
    }

    /// Whether the source contains inactive or deceased people, as far as it has been carried out.
    pub(super) fn found_ended(&self) -> bool {
        self.found_ended.load(Ordering::Relaxed)
    }

    /// Loads an aggregate.
    pub(super) async fn look<A: Journaled>(&self, id: Uuid) -> Result<Loaded<A>, ImportError> {
        let loaded = self.commands.journal().load::<A>(&id.to_string()).await;
        loaded.map_err(|error| ImportError::Command(error.to_string()))
    }

    /// Executes a command, and retries it after transient errors. The ids are deterministic, so a retry after an unknown
    /// outcome cannot import anything twice.
    pub(super) async fn give<C: Command>(&self, command: &C) -> Result<Given, ImportError> {
        let mut pause = Duration::from_millis(200);
        for attempt in 1.. {
            match self.commands.execute(command, &self.caller()).await {
                Ok(_) => return Ok(Given::Done),
                Err(CommandError::Refused(refusal)) => return Ok(Given::Refused(refusal)),
                Err(CommandError::Erased) => return Ok(Given::Impossible("the person has been erased")),
                Err(CommandError::Contended) if attempt == MAX_ATTEMPTS => {
                    return Ok(Given::Impossible("concurrent commands kept changing the same data"));
                }
                Err(
                    error @ (CommandError::Broken(_)
                    | CommandError::Full(_)
                    | CommandError::VersionMismatch { .. }
                    | CommandError::KeyReused),
                ) => {
                    return Err(ImportError::Command(error.to_string()));
                }
                Err(error) if attempt == MAX_ATTEMPTS => return Err(ImportError::Command(error.to_string())),
                Err(_) => tokio::time::sleep(pause).await,
            }
            pause *= 2;
        }
        Err(ImportError::Command("the log does not answer".to_owned()))
    }

    fn caller(&self) -> Caller {
        self.commands.caller(ACTOR, None)
    }
}
