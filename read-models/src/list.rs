//! Pages of lists: which part, in which order.

use std::sync::{Mutex, PoisonError};

use sqlx::{FromRow, PgPool, Postgres, QueryBuilder, Row as _, postgres::PgRow};

/// Which part of a list is wanted, in which order.
#[derive(Clone, Debug)]
pub struct PageRequest<K> {
    /// The page's number, from 0.
    pub page: u32,
    /// How many rows a page holds at most.
    pub size: u32,
    /// The order, most significant key first. The row's id is always the last key, so that the order is total.
    pub sort: Vec<(K, Direction)>,
}

/// A key that a list can be sorted by.
pub trait SortKey: Copy {
    /// The column it stands for.
    fn column(self) -> &'static str;
}

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// One page's rows, and how many the whole list has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<R> {
    /// The page's rows.
    pub rows: Vec<R>,
    /// How many rows the whole list has.
    pub total: i64,
}

/// How many rows a whole list has, for as long as its table stays as it is: to count them takes longer than to read a page.
#[derive(Debug, Default)]
pub struct Total(Mutex<Counted>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counted {
    /// Which state of the table was counted; nothing, when none was.
    state: Option<String>,
    total: i64,
}

impl Total {
    fn counted(&self) -> Counted {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, counted: &Counted) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(counted);
    }
}

/// What a list is made of: names of this code's, never of a client's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listing {
    /// What is told of each row.
    pub(crate) columns: &'static str,
    /// The table, and what it is joined with.
    pub(crate) from: &'static str,
    /// The table alone, under the name that a filter knows it by.
    pub(crate) counted: &'static str,
    /// What makes the order total.
    pub(crate) id: &'static str,
}

impl Listing {
    /// The rows of a table as they are.
    pub(crate) const fn of(table: &'static str) -> Self {
        Self {
            columns: "*",
            from: table,
            counted: table,
            id: "id",
        }
    }

    /// A page of the rows that a filter lets through; it begins with `WHERE`, if it pushes anything. Page and total are of
    /// one moment, because one statement reads both.
    ///
    /// `total` belongs to a list that is the same whoever asks. Its rows are counted again only when the table has changed:
    /// its projection has moved, other rows have taken the place of these, or what was parked has been applied.
    pub(crate) async fn page<R, K: SortKey>(
        &self,
        pool: &PgPool,
        total: Option<&Total>,
        filter: impl Fn(&mut QueryBuilder<Postgres>),
        request: &PageRequest<K>,
    ) -> Result<Listed<R>, sqlx::Error>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let mut query = QueryBuilder::new("");
        match total.map(Total::counted) {
            None => drop(query.push("SELECT NULL AS rows_state, (")),
            Some(Counted { state, total }) => {
                query
                    .push(
                        "WITH standing AS (SELECT concat_ws('/', position, replacements, (SELECT count(*) FROM parked_event
                             WHERE projection = checkpoint.projection)) AS state
                             FROM projection_checkpoint checkpoint WHERE projection = ",
                    )
                    .push_bind(self.counted)
                    .push(") SELECT (SELECT state FROM standing) AS rows_state, (SELECT CASE (SELECT state FROM standing) WHEN ")
                    .push_bind(state)
                    .push(" THEN ")
                    .push_bind(total)
                    .push(" ELSE (");
            }
        }
        self.push_count(&mut query, &filter);
        query.push(if total.is_some() { ") END)" } else { ")" });
        query
            .push(" AS rows_in_all, ")
            .push(self.columns)
            .push(" FROM ")
            .push(self.from);
        filter(&mut query);
        push_page(&mut query, self.id, request);
        let rows: Vec<Beside<R>> = query.build_query_as().fetch_all(pool).await?;
        let count = match rows.first() {
            Some(first) => first.counted.total,
            None if request.page == 0 => 0,
            None => {
                let mut count = QueryBuilder::new("");
                self.push_count(&mut count, &filter);
                count.build_query_scalar().fetch_one(pool).await?
            }
        };
        if let (Some(total), Some(first)) = (total, rows.first()) {
            total.remember(&first.counted);
        }
        Ok(Listed {
            rows: rows.into_iter().map(|beside| beside.row).collect(),
            total: count,
        })
    }

    fn push_count(&self, query: &mut QueryBuilder<Postgres>, filter: impl Fn(&mut QueryBuilder<Postgres>)) {
        query.push("SELECT count(*) FROM ").push(self.counted);
        filter(query);
    }
}

/// A row, beside how many rows there are.
struct Beside<R> {
    row: R,
    counted: Counted,
}

impl<'r, R: FromRow<'r, PgRow>> FromRow<'r, PgRow> for Beside<R> {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            row: R::from_row(row)?,
            counted: Counted {
                state: row.try_get("rows_state")?,
                total: row.try_get("rows_in_all")?,
            },
        })
    }
}

/// Appends order and bounds.
fn push_page<K: SortKey>(query: &mut QueryBuilder<Postgres>, id: &'static str, request: &PageRequest<K>) {
    query.push(" ORDER BY ");
    for (key, direction) in &request.sort {
        query.push(key.column()).push(match direction {
            Direction::Ascending => " ASC NULLS LAST, ",
            Direction::Descending => " DESC NULLS LAST, ",
        });
    }
    query.push(id).push(" LIMIT ").push_bind(i64::from(request.size));
    query
        .push(" OFFSET ")
        .push_bind(i64::from(request.page) * i64::from(request.size));
}
