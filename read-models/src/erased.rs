//! What becomes of the personal texts in rows about people who have been erased.
//!
//! Streams are folded independently of each other, so a row about a person may be written before or after the fold of
//! the patients learns that they were erased. Both end alike: whoever marks a patient as erased blanks the rows that are
//! there, and whoever writes rows later leaves out what is personal. A lock on the table orders the two; without it each
//! could miss the other. The versions of a table that stand beside the live one are blanked with it.

use std::collections::HashSet;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::building;

/// A table whose rows hold personal texts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Table {
    /// Of appointments.
    Appointment,
    /// Of what appointments show of patients.
    CachedPatient,
    /// Of invoices.
    Invoice,
    /// Of the ledger's postings.
    LedgerPosting,
    /// Of patients.
    Patient,
    /// Of prescriptions.
    Prescription,
}

impl Table {
    /// In the order in which they are locked.
    const ALL: [Self; 6] = [
        Self::Appointment,
        Self::CachedPatient,
        Self::Invoice,
        Self::LedgerPosting,
        Self::Patient,
        Self::Prescription,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Appointment => "appointment",
            Self::CachedPatient => "cached_patient",
            Self::Invoice => "invoice",
            Self::LedgerPosting => "ledger_posting",
            Self::Patient => "patient",
            Self::Prescription => "prescription",
        }
    }

    /// Whether the fold of the erasure itself blanks the live rows.
    const fn is_of_patients(self) -> bool {
        matches!(self, Self::CachedPatient | Self::Patient)
    }

    /// What whoever writes rows takes before they look who has been erased.
    const fn lock_to_write(self) -> &'static str {
        match self {
            Self::Appointment => "LOCK TABLE appointment IN ROW EXCLUSIVE MODE",
            Self::CachedPatient => "LOCK TABLE cached_patient IN ROW EXCLUSIVE MODE",
            Self::Invoice => "LOCK TABLE invoice IN ROW EXCLUSIVE MODE",
            Self::LedgerPosting => "LOCK TABLE ledger_posting IN ROW EXCLUSIVE MODE",
            Self::Patient => "LOCK TABLE patient IN ROW EXCLUSIVE MODE",
            Self::Prescription => "LOCK TABLE prescription IN ROW EXCLUSIVE MODE",
        }
    }

    /// What whoever erases takes: it waits for those who write, and they for it.
    const fn lock_to_erase(self) -> &'static str {
        match self {
            Self::Appointment => "LOCK TABLE appointment IN SHARE ROW EXCLUSIVE MODE",
            Self::CachedPatient => "LOCK TABLE cached_patient IN SHARE ROW EXCLUSIVE MODE",
            Self::Invoice => "LOCK TABLE invoice IN SHARE ROW EXCLUSIVE MODE",
            Self::LedgerPosting => "LOCK TABLE ledger_posting IN SHARE ROW EXCLUSIVE MODE",
            Self::Patient => "LOCK TABLE patient IN SHARE ROW EXCLUSIVE MODE",
            Self::Prescription => "LOCK TABLE prescription IN SHARE ROW EXCLUSIVE MODE",
        }
    }

    /// Leaves the rows of the patients in `$1` as a fold of the same events without the personal fields makes them.
    const fn blank(self) -> &'static str {
        match self {
            Self::Appointment => {
                "UPDATE appointment
                 SET reason = NULL, notes = NULL, cancellation_reason_text = NULL, overbooking_reason = NULL
                 WHERE patient_id = ANY($1)"
            }
            Self::CachedPatient => {
                "UPDATE cached_patient SET name = NULL, email = NULL, phone = NULL, address = NULL WHERE id = ANY($1)"
            }
            Self::Invoice => {
                r#"UPDATE invoice SET
                       lines = (SELECT coalesce(jsonb_agg(line || '{"description": null}' ORDER BY at), '[]')
                                FROM jsonb_array_elements(lines) WITH ORDINALITY AS every (line, at)),
                       credit_notes = (SELECT coalesce(jsonb_agg(note || '{"reason": null}' ORDER BY at), '[]')
                                       FROM jsonb_array_elements(credit_notes) WITH ORDINALITY AS every (note, at)),
                       cancel_reason = NULL
                   WHERE patient_id = ANY($1)"#
            }
            Self::LedgerPosting => "UPDATE ledger_posting SET reason = NULL WHERE account_id = ANY($1)",
            Self::Patient => {
                "UPDATE patient SET name = NULL, date_of_birth = NULL, email = NULL, phone = NULL, address = NULL,
                                    gender = NULL, identifiers = '[]'
                 WHERE id = ANY($1)"
            }
            Self::Prescription => {
                "UPDATE prescription SET medicines = NULL, notes = NULL, reason_text = NULL WHERE patient_id = ANY($1)"
            }
        }
    }
}

