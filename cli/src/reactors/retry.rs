//! `anamnesis reactors retry`: runs the reaction in this process, so that the operator sees its outcome.

use std::process::ExitCode;

use anyhow::Context as _;
use commands::Commands;
use journal::{Journal, Place};
use platform::{Clock, Shutdown, telemetry};
use reaction_service::{Description, Outcome, Reactors, Retried};
use settings::Settings;

use super::{Fate, FateOutcome, MOST_PARKED, SERVICE, print_fates};
use crate::{
    backend::{Backend, Need},
    common::Common,
    config,
};

pub(super) fn run(
    common: &Common,
    reactor: &'static Description,
    places: &[Place],
    json: bool,
) -> anyhow::Result<ExitCode> {
    let settings = config::load(common)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(&settings.telemetry, SERVICE)?;
        let backend = Backend::find(&settings, &common.data_dir, Need::Look).await?;
        let settings = backend.settings_for_commands(settings, &common.data_dir)?;
        let shutdown = Shutdown::on_signals()?;
        let retried = tokio::select! {
            retried = retry(&settings, reactor, places) => retried,
            () = shutdown.cancelled() => Err(anyhow::anyhow!("stopped before the end; completed retries stay completed")),
        };
        backend.stop().await?;
        let fates = retried?;
        print_fates(&fates, json)?;
        let all_done = fates
            .iter()
            .all(|fate| matches!(fate.outcome, FateOutcome::Done | FateOutcome::Nothing));
        Ok(if all_done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

async fn retry(settings: &Settings, reactor: &'static Description, places: &[Place]) -> anyhow::Result<Vec<Fate>> {
    let journal = Journal::open_as_guest(&settings.journal())
        .await
        .context("cannot open the log")?;
    let commands = Commands::new(journal.clone(), Clock::system(), &settings.commands)?;
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres)?;
    let reactors = Reactors::new(&commands, &pool, settings)?;
    let places = match places {
        [] => {
            let parked = journal.parked(reactor.context, reactor.name, MOST_PARKED).await?;
            parked.iter().map(|parked| parked.place()).collect()
        }
        named => named.to_vec(),
    };
    let mut fates = Vec::new();
    for place in places {
        let (outcome, reason) = match reactors.retry(reactor, place).await? {
            Retried::Done(Outcome::Done) => (FateOutcome::Done, None),
            Retried::Done(Outcome::Nothing(why)) => (FateOutcome::Nothing, Some(why.to_owned())),
            Retried::Failed(fault) => (FateOutcome::Failed, Some(fault.to_string())),
            Retried::NotParked => (FateOutcome::NotParked, None),
        };
        fates.push(Fate {
            reactor: reactor.name,
            place,
            outcome,
            reason,
        });
    }
    Ok(fates)
}
