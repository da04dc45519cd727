//! Business identifiers, such as a medical record number.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    IdentifierHash, Invalid,
    unicode::{composed, has_invisible},
};

/// A business identifier: a value and the system that assigns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    system: String,
    value: String,
}

impl Identifier {
    /// Checks an identifier: a system (a URI of at most 200 characters) and a value of at most 100 characters.
    ///
    /// # Errors
    /// The system is not a URI, or one of the two is empty or too long.
    pub fn parse(system: &str, value: &str) -> Result<Self, Invalid> {
        let (system, value) = (Self::parse_system(system)?, composed(value));
        if value.is_empty()
            || value.chars().count() > 100
            || value.chars().any(char::is_control)
            || has_invisible(&value)
        {
            return Err(Invalid("needs a value of 1 to 100 visible characters"));
        }
        Ok(Self { system, value })
    }

    /// Checks the URI of a system.
    ///
    /// # Errors
    /// It is no URI, or too long.
    pub fn parse_system(system: &str) -> Result<String, Invalid> {
        let system = composed(system);
        if !system.contains(':')
            || system.chars().count() > 200
            || system.chars().any(|c| c.is_whitespace() || c.is_control())
            || has_invisible(&system)
        {
            return Err(Invalid("needs a URI of at most 200 characters as its system"));
        }
        Ok(system)
    }

    /// The URI of the system that assigns the value.
    #[must_use]
    pub fn system(&self) -> &str {
        &self.system
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// A person's identifiers: at most 20, and at most one for each system. Erasure empties the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<Vec<Identifier>>")]
pub struct Identifiers(Vec<Identifier>);

impl From<Option<Vec<Identifier>>> for Identifiers {
    fn from(written: Option<Vec<Identifier>>) -> Self {
        Self(written.unwrap_or_default())
    }
}

impl Identifiers {
    /// Checks a list of identifiers.
    ///
    /// # Errors
    /// Two identifiers share a system, or there are more than 20.
    pub fn parse(identifiers: Vec<Identifier>) -> Result<Self, Invalid> {
        if identifiers.len() > 20 {
            return Err(Invalid("must be at most 20"));
        }
        let systems: BTreeSet<&str> = identifiers.iter().map(Identifier::system).collect();
        if systems.len() < identifiers.len() {
            return Err(Invalid("must not contain the same system twice"));
        }
        Ok(Self(identifiers))
    }

    /// The identifiers in the order given.
    #[must_use]
    pub fn as_slice(&self) -> &[Identifier] {
        &self.0
    }

    /// Leaves out the one at a place, if there is one.
    pub fn remove(&mut self, place: usize) {
        if place < self.0.len() {
            self.0.remove(place);
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The hashes of a person's identifiers, in the order of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<Vec<IdentifierHash>>")]
pub struct IdentifierHashes(Vec<IdentifierHash>);

impl From<Option<Vec<IdentifierHash>>> for IdentifierHashes {
    fn from(written: Option<Vec<IdentifierHash>>) -> Self {
        Self(written.unwrap_or_default())
    }
}

impl FromIterator<IdentifierHash> for IdentifierHashes {
    fn from_iter<T: IntoIterator<Item = IdentifierHash>>(hashes: T) -> Self {
        Self(hashes.into_iter().collect())
    }
}

impl IdentifierHashes {
    /// The hashes.
    #[must_use]
    pub fn as_slice(&self) -> &[IdentifierHash] {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_two_identifiers_of_one_system() {
        let mrn = Identifier::parse("urn:mrn", "A-17").expect("an identifier");
        let other = Identifier::parse("urn:mrn", "A-18").expect("an identifier");
        let insurance = Identifier::parse("urn:insurance", "A-17").expect("an identifier");
        assert!(Identifiers::parse(vec![mrn.clone(), insurance]).is_ok());
        assert_eq!(
            Identifiers::parse(vec![mrn, other]),
            Err(Invalid("must not contain the same system twice"))
        );
    }

    #[test]
    fn a_system_must_be_a_uri_and_a_value_must_not_be_empty() {
        assert!(Identifier::parse("mrn", "A-17").is_err());
        assert!(Identifier::parse("urn:mrn", " ").is_err());
        assert!(Identifier::parse("urn:\u{0}", "A-17").is_err());
        assert!(Identifier::parse("urn:mrn", "A\u{0}17").is_err());
    }

    #[test]
    fn identifiers_that_look_the_same_are_equal() {
        assert_eq!(
            Identifier::parse("urn:clinic:jose\u{301}", "Jose\u{301}-1"),
            Identifier::parse("urn:clinic:jos\u{e9}", "Jos\u{e9}-1")
        );
        assert!(Identifier::parse("urn:m\u{200B}rn", "A-17").is_err());
        assert!(Identifier::parse("urn:mrn", "A\u{200B}-17").is_err());
    }
}
