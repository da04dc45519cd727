//! Refresh tokens: rotation, two tabs, and a stolen token.

use chrono::TimeDelta;

use crate::support::{PASSWORD, Service};

async fn signed_in(service: &Service) -> String {
    let (email, _) = service.admin().await;
    service.login(&email, PASSWORD).await.expect(200).text("refreshToken")
}

#[tokio::test]
async fn each_refresh_replaces_the_token() {
    let service = Service::start().await;
    let first = signed_in(&service).await;
    let second = service.refresh(&first).await.expect(200);
    assert_ne!(second.text("refreshToken"), first);
    service.get("/auth/me", &second.text("token")).await.expect(200);
    service.pass(TimeDelta::hours(1));
    let third = service.refresh(&second.text("refreshToken")).await.expect(200);
    service.get("/auth/me", &third.text("token")).await.expect(200);
    service
        .get("/auth/me", &second.text("token"))
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn two_tabs_get_the_same_successor_for_ten_seconds() {
    let service = Service::start().await;
    let token = signed_in(&service).await;
    let (one, other) = tokio::join!(service.refresh(&token), service.refresh(&token));
    let next = one.expect(200).text("refreshToken");
    assert_eq!(other.expect(200).text("refreshToken"), next);
    service.pass(TimeDelta::seconds(9));
    assert_eq!(service.refresh(&token).await.expect(200).text("refreshToken"), next);
    service.refresh(&next).await.expect(200);
}

#[tokio::test]
async fn a_replaced_token_ends_the_whole_session_after_ten_seconds() {
    let service = Service::start().await;
    let stolen = signed_in(&service).await;
    let next = service.refresh(&stolen).await.expect(200);
    service.pass(TimeDelta::seconds(11));
    service
        .refresh(&stolen)
        .await
        .expect_problem(401, "refresh-token-refused");
    service
        .refresh(&next.text("refreshToken"))
        .await
        .expect_problem(401, "refresh-token-refused");
    service
        .get("/auth/me", &next.text("token"))
        .await
        .expect_problem(401, "not-signed-in");
    service.login("admin@clinic.example", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_session_ends_unused_and_at_last() {
    let service = Service::start().await;
    let mut token = signed_in(&service).await;
    let unused = service
        .login("admin@clinic.example", PASSWORD)
        .await
        .expect(200)
        .text("refreshToken");
    service.pass(TimeDelta::hours(11));
    token = service.refresh(&token).await.expect(200).text("refreshToken");
    service.pass(TimeDelta::hours(1));
    service
        .refresh(&unused)
        .await
        .expect_problem(401, "refresh-token-refused");
    for _ in 0..15 {
        service.pass(TimeDelta::hours(10));
        token = service.refresh(&token).await.expect(200).text("refreshToken");
    }
    service.pass(TimeDelta::hours(10));
    service
        .refresh(&token)
        .await
        .expect_problem(401, "refresh-token-refused");
}

#[tokio::test]
async fn an_access_token_is_no_refresh_token_nor_the_reverse() {
    let service = Service::start().await;
    let (email, access) = service.admin().await;
    let refresh = service.login(&email, PASSWORD).await.expect(200).text("refreshToken");
    service
        .refresh(&access)
        .await
        .expect_problem(401, "refresh-token-refused");
    service
        .get("/auth/me", &refresh)
        .await
        .expect_problem(401, "not-signed-in");
}
