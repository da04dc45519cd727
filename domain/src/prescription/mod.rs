//! The prescription (FHIR `MedicationRequest`): the medicines a practitioner prescribes for a patient.
//!
//! [`live_prescriptions`](crate::live_prescriptions) keeps each medicine to one live prescription of an appointment.

mod command;
mod event;
mod state;

#[cfg(test)]
mod scenarios;

pub use command::{Parties, Prescribing, PrescriptionChange, PrescriptionCommand, PrescriptionRefusal, StatusReason};
pub use event::{Directions, Prescribed, PrescriptionEvent, RefillApproved, RefillDenied, RefillRequested};
pub use state::{Prescription, PrescriptionStatus, RefillRequest, RenewablePrescription};

use uuid::Uuid;

use crate::{Bare, Decider, aggregate::aggregate, values::Reason};

aggregate!(Prescription = "prescription", PrescriptionCommand => PrescriptionEvent, PrescriptionRefusal);

type Decision = Result<Vec<PrescriptionEvent>, PrescriptionRefusal>;

impl Decider for Prescription {
    fn decide(&self, command: PrescriptionCommand) -> Decision {
        use PrescriptionStatus as Status;

        let (Some(status), Some(prescribed)) = (self.status, &self.prescribed) else {
            return begin(command);
        };
        match (status, command) {
            (_, PrescriptionCommand::Draft(_) | PrescriptionCommand::Issue(_)) => {
                Err(PrescriptionRefusal::AlreadyPrescribed)
            }
            (Status::Draft, PrescriptionCommand::IssueDraft { patient, appointment }) => {
                if patient.id() != prescribed.patient_id {
                    return Err(PrescriptionRefusal::AnotherPatientsPrescription);
                }
                let is_of_appointment = appointment.map(|appointment| appointment.id()) == prescribed.appointment_id;
                if !is_of_appointment || appointment.is_some_and(|one| one.patient_id() != prescribed.patient_id) {
                    return Err(PrescriptionRefusal::AnotherPatientsAppointment);
                }
                Ok(vec![PrescriptionEvent::Issued(prescribed.clone())])
            }
            (Status::Draft | Status::Active | Status::OnHold, PrescriptionCommand::Amend(change)) => {
                let next = change.apply_to(&prescribed.directions);
                let changed = next != prescribed.directions;
                Ok(changed
                    .then_some(PrescriptionEvent::Amended(next))
                    .into_iter()
                    .collect())
            }
            (Status::Active, PrescriptionCommand::Hold(reason)) => Ok(vec![PrescriptionEvent::Held(reason)]),
            // A new reason for the hold is recorded, so that it is not lost.
            (Status::OnHold, PrescriptionCommand::Hold(reason)) if self.is_other(&reason) => {
                Ok(vec![PrescriptionEvent::Held(reason)])
            }
            (Status::Stopped, PrescriptionCommand::Stop(reason))
            | (Status::Cancelled, PrescriptionCommand::Cancel(reason))
                if self.is_other(&reason) =>
            {
                Err(PrescriptionRefusal::AnotherReason(status))
            }
            (Status::OnHold, PrescriptionCommand::Resume) => Ok(vec![PrescriptionEvent::Resumed(Bare {})]),
            (Status::Active, PrescriptionCommand::RequestRefill { request_id }) => self.request_refill(request_id),
            (Status::Active, PrescriptionCommand::ApproveRefill { request_id }) => self.approve_refill(request_id),
            (Status::Active | Status::OnHold, PrescriptionCommand::DenyRefill { request_id, reason }) => {
                self.deny_refill(request_id, reason)
            }
            (Status::Active | Status::OnHold, PrescriptionCommand::Complete) => {
                Ok(vec![PrescriptionEvent::Completed(Bare {})])
            }
            (Status::Active | Status::OnHold, PrescriptionCommand::Stop(reason)) => {
                Ok(vec![PrescriptionEvent::Stopped(reason)])
            }
            (Status::Draft | Status::Active, PrescriptionCommand::Cancel(reason)) => {
                Ok(vec![PrescriptionEvent::Cancelled(reason)])
            }
            (Status::Active, PrescriptionCommand::IssueDraft { .. } | PrescriptionCommand::Resume)
            | (Status::OnHold, PrescriptionCommand::Hold(_))
            | (Status::Completed, PrescriptionCommand::Complete)
            | (Status::Stopped, PrescriptionCommand::Stop(_))
            | (Status::Cancelled, PrescriptionCommand::Cancel(_)) => Ok(vec![]),
            (status, _) => Err(PrescriptionRefusal::InStatus(status)),
        }
    }

