//! The administration of accounts: by an administrator over HTTP, and by an operator from the command line.

use api::{OneTimePasswordResource, UserAccountResource};
use chrono::{DateTime, TimeDelta, Utc};
use domain::values::Email;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Auth, AuthError,
    account::{self, Account, Rights},
    database, secrets, session,
};

/// How long a one-time password is valid.
const ONE_TIME_PASSWORD: TimeDelta = TimeDelta::days(7);

/// An account with a new one-time password.
pub(crate) struct OneTime {
    pub(crate) account: Account,
    pub(crate) password: String,
    pub(crate) until: DateTime<Utc>,
}

impl From<Account> for UserAccountResource {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            roles: account.rights.roles().to_vec(),
            patient_id: account.rights.patient(),
            practitioner_id: account.rights.practitioner(),
            disabled: account.disabled_at.is_some(),
            must_change_password: account.one_time_until.is_some(),
            created_at: account.created_at,
            password_set_at: account.password_set_at,
            email: account.email,
            name: account.name,
        }
    }
}

impl From<OneTime> for OneTimePasswordResource {
    fn from(one_time: OneTime) -> Self {
        Self {
            account: one_time.account.into(),
            one_time_password: one_time.password,
            valid_until: one_time.until,
        }
    }
}

impl Auth {
    /// Creates the account of a person with a one-time password.
    ///
    /// # Errors
    /// Another account has the address, or is that of the same person.
    pub async fn create_account(&self, email: &Email, rights: Rights) -> Result<OneTimePasswordResource, AuthError> {
        let one_time = self.one_time(email, rights).await?;
        let mut connection = self.pool().acquire().await?;
        account::insert(&mut connection, &one_time.account).await?;
        Ok(one_time.into())
    }

    /// A new account with a one-time password, which is not stored yet.
    pub(crate) async fn one_time(&self, email: &Email, rights: Rights) -> Result<OneTime, AuthError> {
        let now = self.now();
        let (password, until) = (secrets::one_time_password()?, now + ONE_TIME_PASSWORD);
        let hash = self.0.passwords.hash(&password).await?;
        let account = Account::of_person(platform::new_id(), email, rights, now);
        Ok(OneTime {
            account: account.with_password(hash, Some(until), now),
            password,
            until,
        })
    }

    /// Replaces a person's password by a one-time password, and ends their sessions.
    ///
    /// # Errors
    /// There is no such account of a person.
    pub async fn reset_password(&self, id: Uuid) -> Result<OneTimePasswordResource, AuthError> {
        let now = self.now();
        let (password, until) = (secrets::one_time_password()?, now + ONE_TIME_PASSWORD);
        let hash = self.0.passwords.hash(&password).await?;
        let mut transaction = self.pool().begin().await?;
        if !account::set_one_time_password(&mut transaction, id, &hash, until, now).await? {
            return Err(AuthError::UnknownAccount);
        }
        session::end_all(&mut transaction, id, None, self.tokens_expire_at()).await?;
        let account = existing(&mut transaction, id).await?;
        transaction.commit().await?;
        self.0.ended.notify_one();
        let one_time = OneTime {
            account,
            password,
            until,
        };
        Ok(one_time.into())
    }

    /// Changes what an account may do. Its sessions end, because their tokens still carry the former roles.
    ///
    /// # Errors
    /// There is no such account, it is the last administrator's, or another account is that of the same person.
    pub async fn change_rights(&self, id: Uuid, rights: &Rights) -> Result<UserAccountResource, AuthError> {
        let mut transaction = self.pool().begin().await?;
        database::lock(&mut transaction).await?;
        account::set_rights(&mut transaction, id, rights).await?;
        keep_an_admin(&mut transaction).await?;
        session::end_all(&mut transaction, id, None, self.tokens_expire_at()).await?;
        let account = existing(&mut transaction, id).await?;
        transaction.commit().await?;
        self.0.ended.notify_one();
        Ok(account.into())
    }

    /// Disables an account and ends its sessions, or enables it again.
    ///
    /// # Errors
    /// There is no such account, or it is the last administrator's.
    pub async fn set_disabled(&self, id: Uuid, disabled: bool) -> Result<UserAccountResource, AuthError> {
        let mut transaction = self.pool().begin().await?;
        database::lock(&mut transaction).await?;
        let disabled_at = disabled.then(|| self.now());
        if !account::set_disabled(&mut transaction, id, disabled_at).await? {
            return Err(AuthError::UnknownAccount);
        }
        if disabled {
            keep_an_admin(&mut transaction).await?;
            session::end_all(&mut transaction, id, None, self.tokens_expire_at()).await?;
        }
        let account = existing(&mut transaction, id).await?;
        transaction.commit().await?;
        self.0.ended.notify_one();
        Ok(account.into())
    }

    /// An account.
    ///
    /// # Errors
    /// There is no such account.
    pub async fn account(&self, id: Uuid) -> Result<UserAccountResource, AuthError> {
        let mut connection = self.pool().acquire().await?;
        Ok(existing(&mut connection, id).await?.into())
    }

    /// The account with an e-mail address, in any spelling.
    ///
    /// # Errors
    /// There is no such account.
    pub async fn account_of(&self, email: &Email) -> Result<UserAccountResource, AuthError> {
        let account = account::by_email(self.pool(), &email.normalised()).await?;
        Ok(account.ok_or(AuthError::UnknownAccount)?.into())
    }

    /// A part of the list of accounts, oldest first, and the number of all.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn accounts(&self, offset: u64, limit: u32) -> Result<(Vec<UserAccountResource>, i64), AuthError> {
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let accounts = account::list(self.pool(), offset, limit.into()).await?;
        let accounts = accounts.into_iter().map(Into::into).collect();
        Ok((accounts, account::count(self.pool()).await?))
    }
}

async fn existing(connection: &mut PgConnection, id: Uuid) -> Result<Account, AuthError> {
    account::by_id(connection, id).await?.ok_or(AuthError::UnknownAccount)
}

/// Nobody could undo the loss of the last administrator.
async fn keep_an_admin(connection: &mut PgConnection) -> Result<(), AuthError> {
    match account::any_admin(connection).await? {
        true => Ok(()),
        false => Err(AuthError::LastAdmin),
    }
}
