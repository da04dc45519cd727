//! The SQL statements of a declared table. They name the table without a schema; the connection's search path selects
//! it.

use super::{About, Column, Erasure, Table};

impl Table {
    /// Loads the rows with the ids `$1`.
    pub(super) fn load(&self) -> String {
        format!("SELECT * FROM {} WHERE {} = ANY($1)", self.name, self.key[0])
    }

    /// Upserts rows. Each column is an array. Personal data of patients who are erased according to the live
    /// `cached_patient` is omitted.
    pub(crate) fn upsert(&self) -> String {
        let Self { name, .. } = self;
        let columns = list(self.columns.iter().map(|column| column.name.to_owned()));
        let parameters = list((1..=self.columns.len()).map(|number| format!("${number}")));
        let source = format!("UNNEST({parameters}) AS new ({columns})");
        let source = match self.about {
            About::Patient(patient) => {
                format!("{source} LEFT JOIN public.cached_patient AS gone ON gone.id = new.{patient} AND gone.erased")
            }
            About::Nobody | About::Itself(_) => source,
        };
        let values = list(self.columns.iter().map(|column| self.value(column)));
        let key = self.key.join(", ");
        let others = self.columns.iter().filter(|column| !self.key.contains(&column.name));
        let changes = list(others.map(|column| format!("{0} = EXCLUDED.{0}", column.name)));
        format!(
            "INSERT INTO {name} ({columns}) SELECT {values} FROM {source} ON CONFLICT ({key}) DO UPDATE SET {changes}"
        )
    }

    /// As [`Table::upsert`], and updates the count of listed rows by the difference between the new and the old
    /// versions of the written rows.
    pub(super) fn upsert_and_count(&self) -> String {
        let upsert = self.upsert();
        let Some(listed) = self.listed else { return upsert };
        let column = self.columns.iter().position(|column| column.name == listed.column);
        let (Self { name, key, .. }, parameter) = (self, column.map_or(0, |place| place + 1));
        format!(
            "WITH counted AS (
                 UPDATE projection_checkpoint
                 SET listed = listed + (SELECT count(*) FROM UNNEST(${parameter}) AS written ({column}) WHERE {condition})
                                     - (SELECT count(*) FROM {name} WHERE {key} = ANY($1) AND {condition})
                 WHERE projection = '{name}')
             {upsert}",
            column = listed.column,
            condition = listed.condition,
            key = key[0],
        )
    }

    /// Blanks the rows about the patients `$1`. `None` if an erasure changes nothing.
    pub(crate) fn blank(&self) -> Option<String> {
        let blanks = self.columns.iter().filter_map(|column| {
            let blank = blank(column.erasure, column.name)?;
            Some(format!("{} = {blank}", column.name))
        });
        let blanks = list(blanks);
        match self.about {
            About::Patient(id) | About::Itself(id) if !blanks.is_empty() => {
                Some(format!("UPDATE {} SET {blanks} WHERE {id} = ANY($1)", self.name))
            }
            _ => None,
        }
    }

    /// The expression for a column of a new row.
    fn value(&self, column: &Column) -> String {
        let new = format!("new.{}", column.name);
        match (self.about, blank(column.erasure, &new)) {
            (About::Patient(_), Some(blank)) => format!("CASE WHEN gone.id IS NULL THEN {new} ELSE {blank} END"),
            _ => new,
        }
    }
}

/// The expression for a value after an erasure. `None` if the value stays.
fn blank(erasure: Erasure, value: &str) -> Option<String> {
    match erasure {
        Erasure::Keeps => None,
        Erasure::Null => Some("NULL".to_owned()),
        Erasure::Empty => Some("'[]'::jsonb".to_owned()),
        Erasure::NullInEach(field) => Some(format!(
            r#"(SELECT coalesce(jsonb_agg(element || '{{"{field}": null}}' ORDER BY place), '[]')
                FROM jsonb_array_elements({value}) WITH ORDINALITY AS every (element, place))"#
        )),
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
