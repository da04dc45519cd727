//! The main path through a clinic: register, book, read the enriched appointment, change, read the change.

use reqwest::Method;
use serde_json::json;
use system_tests::Clinic;

#[tokio::test]
async fn a_booking_shows_its_patient_and_practitioner() {
    let clinic = Clinic::open().await;
    let patient = clinic
        .post(
            "/api/patients",
            json!({"name":"John Doe","dateOfBirth":"1990-01-01","email":"john@example.com","phone":"+1-555-0102",
                   "address":"123 Main St","gender":"male","identifiers":[{"system":"urn:mrn","value":"A-17"}]}),
        )
        .await
        .expect(201);
    assert_eq!(patient.header("location"), format!("/api/patients/{}", patient.id()));
    assert_eq!(patient.header("etag"), "W/\"1\"");
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await;
    let booked = clinic
        .post(
            "/api/appointments",
            json!({"patientId":patient.id(),"practitionerId":practitioner.id(),"startTime":"2027-01-11T15:00:00Z",
                   "endTime":"2027-01-11T15:30:00Z","reason":"Annual check-up","notes":"First visit"}),
        )
        .await
        .expect(201);
    let expected = json!({
        "id": booked.id(), "status":"booked","startTime":"2027-01-11T15:00:00Z","endTime":"2027-01-11T15:30:00Z",
        "timeZone":"America/New_York","reason":"Annual check-up","notes":"First visit","version":1,
        "patient":{"id":patient.id(),"name":"John Doe","email":"john@example.com","phone":"+1-555-0102","address":"123 Main St"},
        "practitioner":{"id":practitioner.id(),"name":"Dr Ada Ruiz","specialty":"Cardiology"}
    });
    assert_eq!(booked.body, expected, "the command returns the whole resource");

    let tokens = format!(
        "{}, {}",
        patient.header("consistency-token"),
        booked.header("consistency-token")
    );
    let read = clinic.get_after(booked.header("location"), &tokens).await.expect(200);
    assert_eq!(read.body, expected, "the query returns the same resource");
    assert_eq!(read.header("etag"), "W/\"1\"");

    let in_range = clinic
        .get("/api/appointments?from=2027-01-11T00:00:00Z&to=2027-01-12T00:00:00Z")
        .await
        .expect(200);
    assert_eq!(in_range.body["content"], json!([expected]));
    let before = clinic
        .get("/api/appointments?to=2027-01-11T15:00:00Z")
        .await
        .expect(200);
    assert_eq!(before.body["totalElements"], 0);
}

#[tokio::test]
async fn a_change_of_the_patient_shows_in_their_appointments() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await;
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "UTC").await;
    let booked = clinic
        .book(
            &patient.id(),
            &practitioner.id(),
            "2027-01-11T15:00:00Z",
            "2027-01-11T15:30:00Z",
        )
        .await
        .expect(201);
    let changed = clinic
        .put(
            patient.header("location"),
            json!({"name":"John Q. Doe","phone":null,"address":"1 New St"}),
        )
        .await
        .expect(200);
    assert_eq!(changed.body["version"], 2);
    assert_eq!(
        changed.body["dateOfBirth"], "1990-01-01",
        "omitted fields stay unchanged"
    );
    assert_eq!(changed.body["phone"], json!(null), "null clears");
    let tokens = [&changed, &booked]
        .map(|answer| answer.header("consistency-token"))
        .join(",");
    let read = clinic.get_after(booked.header("location"), &tokens).await.expect(200);
    assert_eq!(read.body["patient"]["name"], "John Q. Doe");
    assert_eq!(read.body["patient"]["phone"], json!(null));
    assert_eq!(read.body["patient"]["address"], "1 New St");
}

#[tokio::test]
async fn a_change_without_effect_stores_nothing() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await;
    let before = clinic.stream(journal::Context::Patients).await;
    let changed = clinic
        .put(patient.header("location"), json!({"name":"John Doe"}))
        .await
        .expect(200);
    assert_eq!(changed.header("etag"), "W/\"1\"");
    assert_eq!(changed.header("consistency-token"), patient.header("consistency-token"));
    assert_eq!(clinic.stream(journal::Context::Patients).await, before);
}

