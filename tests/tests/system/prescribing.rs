//! The lifecycle of prescriptions: queries show each effect, and a medicine is in at most one live prescription of an
//! appointment.

use futures_util::future::join_all;
use journal::Context;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic};

/// A patient and a practitioner with an appointment.
struct Visit {
    patient: String,
    practitioner: String,
    appointment: String,
}

async fn visit(clinic: &Clinic) -> Visit {
    let (patient, practitioner) = (
        clinic.patient("John Doe").await.id(),
        clinic.practitioner("Dr Ada Ruiz", "UTC").await.id(),
    );
    let booked = clinic
        .book(&patient, &practitioner, "2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z")
        .await
        .expect(201);
    Visit {
        patient,
        practitioner,
        appointment: booked.id(),
    }
}

fn ibuprofen() -> Value {
    json!({"name": "Ibuprofen", "dosage": "400 mg", "duration": "5 days", "instructions": "with water", "rxNormCode": null})
}

fn paracetamol() -> Value {
    json!({"name": "Paracetamol", "dosage": "500 mg", "duration": "3 days", "instructions": "after meals", "rxNormCode": "161"})
}

impl Visit {
    fn prescription_of(&self, medicine: &Value, refills: u32) -> Value {
        let mut body = self.prescription(refills);
        body["medicines"] = json!([medicine]);
        body
    }

    fn prescription(&self, refills: u32) -> Value {
        json!({"patientId": self.patient, "practitionerId": self.practitioner, "appointmentId": self.appointment,
               "medicines": [paracetamol()], "refills": refills, "notes": "Drink water"})
    }
}

/// Sends a command with an optional body, and checks that a query returns the same resource.
async fn deed(clinic: &Clinic, path: &str, body: Option<Value>) -> Answer {
    let answered = clinic.send(Method::POST, path, &[], body.as_ref()).await.expect(200);
    let shown_at = format!("/api/prescriptions/{}", answered.id());
    clinic.shows(&shown_at, &answered, &[]).await;
    answered
}

