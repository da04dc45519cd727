//! A partial change of one optional field.

/// A partial change of one optional field: keep, clear or set it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// The request omits the field: the value stays.
    #[default]
    Keep,
    /// The request sets the field to `null`: the value is removed.
    Clear,
    /// The new value.
    Set(T),
}

impl<T: Clone> Change<T> {
    /// Returns the field's value after the change.
    pub fn apply_to(&self, present: &Option<T>) -> Option<T> {
        match self {
            Self::Keep => present.clone(),
            Self::Clear => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

impl<T> From<Option<Option<T>>> for Change<T> {
    fn from(named: Option<Option<T>>) -> Self {
        match named {
            None => Self::Keep,
            Some(None) => Self::Clear,
            Some(Some(value)) => Self::Set(value),
        }
    }
}
