//! Opens a patient's account over gRPC, with a deadline and retries: `create_account URL PATIENT_ID NAME [EMAIL]`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command-line program")]

use std::{process::ExitCode, time::Duration};

use command_service::grpc::generated::{CreateAccountRequest, billing_service_client::BillingServiceClient};
use tonic::{Code, Request, Status, transport::Channel};
use tonic_types::StatusExt as _;

const DEADLINE: Duration = Duration::from_secs(2);
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(patient_id), Some(name)) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("create_account URL PATIENT_ID NAME [EMAIL]");
        return ExitCode::FAILURE;
    };
    let request = CreateAccountRequest {
        patient_id,
        name,
        email: arguments.next().unwrap_or_default(),
    };
    let mut client = match BillingServiceClient::connect(url).await {
        Ok(client) => client,
        Err(error) => {
            eprintln!("no connection: {error}");
            return ExitCode::FAILURE;
        }
    };
    match create(&mut client, &request).await {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(status) => {
            eprintln!("{:?}: {}", status.code(), status.message());
            for fault in status
                .get_details_bad_request()
                .into_iter()
                .flat_map(|bad| bad.field_violations)
            {
                eprintln!("  {} {}", fault.field, fault.description);
            }
            ExitCode::FAILURE
        }
    }
}

/// Retries transient errors. A retry is safe: opening an open account changes nothing.
async fn create(client: &mut BillingServiceClient<Channel>, wanted: &CreateAccountRequest) -> Result<String, Status> {
    let mut pause = FIRST_PAUSE;
    for attempt in 1.. {
        let mut request = Request::new(wanted.clone());
        request.set_timeout(DEADLINE);
        match client.create_account(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                return Ok(format!("{} {}", answer.account_id, answer.status().as_str_name()));
            }
            Err(status) if attempt < ATTEMPTS && is_worth_retrying(status.code()) => {
                let told = status.get_details_retry_info().and_then(|info| info.retry_delay);
                tokio::time::sleep(told.unwrap_or(pause)).await;
                pause *= 2;
            }
            Err(status) => return Err(status),
        }
    }
    Err(Status::unavailable("no answer"))
}

const fn is_worth_retrying(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted | Code::Aborted
    )
}
