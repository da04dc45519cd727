//! Paging and sorting of lists.

use sqlx::{FromRow, PgPool, Postgres, QueryBuilder, Row as _, postgres::PgRow};

use crate::table::{ListedRows, Table};

/// The requested page and order.
#[derive(Clone, Debug)]
pub struct PageRequest<K> {
    /// The page number, from 0.
    pub page: u32,
    /// The maximum number of rows on a page.
    pub size: u32,
    /// The sort keys, most significant first. The row's id is always added as the last key, so that the order is total.
    pub sort: Vec<(K, Direction)>,
}

/// A sort key of a list.
pub trait SortKey: Copy {
    /// The key's column, with a collation if people read its order.
    fn column(self) -> &'static str;
}

/// The sort direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// The rows of a page, and the total number of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<R> {
    /// The rows of the page.
    pub rows: Vec<R>,
    /// The total number of rows.
    pub total: i64,
}

/// The SQL parts of a list. They come from code, never from a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listing {
    /// The selected columns.
    pub(crate) columns: &'static str,
    /// The table with its joins.
    pub(crate) from: &'static str,
    /// The table alone, with the alias that filters use.
    pub(crate) counted: &'static str,
    /// The last sort key, which makes the order total.
    pub(crate) id: &'static str,
    /// The listed rows, if their count is stored with the checkpoint.
    pub(crate) listed: Option<ListedRows>,
}

impl Listing {
    /// A list of a table's rows without joins.
    pub(crate) const fn of(table: &Table) -> Self {
        Self {
            columns: "*",
            from: table.name,
            counted: table.name,
            id: "id",
            listed: table.listed,
        }
    }

    /// Returns the same list without its stored total, for filters: the rows are counted in each query.
    pub(crate) const fn counted_anew(self) -> Self {
        Self { listed: None, ..self }
    }

    /// Returns a page of all listed rows.
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

    /// Returns a page of the rows that match a filter. The filter pushes a `WHERE` clause or nothing. One statement
    /// reads the page and the total, so they are consistent.
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

    /// Appends an expression for the total: the stored count if there is one, because counting is slower than reading a
    /// page.
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

/// A row with the total number of rows.
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

/// Appends the order and the limit.
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
