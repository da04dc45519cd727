//! What looking back has in common: the moment that is asked for, the timeline, and the problems.

use api::{HistoryEntry, Page, changes};
use chrono::{DateTime, Utc};
use http_edge::{
    Problem,
    problem::types::{ERASED, INTERNAL, INVALID_REQUEST, NOT_FOUND, UNAVAILABLE},
};
use log_reader::{History, Journaled, Moment, ReadError};
use read_models::{Direction, Listed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::IntoParams;

use super::pages::{Paging, paging};
use crate::{past::PastError, queries::database_problem};

/// As of when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsOf {
    /// As it was at this instant, from the log. Not together with `version`.
    as_of: Option<DateTime<Utc>>,
    /// As it was in this version, from the log. Not together with `asOf`.
    version: Option<u64>,
}

impl AsOf {
    /// The moment that is asked for; nothing when it is the present.
    ///
    /// # Errors
    /// Two moments are asked for, or one that cannot be.
    pub(crate) fn moment(&self) -> Result<Option<Moment>, Problem> {
        moment(self.as_of, self.version)
    }
}

/// As [`AsOf::moment`].
pub(crate) fn moment(as_of: Option<DateTime<Utc>>, version: Option<u64>) -> Result<Option<Moment>, Problem> {
    let refuse = |message: &str| Problem::new(&INVALID_REQUEST).parameter("version", message);
    match (as_of, version) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(refuse("must not be given together with asOf")),
        (Some(instant), None) => Ok(Some(Moment::AsOf(instant))),
        (None, Some(0)) => Err(refuse("must be 1 or more")),
        (None, Some(version)) => Ok(Some(Moment::Version(version))),
    }
}

/// Which part of a timeline.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimelinePart {
    /// The page's number, from 0.
    page: Option<u32>,
    /// How many items a page holds: 1 to 100, 20 by default.
    size: Option<u32>,
    /// The order: `version,asc`, which is the default, or `version,desc`.
    #[serde(default)]
    sort: Vec<String>,
}

impl TimelinePart {
    /// Checks the parameters.
    ///
    /// # Errors
    /// A parameter is out of range.
    pub(crate) fn paging(&self) -> Result<Paging<()>, Problem> {
        paging(self.page, self.size, &self.sort, &[("version", ())])
    }
}

/// A page of a timeline. `show` shows what the events so far have made of the resource.
///
/// # Errors
/// A resource cannot be written as JSON.
pub(crate) fn timeline<A: Journaled, R: Serialize>(
    history: &History<A>,
    paging: Paging<()>,
    show: impl Fn(u64, &A) -> Option<R>,
) -> Result<Page<HistoryEntry>, Problem> {
    let newest_first = matches!(paging.request.sort.first(), Some((_, Direction::Descending)));
    let (total, size) = (history.len(), u64::from(paging.request.size));
    let passed = total.min(u64::from(paging.request.page) * size);
    let versions = match newest_first {
        false => passed + 1..=total.min(passed + size),
        true => (total - passed).saturating_sub(size) + 1..=total - passed,
    };
    let json = |version: u64, state: &A| match show(version, state) {
        Some(resource) => serde_json::to_value(resource),
        None => Ok(Value::Null),
    };
    let mut rows = Vec::new();
    history.steps(versions, |event, before, after| {
        let shown = json(event.version, before).and_then(|before| Ok((before, json(event.version, after)?)));
        rows.push(shown.map(|(before, after)| HistoryEntry {
            version: event.version.cast_signed(),
            r#type: event.event_type.clone(),
            time: event.metadata.time,
            actor: event.metadata.actor.clone(),
            event_id: event.id,
            correlation_id: event.metadata.correlation_id,
            causation_id: event.metadata.causation_id,
            changes: changes(&before, &after),
        }));
    });
    if newest_first {
        rows.reverse();
    }
    let rows = rows.into_iter().collect::<Result<Vec<_>, _>>();
    let listed = Listed {
        rows: rows.map_err(|error| Problem::new(&INTERNAL).because(error))?,
        total: total.cast_signed(),
    };
    Ok(paging.answer(listed, |entry| entry))
}

/// What a query about the past of such a thing is answered with when it cannot be shown.
pub(crate) fn past_problem(what: &'static str) -> impl Fn(PastError) -> Problem {
    move |error| match error {
        PastError::Unknown => Problem::new(&NOT_FOUND).detail(format!("No {what} has this id.")),
        PastError::NotThen => {
            Problem::new(&NOT_FOUND).detail(format!("The {what} did not exist then, or never came to that version."))
        }
        PastError::Erased => Problem::new(&ERASED).detail(format!("The {what} has been erased.")),
        PastError::Read(ReadError::Unavailable(reason)) => Problem::new(&UNAVAILABLE)
            .detail("The event log cannot be reached.")
            .because(reason)
            .retry_after(1),
        PastError::Index(error) => database_problem(error),
        PastError::Read(ReadError::Damaged(_)) | PastError::Write(_) => Problem::new(&INTERNAL).because(error),
    }
}
