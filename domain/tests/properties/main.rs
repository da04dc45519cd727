//! Properties of the domain: random sequences of commands never break a rule.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod accounts;
mod appointments;
mod bookings;
mod email_addresses;
mod fixtures;
mod invoices;
mod live_prescriptions;
mod money;
mod people;
mod prescriptions;
mod settlement;
mod transitions;

use domain::Decider;

/// Runs commands in sequence and returns all their events. `check` gets the state before and after each accepted
/// command, and the command's events.
fn run<A: Decider>(commands: Vec<A::Command>, mut check: impl FnMut(&A, &A, &[A::Event])) -> Vec<A::Event> {
    let mut state = A::default();
    let mut happened = Vec::new();
    for command in commands {
        let Ok(events) = state.decide(command) else {
            continue;
        };
        let mut next = state.clone();
        events.iter().for_each(|event| next.evolve(event));
        check(&state, &next, &events);
        state = next;
        happened.extend(events);
    }
    happened
}

/// Folds events in an order that no decision can produce. Folding must never fail.
fn fold_in_any_order<A: Decider>(events: &[A::Event], order: &[usize]) {
    let mut state = A::default();
    for index in order {
        if let Some(event) = events.get(index % events.len().max(1)) {
            state.evolve(event);
        }
    }
}

/// Checks that a change of state is one of the allowed ones. Staying in a state is always allowed.
#[track_caller]
fn assert_way<S: PartialEq + Copy + std::fmt::Debug>(ways: &[(S, S)], before: Option<S>, after: Option<S>) {
    let (Some(before), Some(after)) = (before, after) else {
        return;
    };
    assert!(
        before == after || ways.contains(&(before, after)),
        "{before:?} became {after:?}"
    );
}
