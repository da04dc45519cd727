//! The nouns of the command API, and the documentation that all commands on a noun share.

/// A noun of the command API.
pub(super) struct Noun {
    /// Its name and path.
    pub(super) called: &'static api::Noun,
    /// The description of `410`, if erasing a person can affect the resource.
    pub(super) erased: Option<&'static str>,
}

pub(super) static PATIENTS: Noun = Noun {
    called: &api::PATIENTS,
    erased: Some("The patient has been erased"),
};

pub(super) static PRACTITIONERS: Noun = Noun {
    called: &api::PRACTITIONERS,
    erased: None,
};

pub(super) static APPOINTMENTS: Noun = Noun {
    called: &api::APPOINTMENTS,
    erased: Some("The patient has been erased, and the request contains data about them"),
};

pub(super) static PRESCRIPTIONS: Noun = Noun {
    called: &api::PRESCRIPTIONS,
    erased: Some("The patient has been erased, and the request contains data about them"),
};

pub(super) static ACCOUNTS: Noun = Noun {
    called: &api::ACCOUNTS,
    erased: Some("The patient has been erased"),
};

pub(super) static INVOICES: Noun = Noun {
    called: &api::INVOICES,
    erased: Some("The patient has been erased"),
};
