//! The output of a ready `up`: the URLs, and commands to try.

use platform::{Health, Shutdown};
use serde::Serialize;
use settings::Settings;

use super::{journey::Journey, sign_ins::SignIns};
use crate::stack::Stack;

/// The URLs of a running process.
#[derive(Serialize)]
pub(super) struct Ready {
    pub(super) http: String,
    docs: String,
    openapi: String,
    health: String,
    metrics: String,
    grpc: String,
    nats: String,
    postgres: String,
    #[serde(rename = "signIns")]
    sign_ins: SignIns,
}

impl Ready {
    pub(super) fn new(settings: &Settings, stack: &Stack) -> Self {
        let scheme = stack.scheme();
        let http = format!("{scheme}://{}", stack.address());
        let operations = format!("{scheme}://{}", stack.operations_address());
        Self {
            docs: format!("{operations}/docs"),
            openapi: format!("{operations}/openapi.json"),
            health: format!("{http}/health/ready"),
            metrics: format!("{operations}/metrics"),
            grpc: format!("{scheme}://{}", stack.grpc_address()),
            nats: settings.nats.url.expose().to_owned(),
            postgres: settings.postgres.url.expose().to_owned(),
            sign_ins: SignIns::default(),
            http,
        }
    }

    /// Waits until every health check passes, so that the printed commands work immediately.
    pub(super) async fn wait_until_ready(&self, health: &Health, shutdown: &Shutdown) {
        let pause = std::time::Duration::from_millis(20);
        while !shutdown.is_cancelled() && health.check().await.values().any(Result::is_err) {
            tokio::time::sleep(pause).await;
        }
    }

    pub(super) fn json(self, sign_ins: SignIns) -> serde_json::Result<String> {
        serde_json::to_string(&Self { sign_ins, ..self })
    }

    pub(super) fn greeting(&self, journey: Option<&Journey>, sign_ins: &SignIns) -> String {
        let commands = journey.map_or_else(|| self.first_steps(), Journey::commands);
        let told = journey.map(Journey::story).unwrap_or_default();
        let sign_ins = sign_ins.told(&self.http);
        format!(
            "\nAnamnesis is ready.\n\n  API      {}\n  Docs     {}\n  Health   {}\n  Metrics  {}\n  gRPC     {}\n\n{told}{sign_ins}Try:\n\n{commands}\n\
             Ctrl-C stops all servers. The data stays in the data directory.",
            self.http, self.docs, self.health, self.metrics, self.grpc
        )
    }

    fn first_steps(&self) -> String {
        let http = &self.http;
        format!(
            "  curl -i {http}/api/patients -H 'Content-Type: application/json' \\\n    -d '{{\"name\":\"John Doe\",\
             \"dateOfBirth\":\"1990-01-01\",\"phone\":\"+1-555-0102\"}}'\n\n  curl -i {http}/api/practitioners -H \
             'Content-Type: application/json' \\\n    -d '{{\"name\":\"Dr Ada Ruiz\",\"specialty\":\"Cardiology\",\
             \"timeZone\":\"America/New_York\"}}'\n\n  curl '{http}/api/patients?sort=name,asc'\n"
        )
    }
}
