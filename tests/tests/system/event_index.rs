//! The event index locates every event of the log. Searches give the same result with a complete index, without one,
//! and with an incomplete one.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use journal::{Context, RecordedEvent};
use log_reader::Reader;
use projection_service::{ALL, verify::verify_rows};
use query_service::past::Finder;
use read_models::{PgPool, parked::list};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use system_tests::Clinic;

use crate::projections::append_foreign;

fn table(context: Context) -> &'static str {
    match context {
        Context::Patients => "event_index_patients",
        Context::Scheduling => "event_index_scheduling",
        Context::Prescribing => "event_index_prescribing",
        Context::Billing => "event_index_billing",
    }
}

/// Checks that the rows of every index match the log, in its order.
pub(super) async fn index_equals_the_log(clinic: &Clinic) {
    clinic.caught_up().await;
    let pool = clinic.pool();
    for context in Context::ALL {
        let statement = format!(
            "SELECT jsonb_build_array(event_id, aggregate_type, aggregate_id, version, event_type, schema_version,
                                      extract(epoch FROM time) * 1000, correlation_id, causation_id, position,
                                      index_in_commit)
             FROM {} ORDER BY position, index_in_commit",
            table(context)
        );
        let rows: Vec<Value> = sqlx::query_scalar(AssertSqlSafe(statement))
            .fetch_all(&pool)
            .await
            .expect("rows");
        let events = clinic.events(context).await;
        assert_eq!(rows.len(), events.len(), "{context}");
        for (row, event) in rows.iter().zip(&events) {
            let (metadata, version, position) = (&event.metadata, event.version, event.position);
            let at_ms = row[6].as_f64().expect("an instant");
            assert_eq!(at_ms as i64, metadata.time.timestamp_millis(), "{row}");
            let expected = json!([
                event.id,
                event.aggregate_type,
                event.aggregate_id,
                version,
                event.event_type,
                event.schema_version,
                row[6],
                metadata.correlation_id,
                metadata.causation_id,
                position,
                event.index
            ]);
            assert_eq!(*row, expected);
        }
    }
    pool.close().await;
}

