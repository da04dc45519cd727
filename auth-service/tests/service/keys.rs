//! The signing keys: what they sign, what is published, and how they are replaced.

use access::Claims;
use auth_service::{Auth, AuthError};
use axum::http::Method;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use platform::config::Secret;
use serde_json::{Value, json};

use crate::support::{PASSWORD, Service};

async fn published(service: &Service) -> Vec<Value> {
    let answer = service
        .send(Method::GET, "/.well-known/jwks.json", None, None)
        .await
        .expect(200);
    assert_eq!(answer.headers["cache-control"], "public, max-age=60");
    answer.body["keys"].as_array().unwrap().clone()
}

/// Reads a token as a stranger does, with the published keys only.
fn verify(keys: &[Value], token: &str) -> Option<(Header, Claims)> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    let key = keys.iter().find(|key| key["kid"].as_str() == header.kid.as_deref())?;
    let key = DecodingKey::from_ec_components(key["x"].as_str()?, key["y"].as_str()?).ok()?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["anamnesis"]);
    validation.set_issuer(&["http://127.0.0.1:4004"]);
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).ok()?.claims;
    Some((header, claims))
}

#[tokio::test]
async fn a_stranger_verifies_a_token_with_the_published_keys() {
    let service = Service::start().await;
    let (_, token) = service.admin().await;
    let (header, claims) = verify(&published(&service).await, &token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    assert_eq!(header.alg, Algorithm::ES256);
    let me = service.get("/auth/me", &token).await.expect(200);
    assert_eq!(claims.sub.to_string(), me.text("id"));
    assert_eq!(claims.exp - claims.iat, 900);
    assert_eq!(claims.nbf, claims.iat);
    assert_eq!(claims.amr, ["pwd"]);
    let issuer = service
        .send(Method::GET, "/.well-known/openid-configuration", None, None)
        .await
        .expect(200);
    assert_eq!(issuer.body["issuer"], claims.iss);
    assert_eq!(issuer.body["jwks_uri"], format!("{}/.well-known/jwks.json", claims.iss));
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let service = Service::start().await;
    let (_, token) = service.admin().await;
    let keys = published(&service).await;
    let (header, claims) = verify(&keys, &token).unwrap();
    let part = |number: usize| token.split('.').nth(number).unwrap().to_owned();
    let (point, kid) = (keys[0]["x"].as_str().unwrap(), header.kid.clone());
    let hmac = |header: Header| {
        let key = EncodingKey::from_secret(point.as_bytes()).unwrap();
        jsonwebtoken::encode(&header, &claims, &key).unwrap()
    };
    let hs256 = Header {
        kid: kid.clone(),
        typ: header.typ.clone(),
        ..Header::new(Algorithm::HS256)
    };
    // {"alg":"none","typ":"at+jwt"}
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", part(1));
    let mut flipped = part(2);
    flipped.replace_range(0..1, if flipped.starts_with('A') { "B" } else { "A" });
    let changed = format!("{}.{}.{flipped}", part(0), part(1));
    for forged in [none, hmac(hs256), changed, format!("{}.{}.", part(0), part(1)), part(1)] {
        service
            .get("/auth/me", &forged)
            .await
            .expect_problem(401, "not-signed-in");
    }
}

#[tokio::test]
async fn a_rotation_fails_no_request() {
    let service = Service::start().await;
    let replica = service.replica().await;
    let (_, before) = service.admin().await;
    let old = published(&service).await;
    service.auth.rotate_signing_key().await.unwrap();
    assert!(matches!(
        service.auth.rotate_signing_key().await,
        Err(AuthError::KeyIsNew)
    ));

    // The new key is published, and the old one signs, until every verifier knows the new one.
    let both = published(&service).await;
    assert_eq!(both.len(), 2);
    let during = service
        .login("admin@clinic.example", PASSWORD)
        .await
        .expect(200)
        .text("token");
    assert!(verify(&old, &during).is_some());
    replica.get("/auth/me", &before).await.expect(200);

    service.pass(TimeDelta::minutes(11));
    let after = service
        .login("admin@clinic.example", PASSWORD)
        .await
        .expect(200)
        .text("token");
    assert!(verify(&old, &after).is_none() && verify(&both, &after).is_some());
    service.get("/auth/me", &during).await.expect(200);
    service.get("/auth/me", &after).await.expect(200);
    // Another process learns of the key in the background, long before it is used.
    let replica = service.replica().await;
    replica.get("/auth/me", &after).await.expect(200);

    service.pass(TimeDelta::minutes(16));
    assert_eq!(published(&service).await.len(), 1);
    service.auth.rotate_signing_key().await.unwrap();
    service.pass(TimeDelta::minutes(30));
    service.auth.rotate_signing_key().await.unwrap();
    let row = sqlx::query("SELECT 1 FROM auth.signing_key")
        .fetch_all(&service.pool)
        .await
        .unwrap();
    assert_eq!(row.len(), 2, "keys whose tokens have expired are removed");
}

#[tokio::test]
async fn without_its_master_key_a_signing_key_is_useless() {
    let service = Service::start().await;
    let mut settings = service.settings.clone();
    settings.sealing.master_keys = Secret::new("0bad".repeat(16));
    let opened = Auth::open(service.pool.clone(), &settings, service.clock.clone()).await;
    assert!(opened.is_err());
    settings.sealing.master_keys = Secret::new(format!("{},{}", "0bad".repeat(16), "5ea1".repeat(16)));
    Auth::open(service.pool.clone(), &settings, service.clock.clone())
        .await
        .unwrap();
    // Started with both, the service has wrapped its keys under the new one.
    settings.sealing.master_keys = Secret::new("0bad".repeat(16));
    Auth::open(service.pool.clone(), &settings, service.clock.clone())
        .await
        .unwrap();
    settings.sealing.master_keys = Secret::default();
    let error = Auth::open(service.pool.clone(), &settings, service.clock.clone())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("master key"), "{error}");
}

#[tokio::test]
async fn the_description_of_the_api_names_every_operation() {
    let (_, openapi) = auth_service::http::router().split_for_parts();
    let document = serde_json::to_value(openapi).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 14, "{:?}", paths.keys());
    for operation in paths.values().flat_map(|path| path.as_object().unwrap().values()) {
        assert!(
            operation["summary"].is_string() && operation["operationId"].is_string(),
            "{operation}"
        );
    }
    assert_eq!(
        document["components"]["schemas"]["Login"]["additionalProperties"],
        json!(false)
    );
}
