//! Pages of lists: which part, in which order.

use sqlx::{FromRow, PgPool, Postgres, QueryBuilder, Row as _, postgres::PgRow};

use crate::table::{ListedRows, Table};

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
    /// Which of the table's rows are listed, if how many they are stands beside its checkpoint.
    pub(crate) listed: Option<ListedRows>,
}

impl Listing {
    /// The rows of a table as they are.
    pub(crate) const fn of(table: &Table) -> Self {
        Self {
            columns: "*",
            from: table.name,
            counted: table.name,
            id: "id",
            listed: table.listed,
        }
    }

    /// A page of all rows that are listed.
    pub(crate) async fn all<R, K: SortKey>(
        &self,
        pool: &PgPool,
        request: &PageRequest<K>,
    ) -> Result<Listed<R>, sqlx::Error>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let listed = |query: &mut QueryBuilder<Postgres>| {
            if let Some(listed) = self.listed {
                query.push(" WHERE ").push(listed.condition);
            }
        };
        self.page(pool, listed, request).await
    }

    /// A page of the rows that a filter lets through; it begins with `WHERE`, if it pushes anything. Page and total are of
    /// one moment, because one statement reads both.
    pub(crate) async fn page<R, K: SortKey>(
        &self,
        pool: &PgPool,
        filter: impl Fn(&mut QueryBuilder<Postgres>),
        request: &PageRequest<K>,
    ) -> Result<Listed<R>, sqlx::Error>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let mut query = QueryBuilder::new("SELECT ");
        self.push_total(&mut query, &filter);
        query
            .push(" AS rows_in_all, ")
            .push(self.columns)
            .push(" FROM ")
            .push(self.from);
        filter(&mut query);
        push_page(&mut query, self.id, request);
        let rows: Vec<Beside<R>> = query.build_query_as().fetch_all(pool).await?;
        let count = match rows.first() {
            Some(first) => first.total,
            None if request.page == 0 => 0,
            None => {
                let mut count = QueryBuilder::new("SELECT ");
                self.push_total(&mut count, &filter);
                count.build_query_scalar().fetch_one(pool).await?
            }
        };
        Ok(Listed {
            rows: rows.into_iter().map(|beside| beside.row).collect(),
            total: count,
        })
    }

    /// Appends an expression for how many rows there are. To count them takes longer than to read a page.
    fn push_total(&self, query: &mut QueryBuilder<Postgres>, filter: impl Fn(&mut QueryBuilder<Postgres>)) {
        query.push("coalesce(");
        if self.listed.is_some() {
            query
                .push("(SELECT listed FROM projection_checkpoint WHERE projection = '")
                .push(self.counted)
                .push("'), ");
        }
        query.push("(SELECT count(*) FROM ").push(self.counted);
        filter(query);
        query.push("))");
    }
}

/// A row, beside how many rows there are.
struct Beside<R> {
    row: R,
    total: i64,
}

impl<'r, R: FromRow<'r, PgRow>> FromRow<'r, PgRow> for Beside<R> {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            row: R::from_row(row)?,
            total: row.try_get("rows_in_all")?,
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
    let skipped = u64::from(request.page) * u64::from(request.size);
    query
        .push(id)
        .push(" LIMIT ")
        .push(request.size)
        .push(" OFFSET ")
        .push(skipped);
}
