//! The findings of the checks.

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// As it should be.
    Ok,
    /// It works, but needs attention, or could not be checked.
    Warn,
    /// Data or the service is at risk.
    Fail,
}

/// The finding of a check about one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    /// The checked item: a server, a stream, a projection.
    pub(super) item: String,
    pub(super) status: Status,
    /// The observation.
    pub(super) found: String,
    /// The remedy.
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
