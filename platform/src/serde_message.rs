//! Extracts the expected *form* from a serde error message. It must never pass on the value, which serde quotes: it
//! may be a person's name or a password.

use serde_json::error::Category;

/// The maximum length of a text taken from a message, in characters. Client-controlled text is always cut.
const MAX_TEXT_CHARS: usize = 200;
/// The longest name that is taken over from a message, in characters.
pub const MAX_NAME_CHARS: usize = 64;

/// The fault, without the value.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// A required field is missing.
    Missing(String),
    /// A field is unknown. The names of the known ones follow.
    Unknown(String, Vec<String>),
    /// A field occurs twice.
    Duplicate(String),
    /// The value has the wrong type or form. The text states the requirement.
    Invalid(String),
}

/// Describes why a text cannot be read as the required JSON: the kind of fault and the column, never the value.
pub fn describe(error: &serde_json::Error) -> String {
    let fault = match (error.classify(), read(&error.to_string())) {
        (Category::Syntax, _) => "it is not JSON".to_owned(),
        (Category::Eof | Category::Io, _) => "it is cut off".to_owned(),
        (Category::Data, Fault::Missing(name)) => format!("field {name} is missing"),
        (Category::Data, Fault::Unknown(..)) => "a field is unknown".to_owned(),
        (Category::Data, Fault::Duplicate(name)) => format!("field {name} is duplicated"),
        (Category::Data, Fault::Invalid(must)) => format!("a value {must}"),
    };
    format!("{fault} (column {})", error.column())
}

/// Classifies a serde message by its fixed wording. Unrecognized text becomes "is not valid".
///
/// Our own deserializers may raise messages that start with `must `. These are passed on unchanged, so they must not
/// quote the value.
pub fn read(message: &str) -> Fault {
    let message = without_position(message);
    if let Some(name) = message.strip_prefix("missing field `") {
        return Fault::Missing(name_before(name, "`"));
    }
    if let Some(name) = message.strip_prefix("duplicate field `") {
        return Fault::Duplicate(name_before(name, "`"));
    }
    if let Some(rest) = message.strip_prefix("unknown field `") {
        // The known names come from our types and are last. The client's name is before them.
        let (name, known) = match rest.rsplit_once("`, expected ") {
            Some((name, known)) => (name, known),
            None => (rest.strip_suffix("`, there are no fields").unwrap_or(rest), ""),
        };
        let known = known.split('`').skip(1).step_by(2).map(str::to_owned);
        return Fault::Unknown(cut(name, MAX_NAME_CHARS), known.collect());
    }
    Fault::Invalid(invalid(message))
}

fn invalid(message: &str) -> String {
    if message.starts_with("must ") {
        return cut(message, MAX_TEXT_CHARS);
    }
    if message.starts_with("UUID parsing failed") {
        return "must be a UUID".to_owned();
    }
    // The expectation comes from our types and is last. The client's value is before it, and may itself contain the
    // separator.
    for opening in [
        "invalid type: ",
        "invalid value: ",
        "unknown variant `",
        "invalid length ",
    ] {
        if message.starts_with(opening) {
            return message
                .rsplit_once(", expected ")
                .map_or_else(|| "is not valid".to_owned(), |(_, expected)| must_be(expected));
        }
    }
    fixed_wording(message).unwrap_or("is not valid").to_owned()
}

/// The fixed texts of the parsers in the standard library and chrono, which give no expectation.
fn fixed_wording(message: &str) -> Option<&'static str> {
    Some(match message {
        "invalid digit found in string" | "cannot parse integer from empty string" => "must be a whole number",
        "number too large to fit in target type" => "is too large",
        "number too small to fit in target type" => "is too small",
        "invalid float literal" | "cannot parse float from empty string" => "must be a number",
        "provided string was not `true` or `false`" => "must be true or false",
        "input contains invalid characters"
        | "input is out of range"
        | "premature end of input"
        | "trailing input"
        | "no possible date and time matching input"
        | "input is not enough for unique date and time" => "must be a valid date or time in RFC 3339",
        // serde_json reports this for a value in place of an enum's variant name.
        "expected value" => "must be one of the documented values",
        // The query parser reports this for a list in place of a single value.
        "unsupported value" => "must not appear more than once",
        "invalid socket address syntax" => "must be an address such as 127.0.0.1:4004",
        message if message.starts_with("data did not match any variant") => "matches none of the accepted forms",
        _ => return None,
    })
}

