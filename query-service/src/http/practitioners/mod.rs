//! Queries on practitioners.

mod get;
mod list;

use api::{AvailabilityResource, PractitionerResource, TimeOffResource, WeeklyRuleResource};
use read_models::practitioner::{AvailabilityValue, PractitionerRow, TimeOffValue};

use super::endpoint::Route;

/// The projection behind a practitioner.
const PROJECTIONS: &[&str] = &["practitioner"];

/// The routes of all queries.
pub(super) fn routes() -> Vec<Route> {
    vec![list::route(), get::route()]
}

fn show(row: PractitionerRow) -> PractitionerResource {
    PractitionerResource {
        id: row.id,
        name: row.name,
        specialty: row.specialty,
        time_zone: row.time_zone,
        email: row.email,
        active: row.active,
        availability: row.availability.into_iter().map(availability).collect(),
        time_off: row.time_off.into_iter().map(time_off).collect(),
        version: row.version,
    }
}

fn availability(value: AvailabilityValue) -> AvailabilityResource {
    let rules = value.weekly.into_iter().map(|rule| WeeklyRuleResource {
        day: rule.day,
        from: rule.from,
        to: rule.to,
    });
    AvailabilityResource {
        slot_minutes: value.slot_minutes,
        effective_from: value.effective_from,
        weekly: rules.collect(),
        off_grid: value.off_grid,
    }
}

fn time_off(value: TimeOffValue) -> TimeOffResource {
    TimeOffResource {
        id: value.id,
        start_time: value.start_time,
        end_time: value.end_time,
    }
}
