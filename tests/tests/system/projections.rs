//! Guarantees of running projections: one process advances each, an event that cannot be applied blocks only its own
//! row, and the progress is visible.

use event_store::{AggregateId, Append, EventStore, IndexStorage, Metadata, NewEvent, Options, StreamSettings, Write};
use projection_service::{
    Projection,
    parked::{Outcome, discard, retry},
    rebuild,
};
use read_models::{
    PgPool,
    parked::{ParkedEvent, list},
};
use serde_json::{Value, json};
use system_tests::{Answer, Clinic};

async fn execute(pool: &PgPool, statement: &'static str) {
    let _ = sqlx::query(statement).execute(pool).await.expect("it is done");
}

/// Makes the database reject the name `Poison` in one of the two tables of patients.
async fn refuse_poison(pool: &PgPool) {
    execute(
        pool,
        "ALTER TABLE cached_patient ADD CONSTRAINT no_poison CHECK (name <> 'Poison')",
    )
    .await;
}

fn cached_patient() -> &'static Projection {
    Projection::find("cached_patient").expect("a projection")
}

async fn parked(pool: &PgPool) -> Vec<(String, bool)> {
    let parked = list(pool, Some("cached_patient")).await.expect("a list");
    parked
        .into_iter()
        .map(|parked| (parked.event.aggregate, parked.event.waits))
        .collect()
}

/// Retries all parked events of `cached_patient`, and returns whether each was applied.
async fn retried(clinic: &Clinic, pool: &PgPool) -> Vec<bool> {
    let mut applied = Vec::new();
    let tell = |_: &_, outcome: &Outcome| applied.push(*outcome == Outcome::Applied);
    retry(&clinic.reader().await, pool, cached_patient(), tell)
        .await
        .expect("tried");
    applied
}

async fn change_address(clinic: &Clinic, patient: &Answer, address: &str) -> Answer {
    let body = json!({"address": address});
    clinic.put(patient.header("location"), body).await.expect(200)
}

/// The name and address of a patient in `cached_patient`.
async fn cached(pool: &PgPool, patient: &Answer) -> Option<String> {
    let query = "SELECT concat(name, '/', address, '/', version) FROM cached_patient WHERE id = $1::uuid";
    let id = patient.id();
    let query = sqlx::query_scalar(query).bind(id);
    query.fetch_optional(pool).await.expect("an answer")
}

async fn checks(clinic: &Clinic) -> (u16, Value) {
    let ready = clinic.get("/health/ready").await;
    (ready.status.as_u16(), ready.body)
}

#[tokio::test]
async fn an_event_that_cannot_be_applied_blocks_only_its_own_row() {
    let clinic = Clinic::open().await;
    let pool = clinic.pool();
    refuse_poison(&pool).await;
    let names = ["Ada", "Poison", "Bob"];
    let patients = futures_util::future::join_all(names.map(|name| clinic.patient(name))).await;
    let [ada, poison, bob] = &patients[..] else {
        panic!("three patients")
    };
    let _ = change_address(&clinic, poison, "1 Main St").await;
    let last = change_address(&clinic, bob, "2 Main St").await;

    let token = last.header("consistency-token");
    let _ = clinic.get_after("/api/appointments", token).await.expect(200);
    let (of_ada, of_bob) = (cached(&pool, ada).await, cached(&pool, bob).await);
    assert_eq!(of_ada.as_deref(), Some("Ada//1"));
    assert_eq!(of_bob.as_deref(), Some("Bob/2 Main St/2"), "other rows are up to date");
    assert_eq!(cached(&pool, poison).await, None);
    let aggregate = format!("patient/{}", poison.id());
    assert_eq!(parked(&pool).await, [(aggregate.clone(), false), (aggregate, true)]);
    let first = list(&pool, None).await.expect("a list").remove(0);
    assert!(
        first.event.error.contains("no_poison") && !first.event.error.contains("Poison"),
        "{first:?}"
    );
    clinic
        .eventually("the health reports it", async || {
            checks(&clinic).await.1["status"] == "degraded"
        })
        .await;
    let (status, body) = checks(&clinic).await;
    assert_eq!(status, 200, "the process stays ready: {body}");
    let told = body["checks"]["projection cached_patient"].as_str().expect("a remark");
    assert!(told.starts_with("degraded: 2 events are parked"), "{told}");
    assert_eq!(body["checks"]["projection patient"], "ready");

    assert_eq!(retried(&clinic, &pool).await, [false, false], "the cause still exists");
    assert_eq!(list(&pool, None).await.expect("a list")[0].attempts, 2);
    execute(&pool, "ALTER TABLE cached_patient DROP CONSTRAINT no_poison").await;
    assert_eq!(retried(&clinic, &pool).await, [true, true]);
    let row = cached(&pool, poison).await;
    assert_eq!(row.as_deref(), Some("Poison/1 Main St/2"), "in stream order");
    assert!(parked(&pool).await.is_empty());
    let more = change_address(&clinic, poison, "3 Main St").await;
    let token = more.header("consistency-token");
    let _ = clinic.get_after("/api/appointments", token).await.expect(200);
    assert_eq!(cached(&pool, poison).await.as_deref(), Some("Poison/3 Main St/3"));
    pool.close().await;
}

