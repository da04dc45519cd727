//! `anamnesis keys`: manages the data keys and the master keys that wrap them. It prints no key but a new one.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use journal::{Journal, KeyCensus, Rewrapped};
use serde_json::json;

use crate::{accounts::with_auth, common::Common, console, log::with_log};

/// Manage the keys that encrypt personal data.
///
/// Each person has a data key. Master keys wrap the data keys. An erasure destroys the data key of a
/// person, which makes their personal data unreadable.
#[derive(Debug, clap::Args)]
#[command(after_help = "To rotate the master key:
  1. Put a new key from `anamnesis keys generate` first in the list of master keys, and keep the old one.
  2. Restart every service with both keys.
  3. Run `anamnesis keys rewrap`.
  4. Check with `anamnesis keys status` that the old key wraps nothing, and remove it.")]
pub(crate) struct Keys {
    #[command(subcommand)]
    what: KeysWhat,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum KeysWhat {
    /// Print a new random master key.
    ///
    /// It changes nothing. Put the key first in sealing.master_keys, in the file that sealing.master_keys_file names, or,
    /// with the embedded servers, in the file master-keys of the data directory, one key per line.
    Generate,
    /// Count the data keys by the master key that wraps them, and count the destroyed ones.
    Status {
        /// Print the counts as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Replace the key that signs access tokens, without a failed request.
    ///
    /// The new key is published for ten minutes before it signs. The old key stays published until its last token has
    /// expired, and the next rotation removes it.
    RotateSigning,
    /// Wrap all data keys with the current master key.
    ///
    /// Use it before you remove an old master key. It changes no event. It can be stopped and run again.
    Rewrap {
        /// Print the counts as JSON.
        #[arg(long)]
        json: bool,
    },
}

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
        KeysWhat::RotateSigning => {
            let from = with_auth(common, "anamnesis-keys", async |auth| {
                Ok(auth.rotate_signing_key().await?)
            })?;
            let from = from.context("stopped before the end")?;
            console::print(&format!(
                "the new key signs from {}",
                from.format("%Y-%m-%d %H:%M:%S UTC")
            ))?;
        }
        KeysWhat::Rewrap { json } => {
            let outcome = with_log(common, "anamnesis-keys", rewrap)?;
            let Rewrapped {
                rewrapped,
                current,
                destroyed,
            } = outcome
                .context("stopped before the end; keys that were rewrapped stay rewrapped, run it again to continue")?;
            console::print(&if json {
                json!({ "rewrapped": rewrapped, "current": current, "destroyed": destroyed }).to_string()
            } else {
                format!(
                    "{rewrapped} keys rewrapped, {current} already wrapped by the current master key, {destroyed} destroyed"
                )
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn rewrap(journal: &Journal) -> anyhow::Result<Rewrapped> {
    let bar = console::progress("rewrapping", 0);
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
