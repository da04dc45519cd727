//! Invalid path and query parameters.

use axum::{Router, routing::get as get_route};
use http_edge::{Path, Query};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::support::{get, limits, start};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    #[serde(default)]
    page: u32,
    from: Option<Uuid>,
    active: Option<bool>,
    #[serde(default)]
    sort: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    from: String,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: Uuid,
    n: u16,
}

fn app() -> Router {
    Router::new()
        .route(
            "/patients/{id}",
            get_route(|Path(id): Path<Uuid>| async move { id.to_string() }),
        )
        .route(
            "/pages/{n}",
            get_route(|Path(n): Path<u8>| async move { n.to_string() }),
        )
        .route(
            "/a/{id}/b/{n}",
            get_route(|Path((id, n)): Path<(Uuid, u16)>| async move { format!("{id}{n}") }),
        )
        .route(
            "/c/{id}/d/{n}",
            get_route(|Path(p): Path<Named>| async move { format!("{}{}", p.id, p.n) }),
        )
        .route(
            "/list",
            get_route(|Query(listing): Query<Listing>| async move { axum::Json(listing) }),
        )
        .route(
            "/range",
            get_route(|Query(range): Query<Range>| async move { range.from }),
        )
}

#[tokio::test]
async fn each_fault_names_its_parameter() {
    let server = start(app(), limits()).await;
    let cases = [
        ("/patients/Jane", "id", "must be a UUID"),
        ("/patients/%ff", "id", "must be UTF-8"),
        ("/pages/Jane", "n", "must be a whole number from 0 to 255"),
        ("/a/Jane/b/1", "id", "must be a UUID"),
        (
            "/a/018f3a5e-0000-7000-8000-000000000000/b/Jane",
            "n",
            "must be a whole number from 0 to 65535",
        ),
        ("/c/Jane/d/1", "id", "must be a UUID"),
        (
            "/c/018f3a5e-0000-7000-8000-000000000000/d/Jane",
            "n",
            "must be a whole number from 0 to 65535",
        ),
        ("/list?page=Jane", "page", "must be a whole number"),
        ("/list?page=-1", "page", "must be a whole number"),
        ("/list?page=99999999999", "page", "is too large"),
        ("/list?from=Jane", "from", "must be a UUID"),
        ("/list?active=Jane", "active", "must be true or false"),
        (
            "/list?pgae=1",
            "pgae",
            "is not a known parameter; the known ones are page, from, active, sort",
        ),
        ("/list?page=1&page=2", "page", "must not appear more than once"),
        ("/range", "from", "is required"),
    ];
    for (path, name, message) in cases {
        let answer = get(&server, path).await;
        let problem = answer.problem(400, "invalid-request");
        let error = &problem.errors[0];
        assert_eq!(
            (error.parameter.as_deref(), error.message.as_str()),
            (Some(name), message),
            "{path}"
        );
        assert!(!problem.detail.unwrap().contains("Jane"), "{path}");
    }
}

#[tokio::test]
async fn a_key_may_be_repeated_where_there_is_a_list() {
    let server = start(app(), limits()).await;
    let answer = get(&server, "/list?sort=name,asc&page=2&sort=id,desc").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        answer.text,
        r#"{"page":2,"from":null,"active":null,"sort":["name,asc","id,desc"]}"#
    );
}
