//! A prescription's state, and what it can prove to others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Prescribed, PrescriptionRefusal, StatusReason};
use crate::values::{Refills, codes::codes};

codes! {
    /// Where a prescription stands (FHIR `MedicationRequest.status`).
    PrescriptionStatus {
        /// It is written down, and not given out.
        Draft = "draft";
        /// It is taken.
        Active = "active";
        /// It is not taken for a while.
        OnHold = "on-hold";
        /// Everything has been taken.
        Completed = "completed";
        /// It is not taken any more.
        Stopped = "stopped";
        /// It was taken back before anything had been taken.
        Cancelled = "cancelled";
    }
}

impl PrescriptionStatus {
    /// Whether a prescription that stands there is live: it keeps another one from standing against its appointment.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Draft | Self::Active | Self::OnHold)
    }
}

codes! {
    /// What has become of a request for another filling.
    RefillRequest {
        /// It has not been decided.
        Open = "open";
        /// It was granted.
        Approved = "approved";
        /// It was not granted.
        Denied = "denied";
    }
}

/// A prescription's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Prescription {
    pub(super) prescribed: Option<Prescribed>,
    pub(super) status: Option<PrescriptionStatus>,
    pub(super) requests: BTreeMap<Uuid, RefillRequest>,
    pub(super) reason: StatusReason,
}

/// Proof that a prescription can be renewed: only [`Prescription::renewable`] gives it.
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

    /// Whose it is.
    #[must_use]
    pub const fn patient_id(&self) -> Uuid {
        self.patient_id
    }
}

impl Prescription {
    /// The most refills that can be asked for.
    pub const MOST_REFILL_REQUESTS: usize = 200;

    /// What is prescribed, as it stands after later changes; nothing before that.
    #[must_use]
    pub const fn prescribed(&self) -> Option<&Prescribed> {
        self.prescribed.as_ref()
    }

    /// Where it stands; nowhere before it is drafted or issued.
    #[must_use]
    pub const fn status(&self) -> Option<PrescriptionStatus> {
        self.status
    }

    /// Why it stands where it does, if it was held, stopped or cancelled for a reason.
    #[must_use]
    pub const fn reason(&self) -> &StatusReason {
        &self.reason
    }

    /// How often it can be filled again.
    #[must_use]
    pub fn refills_remaining(&self) -> Refills {
        let prescribed = self.prescribed.as_ref();
        prescribed.map_or(Refills::NONE, |prescribed| prescribed.directions.refills_remaining)
    }

    /// What has become of each request for another filling.
    #[must_use]
    pub const fn refill_requests(&self) -> &BTreeMap<Uuid, RefillRequest> {
        &self.requests
    }

    /// The appointment that it stands against while it is live.
    #[must_use]
    pub fn claims(&self) -> Option<Uuid> {
        let live = self.status.is_some_and(PrescriptionStatus::is_live);
        let prescribed = self.prescribed.as_ref().filter(|_| live);
        prescribed.and_then(|prescribed| prescribed.appointment_id)
    }

    /// Checks that this prescription, whose id the caller knows, can be renewed.
    ///
    /// # Errors
    /// There is no such prescription, or the patient was never to take it.
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
