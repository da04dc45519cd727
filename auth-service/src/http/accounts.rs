//! The accounts of people, managed by an administrator: `/auth/accounts`.

use api::{OneTimePasswordResource, Page, UserAccountResource};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::values::Email;
use http_edge::{
    Json, Path, Problem, Query,
    problem::types::{INVALID_REQUEST, VALIDATION_FAILED},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    endpoint::{Endpoint, Route},
    signed_in::Admin,
};
use crate::{Auth, account::Rights};

const ORDER: &str = "createdAt,asc";
const DEFAULT_SIZE: u32 = 20;
const LARGEST_SIZE: u32 = 100;
/// The highest page number, so that the database never discards millions of rows.
const LAST_PAGE: u32 = 10_000;

/// The account of a person who works in the clinic.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StaffAccount {
    /// The e-mail address.
    #[schema(example = "ada.ruiz@clinic.example")]
    email: String,
    /// `admin`, `practitioner`, `front-desk`, `billing` or `auditor`, one or more.
    #[schema(example = json!(["front-desk"]))]
    roles: Vec<String>,
    /// The practitioner's id, with the role `practitioner`.
    practitioner_id: Option<Uuid>,
}

/// The roles of a person who works in the clinic.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StaffRoles {
    /// `admin`, `practitioner`, `front-desk`, `billing` or `auditor`, one or more.
    #[schema(example = json!(["front-desk", "billing"]))]
    roles: Vec<String>,
    /// The practitioner's id, with the role `practitioner`.
    practitioner_id: Option<Uuid>,
}

/// The requested page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Part {
    /// Page number, from 0.
    page: Option<u32>,
    /// Page size, 1 to 100. Default: 20.
    size: Option<u32>,
}

pub(super) fn routes() -> [Route; 8] {
    let create = Endpoint::post("/auth/accounts", "create_account")
        .summary(
            "Create the account of a person who works in the clinic.",
            Some("The answer contains a one-time password, which is shown only here."),
        )
        .for_admins()
        .takes::<StaffAccount>()
        .makes::<OneTimePasswordResource>("Created")
        .refuses(409, "Another account has the address, or is that of the practitioner")
        .refuses(422, "A value breaks a rule")
        .route(create);
    let list = Endpoint::get("/auth/accounts", "list_accounts")
        .summary("List the accounts, oldest first.", None)
        .for_admins()
        .query::<Part>()
        .gives_page::<UserAccountResource>("A page", ORDER)
        .route(list);
    let get = one(Endpoint::get("/auth/accounts/{id}", "get_account_of_user"))
        .summary("Get an account.", None)
        .gives::<UserAccountResource>("The account")
        .route(get);
    let change_roles = one(Endpoint::put("/auth/accounts/{id}/roles", "change_roles"))
        .summary("Change the roles of an account.", Some("Its sessions end."))
        .takes::<StaffRoles>()
        .gives::<UserAccountResource>("Changed")
        .refuses(
            409,
            "The last administrator, or another account is that of the practitioner",
        )
        .refuses(422, "A value breaks a rule")
        .route(change_roles);
    let disable = one(Endpoint::post("/auth/accounts/{id}/disable", "disable_account"))
        .summary("Disable an account.", Some("Its sessions end."))
        .gives::<UserAccountResource>("Disabled")
        .refuses(409, "The last administrator")
        .route(disable);
    let enable = one(Endpoint::post("/auth/accounts/{id}/enable", "enable_account"))
        .summary("Enable a disabled account.", None)
        .gives::<UserAccountResource>("Enabled")
        .route(enable);
    let reset = one(Endpoint::post("/auth/accounts/{id}/reset-password", "reset_password"))
        .summary(
            "Replace the password of an account by a one-time password.",
            Some("Its sessions end. The answer contains the password, which is shown only here."),
        )
        .gives::<OneTimePasswordResource>("Reset")
        .route(reset);
    let reset_second_factor = one(Endpoint::post(
        "/auth/accounts/{id}/reset-second-factor",
        "reset_second_factor",
    ))
    .summary(
        "Remove the second factor of an account.",
        Some("For a person who has lost the app and the recovery codes. The next sign-in may set up another one."),
    )
    .gives_nothing("Removed")
    .route(reset_second_factor);
    [
        create,
        list,
        get,
        change_roles,
        disable,
        enable,
        reset,
        reset_second_factor,
    ]
}

fn one(endpoint: Endpoint) -> Endpoint {
    endpoint
        .for_admins()
        .address::<Uuid>("id", "The account's id")
        .refuses(404, "There is no such account")
}

async fn create(State(auth): State<Auth>, _: Admin, Json(body): Json<StaffAccount>) -> Result<Response, Problem> {
    let email =
        Email::parse(&body.email).map_err(|invalid| Problem::new(&VALIDATION_FAILED).field("/email", invalid.0))?;
    let rights = rights(&body.roles, body.practitioner_id)?;
    let created = auth.create_account(&email, rights).await?;
    let location = [(header::LOCATION, format!("/auth/accounts/{}", created.account.id))];
    Ok((StatusCode::CREATED, location, axum::Json(created)).into_response())
}

async fn list(
    State(auth): State<Auth>,
    _: Admin,
    Query(Part { page, size }): Query<Part>,
) -> Result<axum::Json<Page<UserAccountResource>>, Problem> {
    let within = |name: &str, value: u32, (least, most): (u32, u32)| match (least..=most).contains(&value) {
        true => Ok(value),
        false => Err(Problem::new(&INVALID_REQUEST).parameter(name, format!("must be from {least} to {most}"))),
    };
    let page = within("page", page.unwrap_or(0), (0, LAST_PAGE))?;
    let size = within("size", size.unwrap_or(DEFAULT_SIZE), (1, LARGEST_SIZE))?;
    let (accounts, total) = auth.accounts(u64::from(page) * u64::from(size), size).await?;
    Ok(axum::Json(Page::new(
        accounts,
        page,
        size,
        total,
        vec![ORDER.to_owned()],
    )))
}

async fn get(
    State(auth): State<Auth>,
    _: Admin,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<UserAccountResource>, Problem> {
    Ok(axum::Json(auth.account(id).await?))
}

async fn change_roles(
    State(auth): State<Auth>,
    _: Admin,
    Path(id): Path<Uuid>,
    Json(body): Json<StaffRoles>,
) -> Result<axum::Json<UserAccountResource>, Problem> {
    let rights = rights(&body.roles, body.practitioner_id)?;
    Ok(axum::Json(auth.change_rights(id, &rights).await?))
}

async fn disable(
    State(auth): State<Auth>,
    _: Admin,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<UserAccountResource>, Problem> {
    Ok(axum::Json(auth.set_disabled(id, true).await?))
}

async fn enable(
    State(auth): State<Auth>,
    _: Admin,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<UserAccountResource>, Problem> {
    Ok(axum::Json(auth.set_disabled(id, false).await?))
}

async fn reset_second_factor(State(auth): State<Auth>, _: Admin, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    auth.reset_second_factor(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn reset(
    State(auth): State<Auth>,
    _: Admin,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<OneTimePasswordResource>, Problem> {
    Ok(axum::Json(auth.reset_password(id).await?))
}

fn rights(codes: &[String], practitioner: Option<Uuid>) -> Result<Rights, Problem> {
    Rights::of_staff(codes, practitioner).map_err(|invalid| Problem::new(&VALIDATION_FAILED).field("/roles", invalid.0))
}
