//! Bad input gets a response that names the field, and changes nothing.

use journal::Context;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Clinic, PATIENCE, bad_input::Deed};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// All commands that create a resource.
fn deeds() -> [Deed; 3] {
    let person = "01980f2e-0000-7000-8000-000000000001";
    let create = |path: &str, valid| Deed::new(Method::POST, path, Some(valid));
    [
        create(
            "/api/patients",
            json!({"name":"John Doe","dateOfBirth":"1990-01-01","email":"john@example.com","phone":"+1-555-0102",
                   "address":"123 Main St","gender":"male","identifiers":[{"system":"urn:mrn","value":"A-17"}]}),
        )
        .requires(&["/name", "/dateOfBirth", "/identifiers/0/system", "/identifiers/0/value"]),
        create(
            "/api/practitioners",
            json!({"name":"Dr Ada Ruiz","specialty":"Cardiology","timeZone":"America/New_York"}),
        )
        .requires(&["/name", "/timeZone"]),
        create(
            "/api/appointments",
            json!({"patientId":person,"practitionerId":person,"startTime":"2027-01-11T15:00:00Z",
                   "endTime":"2027-01-11T15:30:00Z","reason":"Check-up"}),
        )
        .requires(&["/patientId", "/practitionerId", "/startTime", "/endTime"]),
    ]
}

async fn nothing_is_stored(clinic: &Clinic) {
    for context in Context::ALL {
        assert_eq!(clinic.stream(context).await.commits, 0, "{context}");
    }
}

#[tokio::test]
async fn every_missing_null_or_mistyped_field_is_named() {
    let clinic = Clinic::open().await;
    for deed in deeds() {
        deed.names_what_is_misshapen(&clinic).await;
    }
    nothing_is_stored(&clinic).await;
}

#[tokio::test]
async fn all_invalid_values_are_named_at_once() {
    let clinic = Clinic::open().await;
    let table = [
        (
            "/api/patients",
            json!({"name":" ","dateOfBirth":"2090-01-01"}),
            vec!["/name", "/dateOfBirth"],
        ),
        (
            "/api/patients",
            json!({"name":"x".repeat(201),"dateOfBirth":"1890-01-01"}),
            vec!["/name", "/dateOfBirth"],
        ),
        (
            "/api/patients",
            json!({"name":"J","dateOfBirth":"1990-01-01","email":"john","phone":"call me","address":"","gender":"m"}),
            vec!["/email", "/phone", "/address", "/gender"],
        ),
        (
            "/api/patients",
            json!({"name":"J","dateOfBirth":"1990-01-01","identifiers":[{"system":"urn:a","value":"1"},{"system":"b","value":"2"}]}),
            vec!["/identifiers/1"],
        ),
        (
            "/api/patients",
            json!({"name":"J","dateOfBirth":"1990-01-01","identifiers":[{"system":"urn:a","value":"1"},{"system":"urn:a","value":"2"}]}),
            vec!["/identifiers"],
        ),
        (
            "/api/practitioners",
            json!({"name":"","timeZone":"Mars/Olympus","email":"x"}),
            vec!["/name", "/timeZone", "/email"],
        ),
    ];
    let someone = "01980f2e-0000-7000-8000-000000000001";
    let times =
        |start: &str, end: &str| json!({"patientId":someone,"practitionerId":someone,"startTime":start,"endTime":end});
    let table = table.into_iter().chain([
        (
            "/api/patients",
            json!({"name":"J","dateOfBirth":"1990-01-01","identifiers":[{"system":"urn:\u{0}","value":"1"}]}),
            vec!["/identifiers/0"],
        ),
        (
            "/api/appointments",
            {
                let mut overbooked = times("2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z");
                overbooked["overbooking"] = json!({"reason": " "});
                overbooked
            },
            vec!["/overbooking/reason"],
        ),
        (
            "/api/appointments",
            times("+10000-01-11T15:00:00Z", "+10000-01-11T15:30:00Z"),
            vec!["/startTime"],
        ),
        (
            "/api/appointments",
            times("-0044-03-15T12:00:00Z", "2027-01-11T15:30:00Z"),
            vec!["/startTime"],
        ),
        (
            "/api/appointments",
            times("2027-01-11T15:00:00Z", "+262142-12-31T20:00:00Z"),
            vec!["/endTime"],
        ),
    ]);
    for (path, body, faults) in table {
        let answer = clinic.post(path, body).await;
        answer.expect_problem(422, "validation-failed");
        assert_eq!(answer.faults(), faults);
    }
    nothing_is_stored(&clinic).await;
}

#[tokio::test]
async fn a_body_that_is_not_json_too_large_or_of_another_media_type_is_refused() {
    let clinic = Clinic::open().await;
    let post = async |content_type: &str, body: String| {
        let request = reqwest::Client::new().post(format!("http://{}/api/patients", clinic.address()));
        let answer = request
            .header("content-type", content_type)
            .body(body)
            .send()
            .await
            .expect("an answer");
        (
            answer.status().as_u16(),
            answer.json::<Value>().await.expect("a problem")["type"].clone(),
        )
    };
    let json_type = "application/json";
    assert_eq!(
        post(json_type, "{\"name\":".to_owned()).await,
        (400, json!("/errors/malformed-json"))
    );
    assert_eq!(
        post(json_type, String::new()).await,
        (400, json!("/errors/malformed-json"))
    );
    assert_eq!(
        post("text/plain", "{}".to_owned()).await,
        (415, json!("/errors/unsupported-media-type"))
    );
    let huge = format!("{{\"name\":\"{}\"}}", "x".repeat(300_000));
    assert_eq!(post(json_type, huge).await, (413, json!("/errors/body-too-large")));
    nothing_is_stored(&clinic).await;
}

