//! `anamnesis keys`: the keys that personal data is sealed under, and the master keys that wrap them. No key is printed
//! but one that has just been made.

use std::process::ExitCode;

use anyhow::Context as _;
use journal::{Journal, KeyCensus, Rewrapped};
use serde_json::json;

use crate::{
    args::{Common, Keys, KeysWhat},
    console,
    log::with_log,
};

pub(crate) fn run(common: &Common, keys: &Keys) -> anyhow::Result<ExitCode> {
    match keys.what {
        KeysWhat::Generate => {
            console::print(&journal::generate_key()?)?;
            return Ok(ExitCode::SUCCESS);
        }
        KeysWhat::Status { json } => {
            let census = with_log(common, "anamnesis-keys", async |journal| {
                Ok(journal.key_census().await?)
            })?;
            let census = census.context("stopped before the end")?;
            console::print(&if json { status_json(&census) } else { status(&census) })?;
        }
        KeysWhat::Rewrap { json } => {
            let outcome = with_log(common, "anamnesis-keys", rewrap)?;
            let Rewrapped {
                rewrapped,
                current,
                destroyed,
            } = outcome.context("stopped before the end; what has been wrapped anew stays so")?;
            console::print(&if json {
                json!({ "rewrapped": rewrapped, "current": current, "destroyed": destroyed }).to_string()
            } else {
                format!(
                    "{rewrapped} keys wrapped anew, {current} were wrapped by the present master key already, \
                     {destroyed} have been destroyed"
                )
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn rewrap(journal: &Journal) -> anyhow::Result<Rewrapped> {
    let bar = console::progress("wrapping anew", 0);
    let outcome = journal
        .rewrap_keys(|done, total| {
            bar.set_length(total);
            bar.set_position(done);
        })
        .await;
    bar.finish_and_clear();
    Ok(outcome?)
}

fn status(census: &KeyCensus) -> String {
    let mut lines: Vec<_> = census
        .wrapped_by
        .iter()
        .map(|(master_key, keys)| format!("{keys:>10} keys wrapped by master key {master_key}"))
        .collect();
    lines.push(format!("{:>10} keys destroyed", census.destroyed));
    lines.join("\n")
}

fn status_json(census: &KeyCensus) -> String {
    json!({ "wrappedBy": census.wrapped_by, "destroyed": census.destroyed }).to_string()
}
