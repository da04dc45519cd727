//! Checks that the tables have the schema of this program.

use read_models::inspect::Migrations;

use super::{facts::Facts, finding::Finding};

const CHECK: &str = "migrations";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    facts
        .database
        .iter()
        .map(|database| judge(&database.migrations))
        .collect()
}

fn judge(migrations: &Migrations) -> Finding {
    let Migrations {
        applied,
        pending,
        unknown,
        changed,
        failed,
    } = migrations;
    let item = "read models";
    if !failed.is_empty() {
        let found = format!("migration {} did not finish", numbers(failed));
        let advice = "Fix the cause, or restore the database. The services rebuild an empty database from the log.";
        return Finding::fail(CHECK, item, found, advice);
    }
    if !changed.is_empty() {
        let found = format!("migration {} was applied with other contents", numbers(changed));
        let advice = "Run the program that created the database, or give this one an empty database.";
        return Finding::fail(CHECK, item, found, advice);
    }
    if !unknown.is_empty() {
        let found = format!("migration {} is unknown to this program", numbers(unknown));
        let advice = "A newer program applied it. Run that program, or give this one an empty database.";
        return Finding::fail(CHECK, item, found, advice);
    }
    if !pending.is_empty() {
        let found = format!("{applied} applied, {} pending", numbers(pending));
        let advice = "Start `anamnesis up` or projection-service to apply it.";
        return Finding::warn(CHECK, item, found, advice);
    }
    Finding::ok(CHECK, item, format!("{applied} applied, none pending"))
}

fn numbers(migrations: &[i64]) -> String {
    let numbers = migrations.iter().map(i64::to_string);
    numbers.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Status;

    #[test]
    fn what_the_next_start_does_warns_and_what_stops_it_fails() {
        let status = |change: fn(&mut Migrations)| {
            let mut migrations = Migrations {
                applied: 2,
                ..Migrations::default()
            };
            change(&mut migrations);
            judge(&migrations).status
        };
        assert_eq!(status(|_| {}), Status::Ok);
        assert_eq!(status(|found| found.pending = vec![3]), Status::Warn);
        assert_eq!(status(|found| found.unknown = vec![9]), Status::Fail);
        assert_eq!(status(|found| found.changed = vec![1]), Status::Fail);
        assert_eq!(status(|found| found.failed = vec![2]), Status::Fail);
    }
}
