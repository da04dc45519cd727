//! Value types that hold only valid values. The edge parses a value once, and all other code trusts it.
//!
//! Reading a value from an event does not parse it again, so events stay readable when a rule becomes stricter.
//! Messages never repeat the input, because it can be personal data.

mod availability;
mod change;
pub(crate) mod codes;
mod date_of_birth;
mod email;
mod gender;
mod identifier;
mod keyed_hash;
mod medicine;
mod money;
mod partial_date;
mod partial_date_time;
mod period;
mod personal;
mod phone;
mod reason_code;
mod refills;
mod tax_rate;
mod taxed_amount;
mod text;
mod text_form;
mod time_of_death;
mod time_off;
mod time_zone;
mod unicode;
mod wall_time;

pub use availability::{Weekday, WeeklyAvailability, WeeklyRule};
pub use change::Change;
pub use date_of_birth::DateOfBirth;
pub use email::Email;
pub use gender::Gender;
pub use identifier::{Identifier, IdentifierHashes, Identifiers};
pub use keyed_hash::{EmailHash, IdentifierHash, KeyedHash};
pub use medicine::{Medicine, Medicines, RxNormCode};
pub use money::{Amount, Currency, Money, MoneyError, Price};
pub use partial_date::PartialDate;
pub use partial_date_time::PartialDateTime;
pub use period::Period;
pub use personal::Personal;
pub use phone::Phone;
pub use reason_code::{CancellationReason, MedicationReason};
pub use refills::Refills;
pub use tax_rate::TaxRate;
pub use taxed_amount::TaxedAmount;
pub use text::{
    Address, Dosage, Instructions, LineDescription, MedicineName, Name, Notes, PaymentReference, Reason, Specialty,
    TreatmentDuration,
};
pub use time_of_death::TimeOfDeath;
pub use time_off::TimeOff;
pub use time_zone::TimeZone;
pub use wall_time::WallTime;

/// The reason a value is invalid, as the end of a sentence: "must not be in the future".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);
