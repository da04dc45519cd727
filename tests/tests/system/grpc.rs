//! Accounts over gRPC: repeated and concurrent calls open an account once, and invalid calls get precise errors.

use std::time::Duration;

use command_service::grpc::generated::{
    AccountStatus, CreateAccountRequest, billing_service_client::BillingServiceClient,
};
use futures_util::future::join_all;
use journal::Context;
use serde_json::json;
use system_tests::{Clinic, PATIENCE};
use tonic::{
    Code, Request, Status,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::{v1, v1alpha};
use tonic_types::StatusExt as _;

async fn channel(clinic: &Clinic) -> Channel {
    let endpoint = Endpoint::from_shared(clinic.grpc_url()).expect("an address");
    endpoint
        .connect_timeout(PATIENCE)
        .connect()
        .await
        .expect("a connection")
}

async fn client(clinic: &Clinic) -> BillingServiceClient<Channel> {
    BillingServiceClient::new(channel(clinic).await)
}

fn request(patient_id: &str) -> CreateAccountRequest {
    CreateAccountRequest {
        patient_id: patient_id.to_owned(),
        email: "john@example.com".to_owned(),
        name: "John Doe".to_owned(),
    }
}

async fn create(client: &BillingServiceClient<Channel>, wanted: CreateAccountRequest) -> Result<AccountStatus, Status> {
    let mut request = Request::new(wanted.clone());
    request.set_timeout(PATIENCE);
    let answer = client.clone().create_account(request).await?.into_inner();
    assert_eq!(answer.account_id, wanted.patient_id);
    Ok(answer.status())
}

#[tokio::test]
async fn an_account_is_created_once_and_exists_afterwards() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let client = client(&clinic).await;
    assert_eq!(
        create(&client, request(&john)).await.expect("created"),
        AccountStatus::Created
    );
    let without_email = CreateAccountRequest {
        email: String::new(),
        ..request(&john)
    };
    assert_eq!(
        create(&client, without_email).await.expect("there"),
        AccountStatus::Exists
    );
    assert_eq!(clinic.stream(Context::Billing).await.commits, 1);
    clinic
        .eventually("the account can be read", async || {
            clinic.get(&format!("/api/accounts/{john}")).await.status == 200
        })
        .await;
    let account = clinic.get(&format!("/api/accounts/{john}")).await;
    assert_eq!(
        (&account.body["status"], &account.body["owed"]),
        (&json!("open"), &json!([]))
    );

    let charged = clinic.patient("Jane Doe").await.id();
    let charge = json!({"amount": {"minor": 1, "currency": "USD"}});
    let path = format!("/api/accounts/{charged}/charges");
    let _ = clinic.post(&path, charge).await.expect(201);
    let opened_by_a_charge = create(&client, request(&charged)).await.expect("there");
    assert_eq!(opened_by_a_charge, AccountStatus::Exists);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_fifty_concurrent_calls_creates_the_account() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let client = client(&clinic).await;
    let answers = join_all((0..50).map(|_| create(&client, request(&john)))).await;
    let statuses: Vec<AccountStatus> = answers.into_iter().map(|answer| answer.expect("an answer")).collect();
    let created = statuses.iter().filter(|status| **status == AccountStatus::Created);
    assert_eq!(created.count(), 1);
    assert!(statuses.iter().all(|status| *status != AccountStatus::Unspecified));
    assert_eq!(clinic.stream(Context::Billing).await.commits, 1, "one account");
}

