//! `anamnesis rebuild`. Progress goes to standard error, results go to standard output.

mod args;

use std::{
    process::ExitCode,
    sync::Mutex,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use projection_service::{
    ALL, Projection,
    rebuild::{Compared, Options, Progress, Rebuilt, rebuild},
};
use read_models::compare::{Difference, DifferenceKind};
use serde_json::{Value, json};

pub(crate) use self::args::Rebuild;
use crate::{common::Common, console, models::with_models};

/// The interval between progress lines.
const EVERY: Duration = Duration::from_secs(1);
/// The connections that a rebuild needs besides those of the workers.
const OTHER_CONNECTIONS: usize = 4;

pub(crate) fn run(common: &Common, rebuilding: &Rebuild) -> anyhow::Result<ExitCode> {
    let projections: Vec<&'static Projection> = match rebuilding.projection {
        Some(projection) => vec![projection],
        None => ALL.iter().collect(),
    };
    let rebuilt = with_models(common, "anamnesis-rebuild", async |models| {
        let most = models.settings.postgres.max_connections as usize;
        let options = Options {
            workers: usize::from(rebuilding.workers).min(most.saturating_sub(OTHER_CONNECTIONS).max(1)),
            compares: true,
            projections: models.settings.projections.clone(),
        };
        let telling = Telling::new(rebuilding.json);
        let tell = |progress: Progress<'_>| telling.tell(&progress);
        Ok(rebuild(&models.journal, &models.pool, &projections, &options, &tell).await?)
    })?;
    rebuilt.context("stopped before the end; run it again to continue")?;
    Ok(ExitCode::SUCCESS)
}

/// Prints progress, at a readable rate.
struct Telling {
    as_json: bool,
    begun: Instant,
    state: Mutex<Speed>,
}

/// Measures how fast a stream is folded.
#[derive(Default)]
struct Speed {
    stream: &'static str,
    /// The time and position at which folding the stream started.
    since: Option<(Instant, u64)>,
    told: Option<Instant>,
}

impl Telling {
    fn new(as_json: bool) -> Self {
        Self {
            as_json,
            begun: Instant::now(),
            state: Mutex::default(),
        }
    }

    fn tell(&self, progress: &Progress<'_>) {
        match progress {
            Progress::Begun {
                projection,
                position,
                is_resumed,
            } => {
                let verb = if *is_resumed { "resumes" } else { "starts" };
                let event =
                    json!({"event": "begun", "projection": projection, "position": position, "resumed": is_resumed});
                self.say(&event, || format!("{projection}: {verb} at position {position}"));
            }
            Progress::Folded { stream, position, end } => self.folded(stream.name(), *position, *end),
            Progress::Indexing { projection } => {
                let event = json!({"event": "indexing", "projection": projection});
                self.say(&event, || format!("{projection}: building its indexes"));
            }
            Progress::Comparing { projection } => {
                let event = json!({"event": "comparing", "projection": projection});
                self.say(&event, || format!("{projection}: comparing with the live version"));
            }
            Progress::Replacing { projection } => {
                let event = json!({"event": "replacing", "projection": projection});
                self.say(&event, || format!("{projection}: replacing the live version"));
            }
            Progress::Replaced(rebuilt) => self.replaced(rebuilt),
        }
    }

    /// Prints progress: as JSON to standard output, or as text to standard error.
    fn say(&self, event: &Value, text: impl FnOnce() -> String) {
        if self.as_json {
            // The work continues without a reader.
            let _ = console::print(&event.to_string());
        } else {
            console::say(&text());
        }
    }

    fn folded(&self, stream: &'static str, position: u64, end: u64) {
        let now = Instant::now();
        let Ok(mut speed) = self.state.lock() else { return };
        if speed.stream != stream {
            *speed = Speed {
                stream,
                since: Some((now, position)),
                told: None,
            };
        }
        let is_due = speed.told.is_none_or(|told| now - told >= EVERY) || position == end;
        let Some((since, from)) = speed.since.filter(|_| is_due) else {
            return;
        };
        speed.told = Some(now);
        drop(speed);
        let seconds = (now - since).as_secs_f64();
        let events_per_s = if seconds > 0.0 {
            (position - from) as f64 / seconds
        } else {
            0.0
        };
        let left = end.saturating_sub(position) as f64;
        let eta_s = if events_per_s > 0.0 { left / events_per_s } else { 0.0 };
        let event = json!({"event": "folded", "stream": stream, "position": position, "end": end,
                           "eventsPerS": events_per_s.round(), "etaS": eta_s.round()});
        self.say(&event, || {
            format!("{stream}: {position} of {end}, {events_per_s:.0} events/s, {eta_s:.0} s to go")
        });
    }

    fn replaced(&self, rebuilt: &Rebuilt) {
        let seconds = self.begun.elapsed().as_secs_f64();
        let printed = if self.as_json {
            as_json(rebuilt).to_string()
        } else {
            format!("{} ({seconds:.1} s)", readable(rebuilt))
        };
        let _ = console::print(&printed);
    }
}

fn as_json(rebuilt: &Rebuilt) -> Value {
    let Rebuilt {
        projection,
        version,
        position,
        comparison,
    } = rebuilt;
    let comparison = match comparison {
        Compared::Not(reason) => json!({"compared": false, "reason": reason}),
        Compared::At { position, rows, found } => json!({
            "compared": true, "position": position, "rows": rows, "equal": found.is_equal(),
            "missing": found.missing, "extra": found.extra, "different": found.different,
            "first": found.first.iter().map(difference_as_json).collect::<Vec<_>>(),
        }),
    };
    json!({"event": "replaced", "projection": projection, "version": version, "position": position,
           "comparison": comparison})
}

/// A difference between the live rows and the expected rows, as JSON.
pub(crate) fn difference_as_json(difference: &Difference) -> Value {
    match &difference.kind {
        DifferenceKind::Missing => json!({"key": difference.key, "kind": "missing"}),
        DifferenceKind::Extra => json!({"key": difference.key, "kind": "extra"}),
        DifferenceKind::Different(columns) => json!({"key": difference.key, "kind": "different", "columns": columns}),
    }
}

/// The same as text.
pub(crate) fn difference_as_text(difference: &Difference) -> String {
    match &difference.kind {
        DifferenceKind::Missing => format!("  {} is missing", difference.key),
        DifferenceKind::Extra => format!("  {} is extra", difference.key),
        DifferenceKind::Different(columns) => format!("  {} differs in {}", difference.key, columns.join(", ")),
    }
}

fn readable(rebuilt: &Rebuilt) -> String {
    let Rebuilt {
        projection, position, ..
    } = rebuilt;
    let compared = match &rebuilt.comparison {
        Compared::Not(reason) => format!("not compared: {reason}"),
        Compared::At { position, rows, found } if found.is_equal() => {
            format!("{rows} rows, equal to the live version at {position}")
        }
        Compared::At { position, rows, found } => {
            let mut text = format!(
                "{rows} rows; in the live version at {position}, {} were missing, {} extra and {} different:",
                found.missing, found.extra, found.different
            );
            for difference in &found.first {
                text.push('\n');
                text.push_str(&difference_as_text(difference));
            }
            text
        }
    };
    format!("{projection}: live at position {position}; {compared}")
}
