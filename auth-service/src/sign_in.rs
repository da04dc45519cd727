//! Signing in, staying signed in, and signing out.

use std::net::IpAddr;

use access::Claims;
use api::{DiscoveryResource, JwkSetResource, SessionResource, TokenStatusResource, TokensResource};
use chrono::{DateTime, Utc};
use domain::values::Email;
use platform::config::Secret;
use uuid::Uuid;

use crate::{
    Auth, AuthError,
    account::{self, Account},
    session::{self, Rotation, Session},
};

/// The way of proving who somebody is that a password is (RFC 8176).
pub(crate) const BY_PASSWORD: &str = "pwd";

/// What somebody signs in with.
pub(crate) struct Credentials {
    pub(crate) email: String,
    pub(crate) password: Secret,
    /// The password that replaces it.
    pub(crate) new_password: Option<Secret>,
    /// A code of the second factor.
    pub(crate) code: Option<Secret>,
    /// The network of the client.
    pub(crate) network: Option<IpAddr>,
}

/// Who is signed in: the account and the session, which both last.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) account: Account,
    pub(crate) session: Session,
}

impl Auth {
    /// Signs a person in. A wrong password, an unknown address and an account that cannot sign in get the same answer
    /// after the same work.
    pub(crate) async fn sign_in(&self, credentials: &Credentials) -> Result<TokensResource, AuthError> {
        let email = Email::parse(&credentials.email).ok().map(|email| email.normalised());
        let name = email.as_deref().unwrap_or(&credentials.email);
        let attempt = self.0.throttle.attempt(name, credentials.network, self.now())?;
        let outcome = self.sign_in_as(email.as_deref(), credentials).await;
        match &outcome {
            Ok(_) => attempt.succeeded(),
            Err(AuthError::SignInFailed) => {}
            Err(_) => attempt.undecided(),
        }
        outcome
    }

    async fn sign_in_as(&self, email: Option<&str>, credentials: &Credentials) -> Result<TokensResource, AuthError> {
        let now = self.now();
        let account = match email {
            Some(email) => account::by_email(self.pool(), email).await?,
            None => None,
        };
        let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
        let is_right = self.0.passwords.verify(credentials.password.expose(), hash).await?;
        let account = account
            .filter(|account| is_right && account.is_open(now))
            .ok_or(AuthError::SignInFailed)?;
        let new_hash = match &credentials.new_password {
            Some(new) => Some(self.accept_password(&account, new).await?),
            None if account.one_time_until.is_some() => return Err(AuthError::PasswordChangeRequired),
            None => None,
        };
        let proven = self.prove(&account, credentials.code.as_ref()).await?;
        if let Some(hash) = new_hash {
            self.replace_password(&account, &hash, None).await?;
        }
        let mut connection = self.pool().acquire().await?;
        let tokens_expire_at = self.tokens_expire_at();
        let started = session::start(
            &mut connection,
            account.id,
            proven.amr,
            self.0.sessions,
            now,
            tokens_expire_at,
        );
        let (session, token) = started.await?;
        metrics::counter!("sign_ins_total").increment(1);
        Ok(TokensResource {
            recovery_codes: proven.recovery_codes,
            ..self.0.tokens.of_session(&account, &session, token, now)?
        })
    }

    /// Replaces a refresh token, and issues the next access token with the account's present roles.
    pub(crate) async fn refresh(&self, token: &str) -> Result<TokensResource, AuthError> {
        let now = self.now();
        let (session, next) =
            match session::rotate(self.pool(), token, self.0.sessions, now, self.tokens_expire_at()).await? {
                Rotation::Next(session, next) => (session, next),
                Rotation::Replayed => {
                    self.0.ended.notify_one();
                    metrics::counter!("refresh_token_replays_total").increment(1);
                    tracing::warn!("a replaced refresh token was presented again; its session has been ended");
                    return Err(AuthError::RefreshRefused);
                }
                Rotation::Unknown => return Err(AuthError::RefreshRefused),
            };
        let mut connection = self.pool().acquire().await?;
        let account = account::by_id(&mut connection, session.account_id).await?;
        let account = account
            .filter(|account| account.is_open(now))
            .ok_or(AuthError::RefreshRefused)?;
        self.0.tokens.of_session(&account, &session, next, now)
    }

    /// Who presents an access token. Unlike other services, this one asks whether the session lasts.
    pub(crate) async fn signed_in(&self, token: &str) -> Result<SignedIn, AuthError> {
        let now = self.now();
        let claims = self.0.tokens.read(token, now).ok_or(AuthError::SessionEnded)?;
        let mut connection = self.pool().acquire().await?;
        let session = session::find(&mut connection, claims.sub, claims.sid, now).await?;
        let account = account::by_id(&mut connection, claims.sub).await?;
        match (account, session) {
            (Some(account), Some(session)) if account.is_open(now) => Ok(SignedIn { account, session }),
            _ => Err(AuthError::SessionEnded),
        }
    }

