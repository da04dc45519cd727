//! The lifecycle of an appointment: every command, and the query result after it.

use journal::Context;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic, fresh_settings, instant};

const START: &str = "2027-01-11T15:00:00Z";
const END: &str = "2027-01-11T15:30:00Z";

/// An appointment at 15:00 with its patient and practitioner.
struct Booked {
    clinic: Clinic,
    patient: Answer,
    practitioner: Answer,
    path: String,
}

async fn booked() -> Booked {
    booked_in(Clinic::open().await).await
}

async fn booked_in(clinic: Clinic) -> Booked {
    let patient = clinic.patient("John Doe").await;
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await;
    let appointment = clinic
        .book(&patient.id(), &practitioner.id(), START, END)
        .await
        .expect(201);
    Booked {
        path: appointment.header("location").to_owned(),
        clinic,
        patient,
        practitioner,
    }
}

impl Booked {
    /// Sends a command without a body to a path below the appointment's, and checks that a query returns the same
    /// resource.
    async fn tell(&self, deed: &str) -> Answer {
        let answer = self.clinic.post_nothing(&format!("{}/{deed}", self.path)).await;
        self.read_back(answer).await
    }

    async fn change(&self, body: Value) -> Answer {
        let answer = self.clinic.put(&self.path, body).await;
        self.read_back(answer).await
    }

    async fn cancel(&self, body: Value) -> Answer {
        let answer = self.clinic.send(Method::DELETE, &self.path, &[], Some(&body)).await;
        self.read_back(answer).await
    }

    async fn read_back(&self, answer: Answer) -> Answer {
        if answer.status == 200 {
            let others = [&self.patient, &self.practitioner];
            self.clinic.shows(&self.path, &answer, &others).await;
        }
        answer
    }

    /// Whether another patient can be booked at 15:00. The booking is cancelled again.
    async fn is_free(&self) -> bool {
        let jane = self.clinic.patient("Jane Doe").await.id();
        let other = self.clinic.book(&jane, &self.practitioner.id(), START, END).await;
        if other.status == 201 {
            let _ = self.clinic.delete(other.header("location")).await.expect(200);
        }
        other.status == 201
    }
}

#[tokio::test]
async fn a_patient_arrives_and_the_appointment_is_fulfilled() {
    let it = booked().await;
    it.clinic.clock.set(instant("2027-01-11T14:55:00Z"));
    let arrived = it.tell("arrival").await.expect(200);
    assert_eq!(arrived.body["status"], "arrived");
    assert_eq!(arrived.body["arrivedAt"], "2027-01-11T14:55:00Z");
    it.clinic.clock.set(instant("2027-01-11T15:20:00Z"));
    let fulfilled = it.tell("fulfilment").await.expect(200);
    assert_eq!(
        (&fulfilled.body["status"], &fulfilled.body["fulfilledAt"]),
        (&json!("fulfilled"), &json!("2027-01-11T15:20:00Z"))
    );
    assert_eq!(fulfilled.header("etag"), "W/\"3\"");

    let reopened = it.tell("reopening").await.expect(200);
    assert_eq!(reopened.body["status"], "arrived");
    assert_eq!(reopened.body["fulfilledAt"], Value::Null);
    let _ = it.tell("fulfilment").await.expect(200);
    let listed = it.clinic.get("/api/appointments?status=fulfilled").await.expect(200);
    assert_eq!(listed.body["totalElements"], 1);
    assert!(!it.is_free().await, "a fulfilled appointment keeps its time");
}

