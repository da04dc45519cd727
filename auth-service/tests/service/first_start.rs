//! The accounts that exist before anybody has signed in.

use auth_service::DemoPeople;
use serde_json::json;
use uuid::Uuid;

use crate::support::Service;

#[tokio::test]
async fn the_first_start_makes_one_administrator_however_many_processes_start() {
    let service = Service::start().await;
    let replica = service.replica().await;
    assert!(!service.auth.has_admin().await.unwrap());
    let (one, other) = tokio::join!(
        service.auth.first_admin("admin@clinic.example"),
        replica.auth.first_admin("admin@clinic.example")
    );
    let made: Vec<_> = [one.unwrap(), other.unwrap()].into_iter().flatten().collect();
    assert_eq!(made.len(), 1);
    assert!(service.auth.has_admin().await.unwrap());
    assert!(
        service
            .auth
            .first_admin("other@clinic.example")
            .await
            .unwrap()
            .is_none()
    );
    assert!(!format!("{made:?}").contains(&made[0].password));
}

#[tokio::test]
async fn the_demo_clinic_has_a_sign_in_per_role_with_a_new_password_each_time() {
    let service = Service::start().await;
    let people = DemoPeople {
        patient: Uuid::from_u128(1),
        practitioner: Uuid::from_u128(2),
    };
    let first = service.auth.demo_accounts(people).await.unwrap();
    let roles: Vec<&str> = first.iter().map(|sign_in| sign_in.role.code()).collect();
    assert_eq!(
        roles,
        ["admin", "practitioner", "front-desk", "billing", "auditor", "patient"]
    );
    for sign_in in &first {
        let tokens = service.login(&sign_in.email, &sign_in.password).await.expect(200);
        let me = service.get("/auth/me", &tokens.text("token")).await.expect(200);
        assert_eq!(me.body["roles"], json!([sign_in.role.code()]));
    }
    assert!(
        service
            .auth
            .first_admin("admin@clinic.example")
            .await
            .unwrap()
            .is_none()
    );
    let second = service.auth.demo_accounts(people).await.unwrap();
    assert_eq!(second.len(), first.len());
    service
        .login(&first[0].email, &first[0].password)
        .await
        .expect_problem(401, "sign-in-failed");
    service.login(&second[0].email, &second[0].password).await.expect(200);
}
