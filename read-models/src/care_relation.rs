//! The `care_relation_…` tables: which patients are in a practitioner's care. One table per stream, one row per
//! appointment or prescription. They hold opaque ids and instants only. The scope of a practitioner reads them; no
//! query shows them.

use chrono::{DateTime, Utc};
use sqlx::{Postgres, query_builder::Separated};
use uuid::Uuid;

use crate::{ProjectedRow, projected::PlainRow, table, table::TableRow as _};

/// The names of the tables, which are also those of their projections.
pub(crate) const TABLES: [&str; 2] = [SchedulingCareRow::TABLE.name, PrescribingCareRow::TABLE.name];

/// The condition for a relation that puts the patient in the practitioner's care. The indexes have the same one.
const IN_CARE: &str = "since IS NOT NULL AND until IS NULL";

/// A relation between a practitioner and a patient. The patient is in care from `since` on, and no more once there is an
/// `until`. An appointment that has taken place has none: the care for a patient does not end with it.
pub trait CareRow: ProjectedRow {
    /// A relation without an end. `id` is that of the appointment or the prescription.
    fn new(id: Uuid, practitioner_id: Uuid, patient_id: Uuid, since: Option<DateTime<Utc>>) -> Self;

    /// The relation with an end. The first end counts.
    #[must_use]
    fn ended(self, at: DateTime<Utc>) -> Self;
}

macro_rules! care_rows {
    ($name:literal, $(#[$meta:meta])* $row:ident) => {
        table! {
            name: $name, key: [id], about: nobody, owners: [];
            $(#[$meta])*
            pub struct $row {
                /// The id of the appointment or the prescription.
                pub id: Uuid,
                /// The practitioner's id.
                pub practitioner_id: Uuid,
                /// The patient's id.
                pub patient_id: Uuid,
                /// The time of the booking or of the issue. `None` for a draft.
                pub since: Option<DateTime<Utc>>,
                /// The time at which it was cancelled, or marked as an error.
                pub until: Option<DateTime<Utc>>,
            }
        }

        impl PlainRow for $row {}

        impl CareRow for $row {
            fn new(id: Uuid, practitioner_id: Uuid, patient_id: Uuid, since: Option<DateTime<Utc>>) -> Self {
                Self {
                    id,
                    practitioner_id,
                    patient_id,
                    since,
                    until: None,
                }
            }

            fn ended(self, at: DateTime<Utc>) -> Self {
                let until = self.until.or(Some(at));
                Self { until, ..self }
            }
        }
    };
}

care_rows!("care_relation_scheduling", /// The care relation of an appointment.
    SchedulingCareRow);
care_rows!("care_relation_prescribing", /// The care relation of an issued prescription.
    PrescribingCareRow);

/// Appends a query for the ids of the patients in a practitioner's care.
pub(crate) fn push_patients_of(sql: &mut Separated<'_, Postgres, &str>, practitioner: Uuid) {
    let mut union = "";
    for table in TABLES {
        sql.push_unseparated(union).push_unseparated(format!(
            "SELECT patient_id FROM {table} WHERE {IN_CARE} AND practitioner_id = "
        ));
        sql.push_bind_unseparated(practitioner);
        union = " UNION ALL ";
    }
}
