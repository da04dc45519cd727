//! Every upcaster there is: how the body of each older version of an event becomes one of the next version. This is the
//! one place where a step is declared; a step that has been released never changes.

use serde_json::{Value, json};

use crate::upcasting::{Upcaster, Upcasters};

/// The steps, by event and version. An event that is written in version 3 has two: from 1 and from 2. See
/// `docs/how-to/add-an-event.md`, "Change an event".
pub(crate) static UPCASTERS: Upcasters = Upcasters(&[
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

/// The next version allows more, and everything that this one allows.
#[allow(clippy::unnecessary_wraps, reason = "a step can fail")]
fn as_it_is(body: Value) -> Result<Value, &'static str> {
    Ok(body)
}

/// A payment was for one invoice, and counted towards it. From version 2 on it says what it counts towards.
fn payment_received_v1(mut body: Value) -> Result<Value, &'static str> {
    let part = |name: &str| body.get(name).cloned().ok_or("it names no invoice or no amount");
    let allocations = json!([{ "kind": "invoice", "id": part("invoiceId")?, "amount": part("amount")? }]);
    let fields = body.as_object_mut().ok_or("it is no object")?;
    fields.insert("allocations".to_owned(), allocations);
    Ok(body)
}

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
