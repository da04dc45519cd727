//! A service that a benchmark compares with Anamnesis. Its settings are one line of JSON on its standard input. It
//! prints one line of JSON when it is ready, and exits when its standard input ends.

use serde::{Deserialize, Serialize};

/// The settings of a service.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceStart {
    /// The empty database of the service. The URL can contain a password.
    pub database_url: String,
}

impl std::fmt::Debug for ServiceStart {
    /// Leaves out the URL.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceStart").finish_non_exhaustive()
    }
}

/// The message of a service or server that is ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceReady {
    /// Its URL.
    pub url: String,
}
