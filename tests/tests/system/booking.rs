//! Concurrent bookings never make anyone's appointments overlap.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use futures_util::future::join_all;
use journal::Context;
use serde_json::json;
use system_tests::{Clinic, agenda::Agenda, instant};

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_hundred_concurrent_bookings_of_a_slot_succeeds() {
    let clinic = Clinic::open().await;
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await.id();
    let patients = join_all((0..200).map(|number| {
        let clinic = &clinic;
        async move { clinic.patient(&format!("Patient {number}")).await.id() }
    }))
    .await;
    let before = clinic.events(Context::Scheduling).await.len();
    let book = |patient| clinic.book(patient, &practitioner, "2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z");
    let answers = join_all(patients.iter().map(|patient| book(patient))).await;
    let with_status = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((with_status(201), with_status(409)), (1, 199));
    answers
        .iter()
        .filter(|a| a.status != 201)
        .for_each(|a| a.expect_problem(409, "appointment-overlap"));

    let events = clinic.events(Context::Scheduling).await;
    let booked = events
        .iter()
        .filter(|event| event.event_type == "appointment.booked")
        .count();
    assert_eq!(booked, 1, "one booking in the stream");
    assert_eq!(events.len(), before + 1, "no other event");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_concurrent_bookings_fill_twenty_slots_and_the_others_are_refused() {
    const SLOTS: usize = 20;
    let clinic = Clinic::open().await;
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "UTC").await.id();
    let patients = join_all((0..200).map(|number| {
        let clinic = &clinic;
        async move { clinic.patient(&format!("Patient {number}")).await.id() }
    }))
    .await;
    // The slots are adjacent, so an error of one minute would cause an overlap.
    let first = instant("2027-01-11T08:00:00Z");
    let slot = |number: usize| {
        let [start, end] = [number, number + 1].map(|number| first + TimeDelta::minutes(30 * number as i64));
        (start.to_rfc3339(), end.to_rfc3339())
    };
    let answers = join_all(patients.iter().enumerate().map(|(number, patient)| {
        let (clinic, practitioner, (start, end)) = (&clinic, &practitioner, slot(number % SLOTS));
        async move { clinic.book(patient, practitioner, &start, &end).await }
    }))
    .await;
    let (winners, losers): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!((winners.len(), losers.len()), (SLOTS, 180));
    losers
        .iter()
        .for_each(|answer| answer.expect_problem(409, "appointment-overlap"));

    let agenda = Agenda::read(&clinic).await;
    assert_eq!(agenda.assert_nobody_is_in_two_places(), SLOTS);
    let won: BTreeSet<String> = winners.iter().map(|answer| answer.id()).collect();
    assert_eq!(agenda.statuses().into_keys().collect::<BTreeSet<_>>(), won);
    let tokens: Vec<&str> = winners
        .iter()
        .map(|answer| answer.header("consistency-token"))
        .collect();
    let path = format!("/api/appointments?practitionerId={practitioner}&sort=startTime,asc&size=100");
    let listed = clinic.get_after(&path, &tokens.join(",")).await.expect(200);
    let listed = listed.body["content"].as_array().expect("a list");
    let listed_ids: BTreeSet<String> = listed
        .iter()
        .filter_map(|shown| shown["id"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(listed_ids, won, "the list holds exactly the successful bookings");
    for (number, shown) in listed.iter().enumerate() {
        let start = instant(shown["startTime"].as_str().expect("a start"));
        assert_eq!(start.to_rfc3339(), slot(number).0, "one in each slot");
    }
}

#[tokio::test]
async fn one_patient_is_not_booked_twice_at_a_time_whatever_the_time_zones() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await.id();
    // At this instant it is still the 11th in Los Angeles and already the 12th in Tokyo.
    let west = clinic.practitioner("Dr West", "America/Los_Angeles").await.id();
    let east = clinic.practitioner("Dr East", "Asia/Tokyo").await.id();
    let _ = clinic
        .book(&patient, &west, "2027-01-11T18:00:00Z", "2027-01-11T18:30:00Z")
        .await
        .expect(201);
    let refused = clinic
        .book(&patient, &east, "2027-01-11T18:15:00Z", "2027-01-11T18:45:00Z")
        .await;
    refused.expect_problem(409, "appointment-overlap");
    assert!(
        refused.body["detail"]
            .as_str()
            .is_some_and(|detail| detail.starts_with("for the patient"))
    );
    let _ = clinic
        .book(&patient, &east, "2027-01-11T18:30:00Z", "2027-01-11T19:00:00Z")
        .await
        .expect(201);
}

#[tokio::test]
async fn an_appointment_across_midnight_holds_both_days() {
    let clinic = Clinic::open().await;
    let practitioner = clinic.practitioner("Dr Night", "UTC").await.id();
    let (john, jane) = (clinic.patient("John").await.id(), clinic.patient("Jane").await.id());
    let _ = clinic
        .book(&john, &practitioner, "2027-01-11T23:30:00Z", "2027-01-12T00:30:00Z")
        .await
        .expect(201);
    for (start, end) in [
        ("2027-01-11T23:00:00Z", "2027-01-11T23:45:00Z"),
        ("2027-01-12T00:00:00Z", "2027-01-12T00:30:00Z"),
        ("2027-01-12T00:15:00Z", "2027-01-12T01:00:00Z"),
    ] {
        clinic
            .book(&jane, &practitioner, start, end)
            .await
            .expect_problem(409, "appointment-overlap");
    }
    let _ = clinic
        .book(&jane, &practitioner, "2027-01-12T00:30:00Z", "2027-01-12T01:00:00Z")
        .await
        .expect(201);
}

#[tokio::test]
async fn a_repeated_hour_at_the_end_of_summer_time_is_two_hours() {
    let clinic = Clinic::open().await;
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await.id();
    let (john, jane) = (clinic.patient("John").await.id(), clinic.patient("Jane").await.id());
    // On 7 November 2027 clocks in New York show 01:00 to 01:30 twice.
    let _ = clinic
        .book(&john, &practitioner, "2027-11-07T05:00:00Z", "2027-11-07T05:30:00Z")
        .await
        .expect(201);
    let _ = clinic
        .book(&jane, &practitioner, "2027-11-07T06:00:00Z", "2027-11-07T06:30:00Z")
        .await
        .expect(201);
    let booked = clinic
        .events(Context::Scheduling)
        .await
        .into_iter()
        .filter(|e| e.event_type == "appointment.booked");
    let local: Vec<String> = booked
        .map(|event| serde_json::from_slice::<serde_json::Value>(&event.data).expect("JSON")["localStart"].to_string())
        .collect();
    assert_eq!(local, ["\"2027-11-07T01:00:00\""; 2]);
}

#[tokio::test]
async fn only_registered_people_can_be_booked_and_not_in_the_past() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await.id();
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "UTC").await.id();
    let nobody = "01980f2e-0000-7000-8000-000000000001";
    let (start, end) = ("2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z");
    let before = clinic.stream(Context::Scheduling).await;

    let unknown = clinic.book(nobody, &practitioner, start, end).await;
    unknown.expect_problem(422, "unknown-patient");
    assert_eq!(unknown.faults(), ["/patientId"]);
    let unknown = clinic.book(&patient, nobody, start, end).await;
    unknown.expect_problem(422, "unknown-practitioner");
    assert_eq!(unknown.faults(), ["/practitionerId"]);
    let past = clinic
        .book(&patient, &practitioner, "2027-01-04T07:59:00Z", "2027-01-04T08:30:00Z")
        .await;
    past.expect_problem(422, "not-bookable");
    assert_eq!(past.faults(), ["/startTime"]);
    let backwards = clinic.book(&patient, &practitioner, end, start).await;
    backwards.expect_problem(422, "validation-failed");
    assert_eq!(backwards.faults(), ["/endTime"]);

    assert_eq!(clinic.stream(Context::Scheduling).await, before, "nothing was stored");
    assert_eq!(clinic.get("/api/appointments").await.body["content"], json!([]));
}
