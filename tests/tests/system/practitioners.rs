//! Commands on a registered practitioner, and the query results after them.

use journal::Context;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic, instant};

async fn ada(clinic: &Clinic) -> (Answer, String) {
    let ada = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await;
    let path = ada.header("location").to_owned();
    (ada, path)
}

fn hours(from: &str, weekly: Value) -> Value {
    json!({"slotMinutes": 30, "effectiveFrom": from, "weekly": weekly})
}

#[tokio::test]
async fn a_practitioners_data_changes() {
    let clinic = Clinic::open().await;
    let (registered, path) = ada(&clinic).await;
    assert_eq!(registered.body["active"], true);
    assert_eq!(
        (&registered.body["availability"], &registered.body["timeOff"]),
        (&json!([]), &json!([]))
    );
    let changed = clinic
        .put(
            &path,
            json!({"name": "Dr Ada Ruiz-Roe", "specialty": null, "timeZone": "America/Chicago"}),
        )
        .await
        .expect(200);
    assert_eq!(changed.body["name"], "Dr Ada Ruiz-Roe");
    assert_eq!(changed.body["specialty"], Value::Null);
    assert_eq!(changed.body["timeZone"], "America/Chicago");
    clinic.shows(&path, &changed, &[]).await;
    let before = clinic.stream(Context::Scheduling).await;
    let nothing = clinic
        .put(&path, json!({"timeZone": "America/Chicago"}))
        .await
        .expect(200);
    assert_eq!(nothing.text, changed.text);
    assert_eq!(clinic.stream(Context::Scheduling).await, before);
}

#[tokio::test]
async fn an_appointment_starts_with_a_slot_unless_the_practitioner_allows_others() {
    let clinic = Clinic::open().await;
    let (ada, path) = ada(&clinic).await;
    let john = clinic.patient("John Doe").await.id();
    let mut week = hours("2027-01-01", json!([{"day": "monday", "from": "09:00", "to": "17:00"}]));
    let availability = format!("{path}/availability");
    let _ = clinic.put(&availability, week.clone()).await.expect(200);
    // 09:07 to 09:14 in New York.
    let (start, end) = ("2027-01-11T14:07:00Z", "2027-01-11T14:14:00Z");
    let refused = clinic.book(&john, &ada.id(), start, end).await;
    refused.expect_problem(422, "not-bookable");
    assert_eq!(refused.faults(), ["/startTime"]);
    assert_eq!(
        refused.body["detail"],
        "an appointment must start with a slot: every 30 minutes from the start of the practitioner's hours"
    );
    let on_grid = clinic
        .book(&john, &ada.id(), "2027-01-11T14:30:00Z", "2027-01-11T15:15:00Z")
        .await;
    let moved = clinic
        .put(
            on_grid.expect(201).header("location"),
            json!({"startTime": start, "endTime": end}),
        )
        .await;
    moved.expect_problem(422, "not-bookable");
    let overbooked = json!({"patientId": john, "practitionerId": ada.id(), "startTime": start, "endTime": end,
                            "overbooking": {"reason": "An emergency"}});
    let overbooked = clinic.post("/api/appointments", overbooked).await.expect(201);
    let _ = clinic.delete(overbooked.header("location")).await.expect(200);

    week["offGrid"] = json!(true);
    let set = clinic.put(&availability, week.clone()).await.expect(200);
    assert_eq!(set.body["availability"], json!([week]));
    clinic.shows(&path, &set, &[]).await;
    let _ = clinic.book(&john, &ada.id(), start, end).await.expect(201);
}

#[tokio::test]
async fn working_hours_apply_from_a_day_on_in_local_time() {
    let clinic = Clinic::open().await;
    let (ada, path) = ada(&clinic).await;
    let john = clinic.patient("John Doe").await.id();
    let monday =
        json!([{"day": "monday", "from": "09:00", "to": "12:00"}, {"day": "monday", "from": "12:00", "to": "17:00"}]);
    let availability = format!("{path}/availability");
    let set = clinic
        .put(&availability, hours("2027-01-01", monday.clone()))
        .await
        .expect(200);
    assert_eq!(set.body["availability"], json!([hours("2027-01-01", monday.clone())]));
    clinic.shows(&path, &set, &[]).await;
    let never = clinic
        .put(&availability, hours("2027-07-01", json!([])))
        .await
        .expect(200);
    assert_eq!(
        never.body["availability"],
        json!([hours("2027-01-01", monday.clone()), hours("2027-07-01", json!([]))])
    );
    clinic.shows(&path, &never, &[]).await;

    // 09:00 in New York is 14:00 in winter and 13:00 in spring.
    for (start, end, status) in [
        ("2027-01-11T14:00:00Z", "2027-01-11T14:30:00Z", 201),
        ("2027-01-11T13:30:00Z", "2027-01-11T14:00:00Z", 409),
        ("2027-01-11T16:30:00Z", "2027-01-11T17:15:00Z", 201),
        ("2027-01-12T14:00:00Z", "2027-01-12T14:30:00Z", 409),
        ("2027-03-15T13:00:00Z", "2027-03-15T13:30:00Z", 201),
        ("2027-07-05T13:00:00Z", "2027-07-05T13:30:00Z", 409),
    ] {
        let answer = clinic.book(&john, &ada.id(), start, end).await;
        assert_eq!(answer.status.as_u16(), status, "{start}: {}", answer.text);
        if status == 409 {
            answer.expect_problem(409, "practitioner-unavailable");
            assert_eq!(answer.faults(), ["/startTime"]);
        }
    }

    // Hours from an earlier day replace those from later days.
    let replaced = clinic
        .put(&availability, hours("2026-12-01", monday.clone()))
        .await
        .expect(200);
    assert_eq!(replaced.body["availability"], json!([hours("2026-12-01", monday)]));
    clinic.shows(&path, &replaced, &[]).await;
}

