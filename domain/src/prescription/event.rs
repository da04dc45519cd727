//! What can have happened to a prescription.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StatusReason;
use crate::{
    Bare,
    aggregate::events,
    values::{Medicines, Notes, Personal, Reason, Refills},
};

events! {
    /// What can have happened to a prescription.
    PrescriptionEvent {
        /// It was written down.
        Drafted(Prescribed) = "prescription.drafted", version 1;
        /// It was given out.
        Issued(Prescribed) = "prescription.issued", version 1;
        /// What is taken changed: the whole as it stands now.
        Amended(Directions) = "prescription.amended", version 1;
        /// The patient does not take it for a while.
        Held(StatusReason) = "prescription.held", version 1;
        /// The patient takes it again.
        Resumed(Bare) = "prescription.resumed", version 1;
        /// Another filling was asked for.
        RefillRequested(RefillRequested) = "prescription.refill-requested", version 1;
        /// Another filling was granted.
        RefillApproved(RefillApproved) = "prescription.refill-approved", version 1;
        /// Another filling was not granted.
        RefillDenied(RefillDenied) = "prescription.refill-denied", version 1;
        /// Everything has been taken.
        Completed(Bare) = "prescription.completed", version 1;
        /// The patient does not take it any more.
        Stopped(StatusReason) = "prescription.stopped", version 1;
        /// It was taken back before anything had been taken.
        Cancelled(StatusReason) = "prescription.cancelled", version 1;
    }
}

/// The content of `prescription.drafted` and `prescription.issued`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prescribed {
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// The appointment that it was prescribed at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment_id: Option<Uuid>,
    /// The prescription that it renews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_prescription_id: Option<Uuid>,
    /// What is taken.
    #[serde(flatten)]
    pub directions: Directions,
}

/// What is taken, and how often it can be filled again. It is the content of `prescription.amended`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Directions {
    /// The medicines: what is prescribed for a person tells of their health.
    pub medicines: Personal<Medicines>,
    /// How often it can be filled again.
    pub refills_remaining: Refills,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
}

/// The content of `prescription.refill-requested`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefillRequested {
    /// What tells the request from every other one of the prescription.
    pub request_id: Uuid,
}

/// The content of `prescription.refill-approved`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefillApproved {
    /// Which request.
    pub request_id: Uuid,
    /// How often it can be filled again after this one.
    pub refills_remaining: Refills,
}

/// The content of `prescription.refill-denied`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefillDenied {
    /// Which request.
    pub request_id: Uuid,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}
