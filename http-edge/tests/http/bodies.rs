//! JSON bodies: an error names the field and its requirement, and never the value.

use axum::{Router, routing::post as post_route};
use http_edge::{HttpLimits, Json, json};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::support::{limits, post, send, start};

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Registration {
    name: String,
    patient_id: Option<Uuid>,
    #[serde(default)]
    identifiers: Vec<Identifier>,
    born: Option<chrono::NaiveDate>,
    starts: Option<chrono::DateTime<chrono::Utc>>,
    gender: Option<Gender>,
    age: Option<u8>,
    active: Option<bool>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Identifier {
    system: String,
    value: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Gender {
    Female,
    Male,
}

fn app() -> Router {
    Router::new().route(
        "/patients",
        post_route(|Json(body): Json<Registration>| async move { axum::Json(body) }),
    )
}

const UNKNOWN: &str =
    "is not a known field; the known ones are name, patientId, identifiers, born, starts, gender, age, active";

#[test]
fn each_error_names_its_field_and_its_requirement() {
    let cases = [
        ("{}", "/name", "is required"),
        (r#"{"name":7}"#, "/name", "must be a string"),
        (r#"{"name":null}"#, "/name", "must be a string"),
        (r#"{"name":"Jane Roe","nmae":"x"}"#, "/nmae", UNKNOWN),
        (r#"{"name":"Jane Roe","a/b~":1}"#, "/a~1b~0", UNKNOWN),
        (
            r#"{"name":"Jane Roe","name":"Jane Roe"}"#,
            "/name",
            "must not appear more than once",
        ),
        (
            r#"{"name":"Jane Roe","patientId":"Jane Roe"}"#,
            "/patientId",
            "must be a UUID",
        ),
        (r#"{"name":"Jane Roe","patientId":7}"#, "/patientId", "must be a UUID"),
        (
            r#"{"name":"Jane Roe","identifiers":{}}"#,
            "/identifiers",
            "must be an array",
        ),
        (
            r#"{"name":"Jane Roe","identifiers":["Jane Roe"]}"#,
            "/identifiers/0",
            "must be an object",
        ),
        (
            r#"{"name":"Jane Roe","identifiers":[{"system":"s"}]}"#,
            "/identifiers/0/value",
            "is required",
        ),
        (
            r#"{"name":"Jane Roe","identifiers":[{"system":"s","value":"v"},{"system":"s","value":"v","x":1}]}"#,
            "/identifiers/1/x",
            "is not a known field; the known ones are system, value",
        ),
        (
            r#"{"name":"Jane Roe","identifiers":[{"system":1,"value":"v"}]}"#,
            "/identifiers/0/system",
            "must be a string",
        ),
        (
            r#"{"name":"Jane Roe","born":"Jane Roe"}"#,
            "/born",
            "must be a valid date or time in RFC 3339",
        ),
        (
            r#"{"name":"Jane Roe","born":"1990-02-30"}"#,
            "/born",
            "must be a valid date or time in RFC 3339",
        ),
        (
            r#"{"name":"Jane Roe","born":7}"#,
            "/born",
            "must be a date, such as 1990-01-31",
        ),
        (
            r#"{"name":"Jane Roe","starts":7}"#,
            "/starts",
            "must be a date and time in RFC 3339, such as 2027-01-11T15:00:00Z",
        ),
        (
            r#"{"name":"Jane Roe","gender":"Jane Roe"}"#,
            "/gender",
            "must be female or male",
        ),
        (
            r#"{"name":"Jane Roe","gender":7}"#,
            "/gender",
            "must be one of the documented values",
        ),
        (
            r#"{"name":"Jane Roe","age":300}"#,
            "/age",
            "must be a whole number from 0 to 255",
        ),
        (
            r#"{"name":"Jane Roe","age":-1}"#,
            "/age",
            "must be a whole number from 0 to 255",
        ),
        (
            r#"{"name":"Jane Roe","age":1.5}"#,
            "/age",
            "must be a whole number from 0 to 255",
        ),
        (
            r#"{"name":"Jane Roe","active":"Jane Roe"}"#,
            "/active",
            "must be true or false",
        ),
        (r#""Jane Roe""#, "", "must be an object"),
        ("[]", "", "must be an object"),
        ("null", "", "must be an object"),
    ];
    for (body, pointer, message) in cases {
        let problem = json::parse::<Registration>(body.as_bytes()).expect_err(body);
        let errors = &problem.body().errors;
        assert_eq!(problem.body().kind, "/errors/invalid-request", "{body}");
        assert_eq!(
            (errors[0].pointer.as_deref(), errors[0].message.as_str()),
            (Some(pointer), message),
            "{body}"
        );
        assert!(!format!("{problem:?}").contains("Jane"), "{problem:?}");
    }
}

#[test]
fn bad_syntax_is_reported_with_its_position() {
    let deep = format!(r#"{{"name":{}"#, "[".repeat(100_000));
    let cases: [(&[u8], &str); 8] = [
        (b"", "the body is empty"),
        (b"{", "EOF while parsing an object at line 1 column 1"),
        (b"{\"name\": Jane}", "expected value at line 1 column 10"),
        (b"{\n \"name\": \"Jane\",\n}", "trailing comma at line 3 column 1"),
        (b"{\"name\":\"Jane\"} {}", "trailing characters at line 1 column 17"),
        (
            b"{\"name\":\"Jane\xff\"}",
            "invalid unicode code point at line 1 column 14",
        ),
        (b"{'name':1}", "key must be a string at line 1 column 2"),
        (
            b"{\"name\":\"Ja\nne\"}",
            "control character (\\u0000-\\u001F) found while parsing a string at line 2 column 0",
        ),
    ];
    for (body, detail) in cases {
        let problem = json::parse::<Registration>(body).expect_err(detail);
        assert_eq!(problem.body().kind, "/errors/malformed-json");
        assert_eq!(problem.body().detail.as_deref(), Some(detail));
    }
    let problem = json::parse::<serde_json::Value>(deep.as_bytes()).expect_err("too deep");
    assert!(
        problem
            .body()
            .detail
            .as_deref()
            .is_some_and(|detail| detail.starts_with("recursion limit exceeded"))
    );
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let server = start(app(), limits()).await;
    let body = r#"{"name":"Jane Roe"}"#;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        "application/jsonx",
        "x/y+json",
    ] {
        let problem = post(&server, "/patients", content_type, body)
            .await
            .problem(415, "unsupported-media-type");
        assert_eq!(problem.errors[0].parameter.as_deref(), Some("Content-Type"));
        assert_eq!(problem.instance.as_deref(), Some("/patients"));
    }
    for content_type in [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/merge-patch+json",
    ] {
        assert_eq!(post(&server, "/patients", content_type, body).await.status, 200);
    }
}

#[tokio::test]
async fn an_oversized_body_is_refused_with_or_without_a_length() {
    let server = start(
        app(),
        HttpLimits {
            body_limit_bytes: 64,
            ..limits()
        },
    )
    .await;
    let body = format!(r#"{{"name":"{}"}}"#, "x".repeat(100));
    let problem = post(&server, "/patients", "application/json", &body)
        .await
        .problem(413, "body-too-large");
    assert_eq!(problem.detail.as_deref(), Some("the body must not exceed 64 bytes"));
    let chunked = format!(
        "POST /patients HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n\
         {:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    send(&server, &chunked).await.problem(413, "body-too-large");
}

#[tokio::test]
async fn a_fault_reaches_the_client_as_a_document() {
    let server = start(app(), limits()).await;
    let problem = post(&server, "/patients", "application/json", "{}")
        .await
        .problem(400, "invalid-request");
    assert_eq!(problem.detail.as_deref(), Some("/name is required"));
    assert_eq!(problem.instance.as_deref(), Some("/patients"));
    assert_eq!(problem.trace_id.map(|id| id.len()), Some(32));
}