#[tokio::test]
async fn an_arrival_and_a_fulfilment_cannot_be_recorded_too_early() {
    let mut settings = fresh_settings().await;
    settings.commands.early_arrival_minutes = 60;
    let it = booked_in(Clinic::open_with(settings).await).await;
    let before = it.clinic.stream(Context::Scheduling).await;
    it.clinic.clock.set(instant("2027-01-11T13:59:59Z"));
    let refused = it.tell("arrival").await;
    refused.expect_problem(409, "wrong-status");
    assert_eq!(
        refused.body["detail"],
        "the arrival cannot be recorded more than 60 minutes before the start"
    );
    assert_eq!(it.clinic.stream(Context::Scheduling).await, before);
    it.clinic.clock.set(instant("2027-01-11T14:00:00Z"));
    let _ = it.tell("arrival").await.expect(200);
    it.clinic.clock.set(instant("2027-01-11T14:59:59Z"));
    let refused = it.tell("fulfilment").await;
    refused.expect_problem(409, "wrong-status");
    assert_eq!(
        refused.body["detail"],
        "an appointment cannot be recorded as fulfilled before it has begun"
    );
    it.clinic.clock.set(instant("2027-01-11T15:00:00Z"));
    let _ = it.tell("fulfilment").await.expect(200);
}

#[tokio::test]
async fn nothing_can_be_booked_beyond_the_horizon() {
    let mut settings = fresh_settings().await;
    settings.commands.booking_horizon_days = 30;
    let it = booked_in(Clinic::open_with(settings).await).await;
    let (patient, practitioner) = (it.patient.id(), it.practitioner.id());
    let before = it.clinic.stream(Context::Scheduling).await;
    // The clinic's clock stands at 08:00 on 4 January.
    let too_far = ("2027-02-03T08:00:01Z", "2027-02-03T08:30:00Z");
    let refused = it.clinic.book(&patient, &practitioner, too_far.0, too_far.1).await;
    refused.expect_problem(422, "not-bookable");
    assert_eq!(refused.faults(), ["/startTime"]);
    assert_eq!(refused.body["detail"], "an appointment must start within 30 days");
    let moved = it.change(json!({"startTime": too_far.0, "endTime": too_far.1})).await;
    moved.expect_problem(422, "not-bookable");
    let overbooked = json!({"patientId": patient, "practitionerId": practitioner, "startTime": "2207-01-04T08:00:00Z",
                            "endTime": "2207-01-04T08:30:00Z", "overbooking": {"reason": "An emergency"}});
    let refused = it.clinic.post("/api/appointments", overbooked).await;
    refused.expect_problem(422, "not-bookable");
    assert_eq!(it.clinic.stream(Context::Scheduling).await, before);
    let at_last = ("2027-02-03T08:00:00Z", "2027-02-03T08:30:00Z");
    let booked = it.clinic.book(&patient, &practitioner, at_last.0, at_last.1).await;
    let _ = booked.expect(201);
}

#[tokio::test]
async fn a_setting_allows_a_fulfilment_before_the_start() {
    let mut settings = fresh_settings().await;
    settings.commands.early_fulfilment_minutes = 10;
    let it = booked_in(Clinic::open_with(settings).await).await;
    it.clinic.clock.set(instant("2027-01-11T14:49:59Z"));
    let _ = it.tell("arrival").await.expect(200);
    it.tell("fulfilment").await.expect_problem(409, "wrong-status");
    it.clinic.clock.set(instant("2027-01-11T14:50:00Z"));
    let _ = it.tell("fulfilment").await.expect(200);
}

#[tokio::test]
async fn a_repeated_command_succeeds_and_stores_nothing() {
    let it = booked().await;
    it.clinic.clock.set(instant("2027-01-11T14:55:00Z"));
    let arrived = it.tell("arrival").await.expect(200);
    let before = it.clinic.stream(Context::Scheduling).await;
    let again = it.tell("arrival").await.expect(200);
    assert_eq!(again.text, arrived.text);
    assert_eq!(it.clinic.stream(Context::Scheduling).await, before);
}

#[tokio::test]
async fn a_cancelled_appointment_releases_its_time_and_shows_the_reason() {
    let it = booked().await;
    let reason = json!({"reasonCode": "pat", "reasonText": "Has a cold"});
    let cancelled = it.cancel(reason.clone()).await.expect(200);
    assert_eq!(cancelled.body["status"], "cancelled");
    assert_eq!(cancelled.body["cancellation"], reason);
    assert!(it.is_free().await);
    for same in [reason, json!({})] {
        let again = it.cancel(same).await.expect(200);
        assert_eq!(again.text, cancelled.text);
    }
    let another = it.cancel(json!({"reasonCode": "prov"})).await;
    another.expect_problem(409, "wrong-status");
    assert_eq!(
        another.body["detail"],
        "the appointment is already cancelled, for another reason"
    );
    for deed in ["arrival", "fulfilment", "no-show", "reopening"] {
        it.tell(deed).await.expect_problem(409, "wrong-status");
    }
}

