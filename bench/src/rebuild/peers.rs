//! The peers of a rebuild: the same events in an event store of their own, and the same tables built from it by them. Each has
//! a database of its own on the server that our rows are in.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bench_driver::{PeerMeasured, PeerPart, PeerStep};
use platform::Settings;
use read_models::PgPool;

use super::{
    Run, export,
    part::{Deed, PartMeasured},
    seed::Clinic,
};
use crate::{Programs, bare, cells::run_part};

/// How long a step may take: a second for this many events, and this much in any case.
const SLOWEST_EVENTS_PER_S: u64 = 100;
const GRACE: Duration = Duration::from_secs(120);

/// A program that carries a peer.
#[derive(Debug)]
struct Program {
    deed: Deed,
    /// What the peer's database is called.
    database: &'static str,
    path: PathBuf,
    arguments: Vec<PathBuf>,
}

/// A peer whose event store holds the clinic.
pub(super) struct Peer {
    /// Its database.
    pub(super) pool: PgPool,
    program: Program,
    part: PeerPart,
    events: u64,
}

/// Whether any peer's program is there.
pub(super) fn are_present(programs: &Programs) -> bool {
    !present(programs).is_empty()
}

fn present(programs: &Programs) -> Vec<Program> {
    let programs = Deed::PEERS.into_iter().map(|deed| program(programs, deed));
    programs.flatten().collect()
}

/// What a reader must know of those that are not.
pub(super) fn notes(programs: &Programs) -> Vec<String> {
    let missing = Deed::PEERS
        .into_iter()
        .filter(|deed| program(programs, *deed).is_none());
    let note = |deed: Deed| {
        let remedy = match deed {
            Deed::Eventsourcing => "Make its environment in bench/peers/eventsourcing",
            _ => "Build it with `cargo build --release --manifest-path bench/peers/Cargo.toml`, which needs protoc",
        };
        format!("{} took no part. {remedy}: see docs/benchmarks.md.", deed.name())
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

/// Gives every peer that is there the clinic's events.
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
        run.say(&format!(
            "{} has stored the events in {seconds:.0} s",
            peer.deed().name()
        ));
        peers.push(peer);
    }
    tokio::fs::remove_file(&file).await?;
    Ok(peers)
}

impl Peer {
    /// Makes the peer's database, with the tables that we have.
    async fn open(program: Program, settings: &Settings, file: &Path, events: u64) -> anyhow::Result<Self> {
        let url = bare::create_database(settings.postgres.url.expose(), program.database).await?;
        let pool = read_models::connect(&url, &settings.postgres)?;
        read_models::migrate(&pool).await?;
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

    /// Has the peer build the tables anew.
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
            note.starts_with("eventsourcing took no part.") && note.contains("docs/benchmarks.md"),
            "{note}"
        );
        programs.eventsourcing = Some(PathBuf::from("python"));
        assert_eq!(deeds(&programs), Deed::PEERS);
        assert_eq!(notes(&programs), Vec::<String>::new());
    }
}
