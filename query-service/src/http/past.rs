//! Shared parts of the history queries: the requested moment, the timeline, and the problems.

use api::{Example, HistoryEntry, Noun, Page, changes};
use chrono::{DateTime, Timelike as _, Utc};
use http_edge::{
    Problem,
    problem::types::{ERASED, INTERNAL, INVALID_REQUEST, NOT_FOUND, UNAVAILABLE},
};
use log_reader::{History, Journaled, Moment, ReadError};
use read_models::{Direction, Listed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    endpoint::{Endpoint, Nothing, Question, Route, Tagged},
    pages::{Order, Paging},
};
use crate::{
    past::{Owned, PastError, ScopedReader, Seen},
    queries::database_problem,
};

/// The requested moment.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsOf {
    /// Show the state at this instant, from the log. Excludes `version`.
    as_of: Option<DateTime<Utc>>,
    /// Show the state at this version, from the log. Excludes `asOf`.
    version: Option<u64>,
}

impl AsOf {
    /// Returns the requested moment, or `None` for the present.
    ///
    /// # Errors
    /// The request names two moments, or an invalid one.
    pub(crate) fn moment(&self) -> Result<Option<Moment>, Problem> {
        let refuse = |message: &str| Problem::new(&INVALID_REQUEST).parameter("version", message);
        match (self.as_of, self.version) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(refuse("must not be given together with asOf")),
            (Some(instant), None) if instant.nanosecond() >= 1_000_000_000 => {
                Err(Problem::new(&INVALID_REQUEST).parameter("asOf", "must not be a leap second"))
            }
            (Some(instant), None) => Ok(Some(Moment::AsOf(instant))),
            (None, Some(0)) => Err(refuse("must be 1 or more")),
            (None, Some(version)) => Ok(Some(Moment::Version(version))),
        }
    }
}

impl Endpoint {
    /// Declares the endpoint of a resource's history.
    pub(super) fn history(noun: &'static Noun) -> Self {
        let singular = noun.singular;
        let article = match singular.starts_with(['a', 'e', 'i', 'o', 'u']) {
            true => "an",
            false => "a",
        };
        Self::get(noun, "/{id}/history", format!("{singular}_history"))
            .summary(format!(
                "Get the history of {article} {singular} from the log: who did what, when, and what it changed."
            ))
            .success("A page of the timeline")
    }

    /// Sets the handler of a timeline. `show` renders the state of the resource after each event.
    pub(super) fn tells<A: Owned, R: Serialize + 'static>(self, show: fn(Uuid, u64, &A) -> Option<R>) -> Route {
        let singular = self.noun().singular;
        self.pages(
            Order::by(&[("version", ())]),
            move |question: Question<Uuid, Nothing>, paging| async move {
                let (reader, id) = (question.look_back::<A>().await?, question.path);
                let opened = reader.open(id).await.map_err(past_problem(singular))?;
                timeline(&opened.history, paging, |version, state| show(id, version, state))
            },
        )
    }

    /// Sets the handler of a resource, now or at the requested moment.
    pub(super) fn shows<A, R, F, G>(
        self,
        present: impl Fn(Question<Uuid, AsOf>) -> F + Clone + Send + Sync + 'static,
        past: impl Fn(ScopedReader<A>, Uuid, Moment) -> G + Clone + Send + Sync + 'static,
    ) -> Route
    where
        A: Owned,
        R: Serialize + ToSchema + Example + Send + 'static,
        F: Future<Output = Result<Tagged<R>, Problem>> + Send + 'static,
        G: Future<Output = Result<Seen<R>, PastError>> + Send + 'static,
    {
        let singular = self.noun().singular;
        self.refuses(
            404,
            format!("The {singular} does not exist, or did not exist at that time"),
        )
        .answers(move |question: Question<Uuid, AsOf>| {
            let (present, past) = (present.clone(), past.clone());
            async move {
                let Some(moment) = question.parameters.moment()? else {
                    return present(question).await;
                };
                let reader = question.look_back::<A>().await?;
                let seen = past(reader, question.path, moment).await;
                seen.map(Tagged::from).map_err(past_problem(singular))
            }
        })
    }
}

/// Builds a page of a timeline. `show` renders the state of the resource after each event.
///
/// # Errors
/// A resource cannot be serialized as JSON.
fn timeline<A: Journaled, R: Serialize>(
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

/// Maps an error of a history query to a problem.
pub(crate) fn past_problem(what: &'static str) -> impl Fn(PastError) -> Problem {
    move |error| match error {
        PastError::Unknown => Problem::new(&NOT_FOUND).detail(format!("No {what} has this id.")),
        PastError::NotThen => Problem::new(&NOT_FOUND).detail(format!(
            "The {what} did not exist at that time, or never reached that version."
        )),
        PastError::Erased => Problem::new(&ERASED).detail(format!("The {what} has been erased.")),
        PastError::Read(ReadError::Unavailable(reason)) => Problem::new(&UNAVAILABLE)
            .detail("The event log is unavailable.")
            .because(reason)
            .retry_after(1),
        PastError::Index(error) => database_problem(error),
        PastError::Read(ReadError::Damaged(_)) | PastError::Write(_) => Problem::new(&INTERNAL).because(error),
    }
}
