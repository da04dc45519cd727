//! Retired events, which are no longer published. This is an exception for events that were never released: no log
//! holds them, and no reader uses their schemas. Released events stay published.

/// An event removed before its release, with all versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retired {
    /// The event type, which no other event may use.
    pub event_type: &'static str,
    /// The reason for the removal.
    pub reason: &'static str,
}

const RULES_ARE_FOLDED: &str = "never released; rules that span aggregates are decided over folds of the stream, not over \
                                events of guards (docs/adr/0034)";
const KEYS_ARE_RECEIPTS: &str = "never released; the use of an idempotency key stands beside the events of its commit, not \
                                 in an event (docs/adr/0036)";

/// All retired events.
pub const RETIRED: &[Retired] = &[
    Retired {
        event_type: "appointment-prescription.claimed",
        reason: RULES_ARE_FOLDED,
    },
    Retired {
        event_type: "appointment-prescription.released",
        reason: RULES_ARE_FOLDED,
    },
    Retired {
        event_type: "day.overbooked",
        reason: RULES_ARE_FOLDED,
    },
    Retired {
        event_type: "day.released",
        reason: RULES_ARE_FOLDED,
    },
    Retired {
        event_type: "day.reserved",
        reason: RULES_ARE_FOLDED,
    },
    Retired {
        event_type: "email-claim.claimed",
        reason: RULES_ARE_FOLDED,
    },
    Retired {
        event_type: "email-claim.released",
        reason: RULES_ARE_FOLDED,
    },
    Retired {
        event_type: "idempotency-key.used",
        reason: KEYS_ARE_RECEIPTS,
    },
];

/// The retirement of an event, if it is retired.
#[must_use]
pub fn retired(event_type: &str) -> Option<&'static Retired> {
    RETIRED.iter().find(|retired| retired.event_type == event_type)
}

/// Whether a published file belongs to a retired event.
pub(super) fn is_of_retired(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let event_type = name.rsplit_once(".v").map(|(event_type, _)| event_type);
    event_type.is_some_and(|event_type| retired(event_type).is_some())
}
