//! `POST /auth/login`

use api::TokensResource;
use axum::extract::State;
use http_edge::{ClientAddress, Json, Problem};
use platform::config::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::endpoint::{Endpoint, Route};
use crate::{Auth, sign_in::Credentials};

/// The credentials of a person.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Login {
    /// The e-mail address, in any spelling.
    #[schema(example = "ada.ruiz@clinic.example")]
    email: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: Secret,
    /// The password that replaces it: 12 to 128 characters. A one-time password must be replaced.
    #[schema(value_type = Option<String>, format = Password)]
    new_password: Option<Secret>,
    /// A code of the authenticator app, or a recovery code.
    #[schema(value_type = Option<String>, example = "492039")]
    code: Option<Secret>,
}

pub(super) fn route() -> Route {
    Endpoint::post("/auth/login", "login")
        .summary(
            "Sign in.",
            Some(
                "Starts a session. A wrong password, an unknown address and a disabled account get the same answer. Some \
                 roles need a second factor: its first sign-in gets a secret for an authenticator app, and is repeated \
                 with a code of it.",
            ),
        )
        .takes::<Login>()
        .gives::<TokensResource>("Signed in")
        .refuses(401, "The e-mail address or the password is wrong")
        .refuses(403, "`newPassword` or `code` is required, or a second factor must be set up with the secret in the answer")
        .refuses(429, "Too many failures, at this account or from this network")
        .refuses(422, "The new password is too short, too long or too easy to guess")
        .route(login)
}

async fn login(
    State(auth): State<Auth>,
    client: Option<ClientAddress>,
    Json(Login {
        email,
        password,
        new_password,
        code,
    }): Json<Login>,
) -> Result<axum::Json<TokensResource>, Problem> {
    let credentials = Credentials {
        email,
        password,
        new_password,
        code,
        network: client.map(ClientAddress::network),
    };
    Ok(axum::Json(auth.sign_in(&credentials).await?))
}
