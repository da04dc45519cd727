//! Compares two versions of a table by key and column. The database hashes the values; they never leave it, because
//! they are personal data.

use std::cmp::Ordering;

use futures_util::{StreamExt as _, stream::BoxStream};
use sqlx::{AssertSqlSafe, PgConnection};

/// The row count of a table and a hash over all rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The number of rows.
    pub rows: u64,
    /// An order-independent hash over all rows.
    pub hash: String,
}

/// A row that differs between two versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The row's key: an opaque id.
    pub key: String,
    /// The kind of difference.
    pub kind: DifferenceKind,
}

/// How a row differs from the expected one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// The expected row is missing.
    Missing,
    /// The row is unexpected.
    Extra,
    /// These columns have unexpected values.
    Different(Vec<String>),
}

/// The result of comparing two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The number of equal rows.
    pub same: u64,
    /// The number of missing rows.
    pub missing: u64,
    /// The number of unexpected rows.
    pub extra: u64,
    /// The number of rows with unexpected values.
    pub different: u64,
    /// The first differences, ordered by key.
    pub first: Vec<Difference>,
}

impl Comparison {
    /// Whether the versions are the same.
    #[must_use]
    pub const fn is_equal(&self) -> bool {
        self.differences() == 0
    }

    /// The number of differing rows.
    #[must_use]
    pub const fn differences(&self) -> u64 {
        self.missing + self.extra + self.different
    }

    /// Keeps only the differences that an earlier comparison found too: a difference that was in progress at one of the
    /// moments does not count. Both comparisons must list all their differences; otherwise all are kept.
    #[must_use]
    pub fn confirmed_by(mut self, earlier: &Self) -> Self {
        let tells_all = |look: &Self| look.differences() == look.first.len() as u64;
        if !tells_all(&self) || !tells_all(earlier) {
            return self;
        }
        let found = std::mem::take(&mut self.first);
        let (mut confirmed, limit) = (Self::default(), found.len());
        confirmed.same = self.same;
        for difference in found {
            if earlier.first.iter().any(|before| before.key == difference.key) {
                confirmed.add(limit, &difference.key, difference.kind);
            } else if difference.kind != DifferenceKind::Missing {
                confirmed.same += 1;
            }
        }
        confirmed
    }

    fn add(&mut self, limit: usize, key: &str, kind: DifferenceKind) {
        match &kind {
            DifferenceKind::Missing => self.missing += 1,
            DifferenceKind::Extra => self.extra += 1,
            DifferenceKind::Different(_) => self.different += 1,
        }
        if self.first.len() < limit {
            self.first.push(Difference {
                key: key.to_owned(),
                kind,
            });
        }
    }
}

/// Gives a transaction a fixed snapshot of the live tables.
///
/// # Errors
/// The database write failed.
pub async fn fix_snapshot(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .execute(transaction)
        .await
        .map(drop)
}

/// Counts and hashes the rows of a table in a schema.
///
/// # Errors
/// The database cannot be queried.
pub async fn summary(connection: &mut PgConnection, schema: &str, table: &str) -> Result<Summary, sqlx::Error> {
    let statement = format!(
        "SELECT count(*), coalesce(sum(hashtextextended(every::text, 0)::numeric), 0)::text
         FROM {schema}.{table} AS every"
    );
    let (rows, hash): (i64, String) = sqlx::query_as(AssertSqlSafe(statement)).fetch_one(connection).await?;
    Ok(Summary {
        rows: rows.unsigned_abs(),
        hash,
    })
}

/// One side of a comparison: a table in a schema on a connection.
#[derive(Debug)]
pub struct Side<'a> {
    /// The connection.
    pub connection: &'a mut PgConnection,
    /// The schema.
    pub schema: &'static str,
}

/// Compares the actual rows with the expected ones, and keeps the first `limit` differences. It streams both sides in
/// key order.
///
/// # Errors
/// The database cannot be queried.
pub async fn compare(
    found: Side<'_>,
    expected: Side<'_>,
    table: &str,
    limit: usize,
) -> Result<Comparison, sqlx::Error> {
    let columns = columns(found.connection, found.schema, table).await?;
    let key = key(expected.connection, table).await?;
    let statement = |schema: &str| {
        let hashes: Vec<String> = columns
            .iter()
            .map(|column| format!("hashtextextended({column}::text, 0)"))
            .collect();
        format!(
            "SELECT (concat_ws('/', {key})) COLLATE \"C\", ARRAY[{}] FROM {schema}.{table} ORDER BY 1",
            hashes.join(", ")
        )
    };
    let mut found_rows = rows(found.connection, statement(found.schema));
    let mut expected_rows = rows(expected.connection, statement(expected.schema));
    let (mut found, mut expected) = (next(&mut found_rows).await?, next(&mut expected_rows).await?);
    let mut comparison = Comparison::default();
    loop {
        let order = match (&found, &expected) {
            (None, None) => return Ok(comparison),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((found, _)), Some((expected, _))) => found.cmp(expected),
        };
        match (order, &found, &expected) {
            (Ordering::Less, Some((key, _)), _) => comparison.add(limit, key, DifferenceKind::Extra),
            (Ordering::Greater, _, Some((key, _))) => comparison.add(limit, key, DifferenceKind::Missing),
            (_, Some((key, is)), Some((_, should_be))) if is != should_be => {
                let names = columns.iter().zip(is.iter().zip(should_be));
                let differ = names.filter(|(_, (is, should_be))| is != should_be);
                let differ = differ.map(|(name, _)| name.clone()).collect();
                comparison.add(limit, key, DifferenceKind::Different(differ));
            }
            _ => comparison.same += 1,
        }
        if order != Ordering::Greater {
            found = next(&mut found_rows).await?;
        }
        if order != Ordering::Less {
            expected = next(&mut expected_rows).await?;
        }
    }
}

type Hashed = (String, Vec<Option<i64>>);

fn rows(connection: &mut PgConnection, statement: String) -> BoxStream<'_, Result<Hashed, sqlx::Error>> {
    sqlx::query_as(AssertSqlSafe(statement)).fetch(connection)
}

async fn next(rows: &mut BoxStream<'_, Result<Hashed, sqlx::Error>>) -> Result<Option<Hashed>, sqlx::Error> {
    rows.next().await.transpose()
}

async fn columns(connection: &mut PgConnection, schema: &str, table: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT quote_ident(attname) FROM pg_attribute
         WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
    )
    .bind(format!("{schema}.{table}"))
    .fetch_all(connection)
    .await
}

/// The columns of the live table's key, as a list.
async fn key(connection: &mut PgConnection, table: &str) -> Result<String, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY place)
         FROM pg_constraint, unnest(conkey) WITH ORDINALITY AS part (number, place)
         JOIN pg_attribute ON attnum = number
         WHERE conrelid = $1::regclass AND contype = 'p' AND attrelid = conrelid",
    )
    .bind(format!("public.{table}"))
    .fetch_one(connection)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_repeated_difference_counts() {
        let look = |keys: &[&str]| {
            let mut look = Comparison {
                same: 7,
                ..Comparison::default()
            };
            for key in keys {
                look.add(2, key, DifferenceKind::Different(vec!["name".to_owned()]));
            }
            look
        };
        let confirmed = look(&["b", "c"]).confirmed_by(&look(&["a", "b"]));
        assert_eq!((confirmed.same, confirmed.different), (8, 1));
        assert_eq!(confirmed.first[0].key, "b");
        let too_many = look(&["a", "b", "c"]);
        assert_eq!(too_many.clone().confirmed_by(&look(&[])), too_many);
    }
}
