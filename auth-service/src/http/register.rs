//! `POST /auth/invitations` for staff, and `POST /auth/register` for the patient who was invited.

use api::{InvitationResource, UserAccountResource};
use axum::{extract::State, http::StatusCode};
use domain::values::Email;
use http_edge::{Json, Problem, problem::types::VALIDATION_FAILED};
use platform::config::Secret;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    endpoint::{Endpoint, Route},
    signed_in::Admin,
};
use crate::{Auth, AuthError};

/// The patient to invite.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Invitation {
    /// The patient's id.
    patient_id: Uuid,
}

/// The account that a patient makes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountRegistration {
    /// The invitation that the clinic gave to the patient.
    #[schema(value_type = String)]
    invitation: Secret,
    /// The e-mail address to sign in with.
    #[schema(example = "john@example.com")]
    email: String,
    /// The password, 12 to 128 characters.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

pub(super) fn routes() -> [Route; 2] {
    let invite = Endpoint::post("/auth/invitations", "invite_patient")
        .summary(
            "Invite a patient to make an account.",
            Some("The answer contains the invitation, which is shown only here and is valid once. It replaces an earlier one."),
        )
        .for_admins()
        .takes::<Invitation>()
        .makes::<InvitationResource>("Invited")
        .route(invite);
    let register = Endpoint::post("/auth/register", "register")
        .summary("Make the account of a patient who was invited.", None)
        .takes::<AccountRegistration>()
        .makes::<UserAccountResource>("Made")
        .refuses(403, "The invitation is unknown, used or expired")
        .refuses(409, "Another account has the address, or is that of the patient")
        .refuses(422, "A value breaks a rule")
        .route(register);
    [invite, register]
}

async fn invite(
    State(auth): State<Auth>,
    _: Admin,
    Json(Invitation { patient_id }): Json<Invitation>,
) -> Result<(StatusCode, axum::Json<InvitationResource>), Problem> {
    Ok((StatusCode::CREATED, axum::Json(auth.invite(patient_id).await?)))
}

async fn register(
    State(auth): State<Auth>,
    Json(AccountRegistration {
        invitation,
        email,
        password,
    }): Json<AccountRegistration>,
) -> Result<(StatusCode, axum::Json<UserAccountResource>), Problem> {
    let email = Email::parse(&email).map_err(|invalid| Problem::new(&VALIDATION_FAILED).field("/email", invalid.0))?;
    let made = auth.redeem(invitation.expose(), &email, &password).await;
    let made = made.map_err(|error| match error {
        AuthError::WeakPassword(must) => Problem::new(&VALIDATION_FAILED).field("/password", must),
        error => error.into(),
    })?;
    Ok((StatusCode::CREATED, axum::Json(made)))
}
