//! `anamnesis dlq`: the events that a projection could not apply. It prints their places and errors, never their bodies.

mod args;

use std::process::ExitCode;

use anyhow::Context as _;
use projection_service::{
    ALL, Projection,
    parked::{Outcome, discard, retry},
};
use read_models::parked::{ParkedEvent, list};
use serde::Serialize;

pub(crate) use self::args::Dlq;
use self::args::{DlqDiscard, DlqMany, DlqOne, DlqWhat};
use crate::{
    common::Common,
    console,
    models::{Models, with_models},
};

/// A parked event as it is printed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Printed<'a> {
    projection: &'a str,
    stream: &'a str,
    position: u64,
    aggregate: &'a str,
    event_type: &'a str,
    /// Whether it only waits for an earlier event.
    waits: bool,
    error: &'a str,
    attempts: u32,
    first_at: chrono::DateTime<chrono::Utc>,
    last_at: chrono::DateTime<chrono::Utc>,
    /// The number of events that wait behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<usize>,
    /// The outcome of a retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
}

impl<'a> Printed<'a> {
    fn new(parked: &'a ParkedEvent) -> Self {
        Self {
            projection: &parked.projection,
            stream: &parked.stream,
            position: parked.event.position,
            aggregate: &parked.event.aggregate,
            event_type: &parked.event.event_type,
            waits: parked.event.waits,
            error: &parked.event.error,
            attempts: parked.attempts,
            first_at: parked.first_at,
            last_at: parked.last_at,
            waiting: None,
            outcome: None,
        }
    }

    fn line(&self) -> String {
        let Self {
            projection,
            stream,
            position,
            aggregate,
            event_type,
            error,
            attempts,
            ..
        } = self;
        let outcome = self.outcome.map(|outcome| format!("{outcome}: ")).unwrap_or_default();
        format!(
            "{projection:<24}{stream} {position:>10}  {event_type}  {aggregate}  tried {attempts}x  {outcome}{error}"
        )
    }
}

pub(crate) fn run(common: &Common, dlq: &Dlq) -> anyhow::Result<ExitCode> {
    let done = with_models(common, "anamnesis-dlq", async |models| match &dlq.what {
        DlqWhat::List(many) => print_list(models, many).await,
        DlqWhat::Show(one) => show(models, one).await,
        DlqWhat::Retry(many) => retry_many(models, many).await,
        DlqWhat::Discard(discard) => discard_one(models, discard).await,
    })?;
    done.context("stopped before the end; run it again to continue")
}

async fn print_list(models: &Models, many: &DlqMany) -> anyhow::Result<ExitCode> {
    let parked = list(&models.pool, many.projection.map(Projection::name)).await?;
    let printed: Vec<Printed<'_>> = parked.iter().map(Printed::new).collect();
    print(&printed, many.json, "nothing is parked")?;
    Ok(ExitCode::SUCCESS)
}