/// Which of these patients have been erased, as far as is known. Nobody is added until the transaction ends. Wherever the
/// rows are written, the live table of patients says who they are.
pub(crate) async fn among(
    transaction: &mut PgConnection,
    table: Table,
    patients: Vec<Uuid>,
) -> Result<HashSet<Uuid>, sqlx::Error> {
    sqlx::query(table.lock_to_write()).execute(&mut *transaction).await?;
    let erased: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM public.cached_patient WHERE erased AND id = ANY($1)")
        .bind(patients)
        .fetch_all(transaction)
        .await?;
    Ok(erased.into_iter().collect())
}

/// Blanks the personal texts in the rows of patients who are being marked as erased: in the live tables, and in the
/// versions of them that are being built or kept.
pub(crate) async fn forget_texts(transaction: &mut PgConnection, patients: &[Uuid]) -> Result<(), sqlx::Error> {
    building::lock_tables(&mut *transaction).await?;
    for table in Table::ALL.into_iter().filter(|table| !table.is_of_patients()) {
        blank(&mut *transaction, table, patients).await?;
    }
    let beside: Vec<(String, String)> = sqlx::query_as(
        "SELECT schemaname::text, tablename::text FROM pg_tables WHERE schemaname IN ('building', 'previous')",
    )
    .fetch_all(&mut *transaction)
    .await?;
    if beside.is_empty() {
        return Ok(());
    }
    for schema in ["building", "previous"] {
        sqlx::query("SELECT set_config('search_path', $1, true)")
            .bind(schema)
            .execute(&mut *transaction)
            .await?;
        let stands = |table: &Table| beside.iter().any(|(of, name)| of == schema && name == table.name());
        for table in Table::ALL.into_iter().filter(stands) {
            blank(&mut *transaction, table, patients).await?;
        }
    }
    sqlx::query("SET LOCAL search_path TO DEFAULT")
        .execute(transaction)
        .await
        .map(drop)
}

/// Takes the locks on the tables that [`forget_everybody`] is going to blank along with this one. Whoever writes them reads
/// this one, so they come first.
pub(crate) async fn lock_those_to_blank_with(transaction: &mut PgConnection, table: &str) -> Result<(), sqlx::Error> {
    if table == Table::CachedPatient.name() {
        for table in Table::ALL.into_iter().filter(|table| !table.is_of_patients()) {
            sqlx::query(table.lock_to_erase()).execute(&mut *transaction).await?;
        }
    }
    Ok(())
}

/// Blanks whatever a table holds about anybody who has been erased, for a version of it that becomes the live one.
pub(crate) async fn forget_everybody(transaction: &mut PgConnection, table: &str) -> Result<(), sqlx::Error> {
    let Some(table) = Table::ALL.into_iter().find(|known| known.name() == table) else {
        return Ok(());
    };
    let erased: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM public.cached_patient WHERE erased")
        .fetch_all(&mut *transaction)
        .await?;
    match table {
        // What patients are marked as follows from their own events.
        Table::Patient => Ok(()),
        // Whom only the new version knows to be erased, the other tables have not been told of.
        Table::CachedPatient => {
            for table in Table::ALL.into_iter().filter(|table| !table.is_of_patients()) {
                blank(&mut *transaction, table, &erased).await?;
            }
            Ok(())
        }
        table => blank(transaction, table, &erased).await,
    }
}

async fn blank(transaction: &mut PgConnection, table: Table, patients: &[Uuid]) -> Result<(), sqlx::Error> {
    if patients.is_empty() {
        return Ok(());
    }
    sqlx::query(table.lock_to_erase()).execute(&mut *transaction).await?;
    sqlx::query(table.blank())
        .bind(patients)
        .execute(transaction)
        .await
        .map(drop)
}
