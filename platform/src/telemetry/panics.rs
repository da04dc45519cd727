//! Logs panics: the location, and the text only if it is a literal in the program. A formatted text, such as from an
//! `unwrap` on an error, may quote a patient's data and is withheld.

use std::{any::Any, backtrace::Backtrace};

/// Replaces the standard panic hook, which prints every text in full. For programs, not for tests.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        let thread = std::thread::current();
        tracing::error!(
            location = location.as_deref(),
            thread = thread.name(),
            text = fixed_text(panic.payload()),
            backtrace = %Backtrace::capture(),
            "panic"
        );
    }));
}

/// Only a literal reaches the hook as `&'static str`; formatted text arrives as a `String`.
fn fixed_text(payload: &(dyn Any + Send)) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("(withheld: it may quote data)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_shown_and_a_formatted_text_is_not() {
        assert_eq!(fixed_text(&"queue closed"), "queue closed");
        assert_eq!(
            fixed_text(&format!("bad name {}", "John")),
            "(withheld: it may quote data)"
        );
    }
}
