//! The `practitioner` table.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    list::{Listed, Listing, PageRequest, SortKey},
    projected::PlainRow,
    table,
    table::TableRow as _,
};

table! {
    name: "practitioner", key: [id], about: nobody;
    /// A practitioner.
    pub struct PractitionerRow {
        /// The practitioner's id.
        pub id: Uuid,
        /// Their name; nothing once it has been erased.
        pub name: Option<String> => personal(kept),
        /// Their field of work.
        pub specialty: Option<String> => impersonal,
        /// The IANA time zone they see patients in.
        pub time_zone: String => impersonal,
        /// Their e-mail address.
        pub email: Option<String> => personal(kept),
        /// Whether they see anybody new.
        pub active: bool,
        /// When they see patients, in the order of the days that it holds from.
        pub availability: Vec<AvailabilityValue> => impersonal,
        /// When they are away.
        pub time_off: Vec<TimeOffValue> => impersonal,
        /// When they were registered.
        pub registered_at: DateTime<Utc>,
        /// When anything about them last changed.
        pub updated_at: DateTime<Utc>,
        /// Their version.
        pub version: i64,
    }
}

impl PlainRow for PractitionerRow {}

/// When a practitioner sees patients, from a day on, as it stands in the table's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityValue {
    /// How long a slot is.
    pub slot_minutes: u16,
    /// The first day that it holds on.
    pub effective_from: NaiveDate,
    /// The rules.
    pub weekly: Vec<WeeklyRuleValue>,
}

/// A weekly rule, on the clock on the practitioner's wall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyRuleValue {
    /// The day of the week, such as `monday`.
    pub day: String,
    /// When it begins, such as `09:00`.
    pub from: String,
    /// When it ends.
    pub to: String,
}

/// A span of time in which a practitioner is away, as it stands in the table's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeOffValue {
    /// Its id.
    pub id: Uuid,
    /// The first instant away.
    pub start_time: DateTime<Utc>,
    /// The first instant back.
    pub end_time: DateTime<Utc>,
}

/// What a list of practitioners can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PractitionerSort {
    /// By name.
    Name,
    /// By field of work.
    Specialty,
}

impl SortKey for PractitionerSort {
    fn column(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Specialty => "specialty",
        }
    }
}

/// One practitioner.
///
/// # Errors
/// The database cannot be asked.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<PractitionerRow>, sqlx::Error> {
    table::find(pool, id).await
}

/// A page of practitioners.
///
/// # Errors
/// The database cannot be asked.
pub async fn list(
    pool: &PgPool,
    request: &PageRequest<PractitionerSort>,
) -> Result<Listed<PractitionerRow>, sqlx::Error> {
    Listing::of(PractitionerRow::TABLE).page(pool, |_| {}, request).await
}
