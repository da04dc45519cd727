//! History: the state of a resource at an instant or a version, and who changed what and when.

use api::ConsistencyToken;
use chrono::TimeDelta;
use domain::{patient::Patient, prescription::Prescription};
use journal::{Context, Journaled};
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic};

/// Advances the clock by an hour, and returns an instant between all earlier and all later events.
fn later(clinic: &Clinic) -> String {
    clinic.clock.advance(TimeDelta::minutes(30));
    let between = clinic.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    clinic.clock.advance(TimeDelta::minutes(30));
    between
}

/// Reads a past state, after the read models have caught up.
async fn past(clinic: &Clinic, path: &str, moment: &str) -> Answer {
    clinic.caught_up().await;
    clinic.get(&format!("{path}?{moment}")).await
}

/// Checks that every version, and the instant right after it, is shown as in the response of its command.
async fn shows_each(clinic: &Clinic, path: &str, answers: &[(&Answer, String)]) {
    for (index, (answer, after)) in answers.iter().enumerate() {
        for moment in [format!("version={}", index + 1), format!("asOf={after}")] {
            let seen = past(clinic, path, &moment).await.expect(200);
            assert_eq!(seen.body, answer.body, "{path}?{moment}");
            assert_eq!(seen.header("etag"), answer.header("etag"), "{path}?{moment}");
        }
    }
}

/// Checks that the rows and the log give the same present state.
async fn agrees_with_the_rows(clinic: &Clinic, path: &str, token: &Answer) {
    let rows = clinic
        .get_after(path, token.header("consistency-token"))
        .await
        .expect(200);
    let log = past(clinic, path, "asOf=2999-01-01T00:00:00Z").await.expect(200);
    assert_eq!(log.body, rows.body, "{path}");
    assert_eq!(log.header("etag"), rows.header("etag"), "{path}");
}

/// Appends an event, as a command would.
async fn append<A: Journaled>(clinic: &Clinic, id: &str, event_type: &str, data: Value) {
    let id = id.to_owned();
    let event: A::Event = serde_json::from_value(json!({"type": event_type, "data": data})).expect("an event");
    clinic
        .stage(A::CONTEXT, move |decision| {
            let mut loaded = decision.load::<A>(&id)?;
            decision.stage(&mut loaded, std::slice::from_ref(&event))
        })
        .await;
}

/// A timeline's entries.
async fn history(clinic: &Clinic, path: &str) -> Vec<Value> {
    clinic.caught_up().await;
    let timeline = clinic.get(&format!("{path}/history")).await.expect(200);
    timeline.body["content"].as_array().expect("a page").clone()
}

/// The old and the new value of a field in an entry.
fn change(entry: &Value, field: &str) -> Option<(Value, Value)> {
    let changes = entry["changes"].as_array().expect("changes");
    let found = changes.iter().find(|change| change["field"] == field)?;
    Some((found["from"].clone(), found["to"].clone()))
}

#[tokio::test]
async fn a_patient_is_shown_as_they_were_before_and_after_each_change() {
    let clinic = Clinic::open().await;
    let before = later(&clinic);
    let registered = clinic.patient("John Doe").await;
    let path = registered.header("location").to_owned();
    let first = later(&clinic);
    let changed = clinic
        .put(&path, json!({"phone": null, "address": "1 Main St"}))
        .await
        .expect(200);
    let second = later(&clinic);
    let deactivated = clinic.delete(&path).await.expect(200);
    let third = later(&clinic);

    past(&clinic, &path, &format!("asOf={before}"))
        .await
        .expect_problem(404, "not-found");
    shows_each(
        &clinic,
        &path,
        &[(&registered, first), (&changed, second), (&deactivated, third)],
    )
    .await;
    past(&clinic, &path, "version=4").await.expect_problem(404, "not-found");
    agrees_with_the_rows(&clinic, &path, &deactivated).await;

    let entries = history(&clinic, &path).await;
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (&entry["type"], &entry["version"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!("patient.registered"), &json!(1)),
            (&json!("patient.demographics-changed"), &json!(2)),
            (&json!("patient.deactivated"), &json!(3))
        ]
    );
    assert_eq!(entries[0]["actor"], "anonymous");
    assert_eq!(change(&entries[0], "/name"), Some((Value::Null, json!("John Doe"))));
    assert_eq!(change(&entries[1], "/phone"), Some((json!("+1-555-0102"), Value::Null)));
    assert_eq!(change(&entries[1], "/address"), Some((Value::Null, json!("1 Main St"))));
    assert_eq!(change(&entries[1], "/name"), None, "the name did not change");
    assert_eq!(
        entries[2]["changes"],
        json!([{"field": "/active", "from": true, "to": false}])
    );
}

