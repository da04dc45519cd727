//! Events of a prescription.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StatusReason;
use crate::{
    Bare,
    aggregate::events,
    values::{Medicines, Notes, Personal, Reason, Refills},
};

events! {
    /// An event of a prescription.
    PrescriptionEvent {
        /// The prescription was drafted.
        Drafted(Prescribed) = "prescription.drafted", version 1;
        /// The prescription was issued.
        Issued(Prescribed) = "prescription.issued", version 1;
        /// The directions changed. The body holds all of them, as they are after the change.
        Amended(Directions) = "prescription.amended", version 1;
        /// The medication was suspended.
        Held(StatusReason) = "prescription.held", version 1;
        /// The medication was resumed.
        Resumed(Bare) = "prescription.resumed", version 1;
        /// A refill was requested.
        RefillRequested(RefillRequested) = "prescription.refill-requested", version 1;
        /// A refill request was approved.
        RefillApproved(RefillApproved) = "prescription.refill-approved", version 1;
        /// A refill request was denied.
        RefillDenied(RefillDenied) = "prescription.refill-denied", version 1;
        /// The patient has taken everything.
        Completed(Bare) = "prescription.completed", version 1;
        /// The medication was stopped for good.
        Stopped(StatusReason) = "prescription.stopped", version 1;
        /// The prescription was withdrawn before the patient took anything.
        Cancelled(StatusReason) = "prescription.cancelled", version 1;
    }
}

/// The body of `prescription.drafted` and `prescription.issued`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prescribed {
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// The appointment it was prescribed at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment_id: Option<Uuid>,
    /// The prescription it renews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_prescription_id: Option<Uuid>,
    /// The directions.
    #[serde(flatten)]
    pub directions: Directions,
}

/// The medicines, the remaining refills and the notes. This is also the body of `prescription.amended`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Directions {
    /// The medicines. They are personal because they reveal health data.
    pub medicines: Personal<Medicines>,
    /// The number of remaining refills.
    pub refills_remaining: Refills,
    /// The notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
}

/// The body of `prescription.refill-requested`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefillRequested {
    /// The id of the request, unique within the prescription.
    pub request_id: Uuid,
}

/// The body of `prescription.refill-approved`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefillApproved {
    /// The id of the request.
    pub request_id: Uuid,
    /// The number of refills that remain after this one.
    pub refills_remaining: Refills,
}

/// The body of `prescription.refill-denied`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefillDenied {
    /// The id of the request.
    pub request_id: Uuid,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}
