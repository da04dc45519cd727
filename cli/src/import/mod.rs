//! `anamnesis import`. FHIR resources become commands and take the same path as all commands. [`events`] restores backups.

mod args;
mod events;
mod fhir;
mod files;
mod report;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use commands::{Caller, CommandError, Commands, Done, Prescribe, Refusal};
use domain::{
    appointment::AppointmentRefusal, live_prescriptions::LivePrescriptionRefusal, patient::PatientRefusal,
    practitioner::PractitionerRefusal, prescription::PrescriptionRefusal, values::TimeZone,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use journal::Journal;
use platform::{Clock, telemetry};
use serde::de::DeserializeOwned;
use uuid::Uuid;

pub(crate) use self::{
    args::Import,
    fhir::demo_pair,
    files::{ImportError, Place, Source},
    report::{Fate, Report},
};
use self::{
    args::{ImportFhir, ImportWhat},
    fhir::{Encounter, Group, MedicationRequest, NotImported, Part, Patient, Practitioner},
};
use crate::{
    args::Common,
    backend::{Backend, Need},
    config, console,
};

/// The number of concurrent commands. More would only fill the queue of the command service.
const CONCURRENCY: usize = 32;
/// The number of attempts for a command while the log is busy or unavailable.
const MAX_ATTEMPTS: u32 = 5;

/// The exit code of a complete import that refused some resources.
const REFUSED: u8 = 3;

/// The actor of imported events.
const ACTOR: &str = "import";

/// The imported resource types, ordered so that references can be resolved.
pub(crate) const RESOURCE_TYPES: [&str; 4] = ["Patient", "Practitioner", "Encounter", "MedicationRequest"];

pub(crate) fn run(common: &Common, import: Import) -> anyhow::Result<ExitCode> {
    match import.what {
        ImportWhat::Events(wanted) => events::run(common, &wanted),
        ImportWhat::Fhir(wanted) => import_fhir(common, wanted),
    }
}

fn import_fhir(common: &Common, wanted: ImportFhir) -> anyhow::Result<ExitCode> {
    let settings = config::loader(common).load()?;
    let source = Source::folder(&wanted.dir)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(&settings.telemetry, "anamnesis-import")?;
        let backend = Backend::find(&settings, &common.data_dir, Need::Log).await?;
        let settings = backend.settings_for_commands(settings, &common.data_dir)?;
        let journal = Journal::open_as_guest(&settings).await.context("cannot open the log")?;
        let commands = Commands::new(journal, Clock::system(), &settings.commands)?;
        let bar = console::progress("importing", source.len()?);
        let imported = Importer::new(commands, wanted.time_zone)
            .run(&source, &|| bar.inc(1))
            .await;
        bar.finish_and_clear();
        backend.stop().await?;
        let report = imported?;
        console::print(&if wanted.json {
            serde_json::to_string(report.tallies())?
        } else {
            report.to_string()
        })?;
        if report.refused() == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        let refusals = wanted.refused.unwrap_or_else(|| default_refusals(&common.data_dir));
        report
            .write_refused(&refusals)
            .with_context(|| format!("cannot write the refused resources to {}", refusals.display()))?;
        console::say(&format!(
            "{} resources were refused; the reasons are in {}",
            report.refused(),
            refusals.display()
        ));
        Ok(ExitCode::from(REFUSED))
    })
}

#[derive(Debug)]
pub(crate) struct Importer {
    commands: Commands,
    time_zone: TimeZone,
}

impl Importer {
    /// Creates an importer. `time_zone` is that of the practitioners, which FHIR does not contain.
    pub(crate) const fn new(commands: Commands, time_zone: TimeZone) -> Self {
        Self { commands, time_zone }
    }

