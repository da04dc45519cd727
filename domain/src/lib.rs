//! The rules of Anamnesis, and nothing else: no clock, no randomness, no I/O. Times and ids arrive in the command.
//!
//! One module an aggregate: its commands, events, state, decisions and refusals stand together, with its scenarios. A
//! small one is a file; a larger one is a folder with a file for each of these, and its decisions in `mod.rs`. A command
//! is decided against a state ([`Decider::decide`]) and answers with events or a refusal; events fold into the next state
//! ([`Decider::evolve`]). What one aggregate has to know of another comes to it as a proof, such as
//! [`ActivePatient`](patient::ActivePatient), which only a check of that other hands out. Names follow HL7 FHIR R4 where
//! it has a word for the thing.
//!
//! A rule that spans aggregates is a function over what has to be known of all of them: [`bookings`], [`email_addresses`],
//! [`live_prescriptions`]. Each module also says what every event does to what has to be known; its keeper folds by
//! that.
//!
//! Where two aggregates hold one fact, a module says what an event of one asks of the other: [`settlement`].

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
pub mod values;

pub use aggregate::{Bare, Decider, EventName, NamedEvent};
