//! Finds NATS and Postgres: the servers in the settings, those of a running `up`, or new embedded ones.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use embedded::Servers;
use platform::config::{NatsSettings, Secret, SecretUrl};
use settings::{Required, Settings};

use crate::{console, kept::kept};

/// The file in the data directory with the generated e-mail pepper.
const PEPPER_FILE: &str = "email-pepper";
/// The file in the data directory with the generated master key and its predecessors.
const MASTER_KEYS_FILE: &str = "master-keys";
/// The folder in the data directory for the index of the command service. It can be rebuilt from the log.
const INDEX_FOLDER: &str = "index";

/// The servers that a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The log and the read models, for a process that serves requests.
    Everything,
    /// An existing log, for a command that reads or appends.
    Log,
    /// A log that may still be empty, for a command that fills it.
    NewLog,
    /// An existing log and its read models, for a command.
    Look,
}

/// The servers that a command uses.
#[derive(Debug)]
pub(crate) struct Backend {
    nats_url: SecretUrl,
    nats_system_url: SecretUrl,
    postgres_url: Option<SecretUrl>,
    started: Option<Servers>,
}

impl Backend {
    /// Finds the needed servers, or starts them.
    pub(crate) async fn find(settings: &Settings, data_dir: &Path, need: Need) -> anyhow::Result<Self> {
        let given = |url: &SecretUrl| Some(url.clone()).filter(|url| !url.is_empty());
        let (mut nats, mut postgres) = (given(&settings.nats.url), given(&settings.postgres.url));
        // For external servers, only the settings can name a user of the system account.
        let mut nats_system = Some(settings.nats.system_url.clone()).filter(|_| nats.is_some());
        if need != Need::Everything {
            let running = embedded::attach(data_dir)?.unwrap_or_default();
            nats_system = nats_system.or_else(|| running.nats_system_url.map(SecretUrl::new));
            nats = nats.or_else(|| running.nats_url.map(SecretUrl::new));
            postgres = postgres.or_else(|| running.postgres_url.map(SecretUrl::new));
        }
        let wants_postgres = matches!(need, Need::Everything | Need::Look) && postgres.is_none();
        let is_complete = nats.is_some() && !wants_postgres;
        anyhow::ensure!(
            matches!(need, Need::Everything | Need::NewLog) || is_complete || data_dir.exists(),
            "there is no data in {}: start with `anamnesis up`, or name another folder with --data-dir",
            data_dir.display()
        );
        let started = if is_complete {
            None
        } else {
            let mut options = embedded::Options::new(data_dir);
            options.nats = nats.is_none();
            options.postgres = wants_postgres;
            options.progress = Some(Arc::new(console::say));
            Some(embedded::start(options).await?)
        };
        let of_started = |url: fn(&Servers) -> Option<&str>| started.as_ref().and_then(url).map(SecretUrl::new);
        let nats_url = nats
            .or_else(|| of_started(Servers::nats_url))
            .context("NATS was not started")?;
        Ok(Self {
            nats_url,
            nats_system_url: nats_system
                .or_else(|| of_started(Servers::nats_system_url))
                .unwrap_or_else(|| SecretUrl::new("")),
            postgres_url: postgres.or_else(|| of_started(Servers::postgres_url)),
            started,
        })
    }

    /// The settings to connect to NATS.
    pub(crate) fn nats(&self, settings: &Settings) -> NatsSettings {
        NatsSettings {
            url: self.nats_url.clone(),
            system_url: self.nats_system_url.clone(),
            ..settings.nats.clone()
        }
    }

    /// The URL of the read models.
    pub(crate) fn postgres(&self) -> SecretUrl {
        self.postgres_url.clone().unwrap_or_else(|| SecretUrl::new(""))
    }

    /// The settings with the addresses of these servers. With embedded servers, it generates missing secrets once and
    /// stores them in the data directory.
    pub(crate) fn settings(&self, mut settings: Settings, data_dir: &Path) -> anyhow::Result<Settings> {
        if settings.nats.url.is_empty() {
            let kept = |file: &str| {
                kept(&data_dir.join(file)).with_context(|| format!("cannot read or write {file} in the data directory"))
            };
            if settings.commands.email_pepper.is_empty() {
                settings.commands.email_pepper = Secret::new(kept(PEPPER_FILE)?);
            }
            if !settings.sealing.is_configured() {
                settings.sealing.master_keys = Secret::new(kept(MASTER_KEYS_FILE)?);
            }
            if settings.commands.index_dir.as_os_str().is_empty() {
                settings.commands.index_dir = data_dir.join(INDEX_FOLDER);
            }
        }
        settings.nats.url = self.nats_url.clone();
        settings.postgres.url = self.postgres();
        Ok(settings)
    }

    /// Checks that all secrets exist. A restore needs those of the old system: new ones could not decrypt its data.
    pub(crate) fn check_secrets_are_kept(settings: &Settings, data_dir: &Path) -> anyhow::Result<()> {
        if !settings.nats.url.is_empty() {
            settings.require(&[Required::MasterKeys])?;
            return Ok(());
        }
        let needed = [
            (settings.sealing.is_configured(), MASTER_KEYS_FILE),
            (!settings.commands.email_pepper.is_empty(), PEPPER_FILE),
        ];
        for (is_set, file) in needed {
            let path = data_dir.join(file);
            anyhow::ensure!(
                is_set || path.exists(),
                "{} is missing: a restore needs the master keys and the e-mail pepper of the old system; first copy \
                 {MASTER_KEYS_FILE} and {PEPPER_FILE} from its data directory",
                path.display()
            );
        }
        Ok(())
    }

    /// As [`Backend::settings`], for a process that executes commands.
    pub(crate) fn settings_for_commands(&self, settings: Settings, data_dir: &Path) -> anyhow::Result<Settings> {
        let settings = self.settings(settings, data_dir)?;
        settings
            .require(&[Required::EmailPepper, Required::MasterKeys])
            .context("nats.url is set, so the secrets must be: all command services need the same values")?;
        Ok(settings)
    }

    /// Publishes the URL of this process in the data directory, so that other commands find it.
    pub(crate) fn publish_http_url(&self, url: &str) -> anyhow::Result<()> {
        match &self.started {
            Some(servers) => Ok(servers.publish_http_url(url)?),
            None => Ok(()),
        }
    }

    /// Resolves when a server that was started here has died and cannot be restarted.
    pub(crate) async fn failed(&self) -> anyhow::Error {
        match &self.started {
            Some(servers) => servers.failed().await.into(),
            None => std::future::pending().await,
        }
    }

    /// Stops the servers that were started here.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        match self.started {
            Some(servers) => Ok(servers.stop().await?),
            None => Ok(()),
        }
    }
}
