//! The prescription's state, and the proof it gives to other prescriptions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Prescribed, PrescriptionRefusal, StatusReason};
use crate::values::{Reason, Refills, codes::codes};

codes! {
    /// A prescription's status (FHIR `MedicationRequest.status`).
    PrescriptionStatus {
        /// The prescription is not issued yet.
        Draft = "draft";
        /// The patient takes the medicines.
        Active = "active";
        /// The medication is suspended.
        OnHold = "on-hold";
        /// The patient has taken everything.
        Completed = "completed";
        /// The medication was stopped for good.
        Stopped = "stopped";
        /// The prescription was withdrawn before the patient took anything.
        Cancelled = "cancelled";
    }
}

impl PrescriptionStatus {
    /// Whether a prescription with this status is live. A medicine is in at most one live prescription of an appointment.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Draft | Self::Active | Self::OnHold)
    }
}

codes! {
    /// The state of a refill request.
    RefillRequest {
        /// The request is undecided.
        Open = "open";
        /// The request was approved.
        Approved = "approved";
        /// The request was denied.
        Denied = "denied";
    }
}

/// A prescription's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Prescription {
    pub(super) prescribed: Option<Prescribed>,
    pub(super) status: Option<PrescriptionStatus>,
    pub(super) requests: BTreeMap<Uuid, RefillRequest>,
    /// The reasons of denials, where one was given.
    pub(super) denied_for: BTreeMap<Uuid, Reason>,
    pub(super) reason: StatusReason,
}

/// Proof that a prescription can be renewed. Only [`Prescription::renewable`] creates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenewablePrescription {
    id: Uuid,
    patient_id: Uuid,
}

impl RenewablePrescription {
    /// The prescription's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The prescription's patient.
    #[must_use]
    pub const fn patient_id(&self) -> Uuid {
        self.patient_id
    }
}

impl Prescription {
    /// The limit of refill requests.
    pub const MOST_REFILL_REQUESTS: usize = 200;

    /// The prescription with all later changes: `None` before it is drafted or issued.
    #[must_use]
    pub const fn prescribed(&self) -> Option<&Prescribed> {
        self.prescribed.as_ref()
    }

    /// The status: `None` before the prescription is drafted or issued.
    #[must_use]
    pub const fn status(&self) -> Option<PrescriptionStatus> {
        self.status
    }

    /// The reason for the present status. It is empty if none was given.
    #[must_use]
    pub const fn reason(&self) -> &StatusReason {
        &self.reason
    }

    /// The number of remaining refills.
    #[must_use]
    pub fn refills_remaining(&self) -> Refills {
        let prescribed = self.prescribed.as_ref();
        prescribed.map_or(Refills::NONE, |prescribed| prescribed.directions.refills_remaining)
    }

    /// The state of each refill request, by its id.
    #[must_use]
    pub const fn refill_requests(&self) -> &BTreeMap<Uuid, RefillRequest> {
        &self.requests
    }

    /// The appointment the prescription occupies while it is live.
    #[must_use]
    pub fn claims(&self) -> Option<Uuid> {
        let live = self.status.is_some_and(PrescriptionStatus::is_live);
        let prescribed = self.prescribed.as_ref().filter(|_| live);
        prescribed.and_then(|prescribed| prescribed.appointment_id)
    }

    /// Checks that the prescription can be renewed. The caller passes the id, which the state does not hold.
    ///
    /// # Errors
    /// The prescription does not exist, is a draft, or was cancelled.
    pub fn renewable(&self, id: Uuid) -> Result<RenewablePrescription, PrescriptionRefusal> {
        match (&self.prescribed, self.status) {
            (_, Some(status @ (PrescriptionStatus::Draft | PrescriptionStatus::Cancelled))) => {
                Err(PrescriptionRefusal::InStatus(status))
            }
            (Some(prescribed), Some(_)) => Ok(RenewablePrescription {
                id,
                patient_id: prescribed.patient_id,
            }),
            _ => Err(PrescriptionRefusal::Unknown),
        }
    }

    pub(super) fn begin(&mut self, prescribed: &Prescribed, status: PrescriptionStatus) {
        self.prescribed = Some(prescribed.clone());
        self.status = Some(status);
    }

    pub(super) fn stand(&mut self, status: PrescriptionStatus, reason: &StatusReason) {
        self.status = Some(status);
        self.reason = reason.clone();
    }

    pub(super) fn put(&mut self, request_id: Uuid, request: RefillRequest) {
        self.requests.insert(request_id, request);
    }
}
