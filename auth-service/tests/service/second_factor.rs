//! The second factor: who needs one, how it is set up, and codes that were used.

use aws_lc_rs::hmac;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, Service};

async fn service() -> Service {
    Service::start_needing_second_factor(&["admin"]).await
}

/// What an authenticator app shows for a secret.
fn code(service: &Service, secret: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = secret
        .chars()
        .map(|c| format!("{:05b}", alphabet.find(c).unwrap()))
        .collect();
    let bytes: Vec<u8> = (0..bits.len() / 8)
        .map(|n| u8::from_str_radix(&bits[n * 8..n * 8 + 8], 2).unwrap())
        .collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let step = service.clock.now().timestamp() / 30;
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let offset = usize::from(tag.as_ref()[19] & 15);
    let word = u32::from_be_bytes(tag.as_ref()[offset..offset + 4].try_into().unwrap());
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

async fn sign_in(service: &Service, email: &str, password: &str, more: Value) -> Answer {
    let mut body = json!({"email": email, "password": password});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    service.post("/auth/login", None, body).await
}

#[tokio::test]
async fn an_account_that_needs_a_second_factor_sets_it_up_at_its_first_sign_in() {
    let service = service().await;
    let one = service.auth.first_admin("admin@clinic.example").await.unwrap().unwrap();
    let new = json!({"newPassword": PASSWORD});
    let asked = sign_in(&service, &one.email, &one.password, new.clone()).await;
    asked.expect_problem(403, "second-factor-setup-required");
    let secret = asked.text("secret");
    assert!(asked.text("uri").contains(&secret));
    // Nothing has changed yet, and the secret stays the same until it is confirmed.
    let again = sign_in(&service, &one.email, &one.password, new).await;
    assert_eq!(again.text("secret"), secret);
    let wrong = json!({"newPassword": PASSWORD, "code": "000000"});
    sign_in(&service, &one.email, &one.password, wrong)
        .await
        .expect_problem(401, "sign-in-failed");

    let right = json!({"newPassword": PASSWORD, "code": code(&service, &secret)});
    let tokens = sign_in(&service, &one.email, &one.password, right).await.expect(200);
    let codes = tokens.body["recoveryCodes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 10);
    service.get("/auth/me", &tokens.text("token")).await.expect(200);

    sign_in(&service, &one.email, PASSWORD, json!({}))
        .await
        .expect_problem(403, "second-factor-required");
    // A code is valid once, and so is each recovery code.
    let used = json!({"code": code(&service, &secret)});
    sign_in(&service, &one.email, PASSWORD, used)
        .await
        .expect_problem(401, "sign-in-failed");
    service.pass(TimeDelta::seconds(30));
    let next = json!({"code": code(&service, &secret)});
    let tokens = sign_in(&service, &one.email, PASSWORD, next).await.expect(200);
    assert!(tokens.body.get("recoveryCodes").is_none());
    let recovery = json!({"code": codes[3]});
    sign_in(&service, &one.email, PASSWORD, recovery.clone())
        .await
        .expect(200);
    sign_in(&service, &one.email, PASSWORD, recovery)
        .await
        .expect_problem(401, "sign-in-failed");
    sign_in(&service, &one.email, PASSWORD, json!({"code": codes[4]}))
        .await
        .expect(200);
}

#[tokio::test]
async fn whoever_need_not_have_a_second_factor_can_set_one_up() {
    let service = Service::start().await;
    let (email, token) = service.admin().await;
    let begin = async |password: &str| {
        let body = json!({"password": password});
        service.post("/auth/second-factor", Some(&token), body).await
    };
    let confirm = async |code: &str| {
        let body = json!({"code": code});
        service.post("/auth/second-factor/confirm", Some(&token), body).await
    };
    confirm("000000").await.expect_problem(409, "second-factor-exists");
    begin("marble otter sings 28")
        .await
        .expect_problem(401, "sign-in-failed");
    let secret = begin(PASSWORD).await.expect(200).text("secret");
    service.login(&email, PASSWORD).await.expect(200);
    confirm("000000").await.expect_problem(422, "validation-failed");
    let confirmed = confirm(&code(&service, &secret)).await.expect(200);
    assert_eq!(confirmed.body["recoveryCodes"].as_array().unwrap().len(), 10);
    begin(PASSWORD).await.expect_problem(409, "second-factor-exists");
    service
        .login(&email, PASSWORD)
        .await
        .expect_problem(403, "second-factor-required");

    let me = service.get("/auth/me", &token).await.expect(200).text("id");
    let path = format!("/auth/accounts/{me}/reset-second-factor");
    service.post(&path, Some(&token), json!(null)).await.expect(204);
    service.login(&email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_wrong_password_tells_nothing_about_the_second_factor() {
    let service = service().await;
    let one = service.auth.first_admin("admin@clinic.example").await.unwrap().unwrap();
    sign_in(
        &service,
        &one.email,
        "marble otter sings 28",
        json!({"newPassword": PASSWORD, "code": "000000"}),
    )
    .await
    .expect_problem(401, "sign-in-failed");
}
