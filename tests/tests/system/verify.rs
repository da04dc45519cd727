//! Verification lists every row that differs from the log, without its values.

use projection_service::{
    ALL, Projection, rebuild,
    verify::{VerifiedProjection, verify_bookings, verify_ledger, verify_rows},
};
use read_models::{PgPool, compare::DifferenceKind};
use serde_json::json;
use system_tests::Clinic;

async fn verified(clinic: &Clinic, pool: &PgPool, projections: &[&'static Projection]) -> Vec<VerifiedProjection> {
    let journal = clinic.reader().await;
    verify_rows(&journal, pool, &clinic.settings, projections, &|_, _, _| {})
        .await
        .expect("verified")
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_missing_and_extra_rows_are_listed() {
    let clinic = Clinic::open().await;
    let pool = clinic.pool();
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await;
    let mut patients = Vec::new();
    for number in 0..4 {
        let patient = clinic.patient(&format!("Patient {number}")).await;
        let start = format!("2027-02-0{}T15:00:00Z", number + 1);
        let end = format!("2027-02-0{}T15:30:00Z", number + 1);
        let body = json!({"patientId": patient.id(), "practitionerId": practitioner.id(), "startTime": start,
                          "endTime": end, "reason": "personal"});
        let _ = clinic.post("/api/appointments", body).await.expect(201);
        let _ = clinic.invoice(&patient.id(), &[(12_500, 0)]).await;
        patients.push(patient.id());
    }
    let erased = format!("/api/patients/{}/erasure", patients[3]);
    let _ = clinic.post_nothing(&erased).await.expect(200);
    clinic.caught_up().await;
    let all: Vec<&'static Projection> = ALL.iter().collect();
    for one in verified(&clinic, &pool, &all).await {
        assert!(one.comparison.is_equal(), "{one:?}");
    }

    let spoil = [
        "UPDATE patient SET name = 'Somebody else' WHERE id = $1::uuid",
        "DELETE FROM patient WHERE id = $1::uuid",
        "INSERT INTO patient SELECT ($1::uuid), name, date_of_birth, email, phone, address, gender, identifiers,
             registered_at, updated_at, version, status FROM patient LIMIT 1",
    ];
    let added = "00000000-0000-7000-8000-00000000abcd".to_owned();
    for (statement, id) in spoil.into_iter().zip([&patients[0], &patients[1], &added]) {
        let _ = sqlx::query(statement).bind(id).execute(&pool).await.expect("done");
    }
    let found = verified(&clinic, &pool, &all).await;

    for one in &found {
        assert_eq!(one.comparison.is_equal(), one.projection != "patient", "{one:?}");
    }
    let found = found
        .iter()
        .find(|one| one.projection == "patient")
        .expect("it is told");
    let comparison = &found.comparison;
    assert_eq!((comparison.missing, comparison.extra, comparison.different), (1, 1, 1));
    let kind = |id: &str| comparison.first.iter().find(|one| one.key == id).map(|one| &one.kind);
    assert_eq!(
        kind(&patients[0]),
        Some(&DifferenceKind::Different(vec!["name".to_owned()]))
    );
    assert_eq!(kind(&patients[1]), Some(&DifferenceKind::Missing));
    assert_eq!(kind(&added), Some(&DifferenceKind::Extra));
    assert!(!format!("{found:?}").contains("Somebody"));
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_and_the_appointments_are_verified_against_their_rules() {
    let clinic = Clinic::open().await;
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await;
    let patient = clinic.patient("John Doe").await;
    let booked = async |start: &str, end: &str, more: serde_json::Value| {
        let mut body = json!({"patientId": patient.id(), "practitionerId": practitioner.id(), "startTime": start,
                              "endTime": end});
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        let _ = clinic.post("/api/appointments", body).await.expect(201);
    };
    booked("2027-02-01T15:00:00Z", "2027-02-01T15:30:00Z", json!({})).await;
    booked(
        "2027-02-01T15:15:00Z",
        "2027-02-01T15:45:00Z",
        json!({"overbooking": {"reason": "An emergency"}}),
    )
    .await;
    let _ = clinic.invoice(&patient.id(), &[(12_500, 190_000), (99, 0)]).await;
    let journal = clinic.reader().await;

    let ledger = verify_ledger(&journal, &|_, _, _| {}).await.expect("verified");
    let bookings = verify_bookings(&journal, &|_, _, _| {}).await.expect("verified");

    assert!(ledger.is_balanced() && ledger.entries > 0, "{ledger:?}");
    assert!(ledger.sums["USD"].postings >= 2);
    assert!(bookings.is_free_of_overlaps(), "{bookings:?}");
    assert_eq!(bookings.appointments, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_another_log_are_neither_verified_nor_rebuilt() {
    let clinic = Clinic::open().await;
    let _ = clinic.patient("John Doe").await;
    clinic.caught_up().await;
    let mut settings = clinic.close().await;
    settings.nats.namespace = embedded::testing::namespace();
    let journal = log_reader::Reader::open_and_mend(&settings.journal())
        .await
        .expect("an empty log");
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres).expect("a pool");
    let patient = Projection::find("patient").expect("a projection");

    let verified = verify_rows(&journal, &pool, &settings, &[patient], &|_, _, _| {}).await;
    let told = verified.expect_err("refused").to_string();
    assert!(told.contains("PATIENTS ends at 0, before position 1"), "{told}");
    let options = rebuild::Options {
        workers: 2,
        compares: false,
        projections: settings.projections.clone(),
    };
    let rebuilt = rebuild::rebuild(&journal, &pool, &[patient], &options, &|_| {}).await;
    let told = rebuilt.expect_err("refused").to_string();
    assert!(told.contains("PATIENTS ends at 0, before position 1"), "{told}");
    pool.close().await;
}
