//! Serves the page that explains a kind of problem at the address in the problem's `type`, and an index of them.

use std::fmt::Write as _;

use axum::{
    Router,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    path::Path,
    problem::{Problem, ProblemType, types},
};

const MARKDOWN: &str = "text/markdown; charset=utf-8";

/// `GET /errors/` and `GET /errors/{slug}` for the platform's kinds of problem and `kinds`.
pub fn error_pages(kinds: Vec<&'static ProblemType>) -> Router {
    let kinds: Vec<&ProblemType> = types::ALL.iter().copied().chain(kinds).collect();
    let index = index(&kinds);
    let listed = get(move || async move { ([(header::CONTENT_TYPE, MARKDOWN)], index) });
    Router::new()
        .route("/errors", listed.clone())
        .route("/errors/", listed)
        .route(
            "/errors/{slug}",
            get(move |Path(slug): Path<String>| async move { page(&kinds, &slug) }),
        )
}

fn page(kinds: &[&ProblemType], slug: &str) -> Response {
    match kinds.iter().find(|kind| kind.slug == slug) {
        Some(kind) => ([(header::CONTENT_TYPE, MARKDOWN)], kind.page).into_response(),
        None => Problem::new(&types::NOT_FOUND)
            .detail("there is no kind of problem of that name; /errors/ lists them")
            .into_response(),
    }
}

/// A table of all kinds, by status. The links are absolute, as the types in problem documents are.
fn index(kinds: &[&ProblemType]) -> String {
    let mut kinds = kinds.to_vec();
    kinds.sort_by_key(|kind| (kind.status, kind.slug));
    let mut page = "# Problem types\n\n\
                    Errors are problem documents (RFC 9457). `type` is the address of a page below.\n\n\
                    | status | type | title |\n|---|---|---|\n"
        .to_owned();
    for kind in kinds {
        // Writing to a text does not fail.
        let _ = writeln!(
            page,
            "| {} | [`{}`]({}) | {} |",
            kind.status,
            kind.slug,
            kind.uri(),
            kind.title
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_explains_its_kind_of_problem() {
        for kind in types::ALL {
            let page = kind.page;
            assert!(
                page.starts_with(&format!("# {}\n", kind.title)),
                "{} must open with its title",
                kind.slug
            );
            assert!(
                page.contains(&format!("Status {}", kind.status)),
                "{} must name its status",
                kind.slug
            );
            assert!(
                page.contains(&format!("\"type\": \"{}\"", kind.uri())),
                "{} must show an example",
                kind.slug
            );
            for heading in ["## Typical cause", "## What to do", "## Example"] {
                assert!(page.contains(heading), "{} lacks {heading}", kind.slug);
            }
        }
    }

    #[test]
    fn the_index_lists_every_kind_by_status() {
        let index = index(types::ALL);
        for kind in types::ALL {
            let row = format!(
                "| {} | [`{}`]({}) | {} |\n",
                kind.status,
                kind.slug,
                kind.uri(),
                kind.title
            );
            assert_eq!(index.matches(&row).count(), 1, "{}", kind.slug);
        }
        let statuses: Vec<&str> = index.lines().skip(6).filter_map(|row| row.get(2..5)).collect();
        assert_eq!(statuses.len(), types::ALL.len());
        assert!(statuses.is_sorted(), "{statuses:?}");
    }

    #[test]
    fn the_examples_are_problem_documents_of_their_kind() {
        for kind in types::ALL {
            let page = kind.page;
            let json = page
                .split("```json")
                .nth(1)
                .and_then(|rest| rest.split("```").next())
                .expect(kind.slug);
            let body: crate::ProblemBody = serde_json::from_str(json).expect(kind.slug);
            assert_eq!(
                (body.kind, body.title, body.status),
                (kind.uri(), kind.title.to_owned(), kind.status)
            );
        }
    }
}