    /// Whether an access token is valid, for services that cannot verify it themselves.
    pub(crate) async fn token_status(&self, token: &str) -> Result<TokenStatusResource, AuthError> {
        let claims = match self.signed_in(token).await {
            Ok(_) => self.0.tokens.read(token, self.now()),
            Err(AuthError::SessionEnded) => None,
            Err(error) => return Err(error),
        };
        Ok(TokenStatusResource {
            valid: claims.is_some(),
            account_id: claims.as_ref().map(|claims| claims.sub),
            roles: claims.as_ref().map(|claims| claims.roles.clone()).unwrap_or_default(),
            expires_at: claims.as_ref().and_then(expiry),
        })
    }

    /// Changes a person's own password, and ends their other sessions.
    pub(crate) async fn change_password(
        &self,
        who: &SignedIn,
        current: &Secret,
        new: &Secret,
        network: Option<IpAddr>,
    ) -> Result<(), AuthError> {
        self.check_own_password(who, current, network).await?;
        let hash = self.accept_password(&who.account, new).await?;
        self.replace_password(&who.account, &hash, Some(who.session.id)).await
    }

    /// Checks a person's own password. It is throttled, so that the thief of an access token cannot guess it.
    pub(crate) async fn check_own_password(
        &self,
        who: &SignedIn,
        password: &Secret,
        network: Option<IpAddr>,
    ) -> Result<(), AuthError> {
        let name = who.account.email.as_deref().unwrap_or_default();
        let attempt = self.0.throttle.attempt(name, network, self.now())?;
        let hash = who.account.password_hash.as_deref();
        let verified = self.0.passwords.verify(password.expose(), hash).await;
        if !matches!(verified, Ok(false)) {
            attempt.undecided();
        }
        match verified? {
            true => Ok(()),
            false => Err(AuthError::SignInFailed),
        }
    }

    /// The hash of an account's next password.
    async fn accept_password(&self, account: &Account, new: &Secret) -> Result<String, AuthError> {
        let present = account.password_hash.as_deref();
        if self.0.passwords.verify(new.expose(), present).await? {
            return Err(AuthError::WeakPassword("must differ from the present one"));
        }
        self.0.passwords.accept(new.expose(), &account.words()).await
    }

    async fn replace_password(&self, account: &Account, hash: &str, stays: Option<Uuid>) -> Result<(), AuthError> {
        let mut transaction = self.pool().begin().await?;
        if !account::replace_password(&mut transaction, account, hash, self.now()).await? {
            // Somebody else has replaced it at the same moment.
            return Err(AuthError::SignInFailed);
        }
        session::end_all(&mut transaction, account.id, stays, self.tokens_expire_at()).await?;
        transaction.commit().await?;
        self.0.ended.notify_one();
        Ok(())
    }

    /// A person's own sessions.
    pub(crate) async fn sessions(&self, who: &SignedIn) -> Result<Vec<SessionResource>, AuthError> {
        let sessions = session::list(self.pool(), who.account.id, self.now()).await?;
        let resource = |session: Session| SessionResource {
            id: session.id,
            started_at: session.started_at,
            refreshed_at: session.refreshed_at,
            ends_at: session.ends_at,
            current: session.id == who.session.id,
        };
        Ok(sessions.into_iter().map(resource).collect())
    }

    /// Ends one of a person's own sessions.
    pub(crate) async fn end_session(&self, who: &SignedIn, id: Uuid) -> Result<(), AuthError> {
        let mut connection = self.pool().acquire().await?;
        match session::end(&mut connection, who.account.id, id, self.tokens_expire_at()).await? {
            true => {
                self.0.ended.notify_one();
                Ok(())
            }
            false => Err(AuthError::UnknownSession),
        }
    }

    /// The keys that verify access tokens.
    pub(crate) fn jwks(&self) -> JwkSetResource {
        self.0.keys.published(self.now())
    }

    /// The description of this issuer.
    pub(crate) fn discovery(&self) -> DiscoveryResource {
        let issuer = self.0.tokens.issuer();
        DiscoveryResource {
            issuer: issuer.to_owned(),
            jwks_uri: format!("{issuer}/.well-known/jwks.json"),
            response_types_supported: Vec::new(),
            subject_types_supported: vec!["public".to_owned()],
            id_token_signing_alg_values_supported: vec!["ES256".to_owned()],
        }
    }
}

fn expiry(claims: &Claims) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(claims.exp).ok()?, 0)
}
