//! The auth service over HTTP, on a real Postgres.

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
