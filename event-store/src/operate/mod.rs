//! Operations: inspect servers and streams, verify a stream, and restore one from a backup.

pub(crate) mod inspect;
mod restore;
mod verify;

pub use inspect::{AccountLimit, CopyReport, Inspector, ServerSettings, ServerStorage, ServerVersion, StreamReport};
pub use restore::{Restoration, RestoreError, RestoreFault, Restored};
pub use verify::{ChainFault, EventName, StreamFault, Verification};
