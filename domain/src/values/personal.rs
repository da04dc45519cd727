//! A personal value that stays in the log for ever, though not readable for ever.

use serde::{Deserialize, Serialize};

/// A required personal value: known, or erased.
///
/// Personal values are sealed at rest. Erasing a person destroys the key, and from then on their events read as if the
/// value had never been told: `null` in its place. A fold over such events must go on, so what is required of a person
/// is typed as something that may have been erased. What is optional simply becomes `None`.
///
/// A value that is missing from a body altogether is not erased but damaged, and is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Personal<T> {
    /// The value.
    Known(T),
    /// It was there, and nobody can read it any more.
    Erased,
}

impl<T> Personal<T> {
    /// The value, unless it has been erased.
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
    fn null_is_erased_and_a_missing_value_is_damage() {
        let erased = Personal::<Name>::deserialize(UnitDeserializer::<Error>::new());
        assert_eq!(erased, Ok(Personal::Erased));
        let known = Person::deserialize(MapDeserializer::<_, Error>::new([("name", "Ada Ruiz")].into_iter()));
        let ada = Name::parse("Ada Ruiz").expect("a name");
        assert_eq!(known, Ok(Person { name: ada.into() }));
        let missing = MapDeserializer::<_, Error>::new(std::iter::empty::<(&str, &str)>());
        assert!(Person::deserialize(missing).is_err());
    }
}
