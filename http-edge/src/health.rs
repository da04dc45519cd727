//! The health endpoints.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use platform::Health;
use serde_json::json;

use crate::{Problem, problem::types};

const RETRY_AFTER_SECONDS: u32 = 1;

/// `GET /health/live` and `GET /health/ready`.
pub fn health(health: Health) -> Router {
    Router::new()
        .route("/health/live", get(|| async { Json(json!({"status": "live"})) }))
        .route("/health/ready", get(ready))
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> Response {
    let (results, notes, remarks) = (health.check().await, health.notes().await, health.remarks());
    let missing: Vec<&str> = results
        .iter()
        .filter(|(_, result)| result.is_err())
        .map(|(name, _)| *name)
        .collect();
    let checks: BTreeMap<&str, String> = notes
        .iter()
        .chain(&results)
        .map(|(name, result)| match result {
            Ok(()) => {
                let degraded = remarks.get(name).map(|remark| format!("degraded: {remark}"));
                (*name, degraded.unwrap_or_else(|| "ready".to_owned()))
            }
            Err(reason) => (*name, reason.clone()),
        })
        .collect();
    if missing.is_empty() {
        let status = if remarks.is_empty() { "ready" } else { "degraded" };
        return Json(json!({"status": status, "checks": checks})).into_response();
    }
    Problem::new(&types::UNAVAILABLE)
        .detail(format!("not ready: {}", missing.join(", ")))
        .extension("checks", json!(checks))
        .retry_after(RETRY_AFTER_SECONDS)
        .into_response()
}
