//! Every upcaster there is: how the body of each older version of an event becomes one of the next version. This is the
//! one place where a step is declared; a step that has been released never changes.

use crate::upcasting::Upcasters;

/// The steps, by event and version. An event that is written in version 3 has two: from 1 and from 2.
///
/// ```text
/// Upcaster { event_type: "patient.registered", from: 1, upcast: patient_registered_v1 },
/// ```
///
/// with `fn patient_registered_v1(body: Value) -> Result<Value, &'static str>` below. See
/// `docs/how-to/add-an-event.md`, "Change an event".
pub(crate) static UPCASTERS: Upcasters = Upcasters(&[]);

#[cfg(test)]
mod tests {
    use domain::EventName;

    use super::*;
    use crate::CATALOGUE;

    #[test]
    fn every_event_has_one_upcaster_for_each_step_to_its_present_version() {
        let events: Vec<EventName> = CATALOGUE
            .iter()
            .flat_map(|aggregate| aggregate.events)
            .copied()
            .collect();
        assert_eq!(UPCASTERS.faults(&events), Vec::<String>::new());
    }
}
