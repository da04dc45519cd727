//! Events that are not published any more. What was published stays, and so this is an exception for what has never been
//! released: no log that anybody keeps holds such an event, and no reader was built on its schema.

/// An event that was described in a checkout and went before it was released, with all of its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retired {
    /// Its name. No other event ever takes it.
    pub event_type: &'static str,
    /// Why it went.
    pub reason: &'static str,
}

const RULES_ARE_FOLDED: &str = "never released; rules that span aggregates are decided over folds of the stream, not over \
                                events of guards (docs/adr/0034)";
const KEYS_ARE_RECEIPTS: &str = "never released; the use of an idempotency key stands beside the events of its commit, not \
                                 in an event (docs/adr/0036)";

/// Every event that was retired.
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

/// Why an event was retired, if it was.
#[must_use]
pub fn retired(event_type: &str) -> Option<&'static Retired> {
    RETIRED.iter().find(|retired| retired.event_type == event_type)
}

/// Whether a published file is of an event that was retired.
pub(super) fn is_of_retired(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let event_type = name.rsplit_once(".v").map(|(event_type, _)| event_type);
    event_type.is_some_and(|event_type| retired(event_type).is_some())
}
