//! A macro for value types with a fixed list of published codes.

/// Declares an enum of codes with its parser and its serialised form.
macro_rules! codes {
    (
        $(#[$meta:meta])*
        $name:ident {
            $(#[$first_meta:meta])* $first:ident = $first_code:literal;
            $($(#[$variant_meta:meta])* $variant:ident = $code:literal;)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(#[$first_meta])* #[serde(rename = $first_code)] $first,
            $($(#[$variant_meta])* #[serde(rename = $code)] $variant,)*
        }

        impl $name {
            /// All codes.
            pub const ALL: &'static [Self] = &[Self::$first $(, Self::$variant)*];

            /// Reads a code.
            ///
            /// # Errors
            /// The code is unknown.
            pub fn parse(code: &str) -> Result<Self, $crate::values::Invalid> {
                match code {
                    $first_code => Ok(Self::$first),
                    $($code => Ok(Self::$variant),)*
                    _ => Err($crate::values::Invalid(concat!("must be one of ", $first_code $(, ", ", $code)*))),
                }
            }

            /// The code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    Self::$first => $first_code,
                    $(Self::$variant => $code,)*
                }
            }
        }
    };
}

pub(crate) use codes;
