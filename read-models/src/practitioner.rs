//! The `practitioner` table.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Rows,
    list::{Listed, Listing, PageRequest, SortKey},
    list_order::as_people_sort,
    projected::PlainRow,
    table,
    table::TableRow as _,
};

table! {
    name: "practitioner", key: [id], about: nobody, owners: [everybody];
    /// A practitioner.
    pub struct PractitionerRow {
        /// The practitioner's id.
        pub id: Uuid,
        /// The name. `None` after an erasure.
        pub name: Option<String> => personal(kept),
        /// The specialty.
        pub specialty: Option<String> => impersonal,
        /// The IANA time zone of the working hours.
        pub time_zone: String => impersonal,
        /// The e-mail address.
        pub email: Option<String> => personal(kept),
        /// Whether new appointments can be booked.
        pub active: bool,
        /// The weekly working hours, ordered by the first day on which they apply.
        pub availability: Vec<AvailabilityValue> => impersonal,
        /// The time off.
        pub time_off: Vec<TimeOffValue> => impersonal,
        /// The time of the registration.
        pub registered_at: DateTime<Utc>,
        /// The time of the last change.
        pub updated_at: DateTime<Utc>,
        /// The version.
        pub version: i64,
    }
}

impl PlainRow for PractitionerRow {}

/// Weekly working hours from a day on, in the table's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityValue {
    /// The slot length in minutes.
    pub slot_minutes: u16,
    /// The first day on which the hours apply.
    pub effective_from: NaiveDate,
    /// The rules.
    pub weekly: Vec<WeeklyRuleValue>,
    /// Whether appointments can start between slots.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub off_grid: bool,
}

/// A weekly rule in the practitioner's local time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyRuleValue {
    /// The day of the week, such as `monday`.
    pub day: String,
    /// The start, such as `09:00`.
    pub from: String,
    /// The end.
    pub to: String,
}

/// A period of time off, in the table's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeOffValue {
    /// The time off's id.
    pub id: Uuid,
    /// The start.
    pub start_time: DateTime<Utc>,
    /// The end (exclusive).
    pub end_time: DateTime<Utc>,
}

/// The sort keys of practitioners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PractitionerSort {
    /// By name.
    Name,
    /// By specialty.
    Specialty,
}

impl SortKey for PractitionerSort {
    fn column(self) -> &'static str {
        match self {
            Self::Name => as_people_sort!("name"),
            Self::Specialty => as_people_sort!("specialty"),
        }
    }
}

/// Finds a practitioner.
///
/// # Errors
/// The database cannot be queried.
pub async fn find(rows: Rows<'_>, id: Uuid) -> Result<Option<PractitionerRow>, sqlx::Error> {
    rows.find(id).await
}

/// Returns a page of practitioners.
///
/// # Errors
/// The database cannot be queried.
pub async fn list(
    rows: Rows<'_>,
    request: &PageRequest<PractitionerSort>,
) -> Result<Listed<PractitionerRow>, sqlx::Error> {
    Listing::of(PractitionerRow::TABLE).all(rows, request).await
}
