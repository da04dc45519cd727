//! A scope decides which rows every read returns and counts, and is found by index.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::BTreeSet;

use read_models::{
    Direction, Listed, PageRequest, PgPool, Rows, Scope, account,
    appointment::{self, AppointmentFilter, AppointmentSort},
    checkpoint,
    invoice::{self, InvoiceFilter, InvoiceSort},
    ledger::{self, PostingSort},
    patient::{self, PatientFilter, PatientSort},
    payment::{self, PaymentSort},
    practitioner::{self, PractitionerSort},
    prescription::{self, PrescriptionFilter, PrescriptionSort},
    tables,
};
use uuid::Uuid;

use self::support::pool;

/// The number of patients. Patient `n` has one of everything, also numbered `n`.
const PATIENTS: i64 = 20_000;

/// Appointment `n` is with practitioner `n % 2000`, and cancelled if `n` ends with 0. Prescription `n` is one of practitioner
/// `(n + 1) % 2000`, and a draft if `n` is below 1000.
const FILL: [&str; 10] = [
    "INSERT INTO patient (id, name, identifiers, registered_at, updated_at, version, status)
     SELECT one(n), 'Patient ' || n, '[]', now(), now(), 1, 'active' FROM every",
    "INSERT INTO practitioner (id, time_zone, registered_at, updated_at, version, active, availability, time_off)
     SELECT one(1000000 + n), 'UTC', now(), now(), 1, true, '[]', '[]' FROM every WHERE n < 2000",
    "INSERT INTO appointment (id, patient_id, practitioner_id, start_time, end_time, time_zone, status, booked_at, updated_at,
                              version, overbooked)
     SELECT one(n), one(n), one(1000000 + n % 2000), now() + n * interval '1 minute', now(), 'UTC', 'booked', now(), now(), 1,
            false
     FROM every",
    "INSERT INTO prescription (id, patient_id, practitioner_id, status, refills_remaining, refill_requests, prescribed_at,
                               updated_at, version)
     SELECT one(n), one(n), one(1000000 + (n + 1) % 2000), 'active', 0, '[]', now() + n * interval '1 minute', now(), 1
     FROM every",
    "INSERT INTO account (id, status, balances, opened_at, updated_at, version)
     SELECT one(n), 'open', '[]', now(), now(), 1 FROM every",
    "INSERT INTO ledger_posting (entry_id, line, account_id, kind, ledger_account, minor, currency, posted_at, version)
     SELECT one(n), line, one(n), 'charge', 'receivable', line * 2 - 1, 'EUR', now(), 1
     FROM every, generate_series(0, 1) AS line",
    "INSERT INTO payment (id, account_id, invoice_id, reference, minor, currency, method, status, refunded_minor, attempted_at,
                          updated_at, version, unallocated_minor)
     SELECT one(n), one(n), one(n), n::text, 1, 'EUR', 'card', 'initiated', 0, now(), now(), 1, 1 FROM every",
    "INSERT INTO invoice (id, patient_id, status, currency, lines, open_minor, allocations, credit_notes, drafted_at,
                          updated_at, version)
     SELECT one(n), one(n), 'issued', 'EUR', '[]', 1, '[]', '[]', now() + n * interval '1 minute', now(), 1 FROM every",
    "INSERT INTO care_relation_scheduling (id, practitioner_id, patient_id, since, until)
     SELECT id, practitioner_id, patient_id, now(), CASE n % 10 WHEN 0 THEN now() END
     FROM every JOIN appointment ON id = one(n)",
    "INSERT INTO care_relation_prescribing (id, practitioner_id, patient_id, since)
     SELECT id, practitioner_id, patient_id, CASE WHEN n >= 1000 THEN now() END
     FROM every JOIN prescription ON id = one(n)",
];

