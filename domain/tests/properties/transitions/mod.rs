//! The tables of `docs/reference/transitions.md`: each cell is a command on an aggregate in a state, and what the rules decide.

mod account;
mod appointment;
mod invoice;
mod patient;
mod practitioner;
mod prescription;

use std::{fs, path::Path};

use domain::Decider;

const PAGE: &str = "docs/reference/transitions.md";

/// An aggregate that has been led to a state by commands. None of them is refused.
fn after<A: Decider>(commands: impl IntoIterator<Item = A::Command>) -> A {
    let mut state = A::default();
    for command in commands {
        let Ok(events) = state.decide(command) else {
            panic!("a command on the way to a state was refused");
        };
        events.iter().for_each(|event| state.evolve(event));
    }
    state
}

/// The commands down, the states across. `status` tells the states apart.
fn table<A: Decider>(
    noun: &str,
    states: &[(&str, A)],
    commands: Vec<(String, A::Command)>,
    status: fn(&A) -> &'static str,
) -> String
where
    A::Command: Clone,
{
    let names: Vec<&str> = states.iter().map(|(name, _)| *name).collect();
    let mut lines = vec![
        format!("| {noun} | {} |", names.join(" | ")),
        format!("|---|{}", "---|".repeat(states.len())),
    ];
    for (label, command) in commands {
        let cells = states.iter().map(|(_, state)| cell(state, command.clone(), status));
        lines.push(format!("| {label} | {} |", cells.collect::<Vec<_>>().join(" | ")));
    }
    lines.join("\n")
}

fn cell<A: Decider>(state: &A, command: A::Command, status: fn(&A) -> &'static str) -> String {
    let Ok(events) = state.decide(command) else {
        return "–".to_owned();
    };
    let mut next = state.clone();
    events.iter().for_each(|event| next.evolve(event));
    match status(&next) {
        _ if events.is_empty() => "=".to_owned(),
        unchanged if unchanged == status(state) => "✓".to_owned(),
        other => format!("→ {other}"),
    }
}

#[test]
fn every_cell_of_the_page_is_what_the_rules_decide() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE);
    let page = fs::read_to_string(path).expect("the page");
    let tables = [
        patient::table(),
        practitioner::table(),
        appointment::table(),
        prescription::table(),
        invoice::table(),
        account::table(),
    ];
    let missing: Vec<&str> = tables
        .iter()
        .map(String::as_str)
        .filter(|table| !page.contains(table))
        .collect();
    assert!(
        missing.is_empty(),
        "{PAGE} needs these tables:\n\n{}\n",
        missing.join("\n\n")
    );
    let rows = |text: &str| text.lines().filter(|line| line.starts_with('|')).count();
    let made: usize = tables.iter().map(|table| rows(table)).sum();
    assert_eq!(rows(&page), made, "{PAGE} has other tables too");
}
