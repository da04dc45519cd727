//! The nouns of the commands, and what is said of all commands on one.

use utoipa::openapi::HttpMethod;

use super::endpoint::Endpoint;

/// A noun that commands are about.
pub(super) struct Noun {
    /// What it is called, and where it is found.
    pub(super) called: &'static api::Noun,
    /// What `410` says, where a person can stand behind a resource.
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
    erased: Some("The patient has been erased, and the request would keep something about them"),
};

pub(super) static PRESCRIPTIONS: Noun = Noun {
    called: &api::PRESCRIPTIONS,
    erased: Some("The patient has been erased, and the request would keep something about them"),
};

pub(super) static ACCOUNTS: Noun = Noun {
    called: &api::ACCOUNTS,
    erased: Some("The patient has been erased"),
};

pub(super) static INVOICES: Noun = Noun {
    called: &api::INVOICES,
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