    fn evolve(&mut self, event: &PrescriptionEvent) {
        match event {
            PrescriptionEvent::Drafted(prescribed) => self.begin(prescribed, PrescriptionStatus::Draft),
            PrescriptionEvent::Issued(prescribed) => self.begin(prescribed, PrescriptionStatus::Active),
            PrescriptionEvent::Amended(directions) => {
                if let Some(prescribed) = &mut self.prescribed {
                    prescribed.directions.clone_from(directions);
                }
            }
            PrescriptionEvent::Held(reason) => self.stand(PrescriptionStatus::OnHold, reason),
            PrescriptionEvent::Resumed(_) => self.stand(PrescriptionStatus::Active, &StatusReason::default()),
            PrescriptionEvent::RefillRequested(requested) => self.put(requested.request_id, RefillRequest::Open),
            PrescriptionEvent::RefillApproved(approved) => {
                self.put(approved.request_id, RefillRequest::Approved);
                if let Some(prescribed) = &mut self.prescribed {
                    prescribed.directions.refills_remaining = approved.refills_remaining;
                }
            }
            PrescriptionEvent::RefillDenied(denied) => {
                self.put(denied.request_id, RefillRequest::Denied);
                let reason = denied.reason.clone().map(|reason| (denied.request_id, reason));
                self.denied_for.extend(reason);
            }
            PrescriptionEvent::Completed(_) => self.status = Some(PrescriptionStatus::Completed),
            PrescriptionEvent::Stopped(reason) => self.stand(PrescriptionStatus::Stopped, reason),
            PrescriptionEvent::Cancelled(reason) => self.stand(PrescriptionStatus::Cancelled, reason),
        }
    }

    fn data_subject(&self, _own_id: &str) -> Option<String> {
        self.prescribed
            .as_ref()
            .map(|prescribed| prescribed.patient_id.to_string())
    }
}

/// Decides the commands that create a prescription.
fn begin(command: PrescriptionCommand) -> Decision {
    match command {
        PrescriptionCommand::Draft(prescribing) => Ok(vec![PrescriptionEvent::Drafted(prescribing.checked()?)]),
        PrescriptionCommand::Issue(prescribing) => Ok(vec![PrescriptionEvent::Issued(prescribing.checked()?)]),
        _ => Err(PrescriptionRefusal::Unknown),
    }
}

impl Prescription {
    /// Whether the command gives a reason that differs from the recorded one.
    fn is_other(&self, reason: &StatusReason) -> bool {
        *reason != StatusReason::default() && *reason != self.reason
    }

    /// Limits open requests to the remaining refills, so that each of them can still be approved.
    fn request_refill(&self, request_id: Uuid) -> Decision {
        if self.requests.contains_key(&request_id) {
            return Ok(vec![]);
        }
        let open = self
            .requests
            .values()
            .filter(|request| **request == RefillRequest::Open);
        if self.requests.len() >= Self::MOST_REFILL_REQUESTS {
            return Err(PrescriptionRefusal::TooManyRefillRequests);
        }
        if open.count() >= usize::from(self.refills_remaining().number()) {
            return Err(PrescriptionRefusal::NoRefillsRemaining);
        }
        Ok(vec![PrescriptionEvent::RefillRequested(RefillRequested { request_id })])
    }

    fn approve_refill(&self, request_id: Uuid) -> Decision {
        match self.requests.get(&request_id) {
            None => Err(PrescriptionRefusal::UnknownRefillRequest),
            Some(RefillRequest::Denied) => Err(PrescriptionRefusal::RefillDecided),
            Some(RefillRequest::Approved) => Ok(vec![]),
            Some(RefillRequest::Open) => {
                let remaining = self.refills_remaining().one_less();
                let refills_remaining = remaining.ok_or(PrescriptionRefusal::NoRefillsRemaining)?;
                Ok(vec![PrescriptionEvent::RefillApproved(RefillApproved {
                    request_id,
                    refills_remaining,
                })])
            }
        }
    }

    fn deny_refill(&self, request_id: Uuid, reason: Option<Reason>) -> Decision {
        match self.requests.get(&request_id) {
            None => Err(PrescriptionRefusal::UnknownRefillRequest),
            Some(RefillRequest::Approved) => Err(PrescriptionRefusal::RefillDecided),
            // Another reason is refused, because it would be lost.
            Some(RefillRequest::Denied) if reason.is_some() && reason.as_ref() != self.denied_for.get(&request_id) => {
                Err(PrescriptionRefusal::RefillDecided)
            }
            Some(RefillRequest::Denied) => Ok(vec![]),
            Some(RefillRequest::Open) => Ok(vec![PrescriptionEvent::RefillDenied(RefillDenied {
                request_id,
                reason,
            })]),
        }
    }
}
