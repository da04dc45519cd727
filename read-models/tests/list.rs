//! A page and the total beside it are of one moment, and a page beyond the end still tells the total.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use chrono::DateTime;
use read_models::{
    Direction, PageRequest, PgPool, ProjectedRow as _, Total,
    checkpoint::{self, Standing},
    patient::{self, PatientRow, PatientSort},
    practitioner::{self, PractitionerRow, PractitionerSort},
};
use uuid::Uuid;

use self::support::pool;

/// How often the list is read while rows come and go.
const READS: usize = 300;

fn row(id: u128) -> PractitionerRow {
    PractitionerRow {
        id: Uuid::from_u128(id),
        name: None,
        specialty: None,
        time_zone: "UTC".to_owned(),
        email: None,
        active: true,
        availability: Vec::new(),
        time_off: Vec::new(),
        registered_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        version: 1,
    }
}

fn page(page: u32) -> PageRequest<PractitionerSort> {
    PageRequest {
        page,
        size: 2,
        sort: vec![(PractitionerSort::Name, Direction::Ascending)],
    }
}

/// Lets three rows come together and go together, for ever.
async fn come_and_go(pool: &PgPool) {
    loop {
        let mut connection = pool.acquire().await.expect("a connection");
        PractitionerRow::write(&mut connection, &[row(1), row(2), row(3)])
            .await
            .expect("written");
        sqlx::query("DELETE FROM practitioner")
            .execute(&mut *connection)
            .await
            .expect("deleted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_and_its_total_are_of_one_moment() {
    let pool = pool().await;
    let read = async {
        for _ in 0..READS {
            let listed = practitioner::list(&pool, &page(0)).await.expect("a page");
            let found = (listed.rows.len(), listed.total);
            assert!([(0, 0), (2, 3)].contains(&found), "{found:?}");
        }
    };
    tokio::select! {
        () = read => {}
        () = come_and_go(&pool) => {}
    }
}

#[tokio::test]
async fn a_page_beyond_the_end_is_empty_and_tells_the_total() {
    let pool = pool().await;
    let mut connection = pool.acquire().await.expect("a connection");
    PractitionerRow::write(&mut connection, &[row(1), row(2), row(3)])
        .await
        .expect("written");
    let pages = async |number| {
        let listed = practitioner::list(&pool, &page(number)).await.expect("a page");
        (listed.rows.len(), listed.total)
    };
    assert_eq!(
        [pages(0).await, pages(1).await, pages(7).await],
        [(2, 3), (1, 3), (0, 3)]
    );
}

fn patient(id: u128) -> PatientRow {
    PatientRow {
        id: Uuid::from_u128(id),
        name: None,
        date_of_birth: None,
        email: None,
        phone: None,
        address: None,
        gender: None,
        identifiers: Vec::new(),
        status: "active".to_owned(),
        registered_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        version: 1,
    }
}

#[tokio::test]
async fn patients_are_counted_again_whenever_their_table_has_changed_and_only_then() {
    let pool = pool().await;
    checkpoint::load(&pool, "patient", "PATIENTS", 1).await.expect("made");
    let total = Total::default();
    let request = PageRequest {
        page: 0,
        size: 2,
        sort: vec![(PatientSort::Name, Direction::Ascending)],
    };
    let count = async || patient::list(&pool, &total, &request).await.expect("a page").total;
    let add = async |id| {
        let mut connection = pool.acquire().await.expect("a connection");
        let written = PatientRow::write(&mut connection, &[patient(id)]).await;
        written.expect("written");
    };
    let run = async |statement: &'static str| {
        sqlx::query(statement).execute(&pool).await.expect("done");
    };
    assert_eq!(count().await, 0);
    add(1).await;
    assert_eq!(count().await, 1, "an empty page says nothing of the table");
    add(2).await;
    assert_eq!(count().await, 1, "nothing says that it has changed");

    let mut connection = pool.acquire().await.expect("a connection");
    let from = Standing {
        position: 0,
        version: 1,
    };
    checkpoint::advance(&mut connection, "patient", from, 7)
        .await
        .expect("advanced");
    assert_eq!(count().await, 2, "the projection has moved");
    add(3).await;
    run("UPDATE projection_checkpoint SET replacements = replacements + 1").await;
    assert_eq!(count().await, 3, "other rows have taken their place");
    add(4).await;
    run("INSERT INTO parked_event VALUES ('patient', 'PATIENTS', 5, 'patient/x', NULL, 'x', false, '', 1, now(), now())")
        .await;
    assert_eq!(count().await, 4, "an event was parked");
    add(5).await;
    run("DELETE FROM parked_event").await;
    assert_eq!(count().await, 5, "an event that was parked has been applied");
}
