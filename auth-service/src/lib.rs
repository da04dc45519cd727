//! Accounts, passwords, sessions and access tokens. They are stored in Postgres, in the schema `auth`, and are not
//! event-sourced: what a person may no longer do must be gone, not recorded for ever.

mod access_tokens;
mod account;
mod accounts;
pub mod database;
mod ended_sessions;
mod error;
mod first_start;
pub mod http;
mod invitations;
mod passwords;
mod second_factor;
mod secrets;
mod services;
mod session;
mod sign_in;
mod signing_keys;
mod throttle;
mod totp;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use journal::Journal;
use platform::{Clock, Shutdown, process::WrongSetting};
use settings::Settings;
use sqlx::PgPool;
use tokio::sync::Notify;

pub use account::Rights;
pub use error::AuthError;
pub use first_start::{DemoPeople, SignIn};

use crate::{
    access_tokens::AccessTokens, passwords::Passwords, second_factor::Needed, session::Lifetime,
    signing_keys::SigningKeys, throttle::Throttle,
};

/// How often the signing keys of other processes are looked for. A new key is published much longer before it signs.
const RELOAD: Duration = Duration::from_secs(30);

/// The accounts and everything about them. Clones are cheap and share everything.
#[derive(Clone, Debug)]
pub struct Auth(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    clock: Clock,
    passwords: Passwords,
    second_factor: Needed,
    throttle: Throttle,
    sessions: Lifetime,
    keys: SigningKeys,
    tokens: AccessTokens,
    /// Wakes the task that tells other processes of ended sessions.
    ended: Notify,
}

impl Auth {
    /// Opens the accounts in a migrated database. The first start makes a signing key.
    ///
    /// # Errors
    /// There is no usable master key, or the database is not available.
    pub async fn open(pool: PgPool, settings: &Settings, clock: Clock) -> Result<Self, OpenError> {
        let master_keys = journal::master_keys(&settings.sealing)?.ok_or(AuthError::NoMasterKey)?;
        let lifetime = TimeDelta::minutes(settings.auth.access_token_minutes.into());
        let keys = SigningKeys::open(pool.clone(), master_keys, lifetime, clock.now()).await?;
        second_factor::rewrap(&pool, keys.master_keys()).await?;
        Ok(Self(Arc::new(Inner {
            passwords: Passwords::new(&settings.auth)?,
            second_factor: Needed::new(&settings.auth)?,
            throttle: Throttle::new(),
            sessions: Lifetime::from(&settings.auth),
            tokens: AccessTokens::new(keys.clone(), settings, lifetime),
            ended: Notify::new(),
            pool,
            clock,
            keys,
        })))
    }

    /// Follows the signing keys of other processes, and tells other processes of ended sessions, until the shutdown.
    pub fn start(&self, journal: &Journal, shutdown: &Shutdown) {
        self.follow_keys(shutdown);
        tokio::spawn(ended_sessions::tell(self.clone(), journal.clone(), shutdown.clone()));
    }

    fn follow_keys(&self, shutdown: &Shutdown) {
        let (keys, shutdown) = (self.0.keys.clone(), shutdown.clone());
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = tokio::time::sleep(RELOAD) => {}
                }
                if let Err(error) = keys.reload().await {
                    tracing::warn!(%error, "the signing keys cannot be reloaded");
                }
            }
        });
    }

    /// Makes a signing key that replaces the current one without a failed request. Returns when it begins to sign.
    ///
    /// # Errors
    /// The newest key is not in use yet, or the database is not available.
    pub async fn rotate_signing_key(&self) -> Result<DateTime<Utc>, AuthError> {
        self.0.keys.rotate(self.now()).await
    }

    /// When the last access token expires that a session that ends now has got.
    fn tokens_expire_at(&self) -> DateTime<Utc> {
        self.now() + self.0.tokens.lifetime()
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    fn pool(&self) -> &PgPool {
        &self.0.pool
    }
}

/// Why the accounts could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting cannot be used.
    #[error("{0}")]
    Setting(#[source] WrongSetting),
    /// The accounts or their keys are not available.
    #[error(transparent)]
    Auth(AuthError),
}

impl From<journal::KeySettingsError> for OpenError {
    fn from(error: journal::KeySettingsError) -> Self {
        Self::Setting(WrongSetting::new(error))
    }
}

impl From<AuthError> for OpenError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::NoMasterKey | AuthError::FirstAdmin | AuthError::SecondFactorRoles(_) => {
                Self::Setting(WrongSetting::new(error))
            }
            error => Self::Auth(error),
        }
    }
}
