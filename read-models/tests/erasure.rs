//! Texts about an erased person are blanked, regardless of which projection writes last.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use std::time::Duration;

use chrono::DateTime;
use read_models::{
    PgPool, ProjectedRow, Rows, Scope, appointment,
    appointment::AppointmentRow,
    cached_patient::CachedPatientRow,
    invoice::{AllocationValue, CreditNoteValue, InvoiceRow, LineValue},
    ledger::{LedgerEntryRow, PostingRow},
    prescription::{MedicineValue, PrescriptionRow},
};
use uuid::Uuid;

use self::support::pool;

const PATIENCE: Duration = Duration::from_secs(30);
const JOHN: Uuid = Uuid::from_u128(1);

fn erased() -> CachedPatientRow {
    CachedPatientRow {
        id: JOHN,
        name: None,
        email: None,
        phone: None,
        address: None,
        erased: true,
        version: 2,
    }
}

fn told(id: u128, patient_id: Uuid) -> AppointmentRow {
    let text = || Some("personal".to_owned());
    AppointmentRow {
        id: Uuid::from_u128(id),
        patient_id,
        practitioner_id: Uuid::from_u128(2),
        start_time: DateTime::UNIX_EPOCH,
        end_time: DateTime::UNIX_EPOCH,
        time_zone: "UTC".to_owned(),
        status: "cancelled".to_owned(),
        reason: text(),
        notes: text(),
        arrived_at: None,
        fulfilled_at: None,
        cancellation_reason_code: Some("pat".to_owned()),
        cancellation_reason_text: text(),
        overbooked: true,
        overbooking_reason: text(),
        booked_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        version: 1,
    }
}

fn blank(row: AppointmentRow) -> AppointmentRow {
    AppointmentRow {
        reason: None,
        notes: None,
        cancellation_reason_text: None,
        overbooking_reason: None,
        ..row
    }
}

fn invoice(id: u128, text: Option<&str>) -> InvoiceRow {
    let (text, id) = (text.map(str::to_owned), Uuid::from_u128(id));
    let line = |quantity: u32| LineValue {
        id: Uuid::from_u128(quantity.into()),
        description: text.clone(),
        quantity,
        unit_minor: 100,
        tax_rate_ppm: 0,
        net_minor: 100,
        tax_minor: None,
    };
    InvoiceRow {
        id,
        patient_id: JOHN,
        appointment_id: None,
        status: "issued".to_owned(),
        currency: "EUR".to_owned(),
        lines: vec![line(2), line(1)],
        net_minor: Some(200),
        tax_minor: None,
        written_off_minor: 0,
        open_minor: 200,
        allocations: vec![AllocationValue {
            reference: "P-1".to_owned(),
            minor: 50,
        }],
        credit_notes: vec![CreditNoteValue {
            id,
            net_minor: 1,
            tax_minor: 0,
            reason: text.clone(),
        }],
        cancel_reason: text,
        drafted_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        version: 1,
    }
}

fn prescription(id: u128, text: Option<&str>) -> PrescriptionRow {
    let text = text.map(str::to_owned);
    let medicine = |text: String| MedicineValue {
        name: text.clone(),
        dosage: text.clone(),
        duration: text.clone(),
        instructions: text,
        rx_norm_code: None,
    };
    PrescriptionRow {
        id: Uuid::from_u128(id),
        patient_id: JOHN,
        practitioner_id: Uuid::from_u128(2),
        appointment_id: None,
        prior_prescription_id: None,
        status: "stopped".to_owned(),
        medicines: text.clone().map(|text| vec![medicine(text)]),
        refills_remaining: 1,
        refill_requests: Vec::new(),
        notes: text.clone(),
        reason_code: Some("altchoice".to_owned()),
        reason_text: text,
        prescribed_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        version: 1,
    }
}

fn entry(id: u128, text: Option<&str>) -> LedgerEntryRow {
    let posting = |line: i16| PostingRow {
        entry_id: Uuid::from_u128(id),
        line,
        account_id: JOHN,
        kind: "adjustment".to_owned(),
        ledger_account: "receivable".to_owned(),
        minor: line.into(),
        currency: "EUR".to_owned(),
        invoice_id: None,
        charge_id: None,
        reference: None,
        reason: text.map(str::to_owned),
        posted_at: DateTime::UNIX_EPOCH,
        version: 1,
    };
    LedgerEntryRow {
        id: Uuid::from_u128(id),
        postings: vec![posting(0), posting(1)],
    }
}

async fn store<R: ProjectedRow>(pool: &PgPool, rows: &[R]) {
    let mut transaction = pool.begin().await.expect("a transaction");
    R::store(&mut transaction, rows).await.expect("stored");
    transaction.commit().await.expect("committed");
}

