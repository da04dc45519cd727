//! All upcasters. Each turns the body of an older event version into the next version. All steps are declared here, and
//! a released step never changes.

use serde_json::{Value, json};

use crate::upcasting::{Upcaster, Upcasters};

/// The steps, by event and version. An event with current version 3 has two: from 1 and from 2. See
/// `docs/how-to/add-an-event.md`, "Change an event".
pub(crate) static UPCASTERS: Upcasters = Upcasters(&[
    Upcaster {
        event_type: "patient.registered",
        from: 1,
        upcast: as_it_is,
    },
    Upcaster {
        event_type: "patient.demographics-changed",
        from: 1,
        upcast: as_it_is,
    },
    Upcaster {
        event_type: "payment.initiated",
        from: 1,
        upcast: as_it_is,
    },
    Upcaster {
        event_type: "payment.received",
        from: 1,
        upcast: payment_received_v1,
    },
    Upcaster {
        event_type: "invoice.line-added",
        from: 1,
        upcast: as_it_is,
    },
]);

/// For a next version that accepts every body of this one.
#[allow(clippy::unnecessary_wraps, reason = "a step can fail")]
fn as_it_is(body: Value) -> Result<Value, &'static str> {
    Ok(body)
}

/// Version 1 was for one invoice and was allocated to it. From version 2 on, the body lists its allocations.
fn payment_received_v1(mut body: Value) -> Result<Value, &'static str> {
    let part = |name: &str| body.get(name).cloned().ok_or("it has no invoice or no amount");
    let allocations = json!([{ "kind": "invoice", "id": part("invoiceId")?, "amount": part("amount")? }]);
    let fields = body.as_object_mut().ok_or("it is not an object")?;
    fields.insert("allocations".to_owned(), allocations);
    Ok(body)
}

#[cfg(test)]
mod tests {
    use domain::EventName;

    use super::*;
    use crate::CATALOGUE;

    #[test]
    fn every_event_has_one_upcaster_for_each_step_to_its_current_version() {
        let events: Vec<EventName> = CATALOGUE
            .iter()
            .flat_map(|aggregate| aggregate.events)
            .copied()
            .collect();
        assert_eq!(UPCASTERS.faults(&events), Vec::<String>::new());
    }
}
