//! What looking back has in common: the moment that is asked for, the timeline, and the problems.

use api::{HistoryEntry, Noun, Page, changes};
use chrono::{DateTime, Timelike as _, Utc};
use http_edge::{
    Problem,
    problem::types::{ERASED, INTERNAL, INVALID_REQUEST, NOT_FOUND, UNAVAILABLE},
};
use log_reader::{Context, History, Journaled, Moment, ReadError};
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
    past::{self, Finder, PastError, Seen},
    queries::database_problem,
};

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
    /// What became of one of a noun.
    pub(super) fn history(noun: &'static Noun) -> Self {
        let singular = noun.singular;
        let article = match singular.starts_with(['a', 'e', 'i', 'o', 'u']) {
            true => "an",
            false => "a",
        };
        Self::get(noun, "/{id}/history", format!("{singular}_history"))
            .summary(format!(
                "Tell what became of {article} {singular}: who did what when, and what it changed. From the log."
            ))
            .success("A page of the timeline")
    }

    /// It answers with a timeline. `show` shows what the events so far have made of the resource.
    pub(super) fn tells<A: Journaled, R: Serialize + 'static>(self, show: fn(Uuid, u64, &A) -> Option<R>) -> Route {
        let singular = self.noun().singular;
        self.pages(
            Order::by(&[("version", ())]),
            move |question: Question<Uuid, Nothing>, paging| async move {
                let (finder, id) = (question.look_back(A::CONTEXT).await?, question.path);
                let history = past::history::<A>(&finder, id).await;
                let history = history.map_err(past_problem(singular))?;
                timeline(&history, paging, |version, state| show(id, version, state))
            },
        )
    }

    /// It answers with a resource as it is, or as it was at the moment that is asked for.
    pub(super) fn shows<R, F, G>(
        self,
        context: Context,
        present: impl Fn(Question<Uuid, AsOf>) -> F + Clone + Send + Sync + 'static,
        past: impl Fn(Finder, Uuid, Moment) -> G + Clone + Send + Sync + 'static,
    ) -> Route
    where
        R: Serialize + ToSchema + Send + 'static,
        F: Future<Output = Result<Tagged<R>, Problem>> + Send + 'static,
        G: Future<Output = Result<Seen<R>, PastError>> + Send + 'static,
    {
        let singular = self.noun().singular;
        self.refuses(404, format!("No such {singular}, or none then"))
            .answers(move |question: Question<Uuid, AsOf>| {
                let (present, past) = (present.clone(), past.clone());
                async move {
                    let Some(moment) = question.parameters.moment()? else {
                        return present(question).await;
                    };
                    let finder = question.look_back(context).await?;
                    let seen = past(finder, question.path, moment).await;
                    seen.map(Tagged::from).map_err(past_problem(singular))
                }
            })
    }
}

/// A page of a timeline. `show` shows what the events so far have made of the resource.
///
/// # Errors
/// A resource cannot be written as JSON.
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
