//! The `cached_patient` table: what an appointment's answer needs to know of its patient.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{ProjectedRow, erased, table};

table! {
    name: "cached_patient", key: [id], about: itself(id);
    /// A patient, as appointments show them.
    pub struct CachedPatientRow {
        /// The patient's id.
        pub id: Uuid,
        /// Their name; nothing once it has been erased.
        pub name: Option<String> => personal(null),
        /// Their e-mail address.
        pub email: Option<String> => personal(null),
        /// Their telephone number.
        pub phone: Option<String> => personal(null),
        /// Their postal address.
        pub address: Option<String> => personal(null),
        /// Whether they have been erased.
        pub erased: bool,
        /// Their version.
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
