//! The import: reads the resources of one type after another, and executes their commands concurrently.

use std::{collections::VecDeque, sync::Arc};

use commands::Commands;
use domain::values::TimeZone;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use indicatif::ProgressBar;
use tokio::sync::Semaphore;

use super::{
    carry_out::{Carried, Record},
    error::ImportError,
    executor::Executor,
    fate::Fate,
    fhir::{Encounter, MedicationRequest, Notes, Patient, Practitioner, Reading, Resource, What},
    report::Report,
    source::{Line, Place, Source},
};

/// The number of concurrent commands. More would only fill the queue of the command service.
const CONCURRENCY: usize = 32;
/// The number of records that can wait for a later one.
const MAX_WAITING: usize = 10_000;

/// Imports resources.
#[derive(Debug)]
pub(crate) struct Importer {
    executor: Executor,
    time_zone: TimeZone,
}

/// A record, or the reason why there is none, with its notes and unread elements.
struct OnItsWay<T> {
    place: Place,
    record: Result<T, Fate>,
    notes: Notes,
    unread: Vec<String>,
}

impl Importer {
    /// Creates an importer. `time_zone` is that of the practitioners, which FHIR does not contain. With `updates`, it changes
    /// stored records that differ from the source.
    pub(crate) const fn new(commands: Commands, time_zone: TimeZone, updates: bool) -> Self {
        Self {
            executor: Executor::new(commands, updates),
            time_zone,
        }
    }

    /// Imports all resources of a source.
    ///
    /// # Errors
    /// The report cannot be written, or the log is unavailable. Resources imported until then stay imported.
    pub(crate) async fn run(
        &self,
        source: &Source,
        mut report: Report,
        bar: &ProgressBar,
    ) -> Result<Report, ImportError> {
        let contents = source.look_through();
        bar.set_length(contents.count);
        let reading = Reading {
            now: self.executor.now(),
            time_zone: self.time_zone,
            index: &contents.index,
        };
        self.import::<Patient>(source, &reading, &mut report, bar).await?;
        self.import::<Practitioner>(source, &reading, &mut report, bar).await?;
        self.import::<Encounter>(source, &reading, &mut report, bar).await?;
        self.import::<MedicationRequest>(source, &reading, &mut report, bar)
            .await?;
        // Commands refuse inactive and deceased people, so they become so last.
        if self.executor.found_ended() {
            self.settle::<Patient>(source, &reading).await?;
            self.settle::<Practitioner>(source, &reading).await?;
        }
        report.add_others(contents.others);
        report.finish()?;
        Ok(report)
    }

    /// Imports the resources of a type. Records that wait for another one are retried at the end.
    async fn import<R: Resource>(
        &self,
        source: &Source,
        reading: &Reading<'_>,
        report: &mut Report,
        bar: &ProgressBar,
    ) -> Result<(), ImportError>
    where
        R::Record: Record,
    {
        let mut turns = Turns::default();
        let carried_out = records::<R>(source, reading).map(|mut on_its_way| {
            let turn = turns.take(on_its_way.record.as_ref().map(Record::claims).unwrap_or_default());
            async move {
                let carried = match on_its_way.record {
                    Ok(record) => {
                        turn.come().await;
                        record.carry_out(&self.executor, &mut on_its_way.notes, true).await?
                    }
                    Err(fate) => Carried::Done(fate),
                };
                drop(turn);
                Ok::<_, ImportError>((carried, on_its_way.place, on_its_way.notes, on_its_way.unread))
            }
        });
        let mut carried_out = std::pin::pin!(carried_out.buffered(CONCURRENCY));
        let mut waiting = Vec::new();
        while let Some((carried, place, mut notes, unread)) = carried_out.try_next().await? {
            let fate = match carried {
                Carried::Done(fate) => fate,
                Carried::Later(record) if waiting.len() < MAX_WAITING => {
                    waiting.push((record, place, notes, unread));
                    continue;
                }
                Carried::Later(record) => self.finally(record, &mut notes).await?,
            };
            bar.inc(1);
            report.add(R::KIND, &place, &fate, &notes.into_vec(), &unread)?;
        }
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut still = Vec::new();
            // The direction alternates, so that one pass resolves a chain in either order.
            for (record, place, mut notes, unread) in waiting.into_iter().rev() {
                match record.carry_out(&self.executor, &mut notes, true).await? {
                    Carried::Later(record) => still.push((record, place, notes, unread)),
                    Carried::Done(fate) => {
                        bar.inc(1);
                        report.add(R::KIND, &place, &fate, &notes.into_vec(), &unread)?;
                    }
                }
            }
            if still.len() == before {
                for (record, place, mut notes, unread) in still {
                    let fate = self.finally(record, &mut notes).await?;
                    bar.inc(1);
                    report.add(R::KIND, &place, &fate, &notes.into_vec(), &unread)?;
                }
                break;
            }
            waiting = still;
        }
        Ok(())
    }

    /// Carries out a record that must not wait again.
    async fn finally(&self, record: impl Record, notes: &mut Notes) -> Result<Fate, ImportError> {
        match record.carry_out(&self.executor, notes, false).await? {
            Carried::Done(fate) => Ok(fate),
            Carried::Later(_) => Ok(Fate::Refused("a record that it needs is missing".to_owned())),
        }
    }

    /// Records which people of a type are inactive or deceased.
    async fn settle<R: Resource>(&self, source: &Source, reading: &Reading<'_>) -> Result<(), ImportError>
    where
        R::Record: Record,
    {
        let settled = records::<R>(source, reading).map(|on_its_way| async move {
            match on_its_way.record {
                Ok(record) => record.settle(&self.executor).await,
                Err(_) => Ok(()),
            }
        });
        settled.buffered(CONCURRENCY).try_collect::<()>().await
    }
}

