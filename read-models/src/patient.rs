//! The `patient` table.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{
    Rows,
    dates::{DateColumns, DateCondition},
    list::{Listed, Listing, PageRequest, SortKey},
    list_order::as_people_sort,
    projected::PlainRow,
    table,
    table::TableRow as _,
};

table! {
    name: "patient", key: [id], about: itself(id), owners: [patient(id), carers(id)], unlisted: status = "erased";
    /// A patient.
    pub struct PatientRow {
        /// The patient's id.
        pub id: Uuid,
        /// The name. `None` after an erasure.
        pub name: Option<String> => personal(null),
        /// The earliest possible date of birth. `None` after an erasure.
        pub date_of_birth: Option<NaiveDate> => personal(null),
        /// The latest possible date of birth: the same date if the day is known.
        pub date_of_birth_latest: Option<NaiveDate> => personal(null),
        /// The e-mail address.
        pub email: Option<String> => personal(null),
        /// The telephone number.
        pub phone: Option<String> => personal(null),
        /// The postal address.
        pub address: Option<String> => personal(null),
        /// The FHIR code of the gender.
        pub gender: Option<String> => personal(null),
        /// The business identifiers.
        pub identifiers: Vec<IdentifierValue> => personal(empty),
        /// The status: `active`, `inactive` or `erased`.
        pub status: String => impersonal,
        /// Whether the patient is deceased.
        pub deceased: bool,
        /// The time of death, if it is known: an instant, a day, a month or a year.
        pub deceased_at: Option<String> => personal(null),
        /// The time of the registration.
        pub registered_at: DateTime<Utc>,
        /// The time of the last change.
        pub updated_at: DateTime<Utc>,
        /// The version.
        pub version: i64,
    }
}

impl PlainRow for PatientRow {}

/// A business identifier in the table's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierValue {
    /// The URI of the system that assigns the value.
    pub system: String,
    /// The value.
    pub value: String,
}

/// A filter for patients. `None` and empty lists do not restrict the result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatientFilter {
    /// Conditions on the date of birth. All must hold.
    pub born: Vec<DateCondition>,
    /// Whether the patient is deceased.
    pub deceased: Option<bool>,
}

/// The sort keys of patients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatientSort {
    /// By name.
    Name,
    /// By the earliest possible date of birth.
    DateOfBirth,
    /// By e-mail address.
    Email,
    /// By the time of registration.
    RegisteredAt,
}

impl SortKey for PatientSort {
    fn column(self) -> &'static str {
        match self {
            Self::Name => as_people_sort!("name"),
            Self::DateOfBirth => "date_of_birth",
            Self::Email => as_people_sort!("email"),
            Self::RegisteredAt => "registered_at",
        }
    }
}

/// Finds a patient, including an erased one.
///
/// # Errors
/// The database cannot be queried.
pub async fn find(rows: Rows<'_>, id: Uuid) -> Result<Option<PatientRow>, sqlx::Error> {
    rows.find(id).await
}

const DATE_OF_BIRTH: DateColumns = DateColumns {
    earliest: "date_of_birth",
    latest: "date_of_birth_latest",
};

/// Returns a page of patients, without erased ones.
///
/// # Errors
/// The database cannot be queried.
pub async fn list(
    rows: Rows<'_>,
    filter: &PatientFilter,
    request: &PageRequest<PatientSort>,
) -> Result<Listed<PatientRow>, sqlx::Error> {
    let all = Listing::of(PatientRow::TABLE);
    if *filter == PatientFilter::default() {
        return all.all(rows, request).await;
    }
    let filtered = |query: &mut QueryBuilder<Postgres>| {
        for condition in &filter.born {
            query.push(" AND ");
            condition.push(query, DATE_OF_BIRTH);
        }
        if let Some(deceased) = filter.deceased {
            query.push(" AND deceased = ").push_bind(deceased);
        }
    };
    all.page(rows, filtered, request).await
}
