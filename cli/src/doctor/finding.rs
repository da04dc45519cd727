//! What a check has found.

use serde::Serialize;

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// As it must be.
    Ok,
    /// It works, but something should be done, or could not be looked at.
    Warn,
    /// Events, answers or the service are at risk.
    Fail,
}

/// What a check has found of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// The check.
    pub(super) check: &'static str,
    /// What was looked at: a server, a stream, a projection.
    pub(super) item: String,
    pub(super) status: Status,
    /// What it is like.
    pub(super) found: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, item: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            check,
            item: item.into(),
            status: Status::Ok,
            found: found.into(),
            advice: None,
        }
    }

    pub(super) fn warn(
        check: &'static str,
        item: impl Into<String>,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            status: Status::Warn,
            advice: Some(advice.into()),
            ..Self::ok(check, item, found)
        }
    }

    pub(super) fn fail(
        check: &'static str,
        item: impl Into<String>,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            status: Status::Fail,
            ..Self::warn(check, item, found, advice)
        }
    }
}
