//! Checks that NATS and Postgres answer. Other checks skip a server that does not answer.

use super::{facts::Facts, finding::Finding};

const CHECK: &str = "reach";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let mut findings = vec![
        answers("nats", facts.log.as_ref().err(), "nats.url"),
        answers("postgres", facts.database.as_ref().err(), "postgres.url"),
    ];
    for stream in facts.log.iter().flat_map(|log| &log.streams) {
        if let Err(reason) = &stream.report {
            let advice = "Read the log of the NATS server. A stream without a leader waits for its replicas.";
            findings.push(Finding::fail(CHECK, stream.name, reason, advice));
        }
    }
    findings
}

fn answers(item: &str, fault: Option<&String>, setting: &str) -> Finding {
    match fault {
        None => Finding::ok(CHECK, item, "answers"),
        Some(reason) => Finding::fail(
            CHECK,
            item,
            reason,
            format!("Start it, or correct {setting}. `anamnesis config` prints the settings in effect."),
        ),
    }
}
