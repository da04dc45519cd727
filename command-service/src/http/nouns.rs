//! The nouns of the API: where each is found, and what is said of all commands on it.

use utoipa::openapi::HttpMethod;

use super::endpoint::Endpoint;

/// A noun.
pub(super) struct Noun {
    /// Where its resources are.
    pub(super) path: &'static str,
    /// One of them.
    pub(super) singular: &'static str,
    /// The group of its endpoints.
    pub(super) tag: &'static str,
    /// What `410` says, where a person can stand behind a resource.
    pub(super) erased: Option<&'static str>,
}

pub(super) static PATIENTS: Noun = Noun {
    path: "/api/patients",
    singular: "patient",
    tag: "patients",
    erased: Some("The patient has been erased"),
};

pub(super) static PRACTITIONERS: Noun = Noun {
    path: "/api/practitioners",
    singular: "practitioner",
    tag: "practitioners",
    erased: None,
};

pub(super) static APPOINTMENTS: Noun = Noun {
    path: "/api/appointments",
    singular: "appointment",
    tag: "appointments",
    erased: Some("The patient has been erased, and the request would keep something about them"),
};

pub(super) static PRESCRIPTIONS: Noun = Noun {
    path: "/api/prescriptions",
    singular: "prescription",
    tag: "prescriptions",
    erased: Some("The patient has been erased, and the request would keep something about them"),
};

pub(super) static ACCOUNTS: Noun = Noun {
    path: "/api/accounts",
    singular: "account",
    tag: "billing",
    erased: Some("The patient has been erased"),
};

pub(super) static INVOICES: Noun = Noun {
    path: "/api/invoices",
    singular: "invoice",
    tag: "billing",
    erased: Some("The patient has been erased"),
};

impl Noun {
    pub(super) fn post(&'static self, path: &'static str) -> Endpoint {
        Endpoint::new(self, HttpMethod::Post, path)
    }

    pub(super) fn put(&'static self, path: &'static str) -> Endpoint {
        Endpoint::new(self, HttpMethod::Put, path)
    }

    pub(super) fn delete(&'static self, path: &'static str) -> Endpoint {
        Endpoint::new(self, HttpMethod::Delete, path)
    }
}
