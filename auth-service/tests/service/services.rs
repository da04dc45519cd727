//! Services: other systems, which exchange a key for access tokens.

use axum::http::Method;
use serde_json::json;

use crate::support::Service;

#[tokio::test]
async fn a_service_exchanges_its_key_for_a_token() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let body = json!({"name": "Laboratory system"});
    let made = service.post("/auth/services", Some(&admin), body).await.expect(201);
    assert_eq!(made.body["account"]["roles"], json!(["service"]));
    let token = service
        .post("/auth/token", None, json!({"key": made.text("key")}))
        .await
        .expect(200);
    assert_eq!(token.body["token"], token.body["accessToken"]);
    assert!(token.body.get("refreshToken").is_none());
    let me = service.get("/auth/me", &token.text("token")).await.expect(200);
    assert_eq!(me.body["name"], "Laboratory system");
    service
        .get("/auth/accounts", &token.text("token"))
        .await
        .expect_problem(403, "not-an-administrator");
    for wrong in ["", "ans_wrong", &token.text("token")] {
        service
            .post("/auth/token", None, json!({"key": wrong}))
            .await
            .expect_problem(401, "service-key-refused");
    }
}

#[tokio::test]
async fn a_key_is_replaced_without_an_interruption() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let body = json!({"name": "Laboratory system"});
    let first = service.post("/auth/services", Some(&admin), body).await.expect(201);
    let id = first.body["account"]["id"].as_str().unwrap();
    let keys = format!("/auth/services/{id}/keys");
    let second = service.post(&keys, Some(&admin), json!(null)).await.expect(201);
    let exchange = async |key: &str| service.post("/auth/token", None, json!({"key": key})).await;
    let old = exchange(&first.text("key")).await.expect(200).text("token");
    exchange(&second.text("key")).await.expect(200);
    let one = format!("{keys}/{}", first.text("keyId"));
    service.delete(&one, &admin).await.expect(204);
    exchange(&first.text("key"))
        .await
        .expect_problem(401, "service-key-refused");
    service.get("/auth/me", &old).await.expect_problem(401, "not-signed-in");
    exchange(&second.text("key")).await.expect(200);
    service.delete(&one, &admin).await.expect_problem(404, "not-found");
    for _ in 0..4 {
        service.post(&keys, Some(&admin), json!(null)).await.expect(201);
    }
    service
        .post(&keys, Some(&admin), json!(null))
        .await
        .expect_problem(409, "too-many-keys");
    let path = format!("/auth/accounts/{id}/disable");
    service.post(&path, Some(&admin), json!(null)).await.expect(200);
    exchange(&second.text("key"))
        .await
        .expect_problem(401, "service-key-refused");
}

#[tokio::test]
async fn a_service_is_no_person() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    for (body, status, slug) in [
        (json!({"name": " "}), 422, "validation-failed"),
        (json!({"name": "x".repeat(101)}), 422, "validation-failed"),
        (json!({"name": "Lab", "roles": ["admin"]}), 400, "invalid-request"),
    ] {
        let answer = service.post("/auth/services", Some(&admin), body).await;
        answer.expect_problem(status, slug);
    }
    let made = service
        .post("/auth/services", Some(&admin), json!({"name": "Lab"}))
        .await
        .expect(201);
    service
        .post("/auth/services", Some(&admin), json!({"name": "Lab"}))
        .await
        .expect_problem(409, "account-exists");
    let id = made.body["account"]["id"].as_str().unwrap();
    let path = format!("/auth/accounts/{id}/reset-password");
    service
        .post(&path, Some(&admin), json!(null))
        .await
        .expect_problem(404, "not-found");
    let path = format!("/auth/accounts/{id}/roles");
    let body = Some(json!({"roles": ["admin"]}));
    service
        .send(Method::PUT, &path, Some(&admin), body)
        .await
        .expect_problem(404, "not-found");
}
