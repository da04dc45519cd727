//! A projection rebuilt beside the live one has the same rows, while commands continue and people are erased. The
//! replaced version can be restored.

use std::sync::Mutex;

use embedded::testing::PrivateServers;
use projection_service::{
    ALL, Projection,
    rebuild::{Compared, Options, Progress, RebuildError, Rebuilt, rebuild},
};
use read_models::{PgPool, building, compare::DifferenceKind};
use serde_json::json;
use system_tests::Clinic;

fn pool(clinic: &Clinic) -> PgPool {
    let mut settings = clinic.settings.postgres.clone();
    settings.max_connections = 12;
    read_models::connect(settings.url.expose(), &settings).expect("a pool")
}

fn options(clinic: &Clinic) -> Options {
    Options {
        workers: 3,
        compares: true,
        projections: clinic.settings.projections.clone(),
    }
}

fn all() -> Vec<&'static Projection> {
    ALL.iter().collect()
}

async fn execute(pool: &PgPool, statement: &'static str) {
    let _ = sqlx::query(statement).execute(pool).await.expect("it is done");
}

/// Patients with appointments and some invoices, one after the other.
async fn fill(clinic: &Clinic, from: usize, to: usize) -> Vec<String> {
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await;
    let mut patients = Vec::new();
    for number in from..to {
        let patient = clinic.patient(&format!("Patient {number}")).await;
        let start = format!("2027-02-{:02}T{:02}:00:00Z", number % 28 + 1, 14 + number / 28);
        let end = format!("2027-02-{:02}T{:02}:30:00Z", number % 28 + 1, 14 + number / 28);
        let body = json!({"patientId": patient.id(), "practitionerId": practitioner.id(), "startTime": start,
                          "endTime": end, "reason": "personal"});
        let _ = clinic.post("/api/appointments", body).await.expect(201);
        if number % 5 == 0 {
            let _ = clinic.invoice(&patient.id(), &[(12_500, 0)]).await;
        }
        patients.push(patient.id());
    }
    patients
}

async fn erase(clinic: &Clinic, patient: &str) {
    let path = format!("/api/patients/{patient}/erasure");
    let _ = clinic.post_nothing(&path).await.expect(200);
}

