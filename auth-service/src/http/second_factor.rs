//! `POST /auth/second-factor` and `POST /auth/second-factor/confirm`, for people who may have a second factor. Those who
//! must have one set it up while signing in.

use api::{RecoveryCodesResource, SecondFactorResource};
use axum::extract::State;
use http_edge::{ClientAddress, Json, Problem};
use platform::config::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::endpoint::{Endpoint, Route};
use crate::{Auth, sign_in::SignedIn};

/// The own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnPassword {
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// A code of the authenticator app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SecondFactorConfirmation {
    /// The code, six digits.
    #[schema(value_type = String, example = "492039")]
    code: Secret,
}

pub(super) fn routes() -> [Route; 2] {
    let begin = Endpoint::post("/auth/second-factor", "begin_second_factor")
        .summary(
            "Get a secret for an authenticator app.",
            Some("It counts once it is confirmed with a code."),
        )
        .signed_in()
        .takes::<OwnPassword>()
        .gives::<SecondFactorResource>("The secret")
        .refuses(409, "The account has a second factor already")
        .refuses(429, "Too many failures, at this account or from this network")
        .route(begin);
    let confirm = Endpoint::post("/auth/second-factor/confirm", "confirm_second_factor")
        .summary(
            "Confirm the second factor with a code of the app.",
            Some("From now on, each sign-in needs a code. The answer contains ten recovery codes, which are shown only here."),
        )
        .signed_in()
        .takes::<SecondFactorConfirmation>()
        .gives::<RecoveryCodesResource>("Confirmed")
        .refuses(409, "The account has a second factor already, or its setup was not begun")
        .refuses(422, "The code is wrong")
        .route(confirm);
    [begin, confirm]
}

async fn begin(
    State(auth): State<Auth>,
    who: SignedIn,
    client: Option<ClientAddress>,
    Json(OwnPassword { password }): Json<OwnPassword>,
) -> Result<axum::Json<SecondFactorResource>, Problem> {
    Ok(axum::Json(
        auth.begin_second_factor(&who, &password, client.map(ClientAddress::network))
            .await?,
    ))
}

async fn confirm(
    State(auth): State<Auth>,
    who: SignedIn,
    Json(SecondFactorConfirmation { code }): Json<SecondFactorConfirmation>,
) -> Result<axum::Json<RecoveryCodesResource>, Problem> {
    Ok(axum::Json(auth.confirm_second_factor(&who, &code).await?))
}
