//! The second factor: codes of an authenticator app, and recovery codes for people who have lost it. Its setup is part of a
//! sign-in, so that an account that needs a second factor never has a token without one.

use std::net::IpAddr;

use api::{RecoveryCodesResource, SecondFactorResource};
use domain::access::Role;
use journal::{MasterKeys, WrappedKey};
use platform::config::Secret as Hidden;
use settings::AuthSettings;
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

use crate::{
    Auth, AuthError,
    account::Account,
    secrets,
    sign_in::{BY_PASSWORD, SignedIn},
    totp::Secret,
};

/// The way of proving who somebody is that a one-time code is (RFC 8176).
const BY_CODE: &str = "otp";
const RECOVERY_CODES: usize = 10;

/// The roles that need a second factor.
#[derive(Debug)]
pub(crate) struct Needed(Vec<Role>);

/// How somebody has proved who they are.
pub(crate) struct Proven {
    pub(crate) amr: &'static [&'static str],
    /// The recovery codes, if the second factor was set up just now.
    pub(crate) recovery_codes: Option<Vec<String>>,
}

/// A second factor as stored.
struct Stored {
    secret: Secret,
    confirmed: bool,
    last_step: i64,
}

impl Needed {
    /// Reads the setting.
    ///
    /// # Errors
    /// It names an unknown role.
    pub(crate) fn new(settings: &AuthSettings) -> Result<Self, AuthError> {
        let roles = settings.second_factor_roles.iter().map(|code| Role::parse(code));
        let roles = roles.collect::<Result<_, _>>();
        roles.map(Self).map_err(AuthError::SecondFactorRoles)
    }

    fn by(&self, account: &Account) -> bool {
        account.rights.roles().iter().any(|role| self.0.contains(role))
    }
}

impl Auth {
    /// Checks the second factor of a person whose password is right.
    pub(crate) async fn prove(&self, account: &Account, code: Option<&Hidden>) -> Result<Proven, AuthError> {
        let by_password = Proven {
            amr: &[BY_PASSWORD],
            recovery_codes: None,
        };
        let with_code = |recovery_codes| Proven {
            amr: &[BY_PASSWORD, BY_CODE],
            recovery_codes,
        };
        let mut transaction = self.pool().begin().await?;
        let stored = self.stored(&mut transaction, account.id).await?;
        let proven = match (stored, code) {
            (Some(stored), None) if stored.confirmed => return Err(AuthError::SecondFactorRequired),
            (Some(stored), Some(code)) if stored.confirmed => {
                let is_code = self
                    .use_code(&mut transaction, account.id, &stored, code.expose())
                    .await?;
                if !is_code && !use_recovery_code(&mut transaction, account.id, code.expose()).await? {
                    return Err(AuthError::SignInFailed);
                }
                with_code(None)
            }
            (_, _) if !self.0.second_factor.by(account) => by_password,
            (Some(stored), Some(code)) => {
                if !self
                    .use_code(&mut transaction, account.id, &stored, code.expose())
                    .await?
                {
                    return Err(AuthError::SignInFailed);
                }
                with_code(Some(confirm(&mut transaction, account.id).await?))
            }
            (None, Some(_)) => return Err(AuthError::SignInFailed),
            (stored, None) => {
                let secret = match stored {
                    Some(stored) => stored.secret,
                    None => self.set_up(&mut transaction, account.id).await?,
                };
                transaction.commit().await?;
                return Err(AuthError::SecondFactorSetup(shown(account, &secret)));
            }
        };
        transaction.commit().await?;
        Ok(proven)
    }

    /// Begins to set up the second factor of an account that need not have one.
    pub(crate) async fn begin_second_factor(
        &self,
        who: &SignedIn,
        password: &Hidden,
        network: Option<IpAddr>,
    ) -> Result<SecondFactorResource, AuthError> {
        self.check_own_password(who, password, network).await?;
        let mut transaction = self.pool().begin().await?;
        let stored = self.stored(&mut transaction, who.account.id).await?;
        if stored.is_some_and(|stored| stored.confirmed) {
            return Err(AuthError::SecondFactorExists);
        }
        let secret = self.set_up(&mut transaction, who.account.id).await?;
        transaction.commit().await?;
        Ok(shown(&who.account, &secret))
    }

