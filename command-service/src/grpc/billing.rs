//! `billing.BillingService`: translates calls into commands and results into responses.

use std::{sync::Arc, time::Duration};

use commands::{Commands, OpenAccount};
use domain::values::{Email, Name};
use platform::telemetry::traceparent;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};
use tonic_types::FieldViolation;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    deadline,
    generated::{AccountStatus, CreateAccountRequest, CreateAccountResponse, billing_service_server::BillingService},
    status,
};

/// The caller's name while calls are not authenticated.
const ANONYMOUS: &str = "anonymous";

/// The gRPC service, with a limit on concurrent calls and on their duration.
#[derive(Debug)]
pub(super) struct Billing {
    commands: Commands,
    free: Arc<Semaphore>,
    longest: Duration,
}

impl Billing {
    /// Creates the service. It runs at most `max_concurrent_calls` calls at a time, each for at most `longest`.
    pub(super) fn new(commands: Commands, max_concurrent_calls: usize, longest: Duration) -> Self {
        Self {
            commands,
            free: Arc::new(Semaphore::new(max_concurrent_calls)),
            longest,
        }
    }

    async fn open_account(&self, request: &CreateAccountRequest) -> Result<CreateAccountResponse, Status> {
        let patient_id = parse(request)?;
        let caller = self.commands.caller(ANONYMOUS, None);
        let done = self
            .commands
            .execute(&OpenAccount { patient_id }, &caller)
            .await
            .map_err(status::refused)?;
        let opened_now = done.answer.is_new;
        Ok(CreateAccountResponse {
            account_id: patient_id.to_string(),
            status: if opened_now {
                AccountStatus::Created
            } else {
                AccountStatus::Exists
            }
            .into(),
        })
    }
}

#[tonic::async_trait]
impl BillingService for Billing {
    async fn create_account(
        &self,
        request: Request<CreateAccountRequest>,
    ) -> Result<Response<CreateAccountResponse>, Status> {
        let span = tracing::info_span!("grpc", method = "billing.BillingService/CreateAccount");
        if let Some(parent) = request.metadata().get(traceparent::HEADER)
            && let Ok(parent) = parent.to_str()
        {
            traceparent::set_parent(&span, parent);
        }
        async {
            let _permit = self.free.try_acquire().map_err(|_| status::overloaded())?;
            let within = deadline::within(request.metadata(), self.longest);
            let answered = tokio::time::timeout(within, self.open_account(request.get_ref())).await;
            let answered = answered.unwrap_or_else(|_| Err(status::too_late()));
            let code = answered.as_ref().map_or_else(Status::code, |_| tonic::Code::Ok);
            metrics::counter!("grpc_calls_total", "method" => "CreateAccount", "code" => format!("{code:?}"))
                .increment(1);
            answered.map(Response::new)
        }
        .instrument(span)
        .await
    }
}

/// Validates a request and reports all violations at once. The patient record holds the name and the e-mail address.
/// They are checked here only to reject invalid requests.
fn parse(request: &CreateAccountRequest) -> Result<Uuid, Status> {
    let mut faults = Vec::new();
    let mut note = |field: &str, must: &str| faults.push(FieldViolation::new(field, must));
    let patient_id = Uuid::try_parse(&request.patient_id);
    if patient_id.is_err() {
        note("patientId", "must be a UUID");
    }
    if !request.email.is_empty()
        && let Err(invalid) = Email::parse(&request.email)
    {
        note("email", invalid.0);
    }
    if let Err(invalid) = Name::parse(&request.name) {
        note("name", invalid.0);
    }
    match patient_id {
        Ok(patient_id) if faults.is_empty() => Ok(patient_id),
        _ => Err(status::invalid(faults)),
    }
}
