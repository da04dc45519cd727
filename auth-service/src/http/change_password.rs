//! `POST /auth/password`

use axum::{extract::State, http::StatusCode};
use http_edge::{ClientAddress, Json, Problem};
use platform::config::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::endpoint::{Endpoint, Route};
use crate::{Auth, sign_in::SignedIn};

/// The present password and the next.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PasswordChange {
    /// The present password.
    #[schema(value_type = String, format = Password)]
    current_password: Secret,
    /// The next password, 12 to 128 characters.
    #[schema(value_type = String, format = Password)]
    new_password: Secret,
}

pub(super) fn route() -> Route {
    Endpoint::post("/auth/password", "change_password")
        .summary(
            "Change the own password.",
            Some("All other sessions of the account end."),
        )
        .signed_in()
        .takes::<PasswordChange>()
        .gives_nothing("Changed")
        .refuses(429, "Too many failures, at this account or from this network")
        .refuses(422, "The new password is too short, too long or too easy to guess")
        .route(change)
}

async fn change(
    State(auth): State<Auth>,
    who: SignedIn,
    client: Option<ClientAddress>,
    Json(PasswordChange {
        current_password,
        new_password,
    }): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    auth.change_password(
        &who,
        &current_password,
        &new_password,
        client.map(ClientAddress::network),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
