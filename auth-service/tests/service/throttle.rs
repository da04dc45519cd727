//! Guessing passwords.

use chrono::TimeDelta;

use crate::support::{PASSWORD, Service};

#[tokio::test]
async fn guesses_are_throttled_and_an_unknown_account_alike() {
    let service = Service::start().await;
    let (email, _) = service.admin().await;
    for email in [email.as_str(), "nobody@clinic.example"] {
        for _ in 0..10 {
            let answer = service.login(email, "marble otter sings 28").await;
            answer.expect_problem(401, "sign-in-failed");
        }
        let answer = service.login(email, PASSWORD).await;
        answer.expect_problem(429, "too-many-sign-ins");
        let wait: i64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((60..=61).contains(&wait), "{wait}");
    }
    service.pass(TimeDelta::seconds(61));
    service.login(&email, PASSWORD).await.expect(200);
}
