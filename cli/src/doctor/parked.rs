//! Checks for parked events, which wait for an operator.

use std::collections::BTreeMap;

use super::{facts::Facts, finding::Finding};

const CHECK: &str = "parked";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let by_reactors = facts.log.iter().flat_map(|log| of_reactors(&log.parked));
    let by_projections = facts
        .database
        .iter()
        .flat_map(|database| of_projections(&database.parked));
    by_reactors.chain(by_projections).collect()
}

fn of_projections(parked: &BTreeMap<String, u64>) -> Vec<Finding> {
    if parked.is_empty() {
        return vec![Finding::ok(CHECK, "projections", "no parked events")];
    }
    let findings = parked.iter().map(|(projection, events)| {
        let found = format!("parked events: {events}");
        let advice = format!(
            "`anamnesis dlq list --projection {projection}` shows the reasons. Fix them and run `anamnesis dlq retry`, or \
             skip an event with `anamnesis dlq discard`."
        );
        Finding::warn(CHECK, projection, found, advice)
    });
    findings.collect()
}

fn of_reactors(parked: &Result<BTreeMap<(String, String), u64>, String>) -> Vec<Finding> {
    let parked = match parked {
        Ok(parked) => parked,
        Err(reason) => {
            let found = format!("unknown: {reason}");
            return vec![Finding::warn(
                CHECK,
                "reactors",
                found,
                "Run this again when NATS answers.",
            )];
        }
    };
    if parked.is_empty() {
        return vec![Finding::ok(CHECK, "reactors", "no parked events")];
    }
    let findings = parked.iter().map(|((stream, reactor), events)| {
        let found = format!("parked events of {stream}: {events}");
        let advice = format!(
            "`anamnesis reactors parked {reactor}` shows the reasons. Fix them and run `anamnesis reactors retry \
             {reactor}`, or drop an event with `anamnesis reactors discard {reactor}`."
        );
        Finding::warn(CHECK, reactor, found, advice)
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Status;

    #[test]
    fn what_is_parked_is_to_be_looked_at() {
        let statuses = |parked| {
            of_reactors(&parked)
                .iter()
                .map(|finding| finding.status)
                .collect::<Vec<_>>()
        };
        assert_eq!(statuses(Ok(BTreeMap::new())), [Status::Ok]);
        let one = |stream: &str, reactor: &str| ((stream.to_owned(), reactor.to_owned()), 2);
        let two = BTreeMap::from([one("PATIENTS", "open-account"), one("SCHEDULING", "bill-appointment")]);
        assert_eq!(statuses(Ok(two)), [Status::Warn, Status::Warn]);
        assert_eq!(statuses(Err("no answer in time".to_owned())), [Status::Warn]);
        let statuses = |parked| {
            of_projections(&parked)
                .iter()
                .map(|finding| finding.status)
                .collect::<Vec<_>>()
        };
        assert_eq!(statuses(BTreeMap::new()), [Status::Ok]);
        assert_eq!(statuses(BTreeMap::from([("patient".to_owned(), 3)])), [Status::Warn]);
    }
}
