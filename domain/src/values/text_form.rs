//! A macro for value types that serialise as their text.

/// Serialises a type as what it displays, and reads it by its `parse`.
macro_rules! text_form {
    ($name:ident) => {
        text_form!([] $name);
    };
    ([$($generics:tt)*] $name:ty) => {
        impl<$($generics)*> From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }

        impl<$($generics)*> TryFrom<String> for $name {
            type Error = $crate::values::Invalid;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }
    };
}

pub(crate) use text_form;
