//! Tests of the whole system on real servers, from the outside. They share one binary, so they are linked once and
//! start the servers once.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod api_examples;
mod appointments;
mod architecture;
mod bad_changes;
mod bad_input;
mod bad_input_billing;
mod bad_input_prescribing;
mod billing;
mod billing_examples;
mod birth_dates;
mod booking;
mod deaths;
mod documents;
mod erased_texts;
mod erasure;
mod error_examples;
mod event_index;
mod grpc;
mod idempotency;
mod journey;
mod month;
mod outage;
mod owed;
mod patients;
mod practitioners;
mod prescribing;
mod privacy;
mod projections;
mod reactors;
mod rebuild;
mod refold;
mod schedule;
mod scopes;
mod sealed;
mod snapshots;
mod standing_together;
mod time_travel;
mod tls;
mod told_plainly;
mod unique_identifiers;
mod verify;
