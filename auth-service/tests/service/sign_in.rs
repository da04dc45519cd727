//! Signing in and out, and changing the own password.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::Row as _;

use crate::support::{PASSWORD, Service};

#[tokio::test]
async fn a_person_signs_in_in_any_spelling_and_sees_their_account() {
    let service = Service::start().await;
    service.admin().await;
    let tokens = service.login("ADMIN@Clinic.Example", PASSWORD).await.expect(200);
    assert_eq!(tokens.body["token"], tokens.body["accessToken"]);
    assert_eq!(tokens.body["expiresIn"], 900);
    assert_eq!(tokens.body["tokenType"], "Bearer");
    let me = service.get("/auth/me", &tokens.text("token")).await.expect(200);
    assert_eq!(me.body["email"], "admin@clinic.example");
    assert_eq!(me.body["roles"], json!(["admin"]));
    assert_eq!(me.body["mustChangePassword"], false);
}

#[tokio::test]
async fn wrong_unknown_disabled_and_malformed_get_the_same_answer() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let (id, _) = service.front_desk(&admin, "eve@clinic.example").await;
    let path = format!("/auth/accounts/{id}/disable");
    service.post(&path, Some(&admin), json!(null)).await.expect(200);
    let mut answers = Vec::new();
    for (email, password) in [
        ("admin@clinic.example", "marble otter sings 28"),
        ("nobody@clinic.example", PASSWORD),
        ("eve@clinic.example", PASSWORD),
        ("no address", PASSWORD),
        ("admin@clinic.example", ""),
    ] {
        let answer = service.login(email, password).await;
        answer.expect_problem(401, "sign-in-failed");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        answers.push(answer.body);
    }
    answers.dedup_by_key(|body| body["detail"].clone());
    assert_eq!(answers.len(), 1);
}

#[tokio::test]
async fn unknown_fields_and_other_types_are_refused() {
    let service = Service::start().await;
    for body in [
        json!({"email": "a@b.example", "password": PASSWORD, "role": "admin"}),
        json!({"email": "a@b.example"}),
        json!({"email": "a@b.example", "password": 7}),
    ] {
        let answer = service.post("/auth/login", None, body).await;
        answer.expect_problem(400, "invalid-request");
    }
}

