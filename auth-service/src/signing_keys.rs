//! The keys that sign access tokens. They are stored wrapped by a master key, and every process that signs holds them
//! in memory. A new key is published some time before it signs, and an old one as long as its tokens are valid, so
//! that a rotation fails no request.

use std::sync::Arc;

use access::Claims;
use api::{JwkResource, JwkSetResource};
use aws_lc_rs::{
    digest::{SHA256, digest},
    encoding::{AsBigEndian as _, EcPrivateKeyBin},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use journal::{MasterKeys, WrappedKey};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sqlx::{PgConnection, PgPool, Row as _};
use tokio::sync::watch;

use crate::{AuthError, database};

/// The `typ` of an access token (RFC 9068).
pub(crate) const TOKEN_TYPE: &str = "at+jwt";
/// How long a new key is published before it signs: long enough for every verifier to fetch it.
const INTRODUCTION: TimeDelta = TimeDelta::minutes(10);
/// How much longer than its tokens an old key is published, for clocks that differ.
const MARGIN: TimeDelta = TimeDelta::minutes(1);
/// The first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 4;
const COORDINATE_LEN: usize = 32;

/// The signing keys. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct SigningKeys {
    pool: PgPool,
    master_keys: MasterKeys,
    token_lifetime: TimeDelta,
    held: Arc<watch::Sender<Vec<SigningKey>>>,
}

/// A key in memory.
#[derive(Clone, Debug)]
struct SigningKey {
    signs_from: DateTime<Utc>,
    public: JwkResource,
    private: EncodingKey,
}