#[tokio::test]
async fn every_invalid_field_of_a_call_is_named_and_no_value_repeated() {
    let clinic = Clinic::open().await;
    let client = client(&clinic).await;
    let nobody = "01980f2e-0000-7000-8000-000000000001";
    let table = [
        (CreateAccountRequest::default(), vec!["patientId", "name"]),
        (request("Xanthippe"), vec!["patientId"]),
        (request(&format!("{nobody}0")), vec!["patientId"]),
        (
            CreateAccountRequest {
                email: "Xanthippe".to_owned(),
                ..request(nobody)
            },
            vec!["email"],
        ),
        (
            CreateAccountRequest {
                name: "Xanthippe".repeat(23),
                ..request(nobody)
            },
            vec!["name"],
        ),
        (
            CreateAccountRequest {
                name: " ".to_owned(),
                email: "@".to_owned(),
                patient_id: "-".to_owned(),
            },
            vec!["patientId", "email", "name"],
        ),
    ];
    for (wanted, faults) in table {
        let status = create(&client, wanted).await.expect_err("refused");
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_details_bad_request().expect("details");
        let named: Vec<&str> = details
            .field_violations
            .iter()
            .map(|fault| fault.field.as_str())
            .collect();
        assert_eq!(named, faults);
        assert!(!format!("{status:?}").contains("Xanthippe"), "{status:?}");
    }
    let unknown = create(&client, request(nobody)).await.expect_err("unknown");
    assert_eq!(unknown.code(), Code::NotFound);
    let reason = unknown.get_details_error_info().expect("details").reason;
    assert_eq!(reason, "UNKNOWN_PATIENT");
    let huge = CreateAccountRequest {
        name: "x".repeat(100_000),
        ..request(nobody)
    };
    let too_large = create(&client, huge).await.expect_err("too large");
    assert_eq!(too_large.code(), Code::OutOfRange);
    assert_eq!(clinic.stream(Context::Billing).await.commits, 0);
}

#[tokio::test]
async fn an_erased_patient_gets_no_account() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let _ = clinic
        .post_nothing(&format!("/api/patients/{john}/erasure"))
        .await
        .expect(200);
    let refused = create(&client(&clinic).await, request(&john))
        .await
        .expect_err("refused");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(refused.get_details_error_info().expect("details").reason, "ERASED");
}

#[tokio::test]
async fn a_missed_deadline_is_reported() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let mut request = Request::new(request(&john));
    request.set_timeout(Duration::from_nanos(1));
    let late = client(&clinic)
        .await
        .create_account(request)
        .await
        .expect_err("too late");
    // The client's own timer may fire first.
    assert!(
        matches!(late.code(), Code::DeadlineExceeded | Code::Cancelled),
        "{late:?}"
    );
}

#[tokio::test]
async fn the_standard_health_service_reports_the_health() {
    let clinic = Clinic::open().await;
    let health = HealthClient::new(channel(&clinic).await);
    clinic
        .eventually("it serves", async || {
            let mut served = Vec::new();
            for service in ["", "billing.BillingService"] {
                let service = service.to_owned();
                let answer = health.clone().check(HealthCheckRequest { service }).await;
                served.push(answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving));
            }
            served == [true, true]
        })
        .await;
    let service = "billing.Ghost".to_owned();
    let ghost = health.clone().check(HealthCheckRequest { service }).await;
    assert_eq!(ghost.expect_err("unknown").code(), Code::NotFound);
}

/// The services that one version of the reflection protocol lists.
macro_rules! listed {
    ($version:ident, $channel:expr) => {{
        use $version::{server_reflection_request::MessageRequest, server_reflection_response::MessageResponse};
        let asked = $version::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let mut client = $version::server_reflection_client::ServerReflectionClient::new($channel);
        let asked = futures_util::stream::iter([asked]);
        let mut answers = client
            .server_reflection_info(asked)
            .await
            .expect("answers")
            .into_inner();
        let answer = answers.message().await.expect("an answer").expect("one");
        let Some(MessageResponse::ListServicesResponse(services)) = answer.message_response else {
            panic!("{answer:?}");
        };
        let names = services.service.into_iter().map(|service| service.name);
        names.collect::<Vec<String>>()
    }};
}

#[tokio::test]
async fn both_versions_of_reflection_list_the_services() {
    let clinic = Clinic::open().await;
    let channel = channel(&clinic).await;
    for services in [listed!(v1, channel.clone()), listed!(v1alpha, channel.clone())] {
        for service in ["billing.BillingService", "grpc.health.v1.Health"] {
            assert!(services.iter().any(|listed| listed == service), "{services:?}");
        }
    }
}
