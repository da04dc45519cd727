//! The claims of an access token (RFC 9068). The issuer writes them and the verifier reads them.

use domain::access::Role;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The claims of an access token of Anamnesis. Times are in seconds since 1970.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The audience: the installation's name for itself.
    pub aud: String,
    /// The subject: the id of the account that signed in.
    pub sub: Uuid,
    /// When the token expires.
    pub exp: u64,
    /// When the token becomes valid.
    pub nbf: u64,
    /// When the token was issued.
    pub iat: u64,
    /// The token's own id.
    pub jti: Uuid,
    /// The session that the token belongs to.
    pub sid: Uuid,
    /// The roles.
    pub roles: Vec<Role>,
    /// The patient that the account belongs to, with the role `patient`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<Uuid>,
    /// The practitioner that the account belongs to, with the role `practitioner`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practitioner: Option<Uuid>,
    /// When the person signed in.
    pub auth_time: u64,
    /// How the person signed in (RFC 8176), such as `pwd` and `otp`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
}