    /// Imports all resources of a source. Calls `advance` once per line.
    ///
    /// # Errors
    /// A file cannot be read, or the log is unavailable. Resources imported until then stay imported.
    pub(crate) async fn run(&self, source: &Source, advance: &(dyn Fn() + Sync)) -> Result<Report, ImportError> {
        let mut report = Report::default();
        let patients = self.independent(source, "Patient", |patient| self.patient(patient), advance);
        patients.await?.into_iter().for_each(|line| report.add("Patient", line));
        let practitioners = self.independent(source, "Practitioner", |one| self.practitioner(one), advance);
        practitioners
            .await?
            .into_iter()
            .for_each(|line| report.add("Practitioner", line));
        self.encounters(source, advance)
            .await?
            .into_iter()
            .for_each(|line| report.add("Encounter", line));
        self.medication_requests(source, &mut report, advance).await?;
        Ok(report)
    }

    /// Imports lines that do not depend on each other, concurrently.
    async fn independent<R, F>(
        &self,
        source: &Source,
        kind: &'static str,
        carry_out: impl Fn(R) -> F,
        advance: &(dyn Fn() + Sync),
    ) -> Result<Vec<(Place, Fate)>, ImportError>
    where
        R: DeserializeOwned,
        F: Future<Output = Result<Fate, ImportError>>,
    {
        let carried_out = stream::iter(source.lines(kind)).map(async |line| {
            let line = line?;
            let fate = match line.parse::<R>() {
                Ok(resource) => carry_out(resource).await?,
                Err(fate) => fate,
            };
            advance();
            Ok((line.place, fate))
        });
        carried_out.buffered(CONCURRENCY).try_collect().await
    }

    /// Imports encounters: concurrently across practitioners, by start time for each. If two encounters of a practitioner
    /// overlap, the later one is always the refused one.
    async fn encounters(
        &self,
        source: &Source,
        advance: &(dyn Fn() + Sync),
    ) -> Result<Vec<(Place, Fate)>, ImportError> {
        let mut fates = Vec::new();
        let mut by_practitioner: BTreeMap<Uuid, Vec<_>> = BTreeMap::new();
        for line in source.lines("Encounter") {
            let line = line?;
            let fate = match line.parse::<Encounter>().map(|encounter| encounter.command()) {
                Ok(Ok(command)) => {
                    by_practitioner
                        .entry(command.practitioner_id)
                        .or_default()
                        .push((line.place, command));
                    continue;
                }
                Ok(Err(not_imported)) => not_imported.into(),
                Err(fate) => fate,
            };
            advance();
            fates.push((line.place, fate));
        }
        let queues = stream::iter(by_practitioner.into_values()).map(async |mut queue| {
            queue.sort_by_key(|(_, command)| command.period.start());
            let mut fates = Vec::with_capacity(queue.len());
            for (place, command) in queue {
                let book = async || self.commands.execute(&command, &self.caller()).await;
                fates.push((place, self.persist(book).await?));
                advance();
            }
            Ok(fates)
        });
        let carried_out: Vec<Vec<_>> = queues.buffered(CONCURRENCY).try_collect().await?;
        fates.extend(carried_out.into_iter().flatten());
        Ok(fates)
    }

    /// Imports medication requests. Requests that were prescribed together become one prescription and share its fate.
    async fn medication_requests(
        &self,
        source: &Source,
        report: &mut Report,
        advance: &(dyn Fn() + Sync),
    ) -> Result<(), ImportError> {
        const KIND: &str = "MedicationRequest";
        let mut groups: BTreeMap<Group, Vec<(Place, Part)>> = BTreeMap::new();
        for line in source.lines(KIND) {
            let line = line?;
            let fate = match line.parse::<MedicationRequest>().map(|request| request.part()) {
                Ok(Ok((group, part))) => {
                    groups.entry(group).or_default().push((line.place, part));
                    continue;
                }
                Ok(Err(not_imported)) => not_imported.into(),
                Err(fate) => fate,
            };
            advance();
            report.add(KIND, (line.place, fate));
        }
        let commands = groups.into_iter().flat_map(|(group, parts)| group.commands(parts));
        let carried_out = stream::iter(commands).map(async |(places, command)| {
            let fate = self.persist(async || self.prescribe(&command).await).await?;
            places.iter().for_each(|_| advance());
            Ok((places, fate))
        });
        let fates: Vec<(Vec<Place>, Fate)> = carried_out.buffered(CONCURRENCY).try_collect().await?;
        for (places, fate) in fates {
            report.prescribed(&fate);
            for place in places {
                report.add(KIND, (place, fate.clone()));
            }
        }
        Ok(())
    }

