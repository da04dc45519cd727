//! The accounts of staff, managed by an administrator.

use axum::http::Method;
use serde_json::json;

use crate::support::{PASSWORD, Service};

const NOBODY: &str = "01980f2e-0000-7000-8000-00000000ffff";

#[tokio::test]
async fn an_administrator_creates_accounts_and_lists_them() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let body = json!({"email": "Doc@Clinic.example", "roles": ["practitioner", "admin"], "practitionerId": NOBODY});
    let made = service.post("/auth/accounts", Some(&admin), body).await.expect(201);
    let account = &made.body["account"];
    assert_eq!(account["email"], "doc@clinic.example");
    assert_eq!(account["roles"], json!(["admin", "practitioner"]));
    assert_eq!(account["practitionerId"], NOBODY);
    assert_eq!(account["mustChangePassword"], true);
    let path = made.headers["location"].to_str().unwrap();
    assert_eq!(&service.get(path, &admin).await.expect(200).body, account);
    let list = service.get("/auth/accounts?size=1&page=1", &admin).await.expect(200);
    assert_eq!(list.body["totalElements"], 2);
    assert_eq!(&list.body["content"][0], account);
}

#[tokio::test]
async fn wrong_accounts_are_refused_and_nothing_is_stored() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    for (body, pointer) in [
        (json!({"email": "doc", "roles": ["admin"]}), "/email"),
        (json!({"email": "d@c.example", "roles": []}), "/roles"),
        (json!({"email": "d@c.example", "roles": ["king"]}), "/roles"),
        (json!({"email": "d@c.example", "roles": ["patient"]}), "/roles"),
        (json!({"email": "d@c.example", "roles": ["service"]}), "/roles"),
        (json!({"email": "d@c.example", "roles": ["practitioner"]}), "/roles"),
        (
            json!({"email": "d@c.example", "roles": ["billing"], "practitionerId": NOBODY}),
            "/roles",
        ),
    ] {
        let answer = service.post("/auth/accounts", Some(&admin), body).await;
        answer.expect_problem(422, "validation-failed");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer);
    }
    let same = json!({"email": "ADMIN@clinic.example", "roles": ["billing"]});
    service
        .post("/auth/accounts", Some(&admin), same)
        .await
        .expect_problem(409, "account-exists");
    let list = service.get("/auth/accounts", &admin).await.expect(200);
    assert_eq!(list.body["totalElements"], 1);
    for query in ["?size=101", "?page=-1", "?size=0", "?sort=email"] {
        let answer = service.get(&format!("/auth/accounts{query}"), &admin).await;
        answer.expect_problem(400, "invalid-request");
    }
}

#[tokio::test]
async fn only_an_administrator_manages_accounts() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let (id, tokens) = service.front_desk(&admin, "desk@clinic.example").await;
    let token = tokens.text("token");
    let roles = json!({"roles": ["admin"]});
    let one = format!("/auth/accounts/{id}");
    for (method, path, body) in [
        (Method::GET, "/auth/accounts".to_owned(), None),
        (Method::GET, one.clone(), None),
        (
            Method::POST,
            "/auth/accounts".to_owned(),
            Some(json!({"email": "a@b.example", "roles": ["admin"]})),
        ),
        (Method::PUT, format!("{one}/roles"), Some(roles)),
        (Method::POST, format!("{one}/disable"), None),
        (Method::POST, format!("{one}/enable"), None),
        (Method::POST, format!("{one}/reset-password"), None),
    ] {
        let refused = service.send(method.clone(), &path, Some(&token), body.clone()).await;
        refused.expect_problem(403, "not-an-administrator");
        let refused = service.send(method, &path, None, body).await;
        refused.expect_problem(401, "not-signed-in");
    }
    let me = service.get("/auth/me", &token).await.expect(200);
    assert_eq!(me.body["roles"], json!(["front-desk"]));
}

#[tokio::test]
async fn other_roles_a_disabled_account_and_a_reset_end_the_sessions() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let (id, tokens) = service.front_desk(&admin, "desk@clinic.example").await;
    let one = format!("/auth/accounts/{id}");
    let ended = async |token: &str, refresh: &str| {
        service
            .get("/auth/me", token)
            .await
            .expect_problem(401, "not-signed-in");
        service
            .refresh(refresh)
            .await
            .expect_problem(401, "refresh-token-refused");
    };

    let body = json!({"roles": ["billing"]});
    let path = format!("{one}/roles");
    let changed = service
        .send(Method::PUT, &path, Some(&admin), Some(body))
        .await
        .expect(200);
    assert_eq!(changed.body["roles"], json!(["billing"]));
    ended(&tokens.text("token"), &tokens.text("refreshToken")).await;

    let tokens = service.login("desk@clinic.example", PASSWORD).await.expect(200);
    let path = format!("{one}/disable");
    service.post(&path, Some(&admin), json!(null)).await.expect(200);
    ended(&tokens.text("token"), &tokens.text("refreshToken")).await;
    service
        .login("desk@clinic.example", PASSWORD)
        .await
        .expect_problem(401, "sign-in-failed");
    let path = format!("{one}/enable");
    service.post(&path, Some(&admin), json!(null)).await.expect(200);

    let tokens = service.login("desk@clinic.example", PASSWORD).await.expect(200);
    let path = format!("{one}/reset-password");
    let reset = service.post(&path, Some(&admin), json!(null)).await.expect(200);
    ended(&tokens.text("token"), &tokens.text("refreshToken")).await;
    service
        .login("desk@clinic.example", &reset.text("oneTimePassword"))
        .await
        .expect_problem(403, "password-change-required");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let me = service.get("/auth/me", &admin).await.expect(200).text("id");
    let roles = json!({"roles": ["auditor"]});
    let path = format!("/auth/accounts/{me}/roles");
    service
        .send(Method::PUT, &path, Some(&admin), Some(roles))
        .await
        .expect_problem(409, "last-administrator");
    let path = format!("/auth/accounts/{me}/disable");
    service
        .post(&path, Some(&admin), json!(null))
        .await
        .expect_problem(409, "last-administrator");
    service.get("/auth/me", &admin).await.expect(200);
}

#[tokio::test]
async fn an_unknown_account_is_not_found() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let one = format!("/auth/accounts/{NOBODY}");
    service.get(&one, &admin).await.expect_problem(404, "not-found");
    for deed in ["disable", "enable", "reset-password"] {
        let answer = service.post(&format!("{one}/{deed}"), Some(&admin), json!(null)).await;
        answer.expect_problem(404, "not-found");
    }
    let path = format!("{one}/roles");
    let body = Some(json!({"roles": ["billing"]}));
    service
        .send(Method::PUT, &path, Some(&admin), body)
        .await
        .expect_problem(404, "not-found");
}
