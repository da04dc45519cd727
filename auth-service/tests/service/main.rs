//! The auth service over HTTP, on a real Postgres.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking"
)]

mod accounts;
mod ended_sessions;
mod first_start;
mod invitations;
mod keys;
mod refresh;
mod second_factor;
mod services;
mod sign_in;
mod support;
mod throttle;