fn print(printed: &[Printed<'_>], as_json: bool, nothing: &str) -> anyhow::Result<()> {
    if as_json {
        console::print(&serde_json::to_string(printed)?)?;
    } else if printed.is_empty() {
        console::say(nothing);
    } else {
        for one in printed {
            console::print(&one.line())?;
        }
    }
    Ok(())
}

async fn show(models: &Models, one: &DlqOne) -> anyhow::Result<ExitCode> {
    let parked = list(&models.pool, Some(one.projection.name())).await?;
    let found = parked.iter().find(|parked| parked.event.position == one.position);
    let found = found.with_context(|| not_parked(one))?;
    let behind = |other: &&ParkedEvent| {
        let same_row = match found.event.row_key {
            Some(key) => other.event.row_key == Some(key),
            None => other.event.aggregate == found.event.aggregate,
        };
        let place = |parked: &ParkedEvent| (parked.event.position, parked.event.index);
        place(other) > place(found) && same_row
    };
    let printed = Printed {
        waiting: Some(parked.iter().filter(behind).count()),
        ..Printed::new(found)
    };
    console::print(&if one.json {
        serde_json::to_string(&printed)?
    } else {
        readable(&printed)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn readable(printed: &Printed<'_>) -> String {
    let waiting = printed.waiting.unwrap_or(0);
    format!(
        "projection  {}\nevent       {} {}, {}\naggregate   {}\nerror       {}\nattempts    {}, from {} to {}\nwaiting     \
         {waiting} events behind it",
        printed.projection,
        printed.stream,
        printed.position,
        printed.event_type,
        printed.aggregate,
        printed.error,
        printed.attempts,
        printed.first_at,
        printed.last_at
    )
}

async fn retry_many(models: &Models, many: &DlqMany) -> anyhow::Result<ExitCode> {
    let mut tried: Vec<(ParkedEvent, Outcome)> = Vec::new();
    let projections = ALL
        .iter()
        .filter(|known| many.projection.is_none_or(|wanted| wanted.name() == known.name()));
    for projection in projections {
        let tell = |event: &ParkedEvent, outcome: &Outcome| tried.push((event.clone(), outcome.clone()));
        retry(&models.journal, &models.pool, projection, tell).await?;
    }
    let printed: Vec<Printed<'_>> = tried.iter().map(|(event, outcome)| retried(event, outcome)).collect();
    print(&printed, many.json, "nothing was parked")?;
    let is_done = tried
        .iter()
        .all(|(_, outcome)| !matches!(outcome, Outcome::Parked { .. }));
    Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn retried<'a>(event: &'a ParkedEvent, outcome: &'a Outcome) -> Printed<'a> {
    let printed = Printed::new(event);
    match outcome {
        Outcome::Applied => Printed {
            outcome: Some("applied"),
            error: "",
            attempts: printed.attempts + 1,
            ..printed
        },
        Outcome::Gone => Printed {
            outcome: Some("gone"),
            error: "",
            ..printed
        },
        Outcome::Parked { waits, error } => Printed {
            outcome: Some("parked"),
            waits: *waits,
            error,
            // `event` is the state before the retry. A waiting event is not tried.
            attempts: printed.attempts + u32::from(!waits),
            ..printed
        },
    }
}

async fn discard_one(models: &Models, discarding: &DlqDiscard) -> anyhow::Result<ExitCode> {
    let DlqDiscard { event, reason, yes } = discarding;
    anyhow::ensure!(*yes, "--yes is required");
    let discarded = discard(&models.pool, event.projection, event.position, reason).await?;
    anyhow::ensure!(discarded, not_parked(event));
    let name = event.projection.name();
    console::print(&if event.json {
        serde_json::json!({"projection": name, "position": event.position, "discarded": true}).to_string()
    } else {
        format!(
            "{name} skips position {} of {} from now on; `anamnesis dlq retry` applies the events that waited behind it",
            event.position,
            event.projection.context()
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

fn not_parked(event: &DlqOne) -> String {
    format!(
        "{} has no parked event at position {}; `anamnesis dlq list` lists the parked events",
        event.projection.name(),
        event.position
    )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use read_models::parked::NewParked;

    use super::*;

    #[test]
    fn a_retry_counts_as_one_more_attempt_unless_the_event_only_waits() {
        let parked = ParkedEvent {
            projection: "patient".to_owned(),
            stream: "PATIENTS".to_owned(),
            event: NewParked {
                position: 3,
                index: 0,
                aggregate: "patient/1".to_owned(),
                row_key: None,
                event_type: "patient.deactivated".to_owned(),
                waits: false,
                error: "refused".to_owned(),
            },
            attempts: 1,
            first_at: DateTime::UNIX_EPOCH,
            last_at: DateTime::UNIX_EPOCH,
        };
        let parked_again = |waits| Outcome::Parked {
            waits,
            error: "refused again".to_owned(),
        };
        let attempts = |outcome: &Outcome| retried(&parked, outcome).attempts;
        assert_eq!(attempts(&parked_again(false)), 2);
        assert_eq!(attempts(&Outcome::Applied), 2);
        assert_eq!(attempts(&parked_again(true)), 1);
        assert_eq!(attempts(&Outcome::Gone), 1);
    }
}
