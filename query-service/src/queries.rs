//! The dependencies of all queries: the pool, a wait for a consistency token, and access to the log.

use std::time::Duration;

use api::{CONSISTENCY_TOKEN, ConsistencyToken};
use axum::http::{HeaderMap, HeaderValue};
use http_edge::{
    Problem,
    problem::types::{INTERNAL, INVALID_REQUEST, UNAVAILABLE},
};
use log_reader::{Context, Reader};
use read_models::{PgPool, Rows, Scope, position::Positions};

use crate::{
    http::problems::PROJECTION_BEHIND,
    past::{Finder, Owned, ScopedReader, table},
};

/// The shared state of all queries. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Queries {
    pool: PgPool,
    positions: Positions,
    max_wait: Duration,
    reader: Reader,
}

impl Queries {
    /// Creates the query side over the read models and the log. A query with a token waits at most `max_wait_ms`
    /// milliseconds.
    #[must_use]
    pub fn new(pool: PgPool, reader: Reader, max_wait_ms: u64) -> Self {
        let positions = Positions::listen(pool.clone());
        Self {
            pool,
            positions,
            max_wait: Duration::from_millis(max_wait_ms),
            reader,
        }
    }

    /// Returns a reader of the histories in the scope, once the event indexes that it needs for this type of aggregate have
    /// reached the position in the request's `Consistency-Token`. Without a token, it does not wait.
    ///
    /// # Errors
    /// As [`Queries::read`].
    pub(crate) async fn look_back<A: Owned>(
        &self,
        headers: &HeaderMap,
        scope: Scope,
    ) -> Result<ScopedReader<A>, Problem> {
        // The patients' stream records erasures, which affect the data of other contexts.
        let indexes = [A::CONTEXT, Context::Patients].map(|context| table(context).name());
        let mut projections = indexes.to_vec();
        if scope != Scope::All {
            projections.push(A::TABLE.name);
        }
        let _ = self.read(headers, scope, &projections).await?;
        let finder = Finder::indexed(self.reader.clone(), self.pool.clone());
        Ok(ScopedReader::new(finder, scope))
    }

    /// Returns the rows in the scope once all these projections, and those that decide the scope, have reached the position
    /// in the request's `Consistency-Token`. Without a token, it does not wait.
    ///
    /// # Errors
    /// The token or `Prefer` is malformed, or a projection is still behind after the wait.
    pub(crate) async fn read(
        &self,
        headers: &HeaderMap,
        scope: Scope,
        projections: &[&str],
    ) -> Result<Rows<'_>, Problem> {
        if let Some(token) = token(headers)? {
            let within = preferred_wait(headers)?.map_or(self.max_wait, |wait| wait.min(self.max_wait));
            let projections = [projections, scope.projections()].concat();
            let deadline = tokio::time::Instant::now() + within;
            for (stream, position) in token.positions() {
                let left = deadline.saturating_duration_since(tokio::time::Instant::now());
                if !self.positions.wait(&projections, stream, position, left).await {
                    return Err(Problem::new(&PROJECTION_BEHIND)
                        .detail("The read models have not reached the position of the Consistency-Token yet.")
                        .retry_after(1));
                }
            }
        }
        Ok(Rows::new(&self.pool, scope))
    }
}

fn token(headers: &HeaderMap) -> Result<Option<ConsistencyToken>, Problem> {
    // A repeated header is equivalent to one with the values joined by commas (RFC 9110 §5.3).
    let lines: Result<Vec<&str>, _> = headers
        .get_all(CONSISTENCY_TOKEN)
        .iter()
        .map(HeaderValue::to_str)
        .collect();
    if lines.as_ref().is_ok_and(Vec::is_empty) {
        return Ok(None);
    }
    let token = lines.ok().and_then(|lines| lines.join(",").parse().ok());
    token.map(Some).ok_or_else(|| {
        Problem::new(&INVALID_REQUEST).parameter(
            "Consistency-Token",
            "must be tokens from earlier answers, joined by commas",
        )
    })
}

/// Parses `Prefer: wait=<seconds>` (RFC 7240 §4.3). Other preferences are ignored.
fn preferred_wait(headers: &HeaderMap) -> Result<Option<Duration>, Problem> {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let wait = preferences.flat_map(|value| value.split(',')).find_map(|preference| {
        let (name, value) = preference.trim().split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("wait")
            .then(|| value.trim().to_owned())
    });
    wait.map(|seconds| seconds.parse().map(Duration::from_secs))
        .transpose()
        .map_err(|_| Problem::new(&INVALID_REQUEST).parameter("Prefer", "wait must be a whole number of seconds"))
}

/// Maps a database error to a problem.
pub(crate) fn database_problem(error: read_models::Error) -> Problem {
    if read_models::is_lasting(&error) {
        return Problem::new(&INTERNAL).because(error);
    }
    Problem::new(&UNAVAILABLE)
        .detail("The read models are unavailable.")
        .because(error)
        .retry_after(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([("prefer".parse().expect("a name"), value.parse().expect("a value"))])
    }

    #[test]
    fn the_wait_is_found_among_the_preferences() {
        assert_eq!(
            preferred_wait(&headers("wait=3")).expect("readable"),
            Some(Duration::from_secs(3))
        );
        assert_eq!(
            preferred_wait(&headers("respond-async, Wait = 2")).expect("readable"),
            Some(Duration::from_secs(2))
        );
        assert_eq!(preferred_wait(&headers("return=minimal")).expect("readable"), None);
        assert!(preferred_wait(&headers("wait=soon")).is_err());
    }
}
