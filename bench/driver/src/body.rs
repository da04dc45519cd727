//! The body of an event: text that nobody reads, the same for every system.

/// The text before and after the filler.
const FRAME: (&str, &str) = ("{\"note\":\"", "\"}");

/// A JSON object of this many bytes, at least the eleven of its frame.
#[must_use]
pub fn body(bytes: usize) -> String {
    let note = bytes.saturating_sub(FRAME.0.len() + FRAME.1.len());
    let note: String = ('a'..='z').cycle().take(note).collect();
    format!("{}{note}{}", FRAME.0, FRAME.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_json_of_the_size_that_was_asked_for() {
        for bytes in [11, 256] {
            let body = body(bytes);
            assert_eq!(body.len(), bytes);
            assert!(serde_json::from_str::<serde_json::Value>(&body).expect("JSON")["note"].is_string());
        }
    }
}
