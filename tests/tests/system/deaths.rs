//! Deceased patients: recording, revocation, refusals and filters.

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic};

struct Case {
    clinic: Clinic,
    path: String,
    patient: String,
    practitioner: String,
}

impl Case {
    async fn open() -> Self {
        let clinic = Clinic::open().await;
        let patient = clinic.patient("John Doe").await;
        Self {
            path: patient.header("location").to_owned(),
            patient: patient.id(),
            practitioner: clinic.practitioner("Dr Ada Ruiz", "UTC").await.id(),
            clinic,
        }
    }

    async fn dies(&self, body: Value) -> Answer {
        self.clinic.post(&format!("{}/death", self.path), body).await
    }

    async fn lives(&self) -> Answer {
        self.clinic.delete(&format!("{}/death", self.path)).await
    }

    async fn books(&self) -> Answer {
        let (start, end) = ("2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z");
        self.clinic.book(&self.patient, &self.practitioner, start, end).await
    }

    async fn is_prescribed(&self, status: &str) -> Answer {
        let medicine =
            json!({"name": "Paracetamol", "dosage": "500 mg", "duration": "3 days", "instructions": "after meals"});
        let body = json!({"patientId": self.patient, "practitionerId": self.practitioner, "medicines": [medicine],
                          "status": status});
        self.clinic.post("/api/prescriptions", body).await
    }
}

fn death(answer: &Answer) -> [&Value; 3] {
    ["deceased", "deceasedAt", "version"].map(|field| &answer.body[field])
}

#[tokio::test]
async fn a_death_is_recorded_corrected_and_revoked() {
    let case = Case::open().await;
    let steps = [
        (json!({}), json!([true, null, 2])),
        (json!({}), json!([true, null, 2])),
        (json!({"deceasedAt": "2020"}), json!([true, "2020", 3])),
        (json!({"deceasedAt": "2020-05"}), json!([true, "2020-05", 4])),
        (json!({"deceasedAt": null}), json!([true, "2020-05", 4])),
        (
            json!({"deceasedAt": "2020-05-12T10:00:00+02:00"}),
            json!([true, "2020-05-12T08:00:00Z", 5]),
        ),
    ];
    for (told, known) in steps {
        let recorded = case.dies(told).await.expect(200);
        assert_eq!(json!(death(&recorded)), known);
        assert_eq!(recorded.body["active"], true);
        case.clinic.shows(&case.path, &recorded, &[]).await;
    }
    for _ in 0..2 {
        let living = case.lives().await.expect(200);
        assert_eq!(json!(death(&living)), json!([false, null, 6]));
        case.clinic.shows(&case.path, &living, &[]).await;
    }
    let token = case.dies(json!({"deceasedAt": "2021"})).await.expect(200);
    let token = token.header("consistency-token");
    let before = case.clinic.get_after(&format!("{}?version=4", case.path), token).await;
    assert_eq!(json!(death(&before.expect(200))), json!([true, "2020-05", 4]));

    let erased = case
        .clinic
        .post_nothing(&format!("{}/erasure", case.path))
        .await
        .expect(200);
    let token = erased.header("consistency-token");
    let before = case.clinic.get_after(&format!("{}?version=4", case.path), token).await;
    assert_eq!(
        before.expect(200).body["deceasedAt"],
        Value::Null,
        "it is sealed, and the key is gone"
    );
    let rows = case.clinic.rows().await;
    let mut rows = rows.iter().filter(|row| row.contains(&case.patient));
    assert!(rows.all(|row| !row.contains("2021")));
}

#[tokio::test]
async fn bookings_and_prescriptions_for_the_deceased_are_refused() {
    let case = Case::open().await;
    let draft = case
        .is_prescribed("draft")
        .await
        .expect(201)
        .header("location")
        .to_owned();
    let _ = case.dies(json!({})).await.expect(200);
    for refused in [
        case.books().await,
        case.is_prescribed("active").await,
        case.is_prescribed("draft").await,
        case.clinic.post_nothing(&format!("{draft}/issue")).await,
    ] {
        refused.expect_problem(409, "patient-deceased");
        assert_eq!(refused.faults(), ["/patientId"]);
    }
    let _ = case.clinic.delete(&case.path).await.expect(200);
    case.books().await.expect_problem(409, "patient-deceased");
    let _ = case.lives().await.expect(200);
    case.books().await.expect_problem(422, "patient-inactive");
    let _ = case
        .clinic
        .post_nothing(&format!("{}/reactivation", case.path))
        .await
        .expect(200);
    let _ = case.books().await.expect(201);
    let _ = case.clinic.post_nothing(&format!("{draft}/issue")).await.expect(200);
}

#[tokio::test]
async fn impossible_times_of_death_are_refused() {
    // The patient was born on 1 January 1990, and it is 4 January 2027.
    let case = Case::open().await;
    for (at, why) in [
        ("2027-02", "must not be in the future"),
        ("2027-01-04T08:00:01Z", "must not be in the future"),
        ("1989", "must not be before the date of birth"),
    ] {
        let refused = case.dies(json!({"deceasedAt": at})).await;
        refused.expect_problem(422, "validation-failed");
        assert_eq!(refused.faults(), ["/deceasedAt"]);
        assert_eq!(refused.body["errors"][0]["message"], why, "{at}");
    }
    for at in ["last year", "2020-13", "2020-01-01T10:00"] {
        let refused = case.dies(json!({"deceasedAt": at})).await;
        refused.expect_problem(400, "invalid-request");
        assert_eq!(refused.faults(), ["/deceasedAt"], "{at}");
    }
    let _ = case.dies(json!({"deceasedAt": "2020"})).await.expect(200);
    let refused = case.clinic.put(&case.path, json!({"dateOfBirth": "2021"})).await;
    refused.expect_problem(422, "validation-failed");
    assert_eq!(refused.faults(), ["/dateOfBirth"]);
    let _ = case
        .clinic
        .put(&case.path, json!({"dateOfBirth": "2020"}))
        .await
        .expect(200);
}

#[tokio::test]
async fn lists_and_searches_filter_by_deceased() {
    let case = Case::open().await;
    let _ = case.clinic.patient("Jane Roe").await;
    let died = case.dies(json!({})).await.expect(200);
    let after = [("consistency-token", died.header("consistency-token"))];
    let names = |page: &Answer| {
        let content = page.body["content"].as_array().expect("a list");
        let names = content
            .iter()
            .map(|patient| patient["name"].as_str().unwrap_or_default().to_owned());
        names.collect::<Vec<_>>()
    };
    for (deceased, found) in [
        (None, &["Jane Roe", "John Doe"][..]),
        (Some(true), &["John Doe"]),
        (Some(false), &["Jane Roe"]),
    ] {
        let query = deceased
            .map(|deceased| format!("?deceased={deceased}"))
            .unwrap_or_default();
        let path = format!("/api/patients{query}");
        let page = case.clinic.send(Method::GET, &path, &after, None).await.expect(200);
        assert_eq!(names(&page), found);
        assert_eq!(page.body["totalElements"], found.len());
        let body = json!({"deceased": deceased, "dateOfBirth": ["1990"]});
        let page = case
            .clinic
            .send(Method::POST, "/api/patients/search", &after, Some(&body))
            .await;
        assert_eq!(names(&page.expect(200)), found);
    }
    let refused = case.clinic.get("/api/patients?deceased=perhaps").await;
    refused.expect_problem(400, "invalid-request");
    assert_eq!(refused.faults(), ["deceased"]);
}