    /// Prescribes. It leaves out the appointment if the encounter was not imported or already has a live prescription.
    async fn prescribe(&self, command: &Prescribe) -> Result<Done, CommandError> {
        match self.commands.execute(command, &self.caller()).await {
            Err(CommandError::Refused(
                Refusal::Appointment(_) | Refusal::LivePrescription(LivePrescriptionRefusal::Taken { .. }),
            )) => {
                let alone = Prescribe {
                    appointment_id: None,
                    ..command.clone()
                };
                self.commands.execute(&alone, &self.caller()).await
            }
            answered => answered,
        }
    }

    async fn patient(&self, patient: Patient) -> Result<Fate, ImportError> {
        match patient.command(self.commands.clock().now()) {
            Err(not_imported) => Ok(not_imported.into()),
            Ok(command) => {
                self.persist(async || self.commands.execute(&command, &self.caller()).await)
                    .await
            }
        }
    }

    async fn practitioner(&self, practitioner: Practitioner) -> Result<Fate, ImportError> {
        match practitioner.command(self.time_zone) {
            Err(not_imported) => Ok(not_imported.into()),
            Ok(command) => {
                self.persist(async || self.commands.execute(&command, &self.caller()).await)
                    .await
            }
        }
    }

    fn caller(&self) -> Caller {
        self.commands.caller(ACTOR, None)
    }

    /// Executes a command, and retries it after transient errors. The ids are deterministic, so a retry after an unknown
    /// outcome cannot import anything twice.
    async fn persist(&self, carry_out: impl AsyncFn() -> Result<Done, CommandError>) -> Result<Fate, ImportError> {
        let mut pause = std::time::Duration::from_millis(200);
        for attempt in 1.. {
            match carry_out().await {
                Ok(_) => return Ok(Fate::Imported),
                Err(CommandError::Refused(refusal)) if already_there(refusal) => return Ok(Fate::AlreadyThere),
                Err(CommandError::Refused(refusal)) => return Ok(Fate::Refused(refusal.to_string())),
                Err(
                    error @ (CommandError::Broken(_)
                    | CommandError::Full(_)
                    | CommandError::VersionMismatch { .. }
                    | CommandError::KeyReused),
                ) => {
                    return Err(ImportError::Command(error.to_string()));
                }
                Err(error) if attempt == MAX_ATTEMPTS => return Err(ImportError::Command(error.to_string())),
                Err(_) => tokio::time::sleep(pause).await,
            }
            pause *= 2;
        }
        Err(ImportError::Command("the log does not answer".to_owned()))
    }
}

const fn already_there(refusal: Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Patient(PatientRefusal::AlreadyRegistered)
            | Refusal::Practitioner(PractitionerRefusal::AlreadyRegistered)
            | Refusal::Appointment(AppointmentRefusal::AlreadyBooked)
            | Refusal::Prescription(PrescriptionRefusal::AlreadyPrescribed)
    )
}

impl From<NotImported> for Fate {
    fn from(not_imported: NotImported) -> Self {
        match not_imported {
            NotImported::Skipped(reason) => Self::Skipped(reason),
            NotImported::Refused(reason) => Self::Refused(reason),
        }
    }
}

/// The default file for refused resources.
pub(crate) fn default_refusals(data_dir: &Path) -> PathBuf {
    data_dir.join("import-refused.ndjson")
}