#[tokio::test]
async fn a_one_time_password_is_replaced_when_it_is_used_and_expires() {
    let service = Service::start().await;
    let one = service.auth.first_admin("admin@clinic.example").await.unwrap().unwrap();
    let answer = service.login(&one.email, &one.password).await;
    answer.expect_problem(403, "password-change-required");
    let with = |new: &str| json!({"email": one.email, "password": one.password, "newPassword": new});
    for weak in ["short", "password1234", &one.password] {
        let answer = service.post("/auth/login", None, with(weak)).await;
        answer.expect_problem(422, "validation-failed");
        assert_eq!(answer.body["errors"][0]["pointer"], "/newPassword");
    }
    service.post("/auth/login", None, with(PASSWORD)).await.expect(200);
    let again = service
        .post("/auth/login", None, with("garden lantern 88 copper"))
        .await;
    again.expect_problem(401, "sign-in-failed");

    let admin = service.login(&one.email, PASSWORD).await.expect(200).text("token");
    let body = json!({"email": "late@clinic.example", "roles": ["auditor"]});
    let late = service.post("/auth/accounts", Some(&admin), body).await.expect(201);
    service.pass(TimeDelta::days(7));
    let body =
        json!({"email": "late@clinic.example", "password": late.text("oneTimePassword"), "newPassword": PASSWORD});
    service
        .post("/auth/login", None, body)
        .await
        .expect_problem(401, "sign-in-failed");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_no_other() {
    let service = Service::start().await;
    let (email, first) = service.admin().await;
    let second = service.login(&email, PASSWORD).await.expect(200);
    service
        .post("/auth/logout", Some(&first), json!(null))
        .await
        .expect(204);
    service
        .get("/auth/me", &first)
        .await
        .expect_problem(401, "not-signed-in");
    service.get("/auth/me", &second.text("token")).await.expect(200);
    service.refresh(&second.text("refreshToken")).await.expect(200);
}

#[tokio::test]
async fn the_own_sessions_are_listed_and_ended_and_nobody_elses() {
    let service = Service::start().await;
    let (email, first) = service.admin().await;
    service.pass(TimeDelta::minutes(1));
    let second = service.login(&email, PASSWORD).await.expect(200).text("token");
    let (_, other) = service.front_desk(&first, "desk@clinic.example").await;

    let list = service.get("/auth/sessions", &second).await.expect(200);
    assert_eq!(list.body["totalElements"], 2);
    let current = list.body["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| session["current"].clone());
    assert_eq!(current.collect::<Vec<_>>(), [json!(true), json!(false)]);

    let old = list.body["content"][1]["id"].as_str().unwrap();
    let path = format!("/auth/sessions/{old}");
    service
        .delete(&path, &other.text("token"))
        .await
        .expect_problem(404, "not-found");
    service.delete(&path, &second).await.expect(204);
    service
        .get("/auth/me", &first)
        .await
        .expect_problem(401, "not-signed-in");
    service.delete(&path, &second).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn changing_the_password_needs_the_present_one_and_ends_the_other_sessions() {
    let service = Service::start().await;
    let (email, first) = service.admin().await;
    let second = service.login(&email, PASSWORD).await.expect(200).text("token");
    let change = |current: &str, new: &str| json!({"currentPassword": current, "newPassword": new});
    let new = "garden lantern 88 copper";
    service
        .post("/auth/password", Some(&second), change("marble otter sings 28", new))
        .await
        .expect_problem(401, "sign-in-failed");
    service
        .post("/auth/password", Some(&second), change(PASSWORD, PASSWORD))
        .await
        .expect_problem(422, "validation-failed");
    service
        .post("/auth/password", Some(&second), change(PASSWORD, new))
        .await
        .expect(204);
    service
        .get("/auth/me", &first)
        .await
        .expect_problem(401, "not-signed-in");
    service.get("/auth/me", &second).await.expect(200);
    service
        .login(&email, PASSWORD)
        .await
        .expect_problem(401, "sign-in-failed");
    service.login(&email, new).await.expect(200);
}

#[tokio::test]
async fn a_token_can_be_checked() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let check = async |token: &str| {
        let answer = service
            .post("/auth/validate-token", None, json!({"token": token}))
            .await;
        answer.expect(200).body
    };
    let valid = check(&admin).await;
    assert_eq!(valid["valid"], true);
    assert_eq!(valid["roles"], json!(["admin"]));
    assert_eq!(valid["expiresAt"], "2027-01-04T08:15:00Z");
    assert_eq!(check("").await, json!({"valid": false}));
    assert_eq!(check(&"x".repeat(8192)).await, json!({"valid": false}));
    service.pass(TimeDelta::minutes(16));
    assert_eq!(check(&admin).await, json!({"valid": false}));
}

#[tokio::test]
async fn only_hashes_of_secrets_are_stored() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let (_, tokens) = service.front_desk(&admin, "desk@clinic.example").await;
    let mut found = String::new();
    for table in ["account", "session", "refresh_token", "signing_key"] {
        let statement = format!("SELECT coalesce(string_agg(t::text, ' '), '') FROM auth.{table} t");
        let row = sqlx::query(sqlx::AssertSqlSafe(statement))
            .fetch_one(&service.pool)
            .await
            .unwrap();
        found += &row.try_get::<String, _>(0).unwrap();
    }
    assert!(found.contains("$argon2id$"));
    let refresh = tokens.text("refreshToken");
    let hex: String = refresh.bytes().map(|byte| format!("{byte:02x}")).collect();
    for secret in [PASSWORD, &refresh, &hex, &tokens.text("token")] {
        assert!(!found.contains(secret));
    }
}