#[tokio::test]
async fn a_reason_for_a_cancellation_is_optional() {
    let it = booked().await;
    let cancelled = it.clinic.delete(&it.path).await.expect(200);
    let expected = json!({"reasonCode": "other", "reasonText": null});
    assert_eq!(cancelled.body["cancellation"], expected);
}

#[tokio::test]
async fn a_no_show_can_be_recorded_after_the_grace_period() {
    let mut settings = fresh_settings().await;
    settings.commands.no_show_grace_minutes = 10;
    let it = booked_in(Clinic::open_with(settings).await).await;
    it.clinic.clock.set(instant("2027-01-11T15:09:59Z"));
    it.tell("no-show").await.expect_problem(409, "wrong-status");
    it.clinic.clock.set(instant("2027-01-11T15:10:00Z"));
    let missed = it.tell("no-show").await.expect(200);
    assert_eq!(missed.body["status"], "noshow");
    it.clinic.clock.set(instant(system_tests::NOW));
    assert!(it.is_free().await);

    let reopened = it.tell("reopening").await.expect(200);
    assert_eq!(reopened.body["status"], "booked");
    assert!(!it.is_free().await, "a reopened appointment reserves its time again");
}

#[tokio::test]
async fn a_missed_appointment_cannot_be_reopened_if_its_time_is_taken() {
    let it = booked().await;
    it.clinic.clock.set(instant("2027-01-11T15:15:00Z"));
    let _ = it.tell("no-show").await.expect(200);
    it.clinic.clock.set(instant(system_tests::NOW));
    let jane = it.clinic.patient("Jane Doe").await.id();
    let _ = it
        .clinic
        .book(&jane, &it.practitioner.id(), START, END)
        .await
        .expect(201);
    let before = it.clinic.stream(Context::Scheduling).await;
    it.tell("reopening").await.expect_problem(409, "appointment-overlap");
    assert_eq!(it.clinic.stream(Context::Scheduling).await, before);
    assert_eq!(it.clinic.get(&it.path).await.body["status"], "noshow");
}

#[tokio::test]
async fn an_appointment_entered_in_error_is_final() {
    let it = booked().await;
    it.clinic.clock.set(instant("2027-01-11T14:55:00Z"));
    let _ = it.tell("arrival").await.expect(200);
    let body = json!({"reason": "Recorded for another patient"});
    let answer = it
        .clinic
        .post(&format!("{}/entered-in-error", it.path), body)
        .await
        .expect(200);
    let marked = it.read_back(answer).await;
    assert_eq!(marked.body["status"], "entered-in-error");
    assert!(it.is_free().await);
    let _ = it.tell("entered-in-error").await.expect(200);
    let another = json!({"reason": "Booked twice"});
    let another = it.clinic.post(&format!("{}/entered-in-error", it.path), another).await;
    another.expect_problem(409, "wrong-status");
    for deed in ["arrival", "fulfilment", "no-show", "reopening"] {
        it.tell(deed).await.expect_problem(409, "wrong-status");
    }
    it.cancel(json!({})).await.expect_problem(409, "wrong-status");
    it.change(json!({"notes": "Late"}))
        .await
        .expect_problem(409, "wrong-status");
}