    /// Completes the setup with a first code.
    pub(crate) async fn confirm_second_factor(
        &self,
        who: &SignedIn,
        code: &Hidden,
    ) -> Result<RecoveryCodesResource, AuthError> {
        let id = who.account.id;
        let mut transaction = self.pool().begin().await?;
        let stored = self.stored(&mut transaction, id).await?;
        let stored = stored
            .filter(|stored| !stored.confirmed)
            .ok_or(AuthError::SecondFactorExists)?;
        if !self.use_code(&mut transaction, id, &stored, code.expose()).await? {
            return Err(AuthError::WrongCode);
        }
        let recovery_codes = confirm(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(RecoveryCodesResource { recovery_codes })
    }

    /// Removes the second factor of an account, for a person who has lost the app and the recovery codes.
    ///
    /// # Errors
    /// There is no such account of a person.
    pub async fn reset_second_factor(&self, id: Uuid) -> Result<(), AuthError> {
        self.account(id).await?;
        let mut transaction = self.pool().begin().await?;
        for statement in [
            "DELETE FROM auth.totp WHERE account_id = $1",
            "DELETE FROM auth.recovery_code WHERE account_id = $1",
        ] {
            sqlx::query(statement).bind(id).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn stored(&self, connection: &mut PgConnection, account: Uuid) -> Result<Option<Stored>, AuthError> {
        let statement =
            "SELECT master_key, wrapped_seed, confirmed, last_step FROM auth.totp WHERE account_id = $1 FOR UPDATE";
        let row = sqlx::query(statement).bind(account).fetch_optional(connection).await?;
        let Some(row) = row else { return Ok(None) };
        let wrapped = WrappedKey {
            master_key: row.try_get("master_key")?,
            bytes: row.try_get("wrapped_seed")?,
        };
        let seed = self.0.keys.master_keys().unwrap(&context(account), &wrapped).await?;
        Ok(Some(Stored {
            secret: Secret::from(&seed),
            confirmed: row.try_get("confirmed")?,
            last_step: row.try_get("last_step")?,
        }))
    }

    /// Stores a new secret in place of one that was never confirmed.
    async fn set_up(&self, connection: &mut PgConnection, account: Uuid) -> Result<Secret, AuthError> {
        let seed = secrets::random()?;
        let wrapped = self.0.keys.master_keys().wrap(&context(account), &seed).await?;
        let statement = "INSERT INTO auth.totp (account_id, master_key, wrapped_seed, confirmed, last_step) \
                         VALUES ($1, $2, $3, false, 0) ON CONFLICT (account_id) DO UPDATE \
                         SET master_key = excluded.master_key, wrapped_seed = excluded.wrapped_seed, last_step = 0";
        sqlx::query(statement)
            .bind(account)
            .bind(wrapped.master_key)
            .bind(wrapped.bytes)
            .execute(connection)
            .await?;
        Ok(Secret::from(&seed))
    }

    /// Whether a code is valid and was not used before. It cannot be used again, nor can an earlier one.
    async fn use_code(
        &self,
        connection: &mut PgConnection,
        account: Uuid,
        stored: &Stored,
        code: &str,
    ) -> Result<bool, AuthError> {
        let step = stored.secret.step_of(code, self.now());
        let Some(step) = step.filter(|step| *step > stored.last_step) else {
            return Ok(false);
        };
        sqlx::query("UPDATE auth.totp SET last_step = $2 WHERE account_id = $1")
            .bind(account)
            .bind(step)
            .execute(connection)
            .await?;
        Ok(true)
    }
}

/// Uses a recovery code up. Returns whether it was one.
async fn use_recovery_code(connection: &mut PgConnection, account: Uuid, code: &str) -> Result<bool, sqlx::Error> {
    let used = sqlx::query("DELETE FROM auth.recovery_code WHERE account_id = $1 AND hash = $2")
        .bind(account)
        .bind(secrets::hash(code))
        .execute(connection)
        .await?;
    Ok(used.rows_affected() > 0)
}

/// Confirms a second factor, and returns new recovery codes.
async fn confirm(connection: &mut PgConnection, account: Uuid) -> Result<Vec<String>, AuthError> {
    sqlx::query("UPDATE auth.totp SET confirmed = true WHERE account_id = $1")
        .bind(account)
        .execute(&mut *connection)
        .await?;
    let codes: Vec<String> = (0..RECOVERY_CODES)
        .map(|_| secrets::recovery_code())
        .collect::<Result<_, _>>()?;
    for code in &codes {
        sqlx::query("INSERT INTO auth.recovery_code (account_id, hash) VALUES ($1, $2)")
            .bind(account)
            .bind(secrets::hash(code))
            .execute(&mut *connection)
            .await?;
    }
    Ok(codes)
}

/// Wraps secrets that an earlier master key has wrapped under the current one, so that the earlier one can be retired.
pub(crate) async fn rewrap(pool: &PgPool, master_keys: &MasterKeys) -> Result<(), AuthError> {
    let statement = "SELECT account_id, master_key, wrapped_seed FROM auth.totp WHERE master_key <> $1";
    let rows = sqlx::query(statement)
        .bind(master_keys.current_id())
        .fetch_all(pool)
        .await?;
    for row in rows {
        let account: Uuid = row.try_get("account_id")?;
        let former = WrappedKey {
            master_key: row.try_get("master_key")?,
            bytes: row.try_get("wrapped_seed")?,
        };
        let seed = master_keys.unwrap(&context(account), &former).await?;
        let wrapped = master_keys.wrap(&context(account), &seed).await?;
        let statement =
            "UPDATE auth.totp SET master_key = $3, wrapped_seed = $4 WHERE account_id = $1 AND wrapped_seed = $2";
        sqlx::query(statement)
            .bind(account)
            .bind(former.bytes)
            .bind(wrapped.master_key)
            .bind(wrapped.bytes)
            .execute(pool)
            .await?;
    }
    Ok(())
}

fn shown(account: &Account, secret: &Secret) -> SecondFactorResource {
    SecondFactorResource {
        secret: secret.text(),
        uri: secret.uri(account.email.as_deref().unwrap_or_default()),
    }
}

fn context(account: Uuid) -> Vec<u8> {
    format!("auth second factor {account}").into_bytes()
}