/// Stores events in every stream.
async fn fill(clinic: &Clinic) {
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "UTC").await.id();
    for number in 1..6 {
        let body = json!({"name": format!("Patient {number}"), "dateOfBirth": "1990-01-01",
                          "email": format!("patient{number}@example.org")});
        let patient = clinic.post_keyed("/api/patients", body).await.expect(201);
        let body = json!({"patientId": patient.id(), "practitionerId": practitioner, "reason": "personal",
                          "startTime": format!("2027-02-0{number}T15:00:00Z"),
                          "endTime": format!("2027-02-0{number}T15:30:00Z")});
        let _ = clinic.post("/api/appointments", body).await.expect(201);
        let medicines = json!([{"name": "Paracetamol", "dosage": "500 mg", "duration": "3 days",
                                "instructions": "after meals"}]);
        let body = json!({"patientId": patient.id(), "practitionerId": practitioner, "medicines": medicines});
        let _ = clinic.post("/api/prescriptions", body).await.expect(201);
        let _ = clinic.invoice(&patient.id(), &[(12_500, 0)]).await;
        if number == 3 {
            let erasure = format!("{}/erasure", patient.header("location"));
            let _ = clinic.post_nothing(&erasure).await.expect(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_indexed_including_unreadable_ones() {
    let clinic = Clinic::open().await;
    fill(&clinic).await;
    let id = platform::ambient::new_id().to_string();
    append_foreign(
        &clinic,
        &id,
        &[("patient.registered", 99, "{}"), ("patient.cloned", 1, "{}")],
    )
    .await;
    index_equals_the_log(&clinic).await;

    let pool = clinic.pool();
    for context in Context::ALL {
        let parked = list(&pool, Some(table(context))).await.expect("a list");
        assert!(parked.is_empty(), "{parked:?}");
    }
    let journal = clinic.reader().await;
    let all: Vec<_> = ALL.iter().collect();
    let verified = verify_rows(&journal, &pool, &clinic.settings, &all, &|_, _, _| {}).await;
    for one in verified.expect("verified") {
        assert!(one.comparison.is_equal(), "{one:?}");
    }
    pool.close().await;
}

/// The search results for every aggregate and every correlation.
async fn found(finder: &Finder, log: &[(Context, Vec<RecordedEvent>)]) -> Vec<String> {
    let mut found = Vec::new();
    for (context, events) in log {
        let aggregates: BTreeSet<_> = events
            .iter()
            .map(|one| (&one.aggregate_type, &one.aggregate_id))
            .collect();
        for (aggregate_type, id) in aggregates {
            let events = finder.events(*context, aggregate_type, id).await.expect("found");
            let bodies = events.iter().map(|one| format!("{} {:?}", one.recorded.id, one.body));
            found.push(format!("{aggregate_type}/{id} {:?}", bodies.collect::<Vec<_>>()));
        }
    }
    let events = log.iter().flat_map(|(_, events)| events);
    let correlations: BTreeSet<_> = events.map(|event| event.metadata.correlation_id).collect();
    for correlation in correlations {
        let events = finder.of_correlation(&Context::ALL, correlation, usize::MAX).await;
        let ids = events.expect("found").into_iter().map(|event| event.id);
        found.push(format!("{correlation} {:?}", ids.collect::<Vec<_>>()));
    }
    found
}

/// Truncates an index after a position, as if it had not been folded further.
async fn cut_off(pool: &PgPool, context: Context, position: i64) {
    let statement = format!("DELETE FROM {} WHERE position > $1", table(context));
    let _ = sqlx::query(AssertSqlSafe(statement))
        .bind(position)
        .execute(pool)
        .await
        .expect("cut");
    let _ = sqlx::query("UPDATE projection_checkpoint SET position = $2, hash = NULL WHERE projection = $1")
        .bind(table(context))
        .bind(position)
        .execute(pool)
        .await
        .expect("cut");
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_agree_with_a_complete_a_missing_and_an_incomplete_index() {
    let clinic = Clinic::open().await;
    fill(&clinic).await;
    clinic.caught_up().await;
    let (pool, mut log) = (clinic.pool(), Vec::new());
    for context in Context::ALL {
        log.push((context, clinic.events(context).await));
    }
    let settings = clinic.close().await;
    let reader = Reader::open_and_mend(&settings.journal()).await.expect("the log");
    let told = Arc::new(Mutex::new(BTreeSet::new()));
    let searching = |index: Option<PgPool>| {
        let told = Arc::clone(&told);
        let tell = move |stream, position, end| {
            assert!(position <= end, "{stream}: {position} of {end}");
            told.lock().expect("a lock").insert(stream);
        };
        Finder::searching(reader.clone(), index, Arc::new(tell))
    };
    let streams = || std::mem::take(&mut *told.lock().expect("a lock")).len();

    let indexed = found(&Finder::indexed(reader.clone(), pool.clone()), &log).await;
    let events: usize = log.iter().map(|(_, events)| events.len()).sum();
    let ids = log
        .iter()
        .flat_map(|(_, events)| events)
        .map(|event| event.id.to_string());
    let times = |id: &String| indexed.iter().filter(|found| found.contains(id)).count();
    assert!(
        events > 30 && ids.collect::<Vec<_>>().iter().all(|id| times(id) == 2),
        "{indexed:?}"
    );
    assert!(indexed.iter().any(|found| found.contains("Patient 2")));
    assert!(
        !indexed.iter().any(|found| found.contains("Patient 3")),
        "the lookup of erasures"
    );
    assert_eq!(found(&searching(Some(pool.clone())), &log).await, indexed);
    assert_eq!(streams(), 0, "with a complete index, no stream is scanned");
    assert_eq!(found(&searching(None), &log).await, indexed);
    assert_eq!(streams(), 4);

    for (context, events) in &log {
        cut_off(&pool, *context, events[events.len() / 2].position.cast_signed()).await;
    }
    assert_eq!(found(&searching(Some(pool.clone())), &log).await, indexed);
    assert_eq!(streams(), 4);
    assert_ne!(
        found(&Finder::indexed(reader.clone(), pool.clone()), &log).await,
        indexed
    );

    // An index beyond the end of its stream belongs to another log.
    for (context, _) in &log {
        cut_off(&pool, *context, 0).await;
        cut_off(&pool, *context, 1_000_000).await;
    }
    assert_eq!(found(&searching(Some(pool.clone())), &log).await, indexed);
    pool.close().await;
}
