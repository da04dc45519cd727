//! A page of a list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The page's items.
    pub content: Vec<T>,
    /// The page's number, from 0.
    pub page: u32,
    /// How many items a page holds at most.
    pub size: u32,
    /// How many items the whole list holds.
    pub total_elements: i64,
    /// How many pages the whole list fills.
    pub total_pages: i64,
    /// What the list is sorted by, most significant first: `field,asc` or `field,desc`.
    #[schema(example = json!(["name,asc"]))]
    pub sort: Vec<String>,
    /// Whether a page follows.
    pub has_next: bool,
    /// Whether a page goes before.
    pub has_previous: bool,
}

impl<T> Page<T> {
    /// A page with the counts that follow from the list's length.
    #[must_use]
    pub fn new(content: Vec<T>, page: u32, size: u32, total_elements: i64, sort: Vec<String>) -> Self {
        let total_pages = total_elements.div_euclid(i64::from(size.max(1)))
            + i64::from(total_elements.rem_euclid(i64::from(size.max(1))) > 0);
        Self {
            content,
            page,
            size,
            total_elements,
            total_pages,
            sort,
            has_next: i64::from(page) + 1 < total_pages,
            has_previous: page > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_follow_from_the_length() {
        let page = |number, total| Page::<()>::new(vec![], number, 20, total, vec![]);
        assert_eq!((page(0, 0).total_pages, page(0, 0).has_next), (0, false));
        assert_eq!((page(0, 20).total_pages, page(0, 20).has_next), (1, false));
        assert_eq!((page(0, 21).total_pages, page(0, 21).has_next), (2, true));
        assert!(page(1, 21).has_previous && !page(1, 21).has_next);
    }
}
