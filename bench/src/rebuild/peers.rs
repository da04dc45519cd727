//! The peers of a rebuild: they store the same events in their own event store, and build the same tables from it. Each
//! has a separate database on the server of our rows.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bench_driver::{PeerMeasured, PeerPart, PeerStep};
use read_models::PgPool;
use settings::Settings;

use super::{
    Run, export,
    part::{Deed, PartMeasured},
    seed::Clinic,
};
use crate::{Programs, bare, cells::run_part};

/// The timeout of a step: a second for this many events, plus a constant.
const SLOWEST_EVENTS_PER_S: u64 = 100;
const GRACE: Duration = Duration::from_secs(120);

/// A program that runs a peer.
#[derive(Debug)]
struct Program {
    deed: Deed,
    /// The name of the peer's database.
    database: &'static str,
    path: PathBuf,
    arguments: Vec<PathBuf>,
}

/// A peer whose event store contains the clinic.
pub(super) struct Peer {
    /// Its database.
    pub(super) pool: PgPool,
    program: Program,
    part: PeerPart,
    events: u64,
}

/// Whether the program of any peer exists.
pub(super) fn are_present(programs: &Programs) -> bool {
    !present(programs).is_empty()
}

fn present(programs: &Programs) -> Vec<Program> {
    let programs = Deed::PEERS.into_iter().map(|deed| program(programs, deed));
    programs.flatten().collect()
}

/// Notes for the reader about missing peers.
pub(super) fn notes(programs: &Programs) -> Vec<String> {
    let missing = Deed::PEERS
        .into_iter()
        .filter(|deed| program(programs, *deed).is_none());
    let note = |deed: Deed| {
        let remedy = match deed {
            Deed::Eventsourcing => "Create its environment in bench/peers/eventsourcing",
            _ => "Build it with `cargo build --release --manifest-path bench/peers/Cargo.toml`, which needs protoc",
        };
        format!("{} was not run. {remedy}; see docs/benchmarks.md.", deed.name())
    };
    missing.map(note).collect()
}

fn program(programs: &Programs, deed: Deed) -> Option<Program> {
    match deed {
        Deed::DisintegratePostgres => programs.peers.as_ref().map(|path| Program {
            deed,
            database: "disintegrate",
            path: path.clone(),
            arguments: vec!["rebuild".into()],
        }),
        Deed::Eventsourcing => programs.eventsourcing.as_ref().map(|folder| Program {
            deed,
            database: "eventsourcing",
            path: folder.join("venv/bin/python"),
            arguments: vec![folder.join("rebuild.py")],
        }),
        _ => None,
    }
}

/// Gives the clinic's events to every available peer.
pub(super) async fn prepare(run: &Run<'_>, settings: &Settings, clinic: &Clinic) -> anyhow::Result<Vec<Peer>> {
    let programs = present(run.programs);
    if programs.is_empty() {
        return Ok(Vec::new());
    }
    let file = run.scratch.fresh();
    let written = export::events(settings, &file).await?;
    let held = clinic.events;
    anyhow::ensure!(written == held, "{written} of {held} events were written");
    let mut peers = Vec::with_capacity(programs.len());
    for program in programs {
        let peer = Peer::open(program, settings, &file, held).await?;
        let began = Instant::now();
        peer.take(PeerStep::Import).await?;
        bare::settle_database(&peer.part.url).await?;
        let seconds = began.elapsed().as_secs_f64();
        run.say(&format!("{} stored the events in {seconds:.0} s", peer.deed().name()));
        peers.push(peer);
    }
    tokio::fs::remove_file(&file).await?;
    Ok(peers)
}

impl Peer {
    /// Creates the peer's database with our tables.
    async fn open(program: Program, settings: &Settings, file: &Path, events: u64) -> anyhow::Result<Self> {
        let url = bare::create_database(settings.postgres.url.expose(), program.database).await?;
        let pool = read_models::connect(&url, &settings.postgres)?;
        read_models::migrate(&pool, &settings.postgres).await?;
        let part = PeerPart {
            step: PeerStep::Import,
            url,
            events: file.to_owned(),
        };
        Ok(Self {
            pool,
            program,
            part,
            events,
        })
    }

    pub(super) const fn deed(&self) -> Deed {
        self.program.deed
    }

    /// Lets the peer rebuild the tables.
    pub(super) async fn rebuild(&self) -> anyhow::Result<PartMeasured> {
        rustix::fs::sync();
        let measured = self.take(PeerStep::Rebuild).await?;
        Ok(PartMeasured {
            count: measured.count,
            seconds: measured.seconds,
            rss_mb: measured.peak_memory_mb,
            ..PartMeasured::default()
        })
    }

    async fn take(&self, step: PeerStep) -> anyhow::Result<PeerMeasured> {
        let part = PeerPart {
            step,
            ..self.part.clone()
        };
        let limit = GRACE + Duration::from_secs(self.events / SLOWEST_EVENTS_PER_S);
        let measured: PeerMeasured = run_part(&self.program.path, &self.program.arguments, &part, limit).await?;
        let (count, held) = (measured.count, self.events);
        anyhow::ensure!(count == held, "{} holds {count} of {held} events", self.deed().name());
        Ok(measured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_missing_is_named_with_what_to_do() {
        let mut programs = Programs {
            own: (PathBuf::from("anamnesis"), Vec::new()),
            peers: Some(PathBuf::from("peers")),
            crud: None,
            eventsourcing: None,
        };
        let deeds = |programs: &Programs| present(programs).iter().map(|program| program.deed).collect::<Vec<_>>();
        assert_eq!(deeds(&programs), [Deed::DisintegratePostgres]);
        let [note] = &notes(&programs)[..] else {
            panic!("one is missing: {:?}", notes(&programs));
        };
        assert!(
            note.starts_with("eventsourcing was not run.") && note.contains("docs/benchmarks.md"),
            "{note}"
        );
        programs.eventsourcing = Some(PathBuf::from("python"));
        assert_eq!(deeds(&programs), Deed::PEERS);
        assert_eq!(notes(&programs), Vec::<String>::new());
    }
}