/// The resources of a type, as records.
fn records<'a, R: Resource>(
    source: &Source,
    reading: &'a Reading<'a>,
) -> impl Stream<Item = OnItsWay<R::Record>> + Send + 'a {
    let lines = stream::unfold(source.lines(R::KIND), async |mut lines| {
        let line = lines.recv().await?;
        Some((line, lines))
    });
    lines.map(|line| record::<R>(line, reading))
}

fn record<R: Resource>(line: Line, reading: &Reading<'_>) -> OnItsWay<R::Record> {
    let mut notes = Notes::default();
    let mut unread = Vec::new();
    let record = line.parse::<R>(R::EXPENDABLE, element).and_then(|parsed| {
        unread = parsed.unread;
        for element in parsed.left_out {
            notes.add(element, What::LeftOut, "cannot be read");
        }
        // These can change the meaning of the elements beside them. FHIR forbids ignoring them.
        let modifies = |element: &&String| element.ends_with("modifierExtension") || *element == "implicitRules";
        if let Some(element) = unread.iter().find(modifies) {
            return Err(Fate::Refused(format!(
                "{element} can change the meaning of the resource"
            )));
        }
        let id = line
            .place
            .id
            .as_deref()
            .ok_or_else(|| Fate::Refused("id is missing".to_owned()))?;
        Ok(parsed.resource.record(id, reading, &mut notes)?)
    });
    OnItsWay {
        place: line.place,
        record,
        notes,
        unread,
    }
}

/// The path of an element without list indexes. `None` for the elements that [`Line`] reads.
fn element(path: &serde_ignored::Path<'_>) -> Option<String> {
    let path = named(path);
    (!matches!(path.as_str(), "resourceType" | "id")).then_some(path)
}

fn named(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;

    match path {
        Path::Root => String::new(),
        Path::Map { parent, key } => {
            let is_plain = key.len() <= 64 && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let key = if is_plain { key.as_str() } else { "(unnamed)" };
            match named(parent) {
                parent if parent.is_empty() => key.to_owned(),
                parent => format!("{parent}.{key}"),
            }
        }
        Path::Seq { parent, .. }
        | Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => named(parent),
    }
}

/// The order of concurrent records that claim the same value: always that of the file.
#[derive(Debug, Default)]
struct Turns(VecDeque<(Vec<String>, Arc<Semaphore>)>);

/// The turn of a record. It ends when it is dropped.
#[derive(Debug)]
struct Turn {
    before: Vec<Arc<Semaphore>>,
    own: Arc<Semaphore>,
}

impl Turns {
    fn take(&mut self, claims: Vec<String>) -> Turn {
        let shares = |others: &Vec<String>| others.iter().any(|other| claims.contains(other));
        let before = self.0.iter().filter(|(others, _)| shares(others));
        let turn = Turn {
            before: before.map(|(_, ended)| Arc::clone(ended)).collect(),
            own: Arc::new(Semaphore::new(0)),
        };
        if self.0.len() == CONCURRENCY {
            self.0.pop_front();
        }
        self.0.push_back((claims, Arc::clone(&turn.own)));
        turn
    }
}

