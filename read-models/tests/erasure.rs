//! Texts about somebody who has been erased are blank, whichever of the two projections writes last.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use std::time::Duration;

use chrono::DateTime;
use read_models::{
    PgPool, ProjectedRow as _, appointment, appointment::AppointmentRow, cached_patient::CachedPatientRow,
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

async fn store(pool: &PgPool, rows: &[AppointmentRow]) {
    let mut transaction = pool.begin().await.expect("a transaction");
    AppointmentRow::store(&mut transaction, rows).await.expect("stored");
    transaction.commit().await.expect("committed");
}

async fn found(pool: &PgPool, id: u128) -> AppointmentRow {
    let found = appointment::find(pool, Uuid::from_u128(id)).await.expect("an answer");
    found.expect("a row").appointment
}

/// Waits until a statement of another connection waits for a lock.
async fn until_someone_waits(pool: &PgPool) {
    let waiting = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                   WHERE NOT l.granted AND d.datname = current_database()";
    embedded::testing::eventually("somebody waits for a lock", PATIENCE, async || {
        let count: i64 = sqlx::query_scalar(waiting).fetch_one(pool).await.expect("a count");
        count > 0
    })
    .await;
}

#[tokio::test]
async fn what_is_there_is_blanked_and_what_comes_after_is_not_written() {
    let pool = pool().await;
    let jane = Uuid::from_u128(3);
    store(&pool, &[told(10, JOHN), told(11, jane)]).await;
    let mut transaction = pool.begin().await.expect("a transaction");
    CachedPatientRow::store(&mut transaction, &[erased()])
        .await
        .expect("stored");
    transaction.commit().await.expect("committed");
    assert_eq!(found(&pool, 10).await, blank(told(10, JOHN)));
    assert_eq!(found(&pool, 11).await, told(11, jane), "of nobody else");
    store(&pool, &[told(10, JOHN), told(12, JOHN)]).await;
    for id in [10, 12] {
        assert_eq!(found(&pool, id).await, blank(told(id, JOHN)));
    }
}

#[tokio::test]
async fn an_appointment_that_is_being_written_is_waited_for_and_blanked() {
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
async fn an_erasure_that_is_being_written_is_waited_for_and_minded() {
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
