//! A page and its total are consistent, and a page beyond the end still has the total.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use chrono::DateTime;
use read_models::{
    Direction, PageRequest, PgPool, ProjectedRow as _, Rows, Scope, checkpoint,
    patient::{self, PatientFilter, PatientRow, PatientSort},
    practitioner::{self, PractitionerRow, PractitionerSort},
};
use uuid::Uuid;

use self::support::pool;

/// The number of reads while rows are inserted and deleted.
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

/// Inserts three rows in one transaction and deletes them in another, for ever.
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
async fn a_page_and_its_total_are_consistent() {
    let pool = pool().await;
    let read = async {
        for _ in 0..READS {
            let listed = practitioner::list(Rows::new(&pool, Scope::All), &page(0))
                .await
                .expect("a page");
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
async fn a_page_beyond_the_end_is_empty_and_has_the_total() {
    let pool = pool().await;
    let mut connection = pool.acquire().await.expect("a connection");
    PractitionerRow::write(&mut connection, &[row(1), row(2), row(3)])
        .await
        .expect("written");
    let pages = async |number| {
        let listed = practitioner::list(Rows::new(&pool, Scope::All), &page(number))
            .await
            .expect("a page");
        (listed.rows.len(), listed.total)
    };
    assert_eq!(
        [pages(0).await, pages(1).await, pages(7).await],
        [(2, 3), (1, 3), (0, 3)]
    );
}

async fn names_in_order(pool: &PgPool) -> Vec<String> {
    let mut names = Vec::new();
    for number in 0.. {
        let listed = practitioner::list(Rows::new(pool, Scope::All), &page(number))
            .await
            .expect("a page");
        if listed.rows.is_empty() {
            break;
        }
        names.extend(listed.rows.into_iter().filter_map(|row| row.name));
    }
    names
}

/// The names of the indexes by name, and how they sort.
async fn indexes(pool: &PgPool) -> Vec<String> {
    let query = "SELECT indexdef FROM pg_indexes WHERE indexname LIKE '%_by_name' ORDER BY 1";
    let found: Vec<(String,)> = sqlx::query_as(query).fetch_all(pool).await.expect("the indexes");
    found.into_iter().map(|(definition,)| definition).collect()
}

#[tokio::test]
async fn names_are_sorted_as_people_sort_them_across_pages_and_in_the_alphabet_of_the_settings() {
    let pool = pool().await;
    let mut settings = settings::Settings::defaults().expect("the defaults").postgres;
    let names = ["Zoe", "anna", "\u{c9}mile", "Bob", "\u{c5}sa", "Anna", "Emil"];
    let rows: Vec<PractitionerRow> = (1..)
        .zip(names)
        .map(|(id, name)| PractitionerRow {
            name: Some(name.to_owned()),
            ..row(id)
        })
        .collect();
    let mut connection = pool.acquire().await.expect("a connection");
    PractitionerRow::write(&mut connection, &rows).await.expect("written");
    drop(connection);

    let anywhere = ["anna", "Anna", "\u{c5}sa", "Bob", "Emil", "\u{c9}mile", "Zoe"];
    assert_eq!(names_in_order(&pool).await, anywhere);
    let made = indexes(&pool).await;
    assert_eq!(made.len(), 2);
    assert!(made.iter().all(|index| index.contains("list_order")), "{made:?}");

    // In Swedish, Å comes behind Z. The rows stay where they are.
    let swedish = ["anna", "Anna", "Bob", "Emil", "\u{c9}mile", "Zoe", "\u{c5}sa"];
    for (locale, expected) in [("sv", swedish), ("sv", swedish), ("und", anywhere)] {
        settings.list_locale = locale.to_owned();
        let migrated = read_models::migrate(&pool, &settings).await;
        if locale != "und" && !has_icu(&pool).await {
            let error = migrated.expect_err("a server without ICU");
            assert!(platform::process::is_about_settings(&error), "{error}");
            assert!(
                error.to_string().ends_with("this Postgres was built without ICU"),
                "{error}"
            );
            continue;
        }
        migrated.expect("migrated");
        assert_eq!(names_in_order(&pool).await, expected, "{locale}");
        assert_eq!(indexes(&pool).await, made);
    }
}

async fn has_icu(pool: &PgPool) -> bool {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu')")
        .fetch_one(pool)
        .await
        .expect("an answer")
}

#[tokio::test]
async fn a_page_by_name_is_read_from_the_index() {
    let pool = pool().await;
    let mut connection = pool.acquire().await.expect("a connection");
    sqlx::query("SET enable_seqscan = off")
        .execute(&mut *connection)
        .await
        .expect("set");
    for table in ["patient", "practitioner"] {
        let page = format!(
            "EXPLAIN SELECT * FROM {table} ORDER BY list_key(name) COLLATE list_order ASC NULLS LAST, id LIMIT 20"
        );
        let plan: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(page))
            .fetch_all(&mut *connection)
            .await
            .expect("a plan");
        let plan: String = plan.into_iter().map(|(line,)| line + "\n").collect();
        assert!(plan.contains(&format!("Index Scan using {table}_by_name")), "{plan}");
        assert!(!plan.contains("Sort"), "{plan}");
    }
}

fn patient(id: u128, status: &str) -> PatientRow {
    PatientRow {
        id: Uuid::from_u128(id),
        name: None,
        date_of_birth: None,
        date_of_birth_latest: None,
        email: None,
        phone: None,
        address: None,
        gender: None,
        identifiers: Vec::new(),
        status: status.to_owned(),
        deceased: false,
        deceased_at: None,
        registered_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        version: 1,
    }
}

#[tokio::test]
async fn the_count_of_patients_is_updated_as_they_are_stored() {
    let pool = pool().await;
    checkpoint::load(&pool, "patient", "PATIENTS", 1).await.expect("made");
    let mut connection = pool.acquire().await.expect("a connection");
    let request = PageRequest {
        page: 0,
        size: 2,
        sort: vec![(PatientSort::Name, Direction::Ascending)],
    };
    let total = async || {
        patient::list(Rows::new(&pool, Scope::All), &PatientFilter::default(), &request)
            .await
            .expect("a page")
            .total
    };
    let active = |id| patient(id, "active");
    let erased = |id| patient(id, "erased");

    PatientRow::store(&mut connection, &[active(1), active(2), erased(3)])
        .await
        .expect("stored");
    assert_eq!(total().await, 2, "without a stored count, the list counts the rows");
    let listed = PatientRow::LISTED.expect("patients are listed");
    checkpoint::count_listed(&pool, "patient", listed)
        .await
        .expect("counted");
    assert_eq!(total().await, 2);

    for (rows, listed) in [
        (vec![active(4), erased(5), active(6)], 4),
        (vec![active(4), erased(5)], 4),
        (vec![erased(4), active(7)], 4),
        (vec![erased(1), erased(2), erased(6)], 1),
        (vec![active(3)], 2),
    ] {
        PatientRow::store(&mut connection, &rows).await.expect("stored");
        assert_eq!(total().await, listed, "{rows:?}");
    }
    PatientRow::write(&mut connection, &[active(8)]).await.expect("written");
    assert_eq!(total().await, 2, "the list uses the stored count");
}
