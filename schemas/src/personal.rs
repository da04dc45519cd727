//! Which fields of which events are personal: what is sealed before an event is published. Names, ways to reach somebody,
//! birth dates, identifiers and every free text are. Each is a field that may read as `null` after an erasure.

const DEMOGRAPHICS: &[&str] = &[
    "/name",
    "/dateOfBirth",
    "/email",
    "/phone",
    "/address",
    "/gender",
    "/identifiers",
];
const PRACTITIONER: &[&str] = &["/name", "/email"];
const VISIT: &[&str] = &["/reason", "/notes"];
/// The fingerprint is a hash of what was asked, and what was asked can be guessed.
const KEY_USE: &[&str] = &["/fingerprint", "/answer/body"];
const NOTHING: &[&str] = &[];

/// The personal fields of an event, as JSON pointers into its body. Answers nothing when the event is not listed.
#[must_use]
pub fn personal_fields(event_type: &str) -> Option<&'static [&'static str]> {
    match event_type {
        "patient.registered" | "patient.demographics-changed" => Some(DEMOGRAPHICS),
        "practitioner.registered" => Some(PRACTITIONER),
        "appointment.booked" => Some(VISIT),
        "idempotency-key.used" => Some(KEY_USE),
        "appointment.fulfilled" | "day.reserved" | "email-claim.claimed" | "email-claim.released" => Some(NOTHING),
        _ => None,
    }
}