#[tokio::test]
async fn a_stale_change_is_refused() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await;
    let change = async |tag: &str, name: &str| {
        let body = json!({ "name": name });
        clinic
            .send(
                Method::PUT,
                patient.header("location"),
                &[("if-match", tag)],
                Some(&body),
            )
            .await
    };
    let _ = change("W/\"1\"", "John Q. Doe").await.expect(200);
    change("W/\"1\"", "Johnny")
        .await
        .expect_problem(412, "precondition-failed");
    change("yesterday", "Johnny")
        .await
        .expect_problem(400, "invalid-request");
    let _ = change("*", "Johnny").await.expect(200);
}

#[tokio::test]
async fn an_email_address_belongs_to_one_patient_at_a_time() {
    let clinic = Clinic::open().await;
    let register = async |email: &str| {
        clinic
            .post(
                "/api/patients",
                json!({"name":"Somebody","dateOfBirth":"1990-01-01","email":email}),
            )
            .await
    };
    let john = register("john@example.com").await.expect(201);
    let taken = register("John@Example.COM").await;
    taken.expect_problem(409, "email-taken");
    assert_eq!(taken.faults(), ["/email"]);
    let jane = register("jane@example.com").await.expect(201);
    clinic
        .put(jane.header("location"), json!({"email":"john@example.com"}))
        .await
        .expect_problem(409, "email-taken");
    let _ = clinic
        .put(john.header("location"), json!({"email":null}))
        .await
        .expect(200);
    let _ = clinic
        .put(jane.header("location"), json!({"email":"john@example.com"}))
        .await
        .expect(200);
    let _ = register("jane@example.com").await.expect(201);
}

#[tokio::test]
async fn one_of_many_concurrent_claims_to_an_email_address_succeeds() {
    let clinic = Clinic::open().await;
    let body = json!({"name":"Somebody","dateOfBirth":"1990-01-01","email":"john@example.com"});
    let answers = futures_util::future::join_all((0..50).map(|_| clinic.post("/api/patients", body.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 49);
    assert_eq!(
        clinic.events(journal::Context::Patients).await.len(),
        1,
        "one registration"
    );
}

#[tokio::test]
async fn lists_are_paged_and_sorted() {
    let clinic = Clinic::open().await;
    let mut token = String::new();
    for name in ["Cleo", "Ada", "Bob"] {
        token = clinic.patient(name).await.header("consistency-token").to_owned();
    }
    let names = async |query: &str| {
        let page = clinic
            .get_after(&format!("/api/patients?{query}"), &token)
            .await
            .expect(200);
        let content = page.body["content"].as_array().expect("a list").clone();
        content
            .iter()
            .map(|patient| patient["name"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["Ada", "Bob", "Cleo"]);
    assert_eq!(names("sort=name,desc").await, ["Cleo", "Bob", "Ada"]);
    assert_eq!(
        names("sort=dateOfBirth,asc&sort=name,desc&size=2").await,
        ["Cleo", "Bob"]
    );
    assert_eq!(names("size=2&page=1").await, ["Cleo"]);
    let page = clinic.get("/api/patients?size=2&page=1").await.expect(200).body;
    assert_eq!(
        (&page["totalElements"], &page["totalPages"], &page["hasNext"]),
        (&json!(3), &json!(2), &json!(false))
    );
}

#[tokio::test]
async fn a_read_with_the_writers_token_is_never_stale() {
    let clinic = Clinic::open().await;
    for round in 0..25 {
        let patient = clinic.patient(&format!("Patient {round}")).await;
        let read = clinic
            .get_after(patient.header("location"), patient.header("consistency-token"))
            .await;
        assert_eq!(read.expect(200).body, patient.body);
    }
}

#[tokio::test]
async fn repeated_token_headers_equal_tokens_joined_by_commas() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await;
    // The second line names position 999 of the stream PATIENTS, far beyond its end.
    let headers = [
        ("consistency-token", john.header("consistency-token")),
        ("consistency-token", "UEFUSUVOVFM6OTk5"),
        ("prefer", "wait=0"),
    ];
    let behind = clinic.send(Method::GET, "/api/patients", &headers, None).await;
    behind.expect_problem(503, "projection-behind");
}

#[tokio::test]
async fn a_position_that_is_not_reached_in_time_is_reported() {
    let clinic = Clinic::open().await;
    let _ = clinic.patient("John Doe").await;
    // Position 999 of the stream PATIENTS, far beyond its end.
    let headers = [("consistency-token", "UEFUSUVOVFM6OTk5"), ("prefer", "wait=0")];
    let behind = clinic.send(Method::GET, "/api/patients", &headers, None).await;
    behind.expect_problem(503, "projection-behind");
    assert_eq!(behind.header("retry-after"), "1");
}
