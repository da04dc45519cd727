//! `PUT /api/practitioners/{id}/availability`

use axum::{extract::State, http::HeaderMap, response::Response};
use chrono::NaiveDate;
use domain::values::{Invalid, WallTime, Weekday, WeeklyAvailability, WeeklyRule};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::{PractitionerResource, WeeklyRuleResource};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{Commands, SetAvailability},
    http::{ANONYMOUS, answer, fields::Fields, keyed::Keyed, problems::on_practitioner},
};

/// When a practitioner sees patients, from a day on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PractitionerAvailability {
    /// How long a slot is: 5 to 720 minutes.
    #[schema(example = 30)]
    slot_minutes: u16,
    /// The first day that it holds on, in the practitioner's time zone.
    #[schema(example = "2026-12-01")]
    effective_from: NaiveDate,
    /// At most 50 rules that do not overlap, on the clock on the practitioner's wall. None says that nobody is seen.
    weekly: Vec<WeeklyRuleResource>,
}

/// Say when a practitioner sees patients, from a day on.
///
/// What was said of that day and later ones does not hold any more; what was said of earlier days still does. Whoever has
/// never said anything can be booked at any time. What is booked stays booked.
#[utoipa::path(
    put,
    path = "/api/practitioners/{id}/availability",
    tag = "practitioners",
    params(
        ("id" = Uuid, Path, description = "The practitioner's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = PractitionerAvailability,
    responses(
        (status = 200, description = "Set, or said before", body = PractitionerResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such practitioner", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule, or the practitioner is not active", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn set_availability(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<PractitionerAvailability>,
) -> Result<Response, Problem> {
    let command = SetAvailability {
        target: answer::target(id, &headers)?,
        availability: parse(&body)?,
    };
    let done = commands
        .set_availability(&command, &commands.caller(ANONYMOUS, key))
        .await
        .map_err(on_practitioner)?;
    Ok(answer::respond(done, Context::Scheduling))
}

fn parse(body: &PractitionerAvailability) -> Result<WeeklyAvailability, Problem> {
    let mut fields = Fields::default();
    let slot_minutes = fields.check("/slotMinutes", WeeklyAvailability::slot_length(body.slot_minutes));
    let effective_from = fields.check("/effectiveFrom", WeeklyAvailability::first_day(body.effective_from));
    let weekly = rules(&mut fields, &body.weekly);
    let whole = slot_minutes
        .zip(effective_from)
        .zip(weekly)
        .and_then(|((slot, from), rules)| fields.check("/weekly", WeeklyAvailability::parse(slot, from, rules)));
    fields.finish(whole)
}

fn rules(fields: &mut Fields, given: &[WeeklyRuleResource]) -> Option<Vec<WeeklyRule>> {
    if given.len() > WeeklyAvailability::MOST_RULES {
        fields.refuse("/weekly", Invalid("must have at most 50 rules"));
        return None;
    }
    let rules = given
        .iter()
        .enumerate()
        .map(|(index, given)| rule(fields, index, given));
    // All are read, so that every fault is named.
    let rules: Vec<Option<WeeklyRule>> = rules.collect();
    rules.into_iter().collect()
}

/// Parses a rule; a fault names the one it is in, and the field of it.
fn rule(fields: &mut Fields, index: usize, given: &WeeklyRuleResource) -> Option<WeeklyRule> {
    let pointer = |field: &str| format!("/weekly/{index}/{field}");
    let day = fields.check(&pointer("day"), Weekday::parse(&given.day));
    let from = fields.check(&pointer("from"), WallTime::parse(&given.from));
    let to = fields.check(&pointer("to"), WallTime::parse(&given.to));
    let ((day, from), to) = day.zip(from).zip(to)?;
    fields.check(&pointer("to"), WeeklyRule::parse(day, from, to))
}