#[tokio::test]
async fn no_past_state_of_an_erased_person_shows_personal_data() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("Xanthippe Quagmire").await;
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "Europe/Rome").await;
    let body = json!({"patientId": patient.id(), "practitionerId": practitioner.id(), "notes": "afraid of needles",
                      "startTime": "2027-02-01T15:00:00Z", "endTime": "2027-02-01T15:30:00Z"});
    let booked = clinic.post("/api/appointments", body).await.expect(201);
    let before = later(&clinic);
    let path = patient.header("location").to_owned();
    let seen = past(&clinic, &path, &format!("asOf={before}")).await.expect(200);
    assert_eq!(seen.body["name"], "Xanthippe Quagmire");
    let _ = clinic.post_nothing(&format!("{path}/erasure")).await.expect(200);
    let after = later(&clinic);

    past(&clinic, &path, &format!("asOf={after}"))
        .await
        .expect_problem(410, "erased");
    past(&clinic, &path, "version=2").await.expect_problem(410, "erased");
    let seen = past(&clinic, &path, &format!("asOf={before}")).await.expect(200);
    assert_eq!(
        (&seen.body["name"], &seen.body["phone"], &seen.body["active"]),
        (&Value::Null, &Value::Null, &json!(true))
    );
    let timeline = clinic.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(timeline.body["totalElements"], 2);
    let appointment = past(&clinic, booked.header("location"), &format!("asOf={before}"))
        .await
        .expect(200);
    assert_eq!(appointment.body["notes"], Value::Null);
    let of_appointment = clinic
        .get(&format!("{}/history", booked.header("location")))
        .await
        .expect(200);
    for answer in [&seen, &timeline, &appointment, &of_appointment] {
        let told = ["Xanthippe", "+1-555", "1990", "needles"]
            .iter()
            .find(|told| answer.text.contains(**told));
        assert_eq!(told, None, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_past_appointment_shows_both_parties_as_they_were_then() {
    let clinic = Clinic::open().await;
    let (patient, practitioner) = (
        clinic.patient("John Doe").await,
        clinic.practitioner("Dr Ada Ruiz", "Europe/Rome").await,
    );
    let booked = clinic
        .book(
            &patient.id(),
            &practitioner.id(),
            "2027-02-01T15:00:00Z",
            "2027-02-01T15:30:00Z",
        )
        .await
        .expect(201);
    let path = booked.header("location").to_owned();
    let first = later(&clinic);
    let renamed = clinic
        .put(patient.header("location"), json!({"name": "John Roe"}))
        .await
        .expect(200);
    let moved = json!({"startTime": "2027-02-02T15:00:00Z", "endTime": "2027-02-02T15:30:00Z"});
    let moved = clinic.put(&path, moved).await.expect(200);
    let second = later(&clinic);
    let cancelled = clinic
        .send(Method::DELETE, &path, &[], Some(&json!({"reasonCode": "pat"})))
        .await
        .expect(200);
    let third = later(&clinic);

    assert_eq!(booked.body["patient"]["name"], "John Doe");
    assert_eq!(moved.body["patient"]["name"], "John Roe");
    shows_each(
        &clinic,
        &path,
        &[(&booked, first), (&moved, second), (&cancelled, third)],
    )
    .await;
    let both = [&renamed, &cancelled]
        .map(|answer| answer.header("consistency-token"))
        .join(",");
    let rows = clinic.get_after(&path, &both).await.expect(200);
    assert_eq!(past(&clinic, &path, "version=3").await.body, rows.body);

    let entries = history(&clinic, &path).await;
    assert_eq!(
        change(&entries[1], "/startTime"),
        Some((json!("2027-02-01T15:00:00Z"), json!("2027-02-02T15:00:00Z")))
    );
    assert_eq!(
        change(&entries[2], "/status"),
        Some((json!("booked"), json!("cancelled")))
    );
    assert_eq!(
        change(&entries[2], "/cancellation/reasonCode"),
        Some((Value::Null, json!("pat")))
    );
}

#[tokio::test]
async fn a_prescription_is_shown_as_it_was() {
    let clinic = Clinic::open().await;
    let (patient, practitioner) = (
        clinic.patient("John Doe").await,
        clinic.practitioner("Dr Ada Ruiz", "Europe/Rome").await,
    );
    let (id, medicines) = (
        platform::ambient::new_id(),
        json!([{"name": "Paracetamol", "dosage": "500 mg", "duration": "3 days", "instructions": "after meals"}]),
    );
    let path = format!("/api/prescriptions/{id}");
    let issued = json!({"patientId": patient.id(), "practitionerId": practitioner.id(), "refillsRemaining": 1,
                        "medicines": medicines});
    append::<Prescription>(&clinic, &id.to_string(), "prescription.issued", issued).await;
    let first = later(&clinic);
    let held = json!({"reasonCode": "salg", "reasonText": "a rash"});
    append::<Prescription>(&clinic, &id.to_string(), "prescription.held", held).await;
    clinic
        .eventually("both are projected", async || {
            clinic.get(&path).await.body["version"] == 2
        })
        .await;
    let rows = clinic.get(&path).await.expect(200);

    let before = past(&clinic, &path, &format!("asOf={first}")).await.expect(200);
    assert_eq!(
        (&before.body["status"], &before.body["reasonText"]),
        (&json!("active"), &Value::Null)
    );
    assert_eq!(past(&clinic, &path, "version=1").await.body, before.body);
    assert_eq!(past(&clinic, &path, "version=2").await.body, rows.body);
    let entries = history(&clinic, &path).await;
    assert_eq!(
        change(&entries[1], "/status"),
        Some((json!("active"), json!("on-hold")))
    );
    assert_eq!(change(&entries[1], "/reasonText"), Some((Value::Null, json!("a rash"))));

    // The process ended between the commit of the erasure and the destruction of the key, so only the event exists.
    append::<Patient>(&clinic, &patient.id(), "patient.erased", json!({})).await;
    let seen = past(&clinic, &path, "version=2").await.expect(200);
    assert_eq!(
        (&seen.body["medicines"], &seen.body["reasonText"]),
        (&json!([]), &Value::Null)
    );
    assert_eq!(seen.body["reasonCode"], "salg", "data that is not personal stays");
    let name = &past(&clinic, patient.header("location"), "version=1")
        .await
        .expect(200)
        .body["name"];
    assert_eq!(name, &Value::Null);
}

#[tokio::test]
async fn an_invoice_and_its_account_are_shown_as_they_were() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await;
    let issued = clinic.invoice(&patient.id(), &[(10_000, 100_000)]).await;
    let (invoice, account) = (
        format!("/api/invoices/{}", issued.id()),
        format!("/api/accounts/{}", patient.id()),
    );
    let unpaid = later(&clinic);
    let payment = json!({"amount": {"minor": 11_000, "currency": "USD"}, "method": "card", "reference": "t/1"});
    let paid = clinic
        .post_keyed(&format!("{invoice}/payments"), payment)
        .await
        .expect(201);

    let before = past(&clinic, &invoice, &format!("asOf={unpaid}")).await.expect(200);
    assert_eq!(before.body, issued.body);
    agrees_with_the_rows(&clinic, &invoice, &paid).await;
    agrees_with_the_rows(&clinic, &account, &paid).await;
    let owed = past(&clinic, &account, &format!("asOf={unpaid}")).await.expect(200);
    assert_eq!(owed.body["owed"], json!([{"minor": 11_000, "currency": "USD"}]));
    let kinds = |answer: &Answer| -> Vec<Value> {
        let statement = answer.body["statement"]["content"].as_array().expect("a statement");
        statement.iter().map(|posting| posting["kind"].clone()).collect()
    };
    assert!(
        kinds(&owed).iter().all(|kind| kind == "charge") && !kinds(&owed).is_empty(),
        "{}",
        owed.body
    );
    let now = past(&clinic, &account, "asOf=2999-01-01T00:00:00Z&size=1")
        .await
        .expect(200);
    assert_eq!(
        (kinds(&now), &now.body["statement"]["hasNext"]),
        (vec![json!("payment")], &json!(true))
    );

    let entries = history(&clinic, &invoice).await;
    let last = entries.last().expect("an entry");
    assert_eq!(last["type"], "invoice.balanced");
    assert_eq!(change(last, "/status"), Some((json!("issued"), json!("balanced"))));
    let of_account = history(&clinic, &account).await;
    assert!(
        of_account
            .iter()
            .any(|entry| entry["type"] == "payment.received" && change(entry, "/owed").is_some())
    );
}

#[tokio::test]
async fn a_timeline_is_paged_in_both_directions() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await;
    let path = patient.header("location").to_owned();
    for number in 0..6 {
        let _ = clinic
            .put(&path, json!({"address": format!("{number} Main St")}))
            .await
            .expect(200);
    }
    clinic.caught_up().await;
    let versions = async |part: &str| -> Vec<i64> {
        let page = clinic.get(&format!("{path}/history?{part}")).await.expect(200);
        assert_eq!(page.body["totalElements"], 7);
        let entries = page.body["content"].as_array().expect("a page");
        entries.iter().filter_map(|entry| entry["version"].as_i64()).collect()
    };
    assert_eq!(versions("size=3").await, [1, 2, 3]);
    assert_eq!(versions("size=3&page=2").await, [7]);
    assert_eq!(versions("size=3&sort=version,desc").await, [7, 6, 5]);
    assert_eq!(versions("size=3&page=2&sort=version,desc").await, [1]);
    assert!(versions("size=3&page=3").await.is_empty());
    assert!(versions("size=3&page=3&sort=version,desc").await.is_empty());
    let page = clinic.get(&format!("{path}/history?page=1&size=1")).await.expect(200);
    assert_eq!(
        change(&page.body["content"][0], "/address"),
        Some((Value::Null, json!("0 Main St"))),
        "compared with the previous version, even if that is on another page"
    );
}

