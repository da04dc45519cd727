//! The roles of callers.

use crate::values::codes::codes;

codes! {
    /// A caller's role in the clinic.
    Role {
        /// Runs the clinic and its installation.
        Admin = "admin";
        /// Sees patients.
        Practitioner = "practitioner";
        /// Receives patients and makes appointments.
        FrontDesk = "front-desk";
        /// Bills the patients.
        Billing = "billing";
        /// Reviews what happened, and changes nothing.
        Auditor = "auditor";
        /// Receives care, and acts only for themselves.
        Patient = "patient";
        /// Another system, which opens accounts for the patients that it registers.
        Service = "service";
    }
}
