//! Paging and sorting of lists.

use sqlx::{FromRow, Postgres, QueryBuilder, Row as _, postgres::PgRow};

use crate::{
    scope::{Rows, Scope, ScopedQuery, Source},
    table::Table,
};

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
    /// The table with its joins. Filters use its alias.
    pub(crate) source: Source,
    /// The last sort key, which makes the order total.
    pub(crate) id: &'static str,
}

impl Listing {
    /// A list of a table's rows without joins.
    pub(crate) const fn of(table: &'static Table) -> Self {
        Self {
            columns: "*",
            source: Source::of(table),
            id: "id",
        }
    }

    /// Returns a page of all listed rows in the scope.
    pub(crate) async fn all<R, K: SortKey>(
        &self,
        rows: Rows<'_>,
        request: &PageRequest<K>,
    ) -> Result<Listed<R>, sqlx::Error>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        // The stored count is that of all callers' rows.
        let total = match rows.scope() {
            Scope::All if self.source.table.listed.is_some() => Total::Stored,
            Scope::All | Scope::Patient(_) | Scope::Practitioner(_) => Total::Counted,
        };
        self.read(rows, total, |_| {}, request).await
    }

    /// Returns a page of the listed rows in the scope that match a filter. The filter pushes conditions, each after
    /// `AND`.
    pub(crate) async fn page<R, K: SortKey>(
        &self,
        rows: Rows<'_>,
        filter: impl Fn(&mut QueryBuilder<Postgres>),
        request: &PageRequest<K>,
    ) -> Result<Listed<R>, sqlx::Error>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        self.read(rows, Total::Counted, filter, request).await
    }

    /// One statement reads the page and the total, so they are consistent.
    async fn read<R, K: SortKey>(
        &self,
        rows: Rows<'_>,
        total: Total,
        filter: impl Fn(&mut QueryBuilder<Postgres>),
        request: &PageRequest<K>,
    ) -> Result<Listed<R>, sqlx::Error>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let mut query = rows.begin("SELECT ");
        self.push_total(&mut query, total, &filter);
        query.push(" AS rows_in_all, ").push(self.columns);
        self.push_listed(&mut query, &self.source, &filter);
        query.push_filter(|sql| push_page(sql, self.id, request));
        let found: Vec<Beside<R>> = query.all().await?;
        let count = match found.first() {
            Some(first) => first.total,
            None if request.page == 0 => 0,
            None => {
                let mut count = rows.begin("SELECT ");
                self.push_total(&mut count, total, &filter);
                count.scalar().await?
            }
        };
        Ok(Listed {
            rows: found.into_iter().map(|beside| beside.row).collect(),
            total: count,
        })
    }

    /// Appends an expression for the total.
    fn push_total(&self, query: &mut ScopedQuery<'_>, total: Total, filter: impl Fn(&mut QueryBuilder<Postgres>)) {
        query.push("coalesce(");
        if total == Total::Stored {
            query
                .push("(SELECT listed FROM projection_checkpoint WHERE projection = '")
                .push(self.source.table.name)
                .push("'), ");
        }
        query.push("(SELECT count(*)");
        self.push_listed(query, &self.source.without_joins(), filter);
        query.push("))");
    }

    /// Appends the source, and the conditions for the listed rows that match a filter.
    fn push_listed(&self, query: &mut ScopedQuery<'_>, source: &Source, filter: impl Fn(&mut QueryBuilder<Postgres>)) {
        query.push_from(source);
        if let Some(listed) = source.table.listed {
            query.push(" AND ").push(listed.condition);
        }
        query.push_filter(filter);
    }
}

/// The source of a list's total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Total {
    /// The count that is stored with the checkpoint, if it has been counted: counting is slower than reading a page.
    Stored,
    /// The rows are counted in each query.
    Counted,
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