#[tokio::test]
async fn a_prescription_is_issued_amended_held_resumed_refilled_and_completed() {
    let clinic = Clinic::open().await;
    let visit = visit(&clinic).await;
    let written = clinic
        .post("/api/prescriptions", visit.prescription(2))
        .await
        .expect(201);
    let path = written.header("location").to_owned();
    assert_eq!(written.body["status"], "active");
    assert_eq!(written.body["medicines"], json!([paracetamol()]));
    clinic.shows(&path, &written, &[]).await;

    let amended = clinic
        .send(
            Method::PUT,
            &path,
            &[("if-match", "W/\"1\"")],
            Some(&json!({"refills": 1, "notes": null})),
        )
        .await
        .expect(200);
    assert_eq!(
        (&amended.body["refillsRemaining"], &amended.body["notes"]),
        (&json!(1), &Value::Null)
    );
    clinic.shows(&path, &amended, &[]).await;
    let stale = clinic
        .send(
            Method::PUT,
            &path,
            &[("if-match", "W/\"1\"")],
            Some(&json!({"refills": 2})),
        )
        .await;
    stale.expect_problem(412, "precondition-failed");

    let why = json!({"reasonCode": "surg", "reasonText": "Operation on Monday"});
    let held = deed(&clinic, &format!("{path}/hold"), Some(why)).await;
    assert_eq!(
        (&held.body["status"], &held.body["reasonCode"]),
        (&json!("on-hold"), &json!("surg"))
    );
    let resumed = deed(&clinic, &format!("{path}/resume"), None).await;
    assert_eq!(
        (&resumed.body["status"], &resumed.body["reasonText"]),
        (&json!("active"), &Value::Null)
    );

    let asked = deed(&clinic, &format!("{path}/refill-requests"), None).await;
    let request = asked.body["refillRequests"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    clinic
        .post_nothing(&format!("{path}/refill-requests"))
        .await
        .expect_problem(409, "no-refills-remaining");
    let decision = format!("{path}/refill-requests/{request}/decision");
    let approved = deed(&clinic, &decision, Some(json!({"decision": "approved"}))).await;
    assert_eq!(approved.body["refillRequests"][0]["status"], "approved");
    assert_eq!(approved.body["refillsRemaining"], 0);
    clinic
        .post(&decision, json!({"decision": "denied", "reason": "Too soon"}))
        .await
        .expect_problem(409, "refill-decided");

    let completed = deed(&clinic, &format!("{path}/completion"), None).await;
    assert_eq!(completed.body["status"], "completed");
    let again = deed(&clinic, &format!("{path}/completion"), None).await;
    assert_eq!(again.text, completed.text);
    let renewal = json!({"patientId": visit.patient, "practitionerId": visit.practitioner,
                         "renews": written.id(), "medicines": [paracetamol()]});
    let renewed = clinic.post("/api/prescriptions", renewal).await.expect(201);
    assert_eq!(renewed.body["priorPrescriptionId"], written.body["id"]);
    let listed = clinic
        .get_after(
            &format!("/api/prescriptions?patientId={}&status=active", visit.patient),
            renewed.header("consistency-token"),
        )
        .await
        .expect(200);
    assert_eq!(listed.body["content"], json!([renewed.body]));
}

#[tokio::test]
async fn a_draft_can_be_issued_later_or_cancelled() {
    let clinic = Clinic::open().await;
    let visit = visit(&clinic).await;
    let draft = json!({"patientId": visit.patient, "practitionerId": visit.practitioner, "status": "draft",
                       "medicines": [paracetamol()]});
    let drafted = clinic.post("/api/prescriptions", draft.clone()).await.expect(201);
    assert_eq!(drafted.body["status"], "draft");
    let path = drafted.header("location");
    let issued = deed(&clinic, &format!("{path}/issue"), None).await;
    assert_eq!(issued.body["status"], "active");
    let second = clinic.post("/api/prescriptions", draft).await.expect(201);
    let cancelled = clinic.delete(second.header("location")).await.expect(200);
    assert_eq!(cancelled.body["status"], "cancelled");
    clinic
        .post_nothing(&format!("{}/issue", second.header("location")))
        .await
        .expect_problem(409, "wrong-status");
}

#[tokio::test]
async fn prescriptions_of_one_appointment_have_refills_and_an_end_of_their_own() {
    let clinic = Clinic::open().await;
    let visit = visit(&clinic).await;
    let prescribe = async |medicine: &Value, refills| {
        let body = visit.prescription_of(medicine, refills);
        clinic.post("/api/prescriptions", body).await.expect(201)
    };
    let one = prescribe(&paracetamol(), 1).await;
    let other = prescribe(&ibuprofen(), 3).await;
    let path = one.header("location");
    let asked = deed(&clinic, &format!("{path}/refill-requests"), None).await;
    let request = asked.body["refillRequests"][0]["id"].as_str().expect("an id");
    let decision = format!("{path}/refill-requests/{request}/decision");
    let _ = deed(&clinic, &decision, Some(json!({"decision": "approved"}))).await;
    let stopped = deed(&clinic, &format!("{path}/stop"), None).await;
    let of_the_appointment = clinic
        .get_after(
            &format!("/api/prescriptions?appointmentId={}&sort=status,asc", visit.appointment),
            stopped.header("consistency-token"),
        )
        .await
        .expect(200);
    assert_eq!(of_the_appointment.body["content"], json!([other.body, stopped.body]));
    assert_eq!(
        (&stopped.body["refillsRemaining"], &other.body["refillsRemaining"]),
        (&json!(0), &json!(3))
    );
}

#[tokio::test]
async fn a_medicine_cannot_be_prescribed_or_added_twice_at_an_appointment() {
    let clinic = Clinic::open().await;
    let visit = visit(&clinic).await;
    let first = clinic
        .post("/api/prescriptions", visit.prescription(0))
        .await
        .expect(201);
    let other_case = json!({"name": "PARACETAMOL", "dosage": "1 g", "duration": "5 days", "instructions": "at night"});
    let same_code = json!({"name": "Acetaminophen", "dosage": "1 g", "duration": "5 days", "instructions": "at night",
                           "rxNormCode": "161"});
    for medicine in [&other_case, &same_code] {
        let mut body = visit.prescription(0);
        body["medicines"] = json!([ibuprofen(), medicine]);
        let refused = clinic.post("/api/prescriptions", body).await;
        refused.expect_problem(409, "live-prescription");
        assert_eq!(refused.faults(), ["/medicines/1"]);
    }
    let second = clinic
        .post("/api/prescriptions", visit.prescription_of(&ibuprofen(), 0))
        .await
        .expect(201);
    let both = json!({"medicines": [ibuprofen(), paracetamol()]});
    let refused = clinic.put(second.header("location"), both.clone()).await;
    refused.expect_problem(409, "live-prescription");
    assert_eq!(refused.faults(), ["/medicines/1"]);
    let _ = deed(&clinic, &format!("{}/completion", first.header("location")), None).await;
    let amended = clinic.put(second.header("location"), both.clone()).await.expect(200);
    assert_eq!(amended.body["medicines"], both["medicines"]);
}

#[tokio::test]
async fn an_appointment_has_at_most_twenty_live_prescriptions() {
    let clinic = Clinic::open().await;
    let visit = visit(&clinic).await;
    let medicine = |number: usize| {
        let mut medicine = ibuprofen();
        medicine["name"] = json!(format!("Medicine {number}"));
        medicine
    };
    for number in 1..=20 {
        let body = visit.prescription_of(&medicine(number), 0);
        let _ = clinic.post("/api/prescriptions", body).await.expect(201);
    }
    let one_more = visit.prescription_of(&medicine(21), 0);
    let refused = clinic.post("/api/prescriptions", one_more).await;
    refused.expect_problem(409, "limit-reached");
}

#[tokio::test]
async fn an_ended_prescription_does_not_block_another_at_its_appointment() {
    let clinic = Clinic::open().await;
    let visit = visit(&clinic).await;
    let first = clinic
        .post("/api/prescriptions", visit.prescription(0))
        .await
        .expect(201);
    let refused = clinic.post("/api/prescriptions", visit.prescription(0)).await;
    refused.expect_problem(409, "live-prescription");
    assert_eq!(refused.faults(), ["/medicines/0"]);
    let why = json!({"reasonCode": "salg", "reasonText": "Rash"});
    let stopped = deed(&clinic, &format!("{}/stop", first.header("location")), Some(why)).await;
    assert_eq!(stopped.body["status"], "stopped");
    let second = clinic
        .post("/api/prescriptions", visit.prescription(0))
        .await
        .expect(201);
    let _ = clinic.delete(second.header("location")).await.expect(200);
    let third = clinic
        .post("/api/prescriptions", visit.prescription(0))
        .await
        .expect(201);
    let of_the_appointment = clinic
        .get_after(
            &format!("/api/prescriptions?appointmentId={}&sort=status,asc", visit.appointment),
            third.header("consistency-token"),
        )
        .await
        .expect(200);
    let statuses: Vec<&Value> = of_the_appointment.body["content"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["status"])
        .collect();
    assert_eq!(statuses, ["active", "cancelled", "stopped"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_concurrent_prescriptions_of_a_medicine_at_an_appointment_succeeds() {
    let clinic = Clinic::open().await;
    let visit = visit(&clinic).await;
    let answers = join_all((0..20).map(|_| clinic.post("/api/prescriptions", visit.prescription(0)))).await;
    let written: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(written.len(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.expect_problem(409, "live-prescription");
    }
    assert_eq!(clinic.events(Context::Prescribing).await.len(), 1, "one prescription");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_amendments_and_prescriptions_never_repeat_a_medicine() {
    let clinic = Clinic::open().await;
    let visit = visit(&clinic).await;
    let first = clinic
        .post("/api/prescriptions", visit.prescription_of(&ibuprofen(), 0))
        .await
        .expect(201);
    let both = json!({"medicines": [ibuprofen(), paracetamol()]});
    let (amended, written) = tokio::join!(
        join_all((0..10).map(|_| clinic.put(first.header("location"), both.clone()))),
        join_all((0..10).map(|_| clinic.post("/api/prescriptions", visit.prescription(0)))),
    );
    let is_amended = amended.iter().any(|answer| answer.status == 200);
    let written_count = written.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(written_count, usize::from(!is_amended));
    let refused = amended
        .iter()
        .chain(&written)
        .filter(|answer| answer.status.as_u16() >= 400);
    refused.for_each(|answer| answer.expect_problem(409, "live-prescription"));
}

#[tokio::test]
async fn foreign_unknown_and_ended_references_are_refused() {
    let clinic = Clinic::open().await;
    let visit = visit(&clinic).await;
    let jane = clinic.patient("Jane Doe").await.id();
    let written = clinic
        .post("/api/prescriptions", visit.prescription(0))
        .await
        .expect(201);
    let nobody = "01980f2e-0000-7000-8000-000000000001";
    let with = |field: &str, value: &str| {
        let mut body = visit.prescription(0);
        body.as_object_mut().expect("an object").remove("appointmentId");
        body[field] = json!(value);
        body
    };
    let of_jane = |field: &str, value: &str| {
        let mut body = with(field, value);
        body["patientId"] = json!(jane);
        body
    };
    let table = [
        (with("patientId", nobody), "unknown-patient", "/patientId"),
        (
            with("practitionerId", nobody),
            "unknown-practitioner",
            "/practitionerId",
        ),
        (with("appointmentId", nobody), "unknown-appointment", "/appointmentId"),
        (with("renews", nobody), "unknown-prescription", "/renews"),
        (
            of_jane("appointmentId", &visit.appointment),
            "another-patients",
            "/appointmentId",
        ),
        (of_jane("renews", &written.id()), "another-patients", "/renews"),
    ];
    let before = clinic.stream(Context::Prescribing).await;
    for (body, slug, fault) in table {
        let refused = clinic.post("/api/prescriptions", body).await;
        refused.expect_problem(422, slug);
        assert_eq!(refused.faults(), [fault]);
    }
    assert_eq!(clinic.stream(Context::Prescribing).await, before, "nothing was stored");
    let _ = clinic
        .delete(&format!("/api/appointments/{}", visit.appointment))
        .await
        .expect(200);
    let refused = clinic.post("/api/prescriptions", visit.prescription(0)).await;
    refused.expect_problem(409, "wrong-status");
    assert_eq!(refused.faults(), ["/appointmentId"]);
}
