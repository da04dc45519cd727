//! The accounts of services: other systems, which exchange a key for access tokens.

use api::{AccessTokenResource, ServiceKeyResource};
use domain::access::Role;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::{
    Auth, AuthError,
    account::{self, Account, Rights},
    secrets, session,
};

/// What the keys of services begin with.
const PREFIX: &str = "ans_";
/// The way of proving who it is that a key is (RFC 8176: proof of possession of a software-secured key).
const BY_KEY: &str = "swk";
/// The most keys of a service.
const MAX_KEYS: i64 = 5;

impl Auth {
    /// Creates a service with its first key.
    pub(crate) async fn create_service(&self, name: &str) -> Result<ServiceKeyResource, AuthError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            return Err(AuthError::ServiceName);
        }
        let rights = Rights::new(vec![Role::Service], None, None).ok_or(AuthError::ServiceName)?;
        let account = Account::of_service(platform::new_id(), name, rights, self.now());
        let mut transaction = self.pool().begin().await?;
        account::insert(&mut transaction, &account).await?;
        let made = self.insert_key(&mut transaction, account).await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// Adds a key to a service, so that it can replace another one.
    pub(crate) async fn add_service_key(&self, id: Uuid) -> Result<ServiceKeyResource, AuthError> {
        let mut transaction = self.pool().begin().await?;
        let account = account::by_id(&mut transaction, id).await?;
        let account = account
            .filter(|account| account.name.is_some())
            .ok_or(AuthError::UnknownAccount)?;
        let row = sqlx::query("SELECT count(*) FROM auth.service_key WHERE account_id = $1")
            .bind(id)
            .fetch_one(&mut *transaction)
            .await?;
        if row.try_get::<i64, _>(0)? >= MAX_KEYS {
            return Err(AuthError::TooManyKeys);
        }
        let made = self.insert_key(&mut transaction, account).await?;
        transaction.commit().await?;
        Ok(made)
    }

    async fn insert_key(
        &self,
        connection: &mut PgConnection,
        account: Account,
    ) -> Result<ServiceKeyResource, AuthError> {
        let (key_id, key) = (platform::new_id(), secrets::token(PREFIX)?);
        sqlx::query("INSERT INTO auth.service_key (id, account_id, hash, created_at) VALUES ($1, $2, $3, $4)")
            .bind(key_id)
            .bind(account.id)
            .bind(secrets::hash(&key))
            .bind(self.now())
            .execute(connection)
            .await?;
        Ok(ServiceKeyResource {
            account: account.into(),
            key_id,
            key,
        })
    }

    /// Removes a key of a service, and ends the sessions of the service.
    pub(crate) async fn remove_service_key(&self, id: Uuid, key_id: Uuid) -> Result<(), AuthError> {
        let mut transaction = self.pool().begin().await?;
        let removed = sqlx::query("DELETE FROM auth.service_key WHERE id = $1 AND account_id = $2")
            .bind(key_id)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        if removed.rows_affected() == 0 {
            return Err(AuthError::UnknownKey);
        }
        session::end_all(&mut transaction, id, None, self.tokens_expire_at()).await?;
        transaction.commit().await?;
        self.0.ended.notify_one();
        Ok(())
    }

    /// Exchanges a service's key for an access token. There is no refresh token: the key is exchanged again.
    pub(crate) async fn exchange(&self, key: &str) -> Result<AccessTokenResource, AuthError> {
        let now = self.now();
        let mut connection = self.pool().acquire().await?;
        let row = sqlx::query("SELECT account_id FROM auth.service_key WHERE hash = $1")
            .bind(secrets::hash(key))
            .fetch_optional(&mut *connection)
            .await?;
        let id: Uuid = row.ok_or(AuthError::KeyRefused)?.try_get("account_id")?;
        let account = account::by_id(&mut connection, id).await?;
        let account = account
            .filter(|account| account.is_open(now))
            .ok_or(AuthError::KeyRefused)?;
        let lifetime = self.0.tokens.lifetime().into();
        let (session, _) =
            session::start(&mut connection, id, &[BY_KEY], lifetime, now, self.tokens_expire_at()).await?;
        self.0.tokens.of_service(&account, &session, now)
    }
}
