//! Serves the page that explains a kind of problem at the address in the problem's `type`.

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

/// `GET /errors/{slug}` for the platform's kinds of problem and `kinds`.
pub fn error_pages(kinds: Vec<&'static ProblemType>) -> Router {
    Router::new().route(
        "/errors/{slug}",
        get(move |Path(slug): Path<String>| async move { page(&kinds, &slug) }),
    )
}

fn page(kinds: &[&ProblemType], slug: &str) -> Response {
    match types::ALL.iter().chain(kinds).find(|kind| kind.slug == slug) {
        Some(kind) => ([(header::CONTENT_TYPE, MARKDOWN)], kind.page).into_response(),
        None => Problem::new(&types::NOT_FOUND)
            .detail("there is no kind of problem of that name")
            .into_response(),
    }
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
