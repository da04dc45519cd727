//! The HTTP edge over real connections: responses to all kinds of bad, late or excessive requests.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking"
)]

mod bodies;
mod bounds;
mod browsers;
mod clients;
mod contradictions;
mod crowds;
mod extractors;
mod half_sent;
mod operations;
mod rates;
mod shutting_down;
mod support;
mod tls;
