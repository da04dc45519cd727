//! A page of a list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items of the page.
    pub content: Vec<T>,
    /// The number of the page, from 0.
    pub page: u32,
    /// The maximum number of items per page.
    pub size: u32,
    /// The number of items in the whole list.
    pub total_elements: i64,
    /// The number of pages in the whole list.
    pub total_pages: i64,
    /// The sort keys, most significant first, each as `field,asc` or `field,desc`.
    #[schema(example = json!(["name,asc"]))]
    pub sort: Vec<String>,
    /// Whether there is a next page.
    pub has_next: bool,
    /// Whether there is a previous page.
    pub has_previous: bool,
}

impl<T> Page<T> {
    /// Creates a page and derives its counts from the length of the list.
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
    fn counts_derive_from_the_length_of_the_list() {
        let page = |number, total| Page::<()>::new(vec![], number, 20, total, vec![]);
        assert_eq!((page(0, 0).total_pages, page(0, 0).has_next), (0, false));
        assert_eq!((page(0, 20).total_pages, page(0, 20).has_next), (1, false));
        assert_eq!((page(0, 21).total_pages, page(0, 21).has_next), (2, true));
        assert!(page(1, 21).has_previous && !page(1, 21).has_next);
    }
}
