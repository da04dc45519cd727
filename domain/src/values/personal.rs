//! A personal value that stays in the log but becomes unreadable when the person is erased.

use serde::{Deserialize, Serialize};

/// A required personal value: known or erased.
///
/// Personal values are encrypted at rest. Erasing a person destroys the key, and the value then reads as `null`.
/// Folding the events must still work, so a required personal value has a type that can be erased. An optional one
/// becomes `None`.
///
/// A value that is missing from a body is damage, not erasure, and fails to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Personal<T> {
    /// The value.
    Known(T),
    /// The value existed, but its key is destroyed.
    Erased,
}

impl<T> Personal<T> {
    /// The value: `None` if it is erased.
    #[must_use]
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Erased => None,
        }
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::value::{Error, MapDeserializer, UnitDeserializer};

    use super::*;
    use crate::values::Name;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Person {
        name: Personal<Name>,
    }

    #[test]
    fn null_means_erased_and_a_missing_value_is_an_error() {
        let erased = Personal::<Name>::deserialize(UnitDeserializer::<Error>::new());
        assert_eq!(erased, Ok(Personal::Erased));
        let known = Person::deserialize(MapDeserializer::<_, Error>::new([("name", "Ada Ruiz")].into_iter()));
        let ada = Name::parse("Ada Ruiz").expect("a name");
        assert_eq!(known, Ok(Person { name: ada.into() }));
        let missing = MapDeserializer::<_, Error>::new(std::iter::empty::<(&str, &str)>());
        assert!(Person::deserialize(missing).is_err());
    }
}
