//! One page of a list.

use axum::Json;
use serde::{Deserialize, Serialize};

const MOST: u32 = 100;

/// Which page is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Its number, from 0.
    #[serde(default)]
    page: u32,
    /// How many items it has at most.
    #[serde(default = "default_size")]
    size: u32,
}

const fn default_size() -> u32 {
    20
}

impl Asked {
    /// How many rows are read.
    pub(crate) fn limit(&self) -> i64 {
        i64::from(self.size.min(MOST))
    }

    /// How many rows are passed over.
    pub(crate) fn offset(&self) -> i64 {
        i64::from(self.page) * self.limit()
    }

    /// The page, with its items.
    pub(crate) fn holding<T>(&self, content: Vec<T>) -> Json<Page<T>> {
        Json(Page {
            content,
            page: self.page,
            size: self.size.min(MOST),
        })
    }
}

/// A page.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    content: Vec<T>,
    page: u32,
    size: u32,
}