/// A database with all of that.
async fn filled() -> PgPool {
    let pool = pool().await;
    let mut connection = pool.acquire().await.expect("a connection");
    let helpers = [
        "CREATE FUNCTION pg_temp.one(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
         RETURN ('00000000-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid"
            .to_owned(),
        format!("CREATE TEMPORARY VIEW every AS SELECT n FROM generate_series(1, {PATIENTS}) AS n"),
    ];
    let fill = FILL.map(|statement| statement.replace("one(", "pg_temp.one("));
    // The statistics are written when a connection is idle for a while, or when this asks for it.
    let end = ["ANALYZE", "SELECT pg_stat_force_next_flush()"].map(str::to_owned);
    for statement in helpers.into_iter().chain(fill).chain(end) {
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await
            .expect("filled");
    }
    drop(connection);
    pool
}

const fn one(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

const fn of_practitioner(number: u128) -> Scope {
    Scope::Practitioner(one(1_000_000 + number))
}

fn first<K>(key: K) -> PageRequest<K> {
    PageRequest {
        page: 0,
        size: 100,
        sort: vec![(key, Direction::Ascending)],
    }
}

/// What a list tells: the ids of a page, and the total.
fn told<R>(listed: Result<Listed<R>, read_models::Error>, id: impl Fn(&R) -> Uuid) -> (BTreeSet<u128>, i64) {
    let listed = listed.expect("a page");
    let ids: BTreeSet<u128> = listed.rows.iter().map(|row| id(row).as_u128()).collect();
    assert_eq!(ids.len(), listed.rows.len(), "no row is listed twice");
    (ids, listed.total)
}

async fn patients(rows: Rows<'_>) -> (BTreeSet<u128>, i64) {
    let listed = patient::list(rows, &PatientFilter::default(), &first(PatientSort::RegisteredAt)).await;
    told(listed, |row| row.id)
}

async fn living_patients(rows: Rows<'_>) -> (BTreeSet<u128>, i64) {
    let filter = PatientFilter {
        deceased: Some(false),
        ..PatientFilter::default()
    };
    told(
        patient::list(rows, &filter, &first(PatientSort::RegisteredAt)).await,
        |row| row.id,
    )
}

async fn appointments(rows: Rows<'_>, filter: &AppointmentFilter) -> (BTreeSet<u128>, i64) {
    let listed = appointment::list(rows, filter, &first(AppointmentSort::StartTime)).await;
    told(listed, |row| row.appointment.id)
}

async fn prescriptions(rows: Rows<'_>, filter: &PrescriptionFilter) -> (BTreeSet<u128>, i64) {
    let listed = prescription::list(rows, filter, &first(PrescriptionSort::PrescribedAt)).await;
    told(listed, |row| row.id)
}

async fn invoices(rows: Rows<'_>, filter: &InvoiceFilter) -> (BTreeSet<u128>, i64) {
    let listed = invoice::list(rows, filter, &first(InvoiceSort::DraftedAt)).await;
    told(listed, |row| row.id)
}

async fn postings(rows: Rows<'_>, account: u128) -> i64 {
    let listed = ledger::statement(rows, one(account), &first(PostingSort::Posted)).await;
    listed.expect("a page").total
}

async fn payments(rows: Rows<'_>, number: u128) -> [i64; 4] {
    let id = one(number);
    let of_account = payment::of_account(rows, id, &first(PaymentSort::AttemptedAt)).await;
    let of_invoice = payment::of_invoice(rows, id, &first(PaymentSort::AttemptedAt)).await;
    let pending = payment::pending(rows, id).await.expect("an answer");
    let unallocated = payment::unallocated(rows, id).await.expect("sums");
    [
        of_account.expect("a page").total,
        of_invoice.expect("a page").total,
        i64::from(pending.is_some()),
        unallocated.iter().map(|(_, minor)| minor).sum(),
    ]
}

/// Which single records with this number are found: patient, appointment, prescription, invoice, account.
async fn found(rows: Rows<'_>, number: u128) -> [bool; 5] {
    let id = one(number);
    [
        patient::find(rows, id).await.expect("an answer").is_some(),
        appointment::find(rows, id).await.expect("an answer").is_some(),
        prescription::find(rows, id).await.expect("an answer").is_some(),
        invoice::find(rows, id).await.expect("an answer").is_some(),
        account::find(rows, id).await.expect("an answer").is_some(),
    ]
}

/// The number of postings in the proof of the ledger.
async fn proved(rows: Rows<'_>) -> i64 {
    let (sums, unbalanced) = ledger::prove(rows).await.expect("sums");
    assert_eq!(unbalanced, 0);
    sums.iter().map(|sums| sums.postings).sum()
}

#[tokio::test]
async fn every_read_returns_and_counts_the_rows_in_the_scope_only() {
    let pool = filled().await;
    let everything = Rows::new(&pool, Scope::All);
    assert_eq!(patients(everything).await.1, PATIENTS);
    assert_eq!(proved(everything).await, 2 * PATIENTS);
    assert_eq!(found(everything, 8).await, [true; 5]);

    let own = (BTreeSet::from([7]), 1);
    let none = (BTreeSet::new(), 0);
    let john = Rows::new(&pool, Scope::Patient(one(7)));
    assert_eq!(patients(john).await, own);
    assert_eq!(living_patients(john).await, own);
    assert_eq!(appointments(john, &AppointmentFilter::default()).await, own);
    assert_eq!(prescriptions(john, &PrescriptionFilter::default()).await, own);
    assert_eq!(invoices(john, &InvoiceFilter::default()).await, own);
    assert_eq!([postings(john, 7).await, postings(john, 8).await], [2, 0]);
    assert_eq!([payments(john, 7).await, payments(john, 8).await], [[1; 4], [0; 4]]);
    assert_eq!([found(john, 7).await, found(john, 8).await], [[true; 5], [false; 5]]);
    assert_eq!(proved(john).await, 2);
    let of_another = AppointmentFilter {
        patient_id: Some(one(8)),
        ..AppointmentFilter::default()
    };
    assert_eq!(appointments(john, &of_another).await, none);

    let ada = Rows::new(&pool, of_practitioner(17));
    let (seen, total) = patients(ada).await;
    assert_eq!(
        (seen.len(), total),
        (19, 19),
        "by 10 appointments, and by 9 prescriptions that are no drafts"
    );
    assert!(
        seen.iter().all(|number| [16, 17].contains(&(number % 2000))),
        "{seen:?}"
    );
    assert_eq!(living_patients(ada).await.1, 19);
    let (seen, total) = appointments(ada, &AppointmentFilter::default()).await;
    assert_eq!((seen.len(), total), (10, 10));
    assert!(seen.iter().all(|number| number % 2000 == 17), "{seen:?}");
    let (seen, total) = prescriptions(ada, &PrescriptionFilter::default()).await;
    assert_eq!((seen.len(), total), (10, 10), "her own drafts too");
    assert!(seen.iter().all(|number| number % 2000 == 16), "{seen:?}");
    assert_eq!(found(ada, 17).await, [true, true, false, false, false]);
    assert_eq!(found(ada, 2016).await, [true, false, true, false, false]);
    assert_eq!(found(ada, 16).await, [false, false, true, false, false], "a draft");
    assert_eq!(found(ada, 18).await, [false; 5]);
    assert_eq!(invoices(ada, &InvoiceFilter::default()).await, none);
    assert_eq!([postings(ada, 17).await, proved(ada).await], [0, 0]);
    assert_eq!(payments(ada, 17).await, [0; 4]);

    let bob = Rows::new(&pool, of_practitioner(10));
    assert_eq!(patients(bob).await.1, 9, "cancelled appointments put nobody in care");
    assert_eq!(
        appointments(bob, &AppointmentFilter::default()).await.1,
        10,
        "but stay in the diary"
    );

    for rows in [everything, john, ada] {
        let listed = practitioner::list(rows, &first(PractitionerSort::Name)).await;
        assert_eq!(
            listed.expect("a page").total,
            1999,
            "practitioners are known to everybody"
        );
        let found = practitioner::find(rows, one(1_000_001)).await.expect("an answer");
        assert!(found.is_some());
    }
}

#[tokio::test]
async fn the_stored_total_is_for_those_who_see_all_rows() {
    let pool = pool().await;
    checkpoint::load(&pool, "patient", "PATIENTS", 1).await.expect("made");
    sqlx::query("UPDATE projection_checkpoint SET listed = 12345 WHERE projection = 'patient'")
        .execute(&pool)
        .await
        .expect("stored");
    sqlx::query(
        "INSERT INTO patient (id, identifiers, registered_at, updated_at, version, status)
         SELECT gen_random_uuid(), '[]', now(), now(), 1, 'active'",
    )
    .execute(&pool)
    .await
    .expect("a patient");
    let request = PageRequest {
        page: 3,
        ..first(PatientSort::RegisteredAt)
    };
    for page in [&request, &first(PatientSort::RegisteredAt)] {
        for (scope, total) in [
            (Scope::All, 12345),
            (Scope::Patient(one(7)), 0),
            (of_practitioner(7), 0),
        ] {
            let listed = patient::list(Rows::new(&pool, scope), &PatientFilter::default(), page).await;
            assert_eq!(listed.expect("a page").total, total, "{scope:?}");
        }
    }
}

#[tokio::test]
async fn a_table_without_owners_is_in_no_narrower_scope() {
    let pool = pool().await;
    for table in tables::ALL.into_iter().filter(|table| table.owners.is_empty()) {
        assert!(
            ["care_relation_", "event_index_"]
                .iter()
                .any(|kind| table.name.starts_with(kind)),
            "{}: no query would show its rows to the people whom they are about",
            table.name
        );
        for scope in [Scope::Patient(one(1)), of_practitioner(1)] {
            let includes = Rows::new(&pool, scope).include(table, one(1)).await;
            assert!(!includes.expect("an answer"), "{}", table.name);
        }
    }
}

/// The number of sequential scans of each table with many rows so far.
async fn sequential_scans(pool: &PgPool) -> Vec<(String, i64)> {
    sqlx::query("SELECT pg_stat_force_next_flush()")
        .execute(pool)
        .await
        .expect("flushed");
    sqlx::query_as(
        "SELECT relname::text, seq_scan FROM pg_stat_user_tables
         WHERE schemaname = 'public' AND relname <> 'practitioner' AND n_live_tup > 1000 ORDER BY relname",
    )
    .fetch_all(pool)
    .await
    .expect("statistics")
}

#[tokio::test]
async fn rows_in_a_narrower_scope_are_found_by_index() {
    let filled = filled().await;
    // One connection, so that the statistics of all reads are those of the connection that asks for them.
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .connect_with((*filled.connect_options()).clone())
        .await
        .expect("a connection");
    filled.close().await;
    let before = sequential_scans(&pool).await;
    assert_eq!(before.len(), 9, "{before:?}");
    for scope in [Scope::Patient(one(7)), of_practitioner(17)] {
        let rows = Rows::new(&pool, scope);
        let _ = patients(rows).await;
        let _ = living_patients(rows).await;
        let _ = appointments(rows, &AppointmentFilter::default()).await;
        let _ = prescriptions(rows, &PrescriptionFilter::default()).await;
        let _ = invoices(rows, &InvoiceFilter::default()).await;
        let _ = (postings(rows, 7).await, payments(rows, 7).await);
        let _ = (proved(rows).await, found(rows, 7).await);
        assert_eq!(sequential_scans(&pool).await, before, "{scope:?}");
    }
    let _ = living_patients(Rows::new(&pool, Scope::All)).await;
    assert_ne!(sequential_scans(&pool).await, before, "scans are counted");
}
