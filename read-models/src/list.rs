//! Pages of lists: which part, in which order.

use sqlx::{Postgres, QueryBuilder};

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

/// Appends order and bounds. Columns come from [`SortKey`]s and `id`, never from a client's text.
pub(crate) fn push_page<K: SortKey>(query: &mut QueryBuilder<Postgres>, id: &'static str, request: &PageRequest<K>) {
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
