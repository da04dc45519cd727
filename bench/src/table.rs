//! A text table with a heading. The first column is left-aligned, the others are right-aligned.

use std::fmt;

/// A text table.
#[derive(Clone, Debug)]
pub struct Table {
    heading: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Creates a table without rows.
    #[must_use]
    pub fn new<const COLUMNS: usize>(heading: &str, columns: [&str; COLUMNS]) -> Self {
        Self {
            heading: heading.to_owned(),
            rows: vec![columns.map(str::to_owned).to_vec()],
        }
    }

    /// Adds a row. Missing cells stay blank.
    pub fn row<const COLUMNS: usize>(&mut self, cells: [String; COLUMNS]) {
        self.rows.push(cells.to_vec());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        write!(f, "{}", self.heading)?;
        for row in &self.rows {
            let mut line = String::new();
            for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
                line += &match index {
                    0 => format!("  {cell:<width$}"),
                    _ => format!("  {cell:>width$}"),
                };
            }
            write!(f, "\n{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Formats a value with a number of decimals, or a dash without a value.
pub(crate) fn shown(decimals: usize, value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new("Cells", ["system", "rate"]);
        table.row(["a".to_owned(), "12345".to_owned()]);
        assert_eq!(table.to_string(), "Cells\n  system   rate\n  a       12345");
    }
}
