//! A checkpoint moves with its rows, only from its expected position, and notifies everyone who waits for it.
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::time::Duration;

use embedded::testing::{PrivateServers, eventually};
use read_models::{
    PgConnection, PgPool, ProjectedRow as _, building,
    cached_patient::CachedPatientRow,
    checkpoint::{self, Moved, Standing},
    demand::Listener,
    position::Positions,
};
use sqlx::Connection as _;
use uuid::Uuid;

use self::support::pool;

const LONG: Duration = Duration::from_secs(30);

async fn position(pool: &PgPool, projection: &str) -> u64 {
    let loaded = checkpoint::load(pool, projection, "PATIENTS", 1).await;
    loaded.expect("loaded").standing.position
}

const fn at(position: u64) -> Standing {
    Standing { position, version: 1 }
}

/// Advances one checkpoint, and returns whether it was at the expected position.
async fn advance(connection: &mut PgConnection, projection: &str, from: Standing, to: u64) -> bool {
    let moved = checkpoint::advance(connection, &[(projection, from)], to, None).await;
    !moved.expect("an answer").is_empty()
}

fn john() -> CachedPatientRow {
    let name = "John Doe".to_owned();
    CachedPatientRow {
        id: Uuid::from_u128(1),
        name: Some(name),
        email: None,
        phone: None,
        address: None,
        erased: false,
        version: 1,
    }
}

#[tokio::test]
async fn a_checkpoint_moves_only_from_its_expected_position() {
    let pool = pool().await;
    assert_eq!(position(&pool, "cached_patient").await, 0);
    let mut first = pool.begin().await.expect("a transaction");
    assert!(advance(&mut first, "cached_patient", at(0), 5).await);
    CachedPatientRow::store(&mut first, &[john()]).await.expect("stored");
    first.commit().await.expect("committed");

    let mut late = pool.begin().await.expect("a transaction");
    CachedPatientRow::store(&mut late, &[CachedPatientRow { version: 9, ..john() }])
        .await
        .expect("stored");
    assert!(
        !advance(&mut late, "cached_patient", at(0), 9).await,
        "it is fenced off"
    );
    late.rollback().await.expect("given up");

    let mut newer = pool.begin().await.expect("a transaction");
    let of_another_version = Standing { version: 2, ..at(5) };
    assert!(!advance(&mut newer, "cached_patient", of_another_version, 9).await);
    newer.rollback().await.expect("given up");

    let mut now = pool.begin().await.expect("a transaction");
    let rows = CachedPatientRow::load(&mut now, &[john().id]).await.expect("loaded");
    assert_eq!(rows, [john()], "the late runner left nothing behind");
    assert_eq!(position(&pool, "cached_patient").await, 5);
}

#[tokio::test]
async fn checkpoints_at_one_position_move_together_and_one_moved_by_another_runner_stays() {
    let pool = pool().await;
    let positions = Positions::listen(pool.clone());
    for projection in ["cached_patient", "patient", "account"] {
        assert_eq!(position(&pool, projection).await, 0);
    }
    let mut connection = pool.acquire().await.expect("a connection");
    assert!(advance(&mut connection, "account", at(0), 3).await);
    sqlx::query(
        "INSERT INTO parked_event VALUES ('patient', 'PATIENTS', 1, 'patient/1', NULL, 'x', false, 'x', 1, now(), now())",
    )
    .execute(&mut *connection)
    .await
    .expect("parked");
    let left = [("patient", at(0)), ("account", at(0)), ("cached_patient", at(0))];
    let mut moved = checkpoint::advance(&mut connection, &left, 7, Some("a hash"))
        .await
        .expect("advanced");
    moved.sort_by(|one, other| one.projection.cmp(&other.projection));
    let expected = [("cached_patient", false), ("patient", true)].map(|(projection, has_parked)| Moved {
        projection: projection.to_owned(),
        has_parked,
    });
    assert_eq!(moved, expected);
    assert!(
        positions
            .wait(&["cached_patient", "patient"], "PATIENTS", 7, LONG)
            .await
    );
    let of_patient = checkpoint::load(&pool, "patient", "PATIENTS", 1).await.expect("loaded");
    assert_eq!(
        (of_patient.standing, of_patient.hash.as_deref()),
        (at(7), Some("a hash"))
    );
    let of_account = checkpoint::load(&pool, "account", "PATIENTS", 1).await.expect("loaded");
    assert_eq!((of_account.standing, of_account.hash), (at(3), None));
}