impl Turn {
    /// Waits for the turn.
    async fn come(&self) {
        for before in &self.before {
            // The semaphore has no permits. It is closed when the earlier turn ends.
            let _ = before.acquire().await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.own.close();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::import::fhir::Index;

    fn patient(json: &str) -> OnItsWay<<Patient as Resource>::Record> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("Patient.ndjson"), json).expect("written");
        let mut lines = Source::open(folder.path()).expect("readable").lines("Patient");
        let reading = Reading {
            now: "2026-11-01T00:00:00Z".parse().expect("an instant"),
            time_zone: TimeZone::UTC,
            index: &Index::default(),
        };
        record::<Patient>(lines.blocking_recv().expect("a line"), &reading)
    }

    #[test]
    fn elements_that_nobody_reads_are_named_without_their_places() {
        let read = patient(
            r#"{"resourceType":"Patient","id":"1","name":[{"text":"A"},{"use":"old","text":"B","_text":{}}],
                "birthDate":"1990-01-01","maritalStatus":{"text":"Married"},"Jane Doe":1}"#
                .replace('\n', " ")
                .as_str(),
        );
        assert!(read.record.is_ok());
        assert_eq!(read.unread, ["name._text", "maritalStatus", "(unnamed)"]);
    }

    #[test]
    fn an_optional_element_that_cannot_be_read_is_left_out_and_the_rest_comes_in() {
        let of = |elements: &str| patient(&format!(r#"{{"id":"1","birthDate":"1990-01-01",{elements}}}"#));
        let named = r#""name":[{"text":"A"}]"#;
        for (elements, left_out) in [
            (
                r#""name":[{"text":"A","period":{"start":"unknown"}}]"#.to_owned(),
                "name.period",
            ),
            (
                format!(r#"{named},"telecom":[{{"rank":"first"}},{{"rank":1}}]"#),
                "telecom",
            ),
            (format!(r#"{named},"telecom":"555-1234""#), "telecom"),
            (format!(r#"{named},"address":[{{"line":"1 Main St"}}]"#), "address"),
            (
                format!(r#"{named},"identifier":[{{"system":"urn:mrn","value":17}}]"#),
                "identifier",
            ),
            (format!(r#"{named},"gender":0"#), "gender"),
        ] {
            let read = of(&elements);
            assert!(read.record.is_ok(), "{elements}: {:?}", read.record);
            let notes = read.notes.into_vec();
            let cannot: Vec<_> = notes.iter().filter(|note| note.why == "cannot be read").collect();
            assert!(
                matches!(cannot.as_slice(), [note] if note.element == left_out && note.what == What::LeftOut),
                "{elements}: {notes:?}"
            );
        }
        let both = of(r#""name":[{"text":"A","period":"2001"}],"gender":true,"maritalStatus":{}"#);
        assert!(both.record.is_ok());
        assert_eq!(both.unread, ["maritalStatus"]);
        let left_out: Vec<_> = both.notes.into_vec().iter().map(|note| note.element).collect();
        assert_eq!(left_out, ["gender", "name.period"]);
    }

    #[test]
    fn an_element_that_matters_must_be_readable() {
        for elements in [
            r#""name":[{"text":"A"}],"birthDate":19900101"#,
            r#""name":[{"text":"A"}],"birthDate":"1990-01-01","active":"false""#,
            r#""name":[{"text":"A"}],"birthDate":"1990-01-01","link":[{"type":7}],"gender":0"#,
            r#""name":[{"family":7}],"birthDate":"1990-01-01""#,
            r#""name":[{"text":"A"}],"birthDate":"1990-01-01","gender":"male","gender":"female""#,
        ] {
            let read = patient(&format!(r#"{{"id":"1",{elements}}}"#));
            let is_refused = matches!(&read.record, Err(Fate::Refused(reason)) if reason.contains("of the wrong type"));
            assert!(is_refused, "{elements}: {:?}", read.record);
        }
    }

    #[test]
    fn what_can_change_the_meaning_is_never_ignored() {
        for element in [
            r#""modifierExtension":[{"url":"urn:not"}]"#,
            r#""implicitRules":"urn:rules""#,
        ] {
            let json = format!(r#"{{"id":"1","name":[{{"text":"A"}}],"birthDate":"1990-01-01",{element}}}"#);
            match patient(&json).record {
                Err(Fate::Refused(reason)) => assert!(reason.ends_with("can change the meaning of the resource")),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn who_claims_the_same_comes_in_order() {
        let mut turns = Turns::default();
        let claim = |address: &str| vec!["urn:mrn|A-17".to_owned() + address, address.to_owned()];
        let first = turns.take(claim("family@example.org"));
        let other = turns.take(claim("other@example.org"));
        let second = turns.take(claim("family@example.org"));
        assert!(first.come().now_or_never().is_some() && other.come().now_or_never().is_some());
        assert!(second.come().now_or_never().is_none());
        drop(first);
        assert!(second.come().now_or_never().is_some());
    }
}
