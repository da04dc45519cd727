//! `GET /auth/sessions` and `DELETE /auth/sessions/{id}`

use api::{Page, SessionResource};
use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Path, Problem};
use uuid::Uuid;

use super::endpoint::{Endpoint, Route};
use crate::{Auth, session::MAX_SESSIONS, sign_in::SignedIn};

/// The order of the list.
const ORDER: &str = "startedAt,desc";

pub(super) fn routes() -> [Route; 2] {
    let list = Endpoint::get("/auth/sessions", "list_own_sessions")
        .summary(
            "List the own sessions.",
            Some("All of them are on the first page, newest first."),
        )
        .signed_in()
        .gives_page::<SessionResource>("The sessions", ORDER)
        .route(list);
    let end = Endpoint::delete("/auth/sessions/{id}", "end_own_session")
        .summary("End one of the own sessions.", None)
        .signed_in()
        .address::<Uuid>("id", "The session's id")
        .gives_nothing("Ended")
        .refuses(404, "There is no such session")
        .route(end);
    [list, end]
}

async fn list(State(auth): State<Auth>, who: SignedIn) -> Result<Json<Page<SessionResource>>, Problem> {
    let sessions = auth.sessions(&who).await?;
    let total = i64::try_from(sessions.len()).unwrap_or(i64::MAX);
    Ok(Json(Page::new(
        sessions,
        0,
        MAX_SESSIONS,
        total,
        vec![ORDER.to_owned()],
    )))
}

async fn end(State(auth): State<Auth>, who: SignedIn, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    auth.end_session(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
