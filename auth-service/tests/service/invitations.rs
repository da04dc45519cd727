//! Invitations: how a patient of the clinic gets an account.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, Service};

const JOHN: &str = "01980f2e-0000-7000-8000-00000000000a";
const MARY: &str = "01980f2e-0000-7000-8000-00000000000b";

async fn invite(service: &Service, admin: &str, patient: &str) -> String {
    let body = json!({"patientId": patient});
    let answer = service.post("/auth/invitations", Some(admin), body).await;
    answer.expect(201).text("invitation")
}

async fn register(service: &Service, invitation: &str, email: &str) -> Answer {
    let body = json!({"invitation": invitation, "email": email, "password": PASSWORD});
    service.post("/auth/register", None, body).await
}

#[tokio::test]
async fn an_invited_patient_makes_an_account_once() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let invitation = invite(&service, &admin, JOHN).await;
    let made = register(&service, &invitation, "John@Example.com").await.expect(201);
    assert_eq!(made.body["patientId"], JOHN);
    assert_eq!(made.body["roles"], json!(["patient"]));
    let tokens = service.login("john@example.com", PASSWORD).await.expect(200);
    service.get("/auth/me", &tokens.text("token")).await.expect(200);
    register(&service, &invitation, "other@example.com")
        .await
        .expect_problem(403, "invitation-refused");
    let again = invite(&service, &admin, JOHN).await;
    register(&service, &again, "other@example.com")
        .await
        .expect_problem(409, "account-exists");
}

#[tokio::test]
async fn a_refused_registration_does_not_use_the_invitation_up() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let invitation = invite(&service, &admin, MARY).await;
    let with = |email: &str, password: &str| json!({"invitation": invitation, "email": email, "password": password});
    for (body, pointer) in [
        (with("mary", PASSWORD), "/email"),
        (with("mary@example.com", "password1234"), "/password"),
        (with("mary@example.com", "mary@example.com"), "/password"),
    ] {
        let answer = service.post("/auth/register", None, body).await;
        answer.expect_problem(422, "validation-failed");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer);
    }
    let mut more: Value = with("mary@example.com", PASSWORD);
    for (field, value) in [
        ("role", json!("admin")),
        ("roles", json!(["admin"])),
        ("patientId", json!(JOHN)),
    ] {
        more[field] = value;
        let answer = service.post("/auth/register", None, more.clone()).await;
        answer.expect_problem(400, "invalid-request");
        more.as_object_mut().unwrap().remove(field);
    }
    register(&service, &invitation, "admin@clinic.example")
        .await
        .expect_problem(409, "account-exists");
    let made = register(&service, &invitation, "mary@example.com").await.expect(201);
    assert_eq!(made.body["patientId"], MARY);
}

#[tokio::test]
async fn an_invitation_expires_and_is_replaced_by_the_next() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let first = invite(&service, &admin, JOHN).await;
    let second = invite(&service, &admin, JOHN).await;
    register(&service, &first, "john@example.com")
        .await
        .expect_problem(403, "invitation-refused");
    service.pass(TimeDelta::days(14));
    for wrong in [second.as_str(), "ani_wrong", ""] {
        register(&service, wrong, "john@example.com")
            .await
            .expect_problem(403, "invitation-refused");
    }
}

#[tokio::test]
async fn only_an_administrator_invites() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let (_, desk) = service.front_desk(&admin, "desk@clinic.example").await;
    let body = json!({"patientId": JOHN});
    service
        .post("/auth/invitations", Some(&desk.text("token")), body.clone())
        .await
        .expect_problem(403, "not-an-administrator");
    service
        .post("/auth/invitations", None, body)
        .await
        .expect_problem(401, "not-signed-in");
}
