//! The personal fields of each event, which are encrypted before publication: names, contact details, birth dates,
//! identifiers and all free text. Each of these fields may read as `null` after an erasure.

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
const PRESCRIBED: &[&str] = &["/medicines", "/notes"];

/// The personal fields of an event, as JSON pointers into its body: `None` if the event is not listed.
#[must_use]
pub fn personal_fields(event_type: &str) -> Option<&'static [&'static str]> {
    match event_type {
        "patient.registered" | "patient.demographics-changed" => Some(DEMOGRAPHICS),
        "patient.deactivated" | "patient.reactivated" | "patient.erased" => Some(&[]),
        "patient.deceased" => Some(&["/deceasedAt"]),
        "patient.death-entered-in-error" => Some(&[]),
        "practitioner.registered" | "practitioner.details-changed" => Some(PRACTITIONER),
        "practitioner.availability-set" => Some(&[]),
        "practitioner.time-off-added" | "practitioner.time-off-removed" | "practitioner.deactivated" => Some(&[]),
        "appointment.booked" => Some(&["/reason", "/notes", "/overbooking/reason"]),
        "appointment.rescheduled" => Some(&["/overbooking/reason"]),
        "appointment.cancelled" => Some(&["/reasonText"]),
        "appointment.notes-changed" => Some(&["/notes"]),
        "appointment.entered-in-error" => Some(&["/reason"]),
        "appointment.arrived" | "appointment.fulfilled" | "appointment.missed" | "appointment.reopened" => Some(&[]),
        "prescription.drafted" | "prescription.issued" | "prescription.amended" => Some(PRESCRIBED),
        "prescription.held" | "prescription.stopped" | "prescription.cancelled" => Some(&["/reasonText"]),
        "prescription.refill-denied" => Some(&["/reason"]),
        "prescription.refill-requested" | "prescription.refill-approved" => Some(&[]),
        "prescription.resumed" | "prescription.completed" => Some(&[]),
        "account.opened" | "account.closed" | "charge.posted" => Some(&[]),
        "payment.initiated" | "payment.received" | "payment.failed" | "payment.refunded" | "payment.moved" => Some(&[]),
        "adjustment.posted" => Some(&["/reason"]),
        "invoice.line-added" => Some(&["/description"]),
        "invoice.credit-note-issued" | "invoice.cancelled" => Some(&["/reason"]),
        "invoice.payment-released" | "invoice.written-off" | "invoice.reopened" => Some(&[]),
        "invoice.drafted" | "invoice.issued" | "invoice.payment-allocated" | "invoice.balanced" => Some(&[]),
        _ => None,
    }
}
