//! The domain rules of Anamnesis. This crate has no clock, randomness or I/O: times and ids arrive in the commands.
//!
//! Each aggregate has a module with its commands, events, state, decisions, refusals and scenarios. A small aggregate
//! is one file. A larger one is a folder with a file for each of these, and with its decisions in `mod.rs`.
//! [`Decider::decide`] checks a command against the state and returns events or a refusal. [`Decider::evolve`] folds
//! events into the next state. An aggregate learns about another one through a proof, such as
//! [`ActivePatient`](patient::ActivePatient), which only a check of the other aggregate creates. Names follow HL7 FHIR
//! R4 where it has a term.
//!
//! Rules across aggregates are functions over the facts they need: [`bookings`], [`email_addresses`],
//! [`unique_identifiers`], [`live_prescriptions`]. Each of these modules also defines the effect of each event on its
//! facts. An index outside this crate keeps the facts up to date.
//!
//! [`access`] says which roles may do what, and on whose records. [`privilege`] grants what a command needs beyond that.
//!
//! [`settlement`] keeps two aggregates that share a fact in step: it maps an event of one to the commands of the other.

pub mod access;
pub mod account;
mod aggregate;
pub mod appointment;
pub mod bookings;
pub mod email_addresses;
pub mod fee_schedule;
pub mod invoice;
pub mod live_prescriptions;
pub mod patient;
pub mod practitioner;
pub mod prescription;
pub mod privilege;
pub mod settlement;
pub mod unique_identifiers;
pub mod values;

pub use aggregate::{Bare, Decider, EventName, NamedEvent};