#[tokio::test]
async fn a_half_sent_request_is_ended() {
    let mut settings = system_tests::fresh_settings().await;
    settings.http.header_read_timeout_ms = 200;
    settings.http.request_timeout_ms = 300;
    let clinic = Clinic::open_with(settings).await;
    for half in [
        "POST /api/patients HTTP/1.1\r\nHost: clinic\r\nContent-",
        "POST /api/patients HTTP/1.1\r\nHost: clinic\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"na",
    ] {
        let mut stream = TcpStream::connect(clinic.address()).await.expect("a connection");
        stream.write_all(half.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer))
            .await
            .expect("ended")
            .expect("readable");
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("/errors/request-timeout"), "{answer}");
    }
    nothing_is_stored(&clinic).await;
}

#[tokio::test]
async fn query_parameters_are_validated() {
    let clinic = Clinic::open().await;
    for (path, parameter) in [
        ("/api/patients/not-a-uuid", "id"),
        ("/api/patients?page=-1", "page"),
        ("/api/patients?size=0", "size"),
        ("/api/patients?size=101", "size"),
        ("/api/patients?sort=shoeSize,asc", "sort"),
        ("/api/patients?sort=name,sideways", "sort"),
        ("/api/patients?shoeSize=43", "shoeSize"),
        ("/api/appointments?from=yesterday", "from"),
        ("/api/appointments?to=2027-02-30", "to"),
        ("/api/appointments?from=2027-01-01&timeZone=Mars/Olympus", "timeZone"),
        ("/api/appointments?from=-5000-01-01T00:00:00Z", "from"),
        (
            "/api/appointments?from=2027-01-02T00:00:00Z&to=2027-01-01T00:00:00Z",
            "to",
        ),
        ("/api/appointments?status=lost", "status"),
        ("/api/appointments?patientId=7", "patientId"),
    ] {
        let answer = clinic.get(path).await;
        answer.expect_problem(400, "invalid-request");
        assert_eq!(answer.faults(), [parameter], "{path}");
    }
    let token = clinic
        .send(Method::GET, "/api/patients", &[("consistency-token", "nonsense")], None)
        .await;
    token.expect_problem(400, "invalid-request");
    assert_eq!(token.faults(), ["Consistency-Token"]);
}

#[tokio::test]
async fn unknown_resources_and_paths_are_not_found() {
    let clinic = Clinic::open().await;
    let nobody = "01980f2e-0000-7000-8000-000000000001";
    for path in ["/api/shoes", "/api", "/shoes"] {
        clinic.get(path).await.expect_problem(404, "not-found");
    }
    for noun in ["patients", "practitioners", "appointments"] {
        clinic
            .get(&format!("/api/{noun}/{nobody}"))
            .await
            .expect_problem(404, "not-found");
    }
    clinic
        .put(&format!("/api/patients/{nobody}"), json!({"name":"J"}))
        .await
        .expect_problem(404, "not-found");
    clinic
        .send(Method::PATCH, "/api/patients", &[], None)
        .await
        .expect_problem(405, "method-not-allowed");
}

#[tokio::test]
async fn no_response_repeats_the_input() {
    let clinic = Clinic::open().await;
    let secret = "Xanthippe";
    for (path, body) in [
        ("/api/patients", json!({"name":"J","dateOfBirth":secret})),
        ("/api/patients", json!({"name":[secret],"dateOfBirth":"1990-01-01"})),
        (
            "/api/patients",
            json!({"name":"J","dateOfBirth":"1990-01-01","email":secret}),
        ),
        (
            "/api/patients",
            json!({"name":"J","dateOfBirth":"1990-01-01","gender":secret}),
        ),
        ("/api/practitioners", json!({"name":"J","timeZone":secret})),
        ("/api/appointments", json!({"patientId":secret})),
    ] {
        let answer = clinic.post(path, body).await;
        assert!(answer.status.is_client_error());
        assert!(!answer.body.to_string().contains(secret), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_change_can_clear_only_optional_fields() {
    let clinic = Clinic::open().await;
    let body = json!({"name":"John","dateOfBirth":"1990-01-01","identifiers":[{"system":"urn:mrn","value":"A-17"}]});
    let john = clinic.post("/api/patients", body).await.expect(201);
    for field in ["name", "dateOfBirth"] {
        let refused = clinic.put(john.header("location"), json!({ field: null })).await;
        refused.expect_problem(422, "validation-failed");
        assert_eq!(refused.faults(), [format!("/{field}")]);
    }
    let cleared = clinic
        .put(john.header("location"), json!({"identifiers":null}))
        .await
        .expect(200);
    assert_eq!(cleared.body["identifiers"], json!([]));
}
