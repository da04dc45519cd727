//! Reasons for an early end, as FHIR codes.

use super::codes::codes;

codes! {
    /// The reason for cancelling an appointment, with the codes of FHIR's `appointment-cancellation-reason`.
    CancellationReason {
        /// At the patient's request.
        Patient = "pat";
        /// At the patient's request, through an automated reminder.
        PatientByReminder = "pat-crs";
        /// At the patient's request, through a portal.
        PatientByPortal = "pat-cpp";
        /// The patient has died.
        PatientDeceased = "pat-dec";
        /// The patient feels better.
        PatientFeelsBetter = "pat-fb";
        /// The patient could not travel.
        PatientLacksTransport = "pat-lt";
        /// The patient's membership ended.
        PatientMembershipEnded = "pat-mt";
        /// The patient has moved away.
        PatientMoved = "pat-mv";
        /// The patient is pregnant.
        PatientPregnant = "pat-preg";
        /// The patient took an earlier time from the waiting list.
        PatientFromWaitingList = "pat-swl";
        /// The patient sees another practitioner.
        PatientChangedProvider = "pat-ucp";
        /// At the practitioner's request.
        Provider = "prov";
        /// The practitioner, for personal reasons.
        ProviderPersonal = "prov-pers";
        /// The practitioner has discharged the patient.
        ProviderDischarged = "prov-dch";
        /// The practitioner has a training or a meeting.
        ProviderEducation = "prov-edu";
        /// The practitioner is in hospital.
        ProviderHospitalised = "prov-hosp";
        /// Laboratory results are out of the acceptable range.
        ProviderLaboratory = "prov-labs";
        /// The MRI screening advises against the procedure.
        ProviderMriScreening = "prov-mri";
        /// The oncology treatment plan has changed.
        ProviderOncologyPlan = "prov-onc";
        /// Equipment is out of order.
        EquipmentMaintenance = "maint";
        /// A preparation or medication was not completed.
        PreparationIncomplete = "meds-inc";
        /// Something else.
        Other = "other";
        /// A capped therapy was not authorised.
        OtherTherapyCap = "oth-cms";
        /// Error.
        OtherError = "oth-err";
        /// Financial reasons.
        OtherFinancial = "oth-fin";
        /// The infusion access does not work.
        OtherInfusionAccess = "oth-iv";
        /// No interpreter is available.
        OtherNoInterpreter = "oth-int";
        /// A preparation, medication or result is not available.
        OtherNotAvailable = "oth-mu";
        /// The room is being maintained.
        OtherRoom = "oth-room";
        /// It was ordered in error.
        OtherOrderError = "oth-oerr";
        /// A walk-in was recorded in error.
        OtherWalkInError = "oth-swie";
        /// Weather.
        OtherWeather = "oth-weath";
    }
}

codes! {
    /// The reason for holding, stopping or cancelling a prescription, with the codes of FHIR's
    /// `medicationrequest-status-reason`.
    MedicationReason {
        /// Another treatment is tried first.
        AnotherTreatment = "altchoice";
        /// The prescription needs clarification.
        NeedsClarification = "clarif";
        /// The level of the medicine in the body is too high.
        LevelTooHigh = "drughigh";
        /// The patient was admitted to hospital.
        AdmittedToHospital = "hospadm";
        /// The medicine would interfere with a laboratory test.
        LaboratoryInterference = "labint";
        /// The medicine is not available.
        NotAvailable = "non-avail";
        /// The patient is pregnant or breastfeeding.
        Pregnant = "preg";
        /// The patient is allergic to the medicine.
        Allergy = "salg";
        /// The medicine interacts with another one.
        Interaction = "sddi";
        /// The medicine duplicates another therapy.
        DuplicateTherapy = "sdupther";
        /// The patient may not tolerate the medicine.
        Intolerance = "sintol";
        /// The patient has surgery.
        Surgery = "surg";
        /// The body must clear another medicine first.
        Washout = "washout";
    }
}