#[tokio::test]
async fn a_move_commits_asynchronously_and_later_transactions_synchronously() {
    let pool = pool().await;
    assert_eq!(position(&pool, "patient").await, 0);
    let mut connection = pool.acquire().await.expect("a connection");
    let waits = async |connection: &mut sqlx::PgConnection| -> String {
        let shown = sqlx::query_scalar("SHOW synchronous_commit")
            .fetch_one(connection)
            .await;
        shown.expect("a setting")
    };
    let mut transaction = connection.begin().await.expect("a transaction");
    assert!(advance(&mut transaction, "patient", at(0), 6).await);
    assert_eq!(waits(&mut transaction).await, "off");
    transaction.commit().await.expect("committed");
    assert_eq!(waits(&mut connection).await, "on");

    assert!(
        advance(&mut connection, "patient", at(6), 7).await,
        "a transaction by itself"
    );
    assert_eq!(waits(&mut connection).await, "on");
    assert_eq!(position(&pool, "patient").await, 7);
}

#[tokio::test]
async fn a_wait_ends_when_the_position_is_reached() {
    let pool = pool().await;
    let positions = Positions::listen(pool.clone());
    assert_eq!(position(&pool, "patient").await, 0);
    let waiting = tokio::spawn({
        let positions = positions.clone();
        async move { positions.wait(&["patient"], "PATIENTS", 7, LONG).await }
    });
    let advance = async |from, to| {
        let mut transaction = pool.begin().await.expect("a transaction");
        assert!(advance(&mut transaction, "patient", at(from), to).await);
        transaction.commit().await.expect("committed");
    };
    advance(0, 6).await;
    assert!(positions.wait(&["patient"], "PATIENTS", 6, LONG).await);
    assert!(!waiting.is_finished());
    advance(6, 7).await;
    assert!(waiting.await.expect("told"));
    assert!(!positions.wait(&["patient"], "PATIENTS", 8, Duration::ZERO).await);
    assert!(
        !positions.wait(&["nobody"], "PATIENTS", 1, Duration::ZERO).await,
        "an unknown projection is behind"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn known_positions_are_discarded_when_postgres_crashes_because_it_can_lose_the_last_commits() {
    let servers = PrivateServers::start().await;
    let settings = settings::Settings::defaults().expect("the defaults").postgres;
    let pool = read_models::connect(servers.postgres_url(), &settings).expect("an address");
    read_models::migrate(&pool, &settings).await.expect("migrated");
    assert_eq!(position(&pool, "patient").await, 0);
    let positions = Positions::listen(pool);
    assert!(positions.wait(&["patient"], "PATIENTS", 0, LONG).await);
    servers.kill_postgres().await;
    eventually("the known positions are discarded", LONG, async || {
        !positions.wait(&["patient"], "PATIENTS", 0, Duration::ZERO).await
    })
    .await;
}

/// The plan for finding 64 rows of a table by their keys.
async fn plan(connection: &mut PgConnection) -> String {
    let keys: Vec<Uuid> = (1..=64).map(Uuid::from_u128).collect();
    let lines: Vec<String> = sqlx::query_scalar("EXPLAIN SELECT * FROM cached_patient WHERE id = ANY($1)")
        .bind(keys)
        .fetch_all(connection)
        .await
        .expect("a plan");
    lines.join("\n")
}

#[tokio::test]
async fn a_growing_table_is_read_by_index() {
    let pool = pool().await;
    let _ = position(&pool, "cached_patient").await;
    let mut folding = pool.begin().await.expect("a transaction");
    assert!(advance(&mut folding, "cached_patient", at(0), 1).await);
    let plan_to_fold = plan(&mut folding).await;
    assert!(!plan_to_fold.contains("Seq Scan"), "{plan_to_fold}");
    folding.commit().await.expect("committed");

    let _ = building::begin(&pool, "cached_patient", 2, 1).await.expect("begun");
    let mut rebuilding = pool.begin().await.expect("a transaction");
    building::enter(&mut rebuilding).await.expect("entered");
    let plan_to_rebuild = plan(&mut rebuilding).await;
    assert!(!plan_to_rebuild.contains("Seq Scan"), "{plan_to_rebuild}");
}

#[tokio::test]
async fn a_wait_notifies_the_projections_of_the_stream() {
    let pool = pool().await;
    let demand = Listener::new(["PATIENTS", "BILLING"]);
    let (patients, billing) = (demand.of("PATIENTS"), demand.of("BILLING"));
    let listening = tokio::spawn(demand.listen(pool.clone()));
    assert_eq!(position(&pool, "cached_patient").await, 0);
    let positions = Positions::listen(pool.clone());
    // The listener may not be connected yet, and it misses earlier announcements.
    eventually("a wait is announced", LONG, async || {
        let waited = positions
            .wait(&["cached_patient"], "PATIENTS", 1, Duration::from_millis(10))
            .await;
        let heard = tokio::time::timeout(Duration::from_millis(100), patients.notified()).await;
        !waited && heard.is_ok()
    })
    .await;
    let others = tokio::time::timeout(Duration::from_millis(1), billing.notified()).await;
    assert!(others.is_err(), "projections of other streams are not notified");
    listening.abort();
}