#[tokio::test]
async fn a_history_query_waits_for_its_consistency_token() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await;
    let path = patient.header("location");
    for version in 2..20 {
        let changed = json!({"address": format!("{version} Main St")});
        let changed = clinic.put(path, changed).await.expect(200);
        let token = changed.header("consistency-token");
        let seen = clinic.get_after(&format!("{path}?version={version}"), token).await;
        assert_eq!(seen.expect(200).body, changed.body);
        let timeline = clinic.get_after(&format!("{path}/history?size=1"), token).await;
        assert_eq!(timeline.expect(200).body["totalElements"], version);
    }
    let ahead = ConsistencyToken::new(Context::Patients.name(), 1_000).to_string();
    let headers = [("consistency-token", ahead.as_str()), ("prefer", "wait=0")];
    for below in ["?version=1", "?asOf=2999-01-01T00:00:00Z", "/history"] {
        let behind = clinic
            .send(Method::GET, &format!("{path}{below}"), &headers, None)
            .await;
        behind.expect_problem(503, "projection-behind");
    }
}

#[tokio::test]
async fn an_invalid_moment_is_refused() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await;
    let path = patient.header("location");
    for (moment, parameter) in [
        ("version=0", "version"),
        ("version=1&asOf=2027-01-01T00:00:00Z", "version"),
        ("version=first", "version"),
        ("asOf=yesterday", "asOf"),
        ("as_of=2027-01-01T00:00:00Z", "as_of"),
    ] {
        let refused = past(&clinic, path, moment).await;
        refused.expect_problem(400, "invalid-request");
        assert_eq!(refused.faults(), [parameter], "{moment}");
    }
    for noun in ["patients", "appointments", "prescriptions", "accounts", "invoices"] {
        let nobody = format!("/api/{noun}/01980f2e-0000-7000-8000-000000000009");
        past(&clinic, &nobody, "version=1")
            .await
            .expect_problem(404, "not-found");
        clinic
            .get(&format!("{nobody}/history"))
            .await
            .expect_problem(404, "not-found");
    }
    let refused = clinic.get(&format!("{path}/history?size=101")).await;
    refused.expect_problem(400, "invalid-request");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_log_only_the_present_is_available() {
    let servers = embedded::testing::PrivateServers::start().await;
    let clinic = Clinic::open_with(system_tests::settings(servers.nats_url(), servers.postgres_url())).await;
    let patient = clinic.patient("John Doe").await;
    let path = patient.header("location");
    let _ = clinic
        .get_after(path, patient.header("consistency-token"))
        .await
        .expect(200);
    let _ = past(&clinic, path, "version=1").await.expect(200);
    servers.kill_nats().await;
    clinic
        .eventually("the past is out of reach", async || {
            clinic.get(&format!("{path}?version=1")).await.status == 503
        })
        .await;
    let refused = clinic.get(&format!("{path}?version=1")).await;
    refused.expect_problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "1");
    let _ = clinic.get(path).await.expect(200);
}