/// The rows with these keys, in key order.
async fn loaded<R: ProjectedRow>(pool: &PgPool, ids: [u128; 2]) -> Vec<R> {
    let mut connection = pool.acquire().await.expect("a connection");
    let mut rows = R::load(&mut connection, &ids.map(Uuid::from_u128)).await.expect("rows");
    rows.sort_by_key(R::id);
    rows
}

async fn found(pool: &PgPool, id: u128) -> AppointmentRow {
    let found = appointment::find(Rows::new(pool, Scope::All), Uuid::from_u128(id))
        .await
        .expect("an answer");
    found.expect("a row").appointment
}

/// Waits until another connection is blocked by a lock.
async fn until_someone_waits(pool: &PgPool) {
    let waiting = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                   WHERE NOT l.granted AND d.datname = current_database()";
    embedded::testing::eventually("a connection is blocked by a lock", PATIENCE, async || {
        let count: i64 = sqlx::query_scalar(waiting).fetch_one(pool).await.expect("a count");
        count > 0
    })
    .await;
}

#[tokio::test]
async fn existing_texts_are_blanked_and_later_ones_are_not_written() {
    let pool = pool().await;
    let jane = Uuid::from_u128(3);
    store(&pool, &[told(10, JOHN), told(11, jane)]).await;
    let mut transaction = pool.begin().await.expect("a transaction");
    CachedPatientRow::store(&mut transaction, &[erased()])
        .await
        .expect("stored");
    transaction.commit().await.expect("committed");
    assert_eq!(found(&pool, 10).await, blank(told(10, JOHN)));
    assert_eq!(
        found(&pool, 11).await,
        told(11, jane),
        "the rows of other people are unchanged"
    );
    store(&pool, &[told(10, JOHN), told(12, JOHN)]).await;
    for id in [10, 12] {
        assert_eq!(found(&pool, id).await, blank(told(id, JOHN)));
    }
}

#[tokio::test]
async fn an_erasure_has_the_same_effect_on_existing_and_on_later_rows() {
    let (pool, text) = (pool().await, Some("personal"));
    store(&pool, &[invoice(10, text)]).await;
    store(&pool, &[prescription(10, text)]).await;
    store(&pool, &[entry(10, text)]).await;
    store(&pool, &[erased()]).await;
    store(&pool, &[invoice(11, text)]).await;
    store(&pool, &[prescription(11, text)]).await;
    store(&pool, &[entry(11, text)]).await;
    assert_eq!(
        loaded::<InvoiceRow>(&pool, [10, 11]).await,
        [invoice(10, None), invoice(11, None)]
    );
    let prescriptions = [prescription(10, None), prescription(11, None)];
    assert_eq!(loaded::<PrescriptionRow>(&pool, [10, 11]).await, prescriptions);
    let postings: Vec<PostingRow> = sqlx::query_as("SELECT * FROM ledger_posting ORDER BY entry_id, line")
        .fetch_all(&pool)
        .await
        .expect("postings");
    let left = [entry(10, None).postings, entry(11, None).postings];
    assert_eq!(postings, left.concat());
}

#[tokio::test]
async fn an_erasure_waits_for_a_concurrent_write_of_an_appointment_and_blanks_it() {
    let pool = pool().await;
    let mut writing = pool.begin().await.expect("a transaction");
    AppointmentRow::store(&mut writing, &[told(10, JOHN)])
        .await
        .expect("stored");
    let erasing = tokio::spawn({
        let pool = pool.clone();
        async move {
            let mut transaction = pool.begin().await.expect("a transaction");
            CachedPatientRow::store(&mut transaction, &[erased()])
                .await
                .expect("stored");
            transaction.commit().await.expect("committed");
        }
    });
    until_someone_waits(&pool).await;
    writing.commit().await.expect("committed");
    erasing.await.expect("erased");
    assert_eq!(found(&pool, 10).await, blank(told(10, JOHN)));
}

#[tokio::test]
async fn a_write_of_an_appointment_waits_for_a_concurrent_erasure_and_omits_texts() {
    let pool = pool().await;
    let mut erasing = pool.begin().await.expect("a transaction");
    CachedPatientRow::store(&mut erasing, &[erased()])
        .await
        .expect("stored");
    let writing = tokio::spawn({
        let pool = pool.clone();
        async move {
            store(&pool, &[told(10, JOHN)]).await;
        }
    });
    until_someone_waits(&pool).await;
    erasing.commit().await.expect("committed");
    writing.await.expect("written");
    assert_eq!(found(&pool, 10).await, blank(told(10, JOHN)));
}
