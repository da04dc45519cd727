//! `PUT /api/practitioners/{id}/availability`

use api::{PractitionerResource, WeeklyRuleResource};
use chrono::NaiveDate;
use commands::SetAvailability;
use domain::values::{Invalid, WallTime, Weekday, WeeklyAvailability, WeeklyRule};
use http_edge::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    nouns::PRACTITIONERS,
    practitioners::refusals::on_practitioner,
};

/// A practitioner's weekly working hours from a day on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PractitionerAvailability {
    /// Slot length, 5 to 720 minutes.
    #[schema(example = 30)]
    slot_minutes: u16,
    /// First day on which the hours apply, in the practitioner's time zone.
    #[schema(example = "2026-12-01")]
    #[serde(deserialize_with = "crate::http::times::date")]
    effective_from: NaiveDate,
    /// At most 50 rules that do not overlap, in the practitioner's local time. An empty list means no working hours.
    weekly: Vec<WeeklyRuleResource>,
    /// Whether appointments can start between slots. Without it, they start with a slot: every `slotMinutes` from the start
    /// of each rule.
    #[serde(default)]
    off_grid: bool,
}

pub(in crate::http) fn route() -> Route {
    PRACTITIONERS
        .put("/{id}/availability")
        .summary("Set a practitioner's weekly working hours from a day on.")
        .description("Replaces the hours from that day on; earlier days keep theirs. A practitioner without any hours set can be booked at any time. Existing bookings stay.")
        .answers::<PractitionerResource>("Set, or already so")
        .refuses(422, "A value is invalid, or the practitioner is inactive")
        .says(on_practitioner)
        .body(|body: PractitionerAvailability, request: &Given<'_, Uuid>| {
            Ok(SetAvailability {
                target: request.target(),
                availability: parse(&body)?,
            })
        })
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
    let whole = whole.map(|availability| availability.with_off_grid(body.off_grid));
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
    // Parses all rules before collecting, so that every error is reported.
    let rules: Vec<Option<WeeklyRule>> = rules.collect();
    rules.into_iter().collect()
}

/// Parses a rule. Errors name its index and field.
fn rule(fields: &mut Fields, index: usize, given: &WeeklyRuleResource) -> Option<WeeklyRule> {
    let pointer = |field: &str| format!("/weekly/{index}/{field}");
    let day = fields.check(&pointer("day"), Weekday::parse(&given.day));
    let from = fields.check(&pointer("from"), WallTime::parse(&given.from));
    let to = fields.check(&pointer("to"), WallTime::parse(&given.to));
    let ((day, from), to) = day.zip(from).zip(to)?;
    fields.check(&pointer("to"), WeeklyRule::parse(day, from, to))
}