impl SigningKeys {
    /// Loads the keys, and makes the first one if there is none.
    pub(crate) async fn open(
        pool: PgPool,
        master_keys: MasterKeys,
        token_lifetime: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Self, AuthError> {
        let keys = Self {
            pool,
            master_keys,
            token_lifetime,
            held: Arc::new(watch::Sender::new(Vec::new())),
        };
        let mut transaction = keys.pool.begin().await?;
        database::lock(&mut transaction).await?;
        let row = sqlx::query("SELECT EXISTS (SELECT 1 FROM auth.signing_key)")
            .fetch_one(&mut *transaction)
            .await?;
        match row.try_get(0)? {
            true => keys.rewrap(&mut transaction).await?,
            false => keys.make(&mut transaction, now, now).await?,
        }
        transaction.commit().await?;
        keys.reload().await?;
        Ok(keys)
    }

    /// Loads the keys that other processes have made, and drops those that they have removed.
    pub(crate) async fn reload(&self) -> Result<(), AuthError> {
        let statement = "SELECT id, public_key, master_key, wrapped_key, signs_from FROM auth.signing_key \
                         ORDER BY signs_from, id";
        let rows = sqlx::query(statement).fetch_all(&self.pool).await?;
        let known = self.held.borrow().clone();
        let mut keys = Vec::new();
        for row in rows {
            let id: String = row.try_get("id")?;
            if let Some(key) = known.iter().find(|key| key.public.kid == id) {
                keys.push(key.clone());
                continue;
            }
            let wrapped = WrappedKey {
                master_key: row.try_get("master_key")?,
                bytes: row.try_get("wrapped_key")?,
            };
            let private = self.master_keys.unwrap(&context(&id), &wrapped).await?;
            let point: Vec<u8> = row.try_get("public_key")?;
            keys.push(SigningKey {
                signs_from: row.try_get("signs_from")?,
                public: jwk(&point)?,
                private: encoding_key(&private, &point)?,
            });
        }
        self.held.send_if_modified(|held| {
            let ids = |keys: &[SigningKey]| -> Vec<String> { keys.iter().map(|key| key.public.kid.clone()).collect() };
            let differ = ids(held) != ids(&keys);
            *held = keys;
            differ
        });
        Ok(())
    }

    /// Makes a key that signs once every verifier knows it, and removes keys whose tokens have all expired. Returns when
    /// the new key begins to sign.
    ///
    /// # Errors
    /// [`AuthError::KeyIsNew`] if the newest key does not sign yet.
    pub(crate) async fn rotate(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, AuthError> {
        let signs_from = now + INTRODUCTION;
        let mut transaction = self.pool.begin().await?;
        database::lock(&mut transaction).await?;
        let newest = sqlx::query("SELECT max(signs_from) FROM auth.signing_key")
            .fetch_one(&mut *transaction)
            .await?;
        if newest
            .try_get::<Option<DateTime<Utc>>, _>(0)?
            .is_some_and(|newest| newest > now)
        {
            return Err(AuthError::KeyIsNew);
        }
        self.make(&mut transaction, now, signs_from).await?;
        // A key is over when another one has been signing for longer than tokens live.
        let over = "DELETE FROM auth.signing_key k WHERE EXISTS \
                    (SELECT 1 FROM auth.signing_key l WHERE l.signs_from > k.signs_from AND l.signs_from < $1)";
        sqlx::query(over)
            .bind(now - self.kept_for())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.reload().await?;
        Ok(signs_from)
    }

    /// Signs an access token.
    pub(crate) fn sign(&self, claims: &Claims, now: DateTime<Utc>) -> Result<String, AuthError> {
        let held = self.held.borrow();
        let key = held.iter().rev().find(|key| key.signs_from <= now);
        // The first key signs from when it was made, which another process's clock may put into the future.
        let key = key
            .or_else(|| held.first())
            .ok_or(AuthError::Crypto("there is no signing key"))?;
        let header = Header {
            typ: Some(TOKEN_TYPE.to_owned()),
            kid: Some(key.public.kid.clone()),
            ..Header::new(Algorithm::ES256)
        };
        jsonwebtoken::encode(&header, claims, &key.private)
            .map_err(|_| AuthError::Crypto("an access token could not be signed"))
    }

    /// The public keys of tokens that can be valid now or soon.
    pub(crate) fn published(&self, now: DateTime<Utc>) -> JwkSetResource {
        let held = self.held.borrow();
        let followed = held.iter().enumerate().filter(|(index, _)| {
            let follower = held.get(index + 1);
            follower.is_none_or(|follower| now < follower.signs_from + self.kept_for())
        });
        JwkSetResource {
            keys: followed.map(|(_, key)| key.public.clone()).collect(),
        }
    }

    /// The master keys, under which other secrets are stored too.
    pub(crate) const fn master_keys(&self) -> &MasterKeys {
        &self.master_keys
    }

    fn kept_for(&self) -> TimeDelta {
        self.token_lifetime + MARGIN
    }

    /// Wraps keys that an earlier master key has wrapped under the current one, so that the earlier one can be retired.
    async fn rewrap(&self, connection: &mut PgConnection) -> Result<(), AuthError> {
        let statement = "SELECT id, master_key, wrapped_key FROM auth.signing_key WHERE master_key <> $1";
        let rows = sqlx::query(statement)
            .bind(self.master_keys.current_id())
            .fetch_all(&mut *connection)
            .await?;
        for row in rows {
            let id: String = row.try_get("id")?;
            let former = WrappedKey {
                master_key: row.try_get("master_key")?,
                bytes: row.try_get("wrapped_key")?,
            };
            let private = self.master_keys.unwrap(&context(&id), &former).await?;
            let wrapped = self.master_keys.wrap(&context(&id), &private).await?;
            sqlx::query("UPDATE auth.signing_key SET master_key = $2, wrapped_key = $3 WHERE id = $1")
                .bind(id)
                .bind(wrapped.master_key)
                .bind(wrapped.bytes)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    async fn make(
        &self,
        connection: &mut PgConnection,
        now: DateTime<Utc>,
        signs_from: DateTime<Utc>,
    ) -> Result<(), AuthError> {
        let unmade = |_| AuthError::Crypto("a signing key could not be made");
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(unmade)?;
        let point = pair.public_key().as_ref().to_vec();
        let private: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().map_err(unmade)?;
        let private: [u8; COORDINATE_LEN] = private
            .as_ref()
            .try_into()
            .map_err(|_| AuthError::Crypto("a signing key has an unexpected length"))?;
        let id = jwk(&point)?.kid;
        let wrapped = self.master_keys.wrap(&context(&id), &private).await?;
        let statement = "INSERT INTO auth.signing_key (id, public_key, master_key, wrapped_key, created_at, signs_from) \
                         VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(statement)
            .bind(id)
            .bind(point)
            .bind(wrapped.master_key)
            .bind(wrapped.bytes)
            .bind(now)
            .bind(signs_from)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// What a wrapped key is bound to, so that it cannot take the place of another one.
fn context(id: &str) -> Vec<u8> {
    format!("auth signing key {id}").into_bytes()
}

/// The public key as a JSON Web Key, named by its thumbprint (RFC 7638).
fn jwk(point: &[u8]) -> Result<JwkResource, AuthError> {
    let damaged = AuthError::Crypto("a public key is not a point of the curve P-256");
    let (x, y) = match point.split_first() {
        Some((&UNCOMPRESSED, coordinates)) if coordinates.len() == 2 * COORDINATE_LEN => {
            coordinates.split_at(COORDINATE_LEN)
        }
        _ => return Err(damaged),
    };
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    Ok(JwkResource {
        kid: URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes())),
        kty: "EC".to_owned(),
        crv: "P-256".to_owned(),
        x,
        y,
        alg: "ES256".to_owned(),
        r#use: "sig".to_owned(),
    })
}

fn encoding_key(private: &[u8], point: &[u8]) -> Result<EncodingKey, AuthError> {
    let damaged = AuthError::Crypto("a signing key is damaged");
    let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, private, point);
    let Ok(document) = pair.map_err(|_| ()).and_then(|pair| pair.to_pkcs8v1().map_err(|_| ())) else {
        return Err(damaged);
    };
    Ok(EncodingKey::from_ec_der(document.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_key_has_the_thumbprint_of_the_standard_as_its_name() {
        // The key of RFC 7517, appendix A.1; its thumbprint by RFC 7638.
        let point = |x: &str, y: &str| {
            let mut point = vec![UNCOMPRESSED];
            point.extend(URL_SAFE_NO_PAD.decode(x).unwrap());
            point.extend(URL_SAFE_NO_PAD.decode(y).unwrap());
            point
        };
        let (x, y) = (
            "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        );
        let jwk = jwk(&point(x, y)).unwrap();
        assert_eq!((jwk.x.as_str(), jwk.y.as_str()), (x, y));
        assert_eq!(jwk.kid, "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
    }

    #[test]
    fn what_is_not_a_point_is_refused() {
        for damaged in [&[][..], &[4; 64], &[2; 65], &[4; 66]] {
            assert!(jwk(damaged).is_err());
        }
    }
}
