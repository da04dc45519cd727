//! Answers the address in a problem's `type` with the page that explains it, out of the program itself.

use axum::{
    Router,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

use super::{
    path::Path,
    problem::{Problem, types},
};

const MARKDOWN: &str = "text/markdown; charset=utf-8";

macro_rules! pages {
    ($($slug:literal),* $(,)?) => {
        &[$(($slug, include_str!(concat!("../../../docs/errors/", $slug, ".md")))),*]
    };
}

/// A problem's slug and the Markdown page that explains it.
pub type ErrorPage = (&'static str, &'static str);

/// The pages of the platform's kinds of problem.
pub const PLATFORM_PAGES: &[ErrorPage] = pages![
    "body-too-large",
    "head-too-large",
    "internal",
    "invalid-request",
    "malformed-json",
    "malformed-request",
    "method-not-allowed",
    "not-found",
    "overloaded",
    "precondition-failed",
    "request-timeout",
    "unavailable",
    "unsupported-media-type",
    "validation-failed",
];

/// `GET /errors/{slug}` for the platform's pages and `pages`.
pub fn error_pages(pages: Vec<ErrorPage>) -> Router {
    Router::new().route(
        "/errors/{slug}",
        get(move |Path(slug): Path<String>| async move { page(&pages, &slug) }),
    )
}

fn page(pages: &[ErrorPage], slug: &str) -> Response {
    match PLATFORM_PAGES.iter().chain(pages).find(|(name, _)| *name == slug) {
        Some((_, text)) => ([(header::CONTENT_TYPE, MARKDOWN)], *text).into_response(),
        None => Problem::new(&types::NOT_FOUND)
            .detail("there is no kind of problem of that name")
            .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_problem_has_its_page_and_every_page_its_kind() {
        for kind in types::ALL {
            let (_, page) = PLATFORM_PAGES
                .iter()
                .find(|(slug, _)| *slug == kind.slug)
                .expect(kind.slug);
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
        assert_eq!(PLATFORM_PAGES.len(), types::ALL.len());
    }

    #[test]
    fn the_examples_are_problem_documents_of_their_kind() {
        for kind in types::ALL {
            let (_, page) = PLATFORM_PAGES
                .iter()
                .find(|(slug, _)| *slug == kind.slug)
                .expect(kind.slug);
            let json = page
                .split("```json")
                .nth(1)
                .and_then(|rest| rest.split("```").next())
                .expect(kind.slug);
            let body: crate::http::ProblemBody = serde_json::from_str(json).expect(kind.slug);
            assert_eq!(
                (body.kind, body.title, body.status),
                (kind.uri(), kind.title.to_owned(), kind.status)
            );
        }
    }
}