/// Turns serde's expectation ("u32", "struct Address", "one of `a`, `b`") into a sentence for API users.
pub fn must_be(expected: &str) -> String {
    let whole = |min: i64, max: u64| format!("must be a whole number from {min} to {max}");
    match expected {
        "a string" | "str" | "string" | "a borrowed string" | "a character" => "must be a string".to_owned(),
        "a boolean" | "bool" | r#""true", "on" or "false""# => "must be true or false".to_owned(),
        "u8" => whole(0, u64::from(u8::MAX)),
        "u16" => whole(0, u64::from(u16::MAX)),
        "u32" => whole(0, u64::from(u32::MAX)),
        "i8" => whole(i64::from(i8::MIN), i8::MAX as u64),
        "i16" => whole(i64::from(i16::MIN), i16::MAX as u64),
        "i32" => whole(i64::from(i32::MIN), i32::MAX as u64),
        "u64" | "usize" | "u128" => "must be a whole number, 0 or more".to_owned(),
        "i64" | "isize" | "i128" | "an integer" => "must be a whole number".to_owned(),
        "f32" | "f64" => "must be a number".to_owned(),
        "a map" => "must be an object".to_owned(),
        "a sequence" => "must be an array".to_owned(),
        "string or map" => "must be one of the documented values".to_owned(),
        "an RFC 3339 formatted date and time string" => {
            "must be a date and time in RFC 3339, such as 2027-01-11T15:00:00Z".to_owned()
        }
        "a formatted date string" => "must be a date, such as 1990-01-31".to_owned(),
        "a formatted time string" => "must be a time, such as 09:00".to_owned(),
        other if other.contains("UUID") => "must be a UUID".to_owned(),
        other if other.starts_with("struct ") || other.contains("tagged enum") => "must be an object".to_owned(),
        other if other.starts_with("enum ") => "must be one of the documented values".to_owned(),
        other if other.starts_with("tuple ") || other.starts_with("a tuple") => "must be an array".to_owned(),
        other => cut(&format!("must be {}", other.replace('`', "")), MAX_TEXT_CHARS),
    }
}

/// States that a field or parameter is unknown, and which ones are known.
pub fn unknown(what: &str, known: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [] => format!("is not a known {what}; there are none here"),
        names => format!("is not a known {what}; the known ones are {}", names.join(", ")),
    }
}

/// serde_json appends the position, which is reported separately where it helps.
fn without_position(message: &str) -> &str {
    message.rfind(" at line ").map_or(message, |at| &message[..at])
}

fn name_before(rest: &str, end: &str) -> String {
    let name = rest.rfind(end).map_or(rest, |at| &rest[..at]);
    cut(name, MAX_NAME_CHARS)
}

/// The first `chars` characters of a text, with an ellipsis if it was longer.
pub fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_never_gets_through() {
        let cases = [
            (
                r#"invalid type: string "John Doe", expected u32 at line 1 column 9"#,
                "must be a whole number from 0 to 4294967295",
            ),
            (
                r#"invalid value: string "a, expected John", expected a boolean"#,
                "must be true or false",
            ),
            (
                "unknown variant `John`, expected one of `male`, `female` at line 1 column 2",
                "must be one of male, female",
            ),
            ("unknown variant `x`, expected `a` or `b`", "must be a or b"),
            ("invalid type: null, expected a string", "must be a string"),
            (
                "UUID parsing failed: invalid character: found `J` at 1",
                "must be a UUID",
            ),
            ("John is not welcome", "is not valid"),
            ("must have at most 200 characters", "must have at most 200 characters"),
            (
                "invalid type: map, expected a formatted date string",
                "must be a date, such as 1990-01-31",
            ),
        ];
        for (message, text) in cases {
            assert_eq!(read(message), Fault::Invalid(text.to_owned()), "{message}");
        }
    }

    #[test]
    fn names_of_fields_are_found_and_cut() {
        assert_eq!(
            read("missing field `email` at line 1 column 2"),
            Fault::Missing("email".to_owned())
        );
        assert_eq!(read("duplicate field `email`"), Fault::Duplicate("email".to_owned()));
        let long = format!("unknown field `{}`, expected `a`", "é".repeat(500));
        let cut = format!("{}…", "é".repeat(MAX_NAME_CHARS));
        for (message, name, known) in [
            ("unknown field `e`mail`, expected `a` or `b`", "e`mail", &["a", "b"][..]),
            (
                "unknown field `x`, expected one of `a`, `b`, `c`",
                "x",
                &["a", "b", "c"],
            ),
            (
                "unknown field `x`, expected `John`, expected `a`",
                "x`, expected `John",
                &["a"],
            ),
            ("unknown field `x`, there are no fields", "x", &[]),
            (&long, &cut, &["a"]),
        ] {
            let known = known.iter().map(|known| (*known).to_owned()).collect();
            assert_eq!(read(message), Fault::Unknown(name.to_owned(), known), "{message}");
        }
    }
}
