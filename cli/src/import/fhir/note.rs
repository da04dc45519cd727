//! Notes on elements that are not imported unchanged.

use std::fmt::Display;

use serde::Serialize;

/// The outcome for an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::import) enum What {
    Changed,
    LeftOut,
}

/// An element that is not imported unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::import) struct Note {
    pub(in crate::import) element: &'static str,
    pub(in crate::import) what: What,
    /// How or why, without the content.
    pub(in crate::import) why: String,
}

/// The notes on one resource.
#[derive(Debug, Default)]
pub(in crate::import) struct Notes(Vec<Note>);

impl Notes {
    /// Notes that an element is imported with a change.
    pub(super) fn changed(&mut self, element: &'static str, why: impl Display) {
        self.add(element, What::Changed, why);
    }

    /// Notes that an element is left out.
    pub(super) fn left_out(&mut self, element: &'static str, why: impl Display) {
        self.add(element, What::LeftOut, why);
    }

    /// Leaves out an optional value that is invalid, and notes the reason.
    pub(super) fn optional<T>(&mut self, element: &'static str, parsed: Option<Result<T, impl Display>>) -> Option<T> {
        match parsed? {
            Ok(value) => Some(value),
            Err(why) => {
                self.left_out(element, why);
                None
            }
        }
    }

    pub(in crate::import) fn add(&mut self, element: &'static str, what: What, why: impl Display) {
        self.0.push(Note {
            element,
            what,
            why: why.to_string(),
        });
    }

    pub(in crate::import) fn into_vec(self) -> Vec<Note> {
        self.0
    }

    #[cfg(test)]
    pub(super) fn elements(&self) -> Vec<(&'static str, What)> {
        self.0.iter().map(|note| (note.element, note.what)).collect()
    }
}
