//! The actions that a caller asks for: an operation of the API, or a family of operations that the same people may do.

use crate::values::codes::codes;

codes! {
    /// An action, named by noun and deed.
    Action {
        /// Reads patients: lists, searches, single patients and their history.
        ReadPatients = "patients.read";
        /// Registers a patient.
        RegisterPatient = "patients.register";
        /// Changes a patient's demographics.
        ChangePatient = "patients.change";
        /// Deactivates or reactivates a patient.
        DeactivatePatient = "patients.deactivate";
        /// Records a patient's death, or revokes the record.
        RecordDeath = "patients.record-death";
        /// Erases a patient's personal data for good.
        ErasePatient = "patients.erase";
        /// Reads practitioners: lists and single practitioners.
        ReadPractitioners = "practitioners.read";
        /// Registers a practitioner.
        RegisterPractitioner = "practitioners.register";
        /// Changes a practitioner's profile.
        ChangePractitioner = "practitioners.change";
        /// Sets a practitioner's availability, and adds and removes time off.
        PlanPractitioner = "practitioners.plan";
        /// Deactivates a practitioner.
        DeactivatePractitioner = "practitioners.deactivate";
        /// Reads appointments: lists, single appointments and their history.
        ReadAppointments = "appointments.read";
        /// Books an appointment.
        BookAppointment = "appointments.book";
        /// Moves an appointment, or changes its reason and notes.
        ChangeAppointment = "appointments.change";
        /// Cancels an appointment.
        CancelAppointment = "appointments.cancel";
        /// Records that a patient arrived or did not come.
        AttendAppointment = "appointments.attend";
        /// Records that the practitioner has seen the patient.
        FulfilAppointment = "appointments.fulfil";
        /// Undoes a fulfilment or no-show.
        ReopenAppointment = "appointments.reopen";
        /// Marks an appointment as entered in error.
        MarkAppointmentInError = "appointments.mark-in-error";
        /// Reads prescriptions: lists, single prescriptions and their history.
        ReadPrescriptions = "prescriptions.read";
        /// Prescribes, and changes, issues, holds, resumes, completes, stops and cancels a prescription.
        Prescribe = "prescriptions.prescribe";
        /// Requests a refill.
        RequestRefill = "prescriptions.request-refill";
        /// Approves or denies a refill.
        DecideRefill = "prescriptions.decide-refill";
        /// Reads accounts, their payments and their history.
        ReadAccounts = "accounts.read";
        /// Opens a patient's account.
        OpenAccount = "accounts.open";
        /// Posts charges and adjustments to an account, and closes it.
        KeepAccount = "accounts.keep";
        /// Reads invoices, their payments and their history.
        ReadInvoices = "invoices.read";
        /// Drafts, extends, issues, credits and cancels an invoice.
        Invoice = "invoices.invoice";
        /// Takes, settles, moves and refunds payments.
        TakePayment = "payments.take";
        /// Reads the ledger's proof.
        ProveLedger = "ledger.prove";
        /// Reads the status of the projections.
        ReadProjections = "projections.read";
        /// Manages the sign-ins of staff and services, and invites patients.
        ManageSignIns = "sign-ins.manage";
    }
}