#[tokio::test]
async fn time_off_is_added_and_removed() {
    let clinic = Clinic::open().await;
    let (_, path) = ada(&clinic).await;
    let february = json!({"startTime": "2027-02-01T00:00:00Z", "endTime": "2027-02-15T00:00:00Z"});
    let time_off = format!("{path}/time-off");
    let key = [("idempotency-key", "key-1")];
    let added = clinic
        .send(Method::POST, &time_off, &key, Some(&february))
        .await
        .expect(201);
    let away = &added.body["timeOff"][0];
    assert_eq!(
        (&away["startTime"], &away["endTime"]),
        (&february["startTime"], &february["endTime"])
    );
    let id = away["id"].as_str().expect("an id");
    assert_eq!(added.header("location"), format!("{time_off}/{id}"));
    clinic.shows(&path, &added, &[]).await;
    let again = clinic
        .send(Method::POST, &time_off, &key, Some(&february))
        .await
        .expect(201);
    assert_eq!(
        (again.text, again.headers["location"].clone()),
        (added.text.clone(), added.headers["location"].clone())
    );

    let removed = clinic.delete(added.header("location")).await.expect(200);
    assert_eq!(removed.body["timeOff"], json!([]));
    clinic.shows(&path, &removed, &[]).await;
    clinic
        .delete(added.header("location"))
        .await
        .expect_problem(404, "not-found");
}

#[tokio::test]
async fn a_deactivated_practitioner_cannot_be_booked_or_changed() {
    let clinic = Clinic::open().await;
    let (ada, path) = ada(&clinic).await;
    let john = clinic.patient("John Doe").await.id();
    let book = async |day| {
        let (start, end) = (format!("2027-01-{day}T15:00:00Z"), format!("2027-01-{day}T15:30:00Z"));
        clinic.book(&john, &ada.id(), &start, &end).await
    };
    let booked = book(11).await.expect(201);
    let gone = clinic.delete(&path).await.expect(200);
    assert_eq!(gone.body["active"], false);
    clinic.shows(&path, &gone, &[]).await;
    let again = clinic.delete(&path).await.expect(200);
    assert_eq!(again.text, gone.text);

    book(12).await.expect_problem(422, "practitioner-inactive");
    clinic
        .put(&path, json!({"name": "Somebody"}))
        .await
        .expect_problem(422, "practitioner-inactive");
    let to = json!({"startTime": "2027-01-13T15:00:00Z", "endTime": "2027-01-13T15:30:00Z"});
    clinic
        .put(booked.header("location"), to)
        .await
        .expect_problem(422, "practitioner-inactive");
    clinic.clock.set(instant("2027-01-11T15:00:00Z"));
    let arrived = clinic
        .post_nothing(&format!("{}/arrival", booked.header("location")))
        .await;
    let _ = arrived.expect(200);
}

#[tokio::test]
async fn stale_commands_are_refused_and_an_unknown_practitioner_is_not_found() {
    let clinic = Clinic::open().await;
    let (_, path) = ada(&clinic).await;
    let _ = clinic.put(&path, json!({"specialty": null})).await.expect(200);
    let nobody = "/api/practitioners/01980f2e-0000-7000-8000-000000000001";
    let before = clinic.stream(Context::Scheduling).await;
    let away = json!({"startTime": "2027-02-01T00:00:00Z", "endTime": "2027-02-15T00:00:00Z"});
    for (method, below, body) in [
        (Method::PUT, "", Some(json!({"name": "Somebody"}))),
        (Method::PUT, "/availability", Some(hours("2027-01-01", json!([])))),
        (Method::POST, "/time-off", Some(away)),
        (Method::DELETE, "", None),
    ] {
        let stale = [("if-match", "W/\"1\"")];
        let refused = clinic
            .send(method.clone(), &format!("{path}{below}"), &stale, body.as_ref())
            .await;
        refused.expect_problem(412, "precondition-failed");
        let missing = clinic
            .send(method, &format!("{nobody}{below}"), &[], body.as_ref())
            .await;
        missing.expect_problem(404, "not-found");
    }
    assert_eq!(clinic.stream(Context::Scheduling).await, before);
}
