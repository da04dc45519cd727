//! Access tokens (RFC 9068): how they are made, and how this service reads its own.

use access::Claims;
use api::{AccessTokenResource, TokensResource};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use settings::Settings;
use uuid::Uuid;

use crate::{
    AuthError,
    account::{Account, Rights},
    session::Session,
    signing_keys::{SigningKeys, TOKEN_TYPE},
};

/// The type of the tokens in `Authorization`.
const BEARER: &str = "Bearer";
/// The difference between two clocks that does not matter.
const LEEWAY: TimeDelta = TimeDelta::seconds(5);
/// The longest token that is looked at.
const MAX_TOKEN_BYTES: usize = 4096;

/// Makes and reads access tokens.
#[derive(Debug)]
pub(crate) struct AccessTokens {
    keys: SigningKeys,
    issuer: String,
    audience: String,
    lifetime: TimeDelta,
}

impl AccessTokens {
    pub(crate) fn new(keys: SigningKeys, settings: &Settings, lifetime: TimeDelta) -> Self {
        Self {
            keys,
            issuer: match settings.auth.issuer.is_empty() {
                true => format!("http://{}", settings.http.listen),
                false => settings.auth.issuer.clone(),
            },
            audience: settings.auth.audience.clone(),
            lifetime,
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The tokens of a session.
    pub(crate) fn of_session(
        &self,
        account: &Account,
        session: &Session,
        refresh_token: String,
        now: DateTime<Utc>,
    ) -> Result<TokensResource, AuthError> {
        let token = self.make(account.id, &account.rights, session, now)?;
        Ok(TokensResource {
            access_token: token.clone(),
            token,
            refresh_token,
            recovery_codes: None,
            expires_in: self.lifetime.num_seconds().unsigned_abs(),
            token_type: BEARER.to_owned(),
        })
    }

    /// The access token of a service.
    pub(crate) fn of_service(
        &self,
        account: &Account,
        session: &Session,
        now: DateTime<Utc>,
    ) -> Result<AccessTokenResource, AuthError> {
        let token = self.make(account.id, &account.rights, session, now)?;
        Ok(AccessTokenResource {
            access_token: token.clone(),
            token,
            expires_in: self.lifetime.num_seconds().unsigned_abs(),
            token_type: BEARER.to_owned(),
        })
    }

    pub(crate) const fn lifetime(&self) -> TimeDelta {
        self.lifetime
    }

    fn make(&self, subject: Uuid, rights: &Rights, session: &Session, now: DateTime<Utc>) -> Result<String, AuthError> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: subject,
            exp: seconds(now + self.lifetime),
            nbf: seconds(now),
            iat: seconds(now),
            jti: platform::new_id(),
            sid: session.id,
            roles: rights.roles().to_vec(),
            patient: rights.patient(),
            practitioner: rights.practitioner(),
            auth_time: seconds(session.started_at),
            amr: session.amr.clone(),
        };
        self.keys.sign(&claims, now)
    }

    /// The claims of a token that this service signed and that is valid now. Its session may have ended.
    pub(crate) fn read(&self, token: &str, now: DateTime<Utc>) -> Option<Claims> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let header = jsonwebtoken::decode_header(token).ok()?;
        let names_keys = header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some();
        if header.typ.as_deref() != Some(TOKEN_TYPE) || header.crit.is_some() || names_keys {
            return None;
        }
        let mut published = self.keys.published(now).keys.into_iter();
        let key = published.find(|key| Some(&key.kid) == header.kid.as_ref())?;
        let key = DecodingKey::from_ec_components(&key.x, &key.y).ok()?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["aud", "exp", "iss", "nbf", "sub"]);
        // The times are compared with our own clock below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).ok()?.claims;
        let is_current = claims.nbf <= seconds(now + LEEWAY) && claims.exp > seconds(now - LEEWAY);
        is_current.then_some(claims)
    }
}

/// Seconds since 1970.
fn seconds(time: DateTime<Utc>) -> u64 {
    u64::try_from(time.timestamp()).unwrap_or_default()
}
