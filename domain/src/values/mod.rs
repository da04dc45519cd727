//! Value types that cannot hold a wrong value: parsed once, at the edge, and trusted from there on.
//!
//! Reading one back from an event does not parse it again. What was once accepted stays readable when a rule is
//! tightened later. No message repeats what was sent: it could be personal data.

mod change;
mod date_of_birth;
mod email;
mod gender;
mod identifier;
mod period;
mod personal;
mod phone;
mod text;
mod time_zone;

pub use change::Change;
pub use date_of_birth::DateOfBirth;
pub use email::Email;
pub use gender::Gender;
pub use identifier::{Identifier, Identifiers};
pub use period::Period;
pub use personal::Personal;
pub use phone::Phone;
pub use text::{Address, Name, Notes, Reason, Specialty};
pub use time_zone::TimeZone;

/// Why a value was turned down, as a sentence's end: "must not be in the future".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);
