//! A service that a benchmark compares with ours. What it is told travels as one line of JSON on its standard input, where it
//! says that it is ready as another on its standard output. It ends when its standard input does.

use serde::{Deserialize, Serialize};

/// What a service is told when it starts.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceStart {
    /// The empty database that is the service's own. The URL can hold a password.
    pub database_url: String,
}

impl std::fmt::Debug for ServiceStart {
    /// Without the URL.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceStart").finish_non_exhaustive()
    }
}

/// What a service or a server says when it is ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceReady {
    /// Where it serves.
    pub url: String,
}
