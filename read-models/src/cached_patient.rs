//! The `cached_patient` table: the patient data that appointment responses include.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{ProjectedRow, erased, table};

table! {
    name: "cached_patient", key: [id], about: itself(id), owners: [patient(id), carers(id)];
    /// The patient data of an appointment response.
    pub struct CachedPatientRow {
        /// The patient's id.
        pub id: Uuid,
        /// The name. `None` after an erasure.
        pub name: Option<String> => personal(null),
        /// The e-mail address.
        pub email: Option<String> => personal(null),
        /// The telephone number.
        pub phone: Option<String> => personal(null),
        /// The postal address.
        pub address: Option<String> => personal(null),
        /// Whether the patient has been erased.
        pub erased: bool,
        /// The version.
        pub version: i64,
    }
}

impl ProjectedRow for CachedPatientRow {
    fn id(&self) -> Uuid {
        self.id
    }

    async fn load(transaction: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        table::load(transaction, ids).await
    }

    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        table::write(transaction, rows).await
    }

    async fn store(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        let gone: Vec<Uuid> = rows.iter().filter(|row| row.erased).map(|row| row.id).collect();
        if !gone.is_empty() {
            erased::forget_texts(&mut *transaction, &gone).await?;
        }
        Self::write(transaction, rows).await
    }
}
