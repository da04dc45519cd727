//! `POST /api/practitioners/{id}/time-off`

use axum::{extract::State, http::HeaderMap, response::Response};
use chrono::{DateTime, Utc};
use domain::values::{Period, TimeOff};
use journal::Context;
use platform::{
    ambient::new_id,
    http::{Path, Problem, ProblemBody},
};
use schemas::api::PractitionerResource;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{AddTimeOff, Commands},
    http::{ANONYMOUS, answer, fields::Fields, keyed::Keyed, problems::on_practitioner},
};

/// When a practitioner is away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PractitionerTimeOff {
    /// The first instant away (RFC 3339).
    #[schema(example = "2027-02-01T00:00:00Z")]
    start_time: DateTime<Utc>,
    /// The first instant back, at most 366 days later.
    #[schema(example = "2027-02-15T00:00:00Z")]
    end_time: DateTime<Utc>,
}

/// Say when a practitioner is away.
///
/// Nothing new is booked then. What is booked stays booked until it is moved or cancelled: look for it after this command,
/// with its `Consistency-Token`.
#[utoipa::path(
    post,
    path = "/api/practitioners/{id}/time-off",
    tag = "practitioners",
    params(
        ("id" = Uuid, Path, description = "The practitioner's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = PractitionerTimeOff,
    responses(
        (status = 201, description = "Added; `Location` is where it is taken back", body = PractitionerResource,
         headers(("Location"), ("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such practitioner", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule, or the practitioner is not active", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add_time_off(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<PractitionerTimeOff>,
) -> Result<Response, Problem> {
    let command = AddTimeOff {
        target: answer::target(id, &headers)?,
        time_off: parse(&body)?,
    };
    let done = commands
        .add_time_off(&command, &commands.caller(ANONYMOUS, key))
        .await
        .map_err(on_practitioner)?;
    Ok(answer::respond(done, Context::Scheduling))
}

fn parse(body: &PractitionerTimeOff) -> Result<TimeOff, Problem> {
    let mut fields = Fields::default();
    let start = fields.check("/startTime", Period::instant(body.start_time));
    let whole = start.and_then(|start| fields.check("/endTime", TimeOff::parse(new_id(), start, body.end_time)));
    fields.finish(whole)
}
