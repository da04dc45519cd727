//! Folds practitioners into `practitioner`.

use domain::{
    practitioner::{Practitioner, PractitionerDetails, PractitionerEvent},
    values::WeeklyAvailability,
};
use log_reader::RecordedEvent;
use read_models::practitioner::{AvailabilityValue, PractitionerRow, TimeOffValue, WeeklyRuleValue};

use crate::projector::{FoldError, Projector, aggregate_id, version};

/// Folds practitioners into `practitioner`.
#[derive(Debug)]
pub(crate) struct PractitionerProjector;

impl Projector for PractitionerProjector {
    const NAME: &'static str = "practitioner";
    const VERSION: u32 = 2;
    type Aggregate = Practitioner;
    type Row = PractitionerRow;

    fn fold(
        row: Option<PractitionerRow>,
        recorded: &RecordedEvent,
        practitioner: &PractitionerEvent,
    ) -> Result<PractitionerRow, FoldError> {
        if let PractitionerEvent::Registered(details) = practitioner {
            return row_of(details, recorded);
        }
        let mut row = row.ok_or(FoldError::MissingRow)?;
        change(&mut row, practitioner);
        row.updated_at = recorded.metadata.time;
        row.version = version(recorded);
        Ok(row)
    }
}

/// Applies an event to an existing row, except for the version.
fn change(row: &mut PractitionerRow, event: &PractitionerEvent) {
    match event {
        PractitionerEvent::Registered(details) | PractitionerEvent::DetailsChanged(details) => {
            tell(row, details);
        }
        PractitionerEvent::AvailabilitySet(availability) => {
            let from = availability.effective_from();
            row.availability.retain(|before| before.effective_from < from);
            row.availability.push(availability_value(availability));
        }
        PractitionerEvent::TimeOffAdded(time_off) => row.time_off.push(TimeOffValue {
            id: time_off.id(),
            start_time: time_off.start(),
            end_time: time_off.end(),
        }),
        PractitionerEvent::TimeOffRemoved(removed) => row.time_off.retain(|away| away.id != removed.time_off_id),
        PractitionerEvent::Deactivated(_) => row.active = false,
    }
}

fn tell(row: &mut PractitionerRow, details: &PractitionerDetails) {
    row.name = details.name.known().map(|name| name.as_str().to_owned());
    row.specialty = details
        .specialty
        .as_ref()
        .map(|specialty| specialty.as_str().to_owned());
    row.time_zone = details.time_zone.name().to_owned();
    row.email = details.email.as_ref().map(|email| email.as_str().to_owned());
}

fn availability_value(availability: &WeeklyAvailability) -> AvailabilityValue {
    let rules = availability.weekly().iter().map(|rule| WeeklyRuleValue {
        day: rule.day().code().to_owned(),
        from: rule.from().to_string(),
        to: rule.to().to_string(),
    });
    AvailabilityValue {
        slot_minutes: availability.slot_minutes(),
        effective_from: availability.effective_from(),
        weekly: rules.collect(),
        off_grid: availability.off_grid(),
    }
}

fn row_of(details: &PractitionerDetails, recorded: &RecordedEvent) -> Result<PractitionerRow, FoldError> {
    let mut row = PractitionerRow {
        id: aggregate_id(recorded)?,
        name: None,
        specialty: None,
        time_zone: String::new(),
        email: None,
        active: true,
        availability: Vec::new(),
        time_off: Vec::new(),
        registered_at: recorded.metadata.time,
        updated_at: recorded.metadata.time,
        version: version(recorded),
    };
    tell(&mut row, details);
    Ok(row)
}