fn equal(rebuilt: &Rebuilt) -> bool {
    matches!(&rebuilt.comparison, Compared::At { found, .. } if found.is_equal())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_of_all_projections_during_commands_changes_nothing() {
    let clinic = Clinic::open().await;
    let patients = fill(&clinic, 0, 20).await;
    erase(&clinic, &patients[3]).await;
    let (journal, pool) = (clinic.reader().await, pool(&clinic));
    let (projections, options) = (all(), options(&clinic));
    let meanwhile = async {
        let more = fill(&clinic, 20, 40).await;
        erase(&clinic, &patients[4]).await;
        erase(&clinic, &more[0]).await;
    };

    let (rebuilt, ()) = tokio::join!(rebuild(&journal, &pool, &projections, &options, &|_| {}), meanwhile);

    let rebuilt = rebuilt.expect("rebuilt");
    assert_eq!(rebuilt.len(), ALL.len());
    for one in &rebuilt {
        assert!(equal(one), "{one:?}");
    }
    clinic.caught_up().await;
    let rows = clinic.rows().await;
    let again = rebuild(&journal, &pool, &projections, &options, &|_| {}).await;
    assert!(
        again.expect("rebuilt").iter().all(equal),
        "including the rows of concurrent commands"
    );
    assert_eq!(clinic.rows().await, rows);
    assert!(building::builds(&pool).await.expect("an answer").is_empty());
    // 40 patients, 3 of them erased, and one more: 38 are listed.
    let _ = clinic.patient("One more").await;
    let kept = "SELECT listed FROM projection_checkpoint WHERE projection = 'patient'";
    let mut listed: Option<i64> = None;
    clinic
        .eventually(
            "the count of patients is kept up to date after the rebuilds",
            async || {
                listed = sqlx::query_scalar(kept).fetch_one(&pool).await.expect("a checkpoint");
                listed == Some(38)
            },
        )
        .await;
    let page = clinic.get("/api/patients").await.expect(200).body;
    assert_eq!(page["totalElements"], 38);
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_lists_and_corrects_wrong_rows_and_can_be_rolled_back() {
    let clinic = Clinic::open().await;
    let patients = fill(&clinic, 0, 6).await;
    clinic.caught_up().await;
    let before = clinic.rows().await;
    let (journal, pool) = (clinic.reader().await, pool(&clinic));
    let statements = [
        sqlx::query("UPDATE patient SET name = 'Somebody else', version = 7 WHERE id = $1::uuid").bind(&patients[0]),
        sqlx::query("DELETE FROM patient WHERE id = $1::uuid").bind(&patients[1]),
    ];
    for statement in statements {
        let _ = statement.execute(&pool).await.expect("done");
    }
    let wrong = clinic.rows().await;
    let patient = Projection::find("patient").expect("a projection");

    let rebuilt = rebuild(&journal, &pool, &[patient], &options(&clinic), &|_| {}).await;

    let rebuilt = rebuilt.expect("rebuilt");
    let Compared::At { rows, found, .. } = &rebuilt[0].comparison else {
        panic!("{rebuilt:?}")
    };
    assert_eq!((*rows, found.missing, found.extra, found.different), (6, 1, 0, 1));
    let of = |patient: &str| found.first.iter().find(|one| one.key == patient).map(|one| &one.kind);
    let columns = vec!["name".to_owned(), "version".to_owned()];
    assert_eq!(of(&patients[0]), Some(&DifferenceKind::Different(columns)));
    assert_eq!(of(&patients[1]), Some(&DifferenceKind::Missing));
    assert_eq!(clinic.rows().await, before);

    // An erasure also blanks the previous version.
    erase(&clinic, &patients[2]).await;
    clinic.caught_up().await;
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM previous.patient WHERE name = 'Patient 2'")
        .fetch_one(&pool)
        .await
        .expect("a count");
    assert_eq!(kept, 0);
    let new = clinic.rows().await;
    building::roll_back(&pool, "patient").await.expect("rolled back");
    clinic.caught_up().await;
    assert_ne!(clinic.rows().await, new);
    let of_first = |rows: &[String]| {
        let found = rows
            .iter()
            .find(|row| row.starts_with("patient ") && row.contains(&patients[0]));
        found.cloned()
    };
    assert_eq!(
        of_first(&clinic.rows().await),
        of_first(&wrong),
        "the wrong rows are restored"
    );
    building::roll_back(&pool, "patient").await.expect("rolled back");
    clinic.caught_up().await;
    assert_eq!(clinic.rows().await, new);
    assert_eq!(clinic.get("/health/ready").await.status, 200);
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_autovacuum_gives_way_to_a_rebuild() {
    let servers = PrivateServers::start().await;
    let clinic = Clinic::open_with(system_tests::settings(servers.nats_url(), servers.postgres_url())).await;
    let _ = fill(&clinic, 0, 10).await;
    clinic.caught_up().await;
    let (journal, pool) = (clinic.reader().await, pool(&clinic));
    // So slow that it would outlast every attempt to replace the table.
    let statements = [
        "INSERT INTO appointment
         SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(), 'notes', 'copy'))).*
         FROM appointment one, generate_series(1, 3000)",
        "DELETE FROM appointment WHERE notes = 'copy'",
        "ALTER TABLE appointment SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0,
             autovacuum_vacuum_cost_limit = 1, autovacuum_vacuum_cost_delay = 100)",
        "ALTER SYSTEM SET autovacuum_naptime TO '1s'",
        "SELECT pg_reload_conf()",
    ];
    for statement in statements {
        execute(&pool, statement).await;
    }
    let vacuums = async || -> i64 {
        let count = "SELECT count(*) FROM pg_stat_progress_vacuum WHERE relid = 'public.appointment'::regclass";
        sqlx::query_scalar(count).fetch_one(&pool).await.expect("an answer")
    };
    clinic
        .eventually("an autovacuum of the appointments", async || vacuums().await == 1)
        .await;

    let projections = [all().into_iter().find(|one| one.name() == "appointment").expect("it")];
    let rebuilt = rebuild(&journal, &pool, &projections, &options(&clinic), &|_| {}).await;

    assert_eq!(rebuilt.expect("rebuilt").len(), 1);
    pool.close().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_rebuild_resumes_and_a_second_concurrent_one_is_refused() {
    let clinic = Clinic::open().await;
    let _ = fill(&clinic, 0, 12).await;
    clinic.caught_up().await;
    let (journal, pool) = (clinic.reader().await, pool(&clinic));
    let (projections, options) = (all(), options(&clinic));
    // The rebuild is cancelled when it begins to create the first projection's indexes.
    let (indexing, stopped) = tokio::sync::mpsc::unbounded_channel();
    let mut stopped = stopped;
    let tell = move |progress: Progress<'_>| {
        if matches!(progress, Progress::Indexing { .. }) {
            let _ = indexing.send(());
        }
    };
    let running = rebuild(&journal, &pool, &projections, &options, &tell);
    tokio::select! {
        ended = running => assert!(ended.is_ok(), "{ended:?}"),
        _ = stopped.recv() => {}
    }

    let resumed = Mutex::new(Vec::new());
    let tell = |progress: Progress<'_>| {
        if let Progress::Begun {
            is_resumed, position, ..
        } = progress
        {
            resumed.lock().expect("a lock").push(is_resumed && position > 0);
        }
    };
    let first = rebuild(&journal, &pool, &projections, &options, &tell);
    let rebuilt = first.await.expect("rebuilt");
    assert!(rebuilt.iter().all(equal), "{rebuilt:?}");
    let resumed = resumed.into_inner().expect("the list");
    assert_eq!(
        resumed.iter().filter(|resumed| **resumed).count(),
        3,
        "the projections of one stream: {resumed:?}"
    );

    let lease = "INSERT INTO projection_lease VALUES ('rebuild patient', 'somebody', 'building', NULL, now() + interval '1 hour')
                 ON CONFLICT (projection) DO UPDATE SET holder = EXCLUDED.holder, expires_at = EXCLUDED.expires_at";
    execute(&pool, lease).await;
    let refused = rebuild(&journal, &pool, &projections, &options, &|_| {}).await;
    let told = refused.expect_err("refused");
    assert!(
        matches!(&told, RebuildError::HeldBy { holder, .. } if holder == "somebody"),
        "{told}"
    );
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_older_projector_are_rebuilt_at_startup() {
    let clinic = Clinic::open().await;
    let _ = fill(&clinic, 0, 6).await;
    clinic.caught_up().await;
    let before = clinic.rows().await;
    let pool = pool(&clinic);
    let settings = clinic.close().await;
    execute(
        &pool,
        "UPDATE projection_checkpoint SET version = 0 WHERE projection = 'appointment'",
    )
    .await;
    execute(&pool, "UPDATE appointment SET status = 'of another time'").await;

    let clinic = Clinic::open_with(settings).await;
    clinic.caught_up().await;
    assert_eq!(clinic.rows().await, before);
    let version: i32 = sqlx::query_scalar("SELECT version FROM projection_checkpoint WHERE projection = 'appointment'")
        .fetch_one(&pool)
        .await
        .expect("a version");
    assert_eq!(version, 1);
    pool.close().await;
}
