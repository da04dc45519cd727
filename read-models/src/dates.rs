//! Filters for dates with the precision of a day, a month or a year. They have the semantics of FHIR date searches.

use chrono::{Datelike as _, NaiveDate};
use sqlx::{Postgres, QueryBuilder};

/// A comparison of the possible days of a stored date with the days of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// All possible days are among the searched ones (`eq`).
    Within,
    /// Not all possible days are among the searched ones (`ne`).
    NotWithin,
    /// A possible day is after the searched ones (`gt`).
    After,
    /// A possible day is before the searched ones (`lt`).
    Before,
    /// `After` or `Within` (`ge`).
    AfterOrWithin,
    /// `Before` or `Within` (`le`).
    BeforeOrWithin,
    /// All possible days are after the searched ones (`sa`).
    WhollyAfter,
    /// All possible days are before the searched ones (`eb`).
    WhollyBefore,
    /// A possible day is among the searched ones (`ap`).
    Overlapping,
}

/// A condition on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateCondition {
    /// The comparison.
    pub comparison: Comparison,
    /// The first searched day.
    pub earliest: NaiveDate,
    /// The last searched day.
    pub latest: NaiveDate,
}

/// The columns with the earliest and the latest possible day of a date. Both days are in the same year.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DateColumns {
    pub(crate) earliest: &'static str,
    pub(crate) latest: &'static str,
}

impl DateCondition {
    /// Appends the condition to a query.
    pub(crate) fn push(self, query: &mut QueryBuilder<Postgres>, columns: DateColumns) {
        match self.comparison {
            Comparison::Within => self.push_within(query, columns),
            Comparison::NotWithin => {
                query.push("NOT ");
                self.push_within(query, columns);
            }
            Comparison::After => self.push_reaching_after(query, columns),
            Comparison::Before => self.push_reaching_before(query, columns),
            Comparison::AfterOrWithin => {
                query.push("(");
                self.push_reaching_after(query, columns);
                query.push(" OR ");
                self.push_within(query, columns);
                query.push(")");
            }
            Comparison::BeforeOrWithin => {
                query.push("(");
                self.push_reaching_before(query, columns);
                query.push(" OR ");
                self.push_within(query, columns);
                query.push(")");
            }
            Comparison::WhollyAfter => {
                query.push(columns.earliest).push(" > ").push_bind(self.latest);
            }
            Comparison::WhollyBefore => {
                query.push(columns.latest).push(" < ").push_bind(self.earliest);
            }
            Comparison::Overlapping => {
                // A stored date is within one year, so one that overlaps starts in the first searched year or later. This lower
                // bound lets the index be used.
                let first_of_year = self.earliest.with_ordinal(1).unwrap_or(self.earliest);
                query.push("(").push(columns.earliest).push(" BETWEEN ");
                query.push_bind(first_of_year).push(" AND ").push_bind(self.latest);
                query.push(" AND ").push(columns.latest).push(" >= ");
                query.push_bind(self.earliest).push(")");
            }
        }
    }

    fn push_within(self, query: &mut QueryBuilder<Postgres>, columns: DateColumns) {
        query.push("(").push(columns.earliest).push(" BETWEEN ");
        query.push_bind(self.earliest).push(" AND ").push_bind(self.latest);
        query.push(" AND ").push(columns.latest).push(" <= ");
        query.push_bind(self.latest).push(")");
    }

    fn push_reaching_after(self, query: &mut QueryBuilder<Postgres>, columns: DateColumns) {
        query.push(columns.latest).push(" > ").push_bind(self.latest);
    }

    fn push_reaching_before(self, query: &mut QueryBuilder<Postgres>, columns: DateColumns) {
        query.push(columns.earliest).push(" < ").push_bind(self.earliest);
    }
}
