//! Formats findings as a table.

use super::finding::{Finding, Status};

const HEADINGS: [&str; 4] = ["", "check", "of", "found"];

/// One line per finding, the remedy below it, and a summary.
pub(super) fn render(findings: &[Finding]) -> String {
    let rows: Vec<[&str; 4]> = findings
        .iter()
        .map(|finding| [word(finding.status), finding.check, &finding.item, &finding.found])
        .collect();
    let widths: Vec<usize> = (0..3)
        .map(|column| {
            let cells = rows.iter().map(|row| row[column].len());
            cells.max().unwrap_or(0).max(HEADINGS[column].len())
        })
        .collect();
    let line = |[status, check, item, found]: [&str; 4]| {
        format!(
            "{status:<0$}  {check:<1$}  {item:<2$}  {found}",
            widths[0], widths[1], widths[2]
        )
    };
    let indent = " ".repeat(widths[0] + 2);
    let mut lines = vec![line(HEADINGS)];
    for (finding, row) in findings.iter().zip(rows) {
        lines.push(line(row));
        lines.extend(finding.advice.iter().map(|advice| format!("{indent}-> {advice}")));
    }
    let count = |status| findings.iter().filter(|finding| finding.status == status).count();
    lines.push(format!(
        "\n{} ok, {} warnings, {} failed",
        count(Status::Ok),
        count(Status::Warn),
        count(Status::Fail)
    ));
    lines.join("\n")
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Warn => "warn",
        Status::Fail => "FAIL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_aligned_and_advice_follows() {
        let findings = [
            Finding::ok("reach", "nats", "answers"),
            Finding::fail("space", "PATIENTS", "99 %", "Make room."),
        ];
        let expected = "      check  of        found\n\
                        ok    reach  nats      answers\n\
                        FAIL  space  PATIENTS  99 %\n      \
                        -> Make room.\n\n1 ok, 0 warnings, 1 failed";
        assert_eq!(render(&findings), expected);
    }
}
