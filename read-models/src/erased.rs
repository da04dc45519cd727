//! What becomes of the personal texts in rows about people who have been erased.
//!
//! Streams are folded independently of each other, so a row about a person may be written before or after the fold of
//! the patients learns that they were erased. Both end alike: whoever marks a patient as erased blanks the rows that are
//! there, and whoever writes rows later leaves out what is personal. A lock on the table orders the two; without it each
//! could miss the other.

use std::collections::HashSet;

use sqlx::PgConnection;
use uuid::Uuid;

/// A table whose rows hold personal texts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Table {
    /// Of invoices.
    Invoice,
    /// Of the ledger's postings.
    LedgerPosting,
    /// Of prescriptions.
    Prescription,
}

impl Table {
    const ALL: [Self; 3] = [Self::Invoice, Self::LedgerPosting, Self::Prescription];

    /// What whoever writes rows takes before they look who has been erased.
    const fn lock_to_write(self) -> &'static str {
        match self {
            Self::Invoice => "LOCK TABLE invoice IN ROW EXCLUSIVE MODE",
            Self::LedgerPosting => "LOCK TABLE ledger_posting IN ROW EXCLUSIVE MODE",
            Self::Prescription => "LOCK TABLE prescription IN ROW EXCLUSIVE MODE",
        }
    }

    /// What whoever erases takes: it waits for those who write, and they for it.
    const fn lock_to_erase(self) -> &'static str {
        match self {
            Self::Invoice => "LOCK TABLE invoice IN SHARE ROW EXCLUSIVE MODE",
            Self::LedgerPosting => "LOCK TABLE ledger_posting IN SHARE ROW EXCLUSIVE MODE",
            Self::Prescription => "LOCK TABLE prescription IN SHARE ROW EXCLUSIVE MODE",
        }
    }

    /// Leaves the rows of the patients in `$1` as a fold of the same events without the personal fields makes them.
    const fn blank(self) -> &'static str {
        match self {
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
            Self::Prescription => {
                "UPDATE prescription SET medicines = NULL, notes = NULL, reason_text = NULL WHERE patient_id = ANY($1)"
            }
        }
    }
}

/// Which of these patients have been erased, as far as is known. Nobody is added until the transaction ends.
pub(crate) async fn among(
    transaction: &mut PgConnection,
    table: Table,
    patients: Vec<Uuid>,
) -> Result<HashSet<Uuid>, sqlx::Error> {
    sqlx::query(table.lock_to_write()).execute(&mut *transaction).await?;
    let erased: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM cached_patient WHERE erased AND id = ANY($1)")
        .bind(patients)
        .fetch_all(transaction)
        .await?;
    Ok(erased.into_iter().collect())
}

/// Blanks the personal texts in the rows of patients who are being marked as erased.
pub(crate) async fn forget_texts(transaction: &mut PgConnection, patients: &[Uuid]) -> Result<(), sqlx::Error> {
    for table in Table::ALL {
        sqlx::query(table.lock_to_erase()).execute(&mut *transaction).await?;
        sqlx::query(table.blank())
            .bind(patients)
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}