#[tokio::test]
async fn a_discarded_event_is_skipped_and_the_events_that_waited_for_it_are_applied() {
    let clinic = Clinic::open().await;
    let pool = clinic.pool();
    refuse_poison(&pool).await;
    let poison = clinic.patient("Poison").await;
    let body = json!({"name": "Antidote"});
    let changed = clinic.put(poison.header("location"), body).await.expect(200);
    let token = changed.header("consistency-token");
    let _ = clinic.get_after("/api/appointments", token).await.expect(200);
    let position = list(&pool, None).await.expect("a list")[0].event.position;

    let gone = discard(&pool, cached_patient(), position, "a test")
        .await
        .expect("done");
    let again = discard(&pool, cached_patient(), position, "a test")
        .await
        .expect("done");
    assert_eq!((gone, again), (true, false));
    assert_eq!(retried(&clinic, &pool).await, [true]);
    assert_eq!(cached(&pool, &poison).await.as_deref(), Some("Antidote//2"));
    let reason: String = sqlx::query_scalar("SELECT reason FROM discarded_event")
        .fetch_one(&pool)
        .await
        .expect("it is kept");
    assert_eq!(reason, "a test");
    pool.close().await;
}

/// Appends events to a new patient, as another program would.
pub(super) async fn append_foreign(clinic: &Clinic, patient: &str, events: &[(&str, u32, &'static str)]) {
    let stream = journal::Context::Patients.definition();
    let options = Options {
        url: clinic.settings.nats.url.expose().to_owned(),
        namespace: clinic.settings.nats.namespace.clone(),
        source: "urn:anamnesis".to_owned(),
        streams: StreamSettings::default(),
        mends_streams: false,
        request_timeout: std::time::Duration::from_secs(5),
        queue_appends: 8,
        remembered_states: 8,
        index: Some(IndexStorage::Temporary),
        sealing: None,
    };
    let store = EventStore::connect(options, &[stream]).await.expect("a store");
    let events = events.iter().map(|(event_type, schema_version, body)| NewEvent {
        id: platform::ambient::new_id(),
        event_type: (*event_type).to_owned(),
        schema_version: *schema_version,
        data: bytes::Bytes::from_static(body.as_bytes()),
        personal: None,
    });
    let append = Append {
        stream,
        writes: vec![Write {
            aggregate: AggregateId::new(stream, "patient", patient).expect("an id"),
            expected_version: 0,
            events: events.collect(),
        }],
        metadata: Metadata {
            time: system_tests::instant(system_tests::NOW),
            actor: "a test".to_owned(),
            correlation_id: platform::ambient::new_id(),
            causation_id: None,
            traceparent: None,
        },
    };
    let _ = store.append(append).await.expect("appended");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_event_waits_for_a_newer_program() {
    let clinic = Clinic::open().await;
    let (pool, journal) = (clinic.pool(), clinic.reader().await);
    let id = platform::ambient::new_id().to_string();
    let events = [
        ("patient.registered", 99, r#"{"secret":"Xanthippe"}"#),
        ("patient.deactivated", 1, "{}"),
    ];
    append_foreign(&clinic, &id, &events).await;
    let john = clinic.patient("John Doe").await;

    let token = john.header("consistency-token");
    let _ = clinic.get_after(john.header("location"), token).await.expect(200);
    let of_patient = list(&pool, Some("patient")).await.expect("a list");
    let told: Vec<(bool, &str)> = of_patient
        .iter()
        .map(|parked| (parked.event.waits, parked.event.event_type.as_str()))
        .collect();
    assert_eq!(told, [(false, "patient.registered"), (true, "patient.deactivated")]);
    let error = &of_patient[0].event.error;
    assert!(error.contains("version 99") && !error.contains("Xanthippe"), "{error}");

    let patient = Projection::find("patient").expect("a projection");
    let options = rebuild::Options {
        workers: 2,
        compares: true,
        projections: clinic.settings.projections.clone(),
    };
    let rebuilt = rebuild::rebuild(&journal, &pool, &[patient], &options, &|_| {}).await;
    let rebuilt = rebuilt.expect("rebuilt").remove(0);
    assert!(
        matches!(&rebuilt.comparison, rebuild::Compared::At { found, .. } if found.is_equal()),
        "{rebuilt:?}"
    );
    let parked_anew = list(&pool, Some("patient")).await.expect("a list");
    let places = |all: &[ParkedEvent]| all.iter().map(|one| one.event.clone()).collect::<Vec<_>>();
    assert_eq!(places(&parked_anew), places(&of_patient));
    pool.close().await;
}

#[tokio::test]
async fn too_many_parked_events_halt_the_projection() {
    let mut settings = system_tests::fresh_settings().await;
    settings.projections.max_parked_events = 1;
    let clinic = Clinic::open_with(settings).await;
    let pool = clinic.pool();
    refuse_poison(&pool).await;
    let _ = clinic.patient("Poison").await;
    let _ = clinic.patient("Poison").await;

    clinic
        .eventually("readiness is lost", async || checks(&clinic).await.0 == 503)
        .await;
    let (_, body) = checks(&clinic).await;
    let told = body["checks"]["projection cached_patient"].as_str().expect("a reason");
    assert!(told.starts_with("halted: more than 1 events are parked"), "{told}");
    assert_eq!(
        body["checks"]["projection patient"], "ready",
        "the other projections continue"
    );
    clinic
        .eventually("other processes can read the state", async || {
            state_of(&clinic, "cached_patient").await["state"] == "halted"
        })
        .await;
    pool.close().await;
}

async fn state_of(clinic: &Clinic, projection: &str) -> Value {
    let all = clinic.get("/api/projections").await.expect(200).body;
    let all = all.as_array().expect("a list");
    let found = all.iter().find(|one| one["name"] == projection);
    found.cloned().expect("it is listed")
}

/// Assigns all leases to another process, which never renews them and lets them expire after an hour.
const TAKE_ALL: &str = "UPDATE projection_lease SET holder = 'another process', expires_at = now() + interval '1 hour'";

#[tokio::test]
async fn a_process_without_the_lease_stands_by_and_takes_over_when_it_is_free() {
    let clinic = Clinic::open().await;
    let pool = clinic.pool();
    clinic
        .eventually("it follows", async || {
            state_of(&clinic, "patient").await["state"] == "following"
        })
        .await;
    execute(&pool, TAKE_ALL).await;
    // Only the next heartbeat reveals the loss. Until then, the process may continue: the fence protects the rows, not
    // the lease.
    clinic
        .eventually("it has stopped advancing", async || {
            let john = clinic.patient("John Doe").await;
            let headers = [
                ("consistency-token", john.header("consistency-token")),
                ("prefer", "wait=1"),
            ];
            let shown = clinic.send(reqwest::Method::GET, "/api/patients", &headers, None).await;
            shown.status == 503
        })
        .await;
    let (status, body) = checks(&clinic).await;
    assert_eq!(status, 200, "a standby is ready: {body}");
    let behind = state_of(&clinic, "patient").await;
    assert!(behind["lagEvents"].as_u64() > Some(0), "{behind}");

    execute(&pool, "DELETE FROM projection_lease").await;
    clinic
        .eventually("it has taken over", async || {
            state_of(&clinic, "patient").await["lagEvents"] == 0
        })
        .await;
    pool.close().await;
}

#[tokio::test]
async fn one_of_two_processes_advances_all_projections_and_the_other_takes_over() {
    let first = Clinic::open().await;
    let second = Clinic::open_with(first.settings.clone()).await;
    let pool = first.pool();
    let holders = async || -> Vec<String> {
        sqlx::query_scalar("SELECT DISTINCT holder FROM projection_lease")
            .fetch_all(&pool)
            .await
            .expect("an answer")
    };
    let held_by = holders().await;
    assert_eq!(held_by.len(), 1, "{held_by:?}");

    let _ = first.close().await;
    let patient = second.patient("John Doe").await;
    second
        .eventually("the other shows it", async || {
            second.get(patient.header("location")).await.status == 200
        })
        .await;
    let takers = holders().await;
    assert_eq!(takers.len(), 1);
    assert_ne!(takers, held_by);
    pool.close().await;
}

#[tokio::test]
async fn the_api_and_the_metrics_report_the_lag() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await;
    let _ = clinic
        .get_after(patient.header("location"), patient.header("consistency-token"))
        .await
        .expect(200);
    let state = state_of(&clinic, "patient").await;
    assert_eq!(state["stream"], "PATIENTS");
    assert_eq!((&state["position"], &state["lagEvents"]), (&state["end"], &json!(0)));
    assert_eq!((&state["lagMs"], &state["parkedEvents"]), (&json!(0), &json!(0)));
    clinic
        .eventually("the metrics tell it", async || {
            let metrics = clinic.get("/metrics").await.text;
            [
                "projection_lag_events{projection=\"patient\"}",
                "projection_lag_seconds{projection=\"patient\"}",
                "projection_visible_seconds_count{projection=\"patient\"}",
                "projection_active{projection=\"patient\"}",
            ]
            .iter()
            .all(|name| metrics.contains(name))
        })
        .await;
}