#[tokio::test]
async fn time_and_notes_change_together_or_alone() {
    let it = booked().await;
    let moved = it
        .change(
            json!({"startTime": "2027-01-12T15:00:00Z", "endTime": "2027-01-12T16:00:00Z", "notes": "Bring the X-ray"}),
        )
        .await
        .expect(200);
    assert_eq!(moved.body["startTime"], "2027-01-12T15:00:00Z");
    assert_eq!(moved.body["endTime"], "2027-01-12T16:00:00Z");
    assert_eq!(moved.body["notes"], "Bring the X-ray");
    assert_eq!(moved.body["version"], 3);
    assert!(it.is_free().await, "the old time is free");
    let cleared = it.change(json!({"notes": null})).await.expect(200);
    assert_eq!(cleared.body["notes"], Value::Null);
    assert_eq!(
        cleared.body["startTime"], "2027-01-12T15:00:00Z",
        "omitted fields stay unchanged"
    );
    let before = it.clinic.stream(Context::Scheduling).await;
    let nothing = it
        .change(json!({"startTime": "2027-01-12T15:00:00Z", "endTime": "2027-01-12T16:00:00Z"}))
        .await
        .expect(200);
    assert_eq!(nothing.text, cleared.text);
    let _ = it.change(json!({})).await.expect(200);
    assert_eq!(it.clinic.stream(Context::Scheduling).await, before, "nothing changed");
    it.change(json!({"startTime": "2027-01-04T07:00:00Z", "endTime": "2027-01-04T07:30:00Z"}))
        .await
        .expect_problem(422, "not-bookable");
}

#[tokio::test]
async fn a_stale_command_is_refused_and_stores_nothing() {
    let it = booked().await;
    it.clinic.clock.set(instant("2027-01-11T14:55:00Z"));
    let _ = it.change(json!({"notes": "Fasting"})).await.expect(200);
    let before = it.clinic.stream(Context::Scheduling).await;
    let stale = [("if-match", "W/\"1\"")];
    for deed in ["arrival", "entered-in-error"] {
        let path = format!("{}/{deed}", it.path);
        let refused = it.clinic.send(Method::POST, &path, &stale, None).await;
        refused.expect_problem(412, "precondition-failed");
    }
    let refused = it.clinic.send(Method::DELETE, &it.path, &stale, None).await;
    refused.expect_problem(412, "precondition-failed");
    let moved = json!({"startTime": "2027-01-12T15:00:00Z", "endTime": "2027-01-12T15:30:00Z"});
    let refused = it.clinic.send(Method::PUT, &it.path, &stale, Some(&moved)).await;
    refused.expect_problem(412, "precondition-failed");
    assert_eq!(it.clinic.stream(Context::Scheduling).await, before);
    let fresh = [("if-match", "W/\"2\"")];
    let path = format!("{}/arrival", it.path);
    let _ = it.clinic.send(Method::POST, &path, &fresh, None).await.expect(200);
}

#[tokio::test]
async fn a_command_with_an_idempotency_key_runs_once() {
    let it = booked().await;
    let key = [("idempotency-key", "key-1")];
    let body = json!({"reasonCode": "pat"});
    let cancel = async |body: &Value| it.clinic.send(Method::DELETE, &it.path, &key, Some(body)).await;
    let first = cancel(&body).await.expect(200);
    let stored = it.clinic.stream(Context::Scheduling).await;
    let again = cancel(&body).await.expect(200);
    assert_eq!(again.text, first.text);
    for header in ["etag", "consistency-token"] {
        assert_eq!(again.header(header), first.header(header), "{header}");
    }
    assert_eq!(it.clinic.stream(Context::Scheduling).await, stored);
    cancel(&json!({"reasonCode": "prov"}))
        .await
        .expect_problem(422, "idempotency-key-reused");
    let path = format!("{}/arrival", it.path);
    let elsewhere = it.clinic.send(Method::POST, &path, &key, None).await;
    elsewhere.expect_problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn an_unknown_appointment_is_not_found() {
    let clinic = Clinic::open().await;
    let path = "/api/appointments/01980f2e-0000-7000-8000-000000000001";
    clinic
        .put(path, json!({"notes": "x"}))
        .await
        .expect_problem(404, "not-found");
    clinic.delete(path).await.expect_problem(404, "not-found");
    for deed in ["arrival", "fulfilment", "no-show", "reopening", "entered-in-error"] {
        let answer = clinic.post_nothing(&format!("{path}/{deed}")).await;
        answer.expect_problem(404, "not-found");
    }
}
