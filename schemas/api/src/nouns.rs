//! The nouns of the API with their names and paths.

/// A noun.
#[derive(Debug)]
pub struct Noun {
    /// The path of its resources.
    pub path: &'static str,
    /// The singular.
    pub singular: &'static str,
    /// The plural.
    pub plural: &'static str,
    /// The tag that groups its endpoints.
    pub tag: &'static str,
}

/// `/api/patients`
pub static PATIENTS: Noun = Noun {
    path: "/api/patients",
    singular: "patient",
    plural: "patients",
    tag: "patients",
};

/// `/api/practitioners`
pub static PRACTITIONERS: Noun = Noun {
    path: "/api/practitioners",
    singular: "practitioner",
    plural: "practitioners",
    tag: "practitioners",
};

/// `/api/appointments`
pub static APPOINTMENTS: Noun = Noun {
    path: "/api/appointments",
    singular: "appointment",
    plural: "appointments",
    tag: "appointments",
};

/// `/api/prescriptions`
pub static PRESCRIPTIONS: Noun = Noun {
    path: "/api/prescriptions",
    singular: "prescription",
    plural: "prescriptions",
    tag: "prescriptions",
};

/// `/api/accounts`
pub static ACCOUNTS: Noun = Noun {
    path: "/api/accounts",
    singular: "account",
    plural: "accounts",
    tag: "billing",
};

/// `/api/invoices`
pub static INVOICES: Noun = Noun {
    path: "/api/invoices",
    singular: "invoice",
    plural: "invoices",
    tag: "billing",
};

/// `/api/ledger`
pub static LEDGER: Noun = Noun {
    path: "/api/ledger",
    singular: "ledger",
    plural: "ledgers",
    tag: "billing",
};
