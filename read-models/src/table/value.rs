//! Column types: scalars as they are, and lists as JSON.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Decode, Postgres, Type, types::Json};
use uuid::Uuid;

/// The type of a column's value.
pub trait Value: Sized {
    /// The type that is bound to statements.
    type Sent<'a>
    where
        Self: 'a;
    /// The type that is read from rows.
    type Read: for<'r> Decode<'r, Postgres> + Type<Postgres>;

    /// The type that is bound to statements.
    fn sent(&self) -> Self::Sent<'_>;

    /// Converts from the read type.
    fn from_read(read: Self::Read) -> Self;
}

/// A type that cannot hold personal data: ids, instants, numbers and codes.
#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` can hold personal data",
    note = "add `=> impersonal` if it holds none, or state what an erasure leaves of it, such as `=> personal(null)`"
)]
pub trait Impersonal {}

/// A nullable type.
#[diagnostic::on_unimplemented(
    message = "an erasure cannot set a column of type `{Self}` to null: it is not an `Option`"
)]
pub trait Nullable {}

/// A list.
pub trait List {
    /// The type of the elements.
    type Element;
}

macro_rules! scalars {
    ($($scalar:ty),+) => {
        $(impl Value for $scalar {
            type Sent<'a> = &'a Self;
            type Read = Self;

            fn sent(&self) -> &Self {
                self
            }

            fn from_read(read: Self) -> Self {
                read
            }
        })+
    };
}

macro_rules! impersonal {
    ($($scalar:ty),+) => {
        $(impl Impersonal for $scalar {})+
    };
}

scalars!(bool, i16, i32, i64, DateTime<Utc>, NaiveDate, String, Uuid);
impersonal!(bool, i16, i32, i64, DateTime<Utc>, Uuid);

impl<T: Serialize + DeserializeOwned + 'static> Value for Vec<T> {
    type Sent<'a> = Json<&'a Self>;
    type Read = Json<Self>;

    fn sent(&self) -> Json<&Self> {
        Json(self)
    }

    fn from_read(read: Json<Self>) -> Self {
        read.0
    }
}

impl<T> List for Vec<T> {
    type Element = T;
}

impl<T: Value> Value for Option<T> {
    type Sent<'a>
        = Option<T::Sent<'a>>
    where
        T: 'a;
    type Read = Option<T::Read>;

    fn sent(&self) -> Option<T::Sent<'_>> {
        self.as_ref().map(T::sent)
    }

    fn from_read(read: Option<T::Read>) -> Self {
        read.map(T::from_read)
    }
}

impl<T: Impersonal> Impersonal for Option<T> {}

impl<T> Nullable for Option<T> {}
