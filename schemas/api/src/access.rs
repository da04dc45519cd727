//! Sign-ins, the accounts of people and services, and the keys that verify access tokens, as API resources.

use chrono::{DateTime, Utc};
use domain::access::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The tokens of a session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokensResource {
    /// The access token, under the name that other systems of this kind use.
    pub token: String,
    /// The access token, for `Authorization: Bearer`.
    pub access_token: String,
    /// The refresh token, which yields the next tokens once.
    pub refresh_token: String,
    /// How long the access token is valid, in seconds.
    #[schema(example = 900)]
    pub expires_in: u64,
    /// The type of the access token: `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// The recovery codes, if this sign-in has set up the second factor. Each replaces a code of the app once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_codes: Option<Vec<String>>,
}

impl std::fmt::Debug for TokensResource {
    /// Tokens never appear in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokensResource").finish_non_exhaustive()
    }
}

/// An access token of a service.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessTokenResource {
    /// The access token, under the name that other systems of this kind use.
    pub token: String,
    /// The access token, for `Authorization: Bearer`.
    pub access_token: String,
    /// How long the access token is valid, in seconds.
    #[schema(example = 900)]
    pub expires_in: u64,
    /// The type of the access token: `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
}

impl std::fmt::Debug for AccessTokenResource {
    /// Tokens never appear in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokenResource").finish_non_exhaustive()
    }
}

/// The account of a service with a new key, which is shown only here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceKeyResource {
    /// The account.
    pub account: UserAccountResource,
    /// The key's id, for its removal.
    pub key_id: Uuid,
    /// The key.
    pub key: String,
}

impl std::fmt::Debug for ServiceKeyResource {
    /// Keys never appear in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceKeyResource")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// An invitation of a patient to make an account, which is shown only here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitationResource {
    /// The patient.
    pub patient_id: Uuid,
    /// The invitation, for `POST /auth/register`.
    pub invitation: String,
    /// Until when the invitation is valid.
    pub valid_until: DateTime<Utc>,
}

impl std::fmt::Debug for InvitationResource {
    /// Invitations never appear in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvitationResource").finish_non_exhaustive()
    }
}

/// The account of a person or a service that can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserAccountResource {
    /// The account's id.
    pub id: Uuid,
    /// A person's e-mail address in its normal form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ada.ruiz@clinic.example")]
    pub email: Option<String>,
    /// A service's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The roles: `admin`, `practitioner`, `front-desk`, `billing`, `auditor`, `patient` or `service`.
    #[schema(value_type = Vec<String>, example = json!(["front-desk"]))]
    pub roles: Vec<Role>,
    /// The patient that the account belongs to, with the role `patient`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient_id: Option<Uuid>,
    /// The practitioner that the account belongs to, with the role `practitioner`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub practitioner_id: Option<Uuid>,
    /// Whether the account cannot sign in.
    pub disabled: bool,
    /// Whether the account has a one-time password, which the next sign-in must replace.
    pub must_change_password: bool,
    /// When the account was created.
    pub created_at: DateTime<Utc>,
    /// When the password was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_set_at: Option<DateTime<Utc>>,
}

/// An account with its new one-time password, which is shown only here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OneTimePasswordResource {
    /// The account.
    pub account: UserAccountResource,
    /// The password. The first sign-in must replace it.
    pub one_time_password: String,
    /// Until when the password is valid.
    pub valid_until: DateTime<Utc>,
}

impl std::fmt::Debug for OneTimePasswordResource {
    /// Passwords never appear in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneTimePasswordResource")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// The secret of a second factor, for an authenticator app.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecondFactorResource {
    /// The secret in Base32, for typing it.
    pub secret: String,
    /// The secret as an address, for a QR code.
    pub uri: String,
}

impl std::fmt::Debug for SecondFactorResource {
    /// Secrets never appear in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactorResource").finish_non_exhaustive()
    }
}

/// Codes for whoever has lost the authenticator app. They are shown only here, and each is valid once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryCodesResource {
    /// The codes.
    pub recovery_codes: Vec<String>,
}

impl std::fmt::Debug for RecoveryCodesResource {
    /// Codes never appear in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecoveryCodesResource").finish_non_exhaustive()
    }
}

/// A session: a sign-in on one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionResource {
    /// The session's id.
    pub id: Uuid,
    /// When the person signed in.
    pub started_at: DateTime<Utc>,
    /// When the tokens were refreshed last.
    pub refreshed_at: DateTime<Utc>,
    /// When the session ends, unless it is used before.
    pub ends_at: DateTime<Utc>,
    /// Whether the request belongs to this session.
    pub current: bool,
}

/// Whether an access token is valid, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenStatusResource {
    /// Whether the token is valid now.
    pub valid: bool,
    /// The account's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<Uuid>,
    /// The roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>, example = json!(["front-desk"]))]
    pub roles: Vec<Role>,
    /// When the token expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// The public keys that verify access tokens (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JwkSetResource {
    /// The keys.
    pub keys: Vec<JwkResource>,
}

/// A public key of the curve P-256 (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JwkResource {
    /// The key's id: its thumbprint (RFC 7638).
    pub kid: String,
    /// The type of the key: `EC`.
    #[schema(example = "EC")]
    pub kty: String,
    /// The curve: `P-256`.
    #[schema(example = "P-256")]
    pub crv: String,
    /// The x coordinate, in base64url.
    pub x: String,
    /// The y coordinate, in base64url.
    pub y: String,
    /// The algorithm: `ES256`.
    #[schema(example = "ES256")]
    pub alg: String,
    /// The use: `sig`.
    #[schema(example = "sig")]
    pub r#use: String,
}

/// What verifiers need to know about the issuer of access tokens (OpenID Connect Discovery).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiscoveryResource {
    /// The issuer, as in the claim `iss`.
    #[schema(example = "http://127.0.0.1:4004")]
    pub issuer: String,
    /// The address of the public keys.
    #[schema(example = "http://127.0.0.1:4004/.well-known/jwks.json")]
    pub jwks_uri: String,
    /// The response types of an authorization endpoint, which this issuer does not have.
    pub response_types_supported: Vec<String>,
    /// The kinds of subjects: `public`.
    pub subject_types_supported: Vec<String>,
    /// The algorithms that sign tokens: `ES256`.
    pub id_token_signing_alg_values_supported: Vec<String>,
}
