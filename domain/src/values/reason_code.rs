//! Why something ended before its time, in FHIR's codes.

use super::codes::codes;

codes! {
    /// Why an appointment was cancelled, with the codes of FHIR's `appointment-cancellation-reason`.
    CancellationReason {
        /// The patient.
        Patient = "pat";
        /// The patient, by an automated reminder.
        PatientByReminder = "pat-crs";
        /// The patient, by a portal.
        PatientByPortal = "pat-cpp";
        /// The patient has died.
        PatientDeceased = "pat-dec";
        /// The patient feels better.
        PatientFeelsBetter = "pat-fb";
        /// The patient could not travel.
        PatientLacksTransport = "pat-lt";
        /// The patient is not a member any more.
        PatientMembershipEnded = "pat-mt";
        /// The patient has moved away.
        PatientMoved = "pat-mv";
        /// The patient is pregnant.
        PatientPregnant = "pat-preg";
        /// The patient was given an earlier time from the waiting list.
        PatientFromWaitingList = "pat-swl";
        /// The patient sees another practitioner.
        PatientChangedProvider = "pat-ucp";
        /// The practitioner.
        Provider = "prov";
        /// The practitioner, for personal reasons.
        ProviderPersonal = "prov-pers";
        /// The practitioner has discharged the patient.
        ProviderDischarged = "prov-dch";
        /// The practitioner is at a training or a meeting.
        ProviderEducation = "prov-edu";
        /// The practitioner is in hospital.
        ProviderHospitalised = "prov-hosp";
        /// Laboratory results are out of the acceptable range.
        ProviderLaboratory = "prov-labs";
        /// The screening before an MRI says not to proceed.
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
        /// An error.
        OtherError = "oth-err";
        /// Money.
        OtherFinancial = "oth-fin";
        /// The access for an infusion does not work.
        OtherInfusionAccess = "oth-iv";
        /// There is no interpreter.
        OtherNoInterpreter = "oth-int";
        /// A preparation, medication or result is not available.
        OtherNotAvailable = "oth-mu";
        /// The room is being maintained.
        OtherRoom = "oth-room";
        /// It was ordered in error.
        OtherOrderError = "oth-oerr";
        /// A walk-in was recorded in error.
        OtherWalkInError = "oth-swie";
        /// The weather.
        OtherWeather = "oth-weath";
    }
}

codes! {
    /// Why a prescription was held, stopped or cancelled, with the codes of FHIR's `medicationrequest-status-reason`.
    MedicationReason {
        /// Another treatment is tried first.
        AnotherTreatment = "altchoice";
        /// The prescription needs clarification.
        NeedsClarification = "clarif";
        /// The level of the medicine in the body is too high.
        LevelTooHigh = "drughigh";
        /// The patient was admitted to hospital.
        AdmittedToHospital = "hospadm";
        /// It would disturb a laboratory test.
        LaboratoryInterference = "labint";
        /// The medicine cannot be had.
        NotAvailable = "non-avail";
        /// The patient is pregnant or breastfeeding.
        Pregnant = "preg";
        /// The patient is allergic to it.
        Allergy = "salg";
        /// It interacts with another medicine.
        Interaction = "sddi";
        /// It duplicates another therapy.
        DuplicateTherapy = "sdupther";
        /// The patient is suspected not to tolerate it.
        Intolerance = "sintol";
        /// The patient has surgery.
        Surgery = "surg";
        /// The body has to be rid of a medicine first.
        Washout = "washout";
    }
}
