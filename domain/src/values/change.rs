//! What a partial change says of one optional field.

/// What a partial change says of one optional field: leave it, clear it, or set it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// The field was not named: it stays as it is.
    #[default]
    Keep,
    /// The field was explicitly `null`: it has no value from now on.
    Clear,
    /// The field's new value.
    Set(T),
}

impl<T: Clone> Change<T> {
    /// The field's value after the change.
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
