//! Table declarations: [`table!`](crate::table!) derives from a table's columns the row, its reads and writes, and the
//! effect of an erasure.

mod statement;
mod value;

use sqlx::{AssertSqlSafe, Error, PgConnection, Postgres, Row as _, postgres::PgArguments, query::Query};
#[doc(hidden)]
pub use sqlx::{FromRow, postgres::PgRow};
pub use uuid::Uuid;

pub use self::value::{Impersonal, List, Nullable, Value};

/// Declares a table: a struct for its rows, and [`TableRow`] for it.
///
/// The head names the table, its key, and the patients that its rows are about:
///
/// - `about: patient(column)`: the column holds the patient's id. An erasure of the patient blanks the rows.
/// - `about: itself(key)`: a row is a patient. The fold of the erasure event blanks it.
/// - `about: nobody`: no row is about a patient.
///
/// It also names the owners of its rows, which decide the rows that a [`Scope`](crate::Scope) includes. A
/// scope without an owner in the list includes none of its rows:
///
/// - `patient(column)`: the patient with this id.
/// - `practitioner(column)`: the practitioner with this id.
/// - `carers(column)`: the practitioners who have the patient with this id in their care.
/// - `everybody`: any caller.
///
/// A table whose lists omit rows names them, such as `unlisted: status = "erased"`. The count of the listed rows is
/// then stored with the table's checkpoint.
///
/// A column whose type cannot hold personal data ([`Impersonal`]) needs no annotation. Any other column states what it
/// holds:
///
/// | | the column holds | an erasure leaves |
/// |---|---|---|
/// | `=> impersonal` | no personal data | the value |
/// | `=> personal(null)` | an `Option` | `None` |
/// | `=> personal(empty)` | a list | an empty list |
/// | `=> personal(null field)` | a list whose elements have a personal `Option` field | the elements, without the field |
/// | `=> personal(kept)` | data about a person who cannot be erased | the value |
///
/// ```
/// use read_models::table::Uuid;
///
/// read_models::table! {
///     name: "note", key: [id], about: patient(patient_id), owners: [patient(patient_id)];
///     /// A note about a patient.
///     pub struct NoteRow {
///         /// The note's id.
///         pub id: Uuid,
///         /// Who it is about.
///         pub patient_id: Uuid,
///         /// What it says.
///         pub text: Option<String> => personal(null),
///     }
/// }
/// ```
///
/// A column that can hold personal data and has no annotation does not compile:
///
/// ```compile_fail,E0277
/// use read_models::table::Uuid;
///
/// read_models::table! {
///     name: "note", key: [id], about: patient(patient_id), owners: [patient(patient_id)];
///     /// A note about a patient.
///     pub struct NoteRow {
///         /// The note's id.
///         pub id: Uuid,
///         /// Who it is about.
///         pub patient_id: Uuid,
///         /// What it says.
///         pub text: Option<String>,
///     }
/// }
/// ```
///
/// Neither does a personal column that does not state what an erasure leaves:
///
/// ```compile_fail
/// use read_models::table::Uuid;
///
/// read_models::table! {
///     name: "note", key: [id], about: patient(patient_id), owners: [patient(patient_id)];
///     /// A note about a patient.
///     pub struct NoteRow {
///         /// The note's id.
///         pub id: Uuid,
///         /// Who it is about.
///         pub patient_id: Uuid,
///         /// What it says.
///         pub text: Option<String> => personal,
///     }
/// }
/// ```
///
/// Neither does a column whose type cannot be blanked as annotated:
///
/// ```compile_fail,E0277
/// use read_models::table::Uuid;
///
/// read_models::table! {
///     name: "note", key: [id], about: patient(patient_id), owners: [patient(patient_id)];
///     /// A note about a patient.
///     pub struct NoteRow {
///         /// The note's id.
///         pub id: Uuid,
///         /// Who it is about.
///         pub patient_id: Uuid,
///         /// What it says.
///         pub text: String => personal(null),
///     }
/// }
/// ```
///
/// Neither does a blanked column in a table that is about nobody:
///
/// ```compile_fail,E0080
/// use read_models::table::Uuid;
///
/// read_models::table! {
///     name: "note", key: [id], about: nobody, owners: [];
///     /// A note about a patient.
///     pub struct NoteRow {
///         /// The note's id.
///         pub id: Uuid,
///         /// Who it is about.
///         pub patient_id: Uuid,
///         /// What it says.
///         pub text: Option<String> => personal(null),
///     }
/// }
/// ```
///
/// Neither does a table that does not name the owners of its rows:
///
/// ```compile_fail
/// use read_models::table::Uuid;
///
/// read_models::table! {
///     name: "note", key: [id], about: patient(patient_id);
///     /// A note about a patient.
///     pub struct NoteRow {
///         /// The note's id.
///         pub id: Uuid,
///         /// Who it is about.
///         pub patient_id: Uuid,
///     }
/// }
/// ```
#[macro_export]
macro_rules! table {
    (
        name: $name:literal, key: [$key:ident $(, $more:ident)*], about: $about:ident $(($person:ident))?,
        owners: [$($owner:ident $(($owned:ident))?),*]
        $(, unlisted: $state:ident = $unlisted:literal)?;
        $(#[$meta:meta])*
        pub struct $row:ident {
            $($(#[$doc:meta])* pub $column:ident: $type:ty $(=> $holds:ident $(($($blank:ident)+))?)?,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $row {
            $($(#[$doc])* pub $column: $type,)+
        }

        impl $crate::table::TableRow for $row {
            const TABLE: &'static $crate::table::Table = {
                // Checks that the names in the head are columns.
                const _: fn(&$row) = |row| {
                    let _ = (&row.$key, $(&row.$more)*);
                    $(let _: $crate::table::Uuid = row.$person;)?
                    $($(let _: $crate::table::Uuid = row.$owned;)?)*
                    $(let _ = &row.$state;)?
                };
                const TABLE: $crate::table::Table = $crate::table::Table {
                    name: $name,
                    key: &[stringify!($key) $(, stringify!($more))*],
                    about: $crate::table!(@about $about $(($person))?),
                    owners: &[$($crate::table!(@owner $owner $(($owned))?)),*],
                    listed: $crate::table!(@listed $($state = $unlisted)?),
                    columns: &[$($crate::table::Column {
                        name: stringify!($column),
                        erasure: $crate::table!(@erasure $type $(=> $holds $(($($blank)+))?)?),
                    }),+],
                }
                .checked();
                &TABLE
            };

            fn id(&self) -> $crate::table::Uuid {
                self.$key
            }

            fn bind(statement: $crate::table::Statement, rows: &[Self]) -> $crate::table::Statement {
                statement$(.bind(rows.iter().map(|row| $crate::table::Value::sent(&row.$column)).collect::<Vec<_>>()))+
            }
        }

        impl<'r> $crate::table::FromRow<'r, $crate::table::PgRow> for $row {
            fn from_row(row: &'r $crate::table::PgRow) -> Result<Self, $crate::Error> {
                Ok(Self {
                    $($column: $crate::table::read(row, stringify!($column))?,)+
                })
            }
        }
    };
    (@about nobody) => {
        $crate::table::About::Nobody
    };
    (@about patient($column:ident)) => {
        $crate::table::About::Patient(stringify!($column))
    };
    (@about itself($key:ident)) => {
        $crate::table::About::Itself(stringify!($key))
    };
    (@owner everybody) => {
        $crate::table::Owner::Everybody
    };
    (@owner patient($column:ident)) => {
        $crate::table::Owner::Patient(stringify!($column))
    };
    (@owner practitioner($column:ident)) => {
        $crate::table::Owner::Practitioner(stringify!($column))
    };
    (@owner carers($column:ident)) => {
        $crate::table::Owner::Carers(stringify!($column))
    };
    (@erasure $type:ty) => {
        $crate::table::Erasure::of_impersonal::<$type>()
    };
    (@erasure $type:ty => impersonal) => {
        $crate::table::Erasure::Keeps
    };
    (@erasure $type:ty => personal(kept)) => {
        $crate::table::Erasure::Keeps
    };
    (@erasure $type:ty => personal(null)) => {
        $crate::table::Erasure::null::<$type>()
    };
    (@erasure $type:ty => personal(empty)) => {
        $crate::table::Erasure::empty::<$type>()
    };
    (@erasure $type:ty => personal(null $field:ident)) => {
        $crate::table::Erasure::null_in_each::<$type, _>(stringify!($field), |element| &element.$field)
    };
    (@erasure $type:ty => $($said:tt)+) => {
        compile_error!("a column is either `impersonal` or `personal(…)`, which states what an erasure leaves of it")
    };
    (@listed) => {
        None
    };
    (@listed $column:ident = $value:literal) => {
        Some($crate::table::ListedRows {
            column: stringify!($column),
            condition: concat!(stringify!($column), " <> '", $value, "'"),
        })
    };
}

/// Rows of a declared table.
pub trait TableRow: for<'r> FromRow<'r, PgRow> + Clone + Send + Sync + Unpin + 'static {
    /// The table.
    const TABLE: &'static Table;

    /// The first column of the row's key.
    fn id(&self) -> Uuid;

    /// Binds rows to a statement that writes them.
    fn bind(statement: Statement, rows: &[Self]) -> Statement;
}

/// A statement with its bound arguments.
pub type Statement = Query<'static, Postgres, PgArguments>;

/// A declared table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name.
    pub name: &'static str,
    /// The key columns.
    pub key: &'static [&'static str],
    /// The patients that its rows are about.
    pub about: About,
    /// The owners of its rows. Scopes without an owner here include none of its rows.
    pub owners: &'static [Owner],
    /// The listed rows. `None` if their count is not stored.
    pub listed: Option<ListedRows>,
    /// The columns.
    pub columns: &'static [Column],
}

impl Table {
    /// Checks at compile time that a table with blanked columns names the patients that its rows are about.
    #[must_use]
    pub const fn checked(self) -> Self {
        assert!(
            !self.is_blanked() || !matches!(self.about, About::Nobody),
            "a table with blanked columns must name the patients that its rows are about"
        );
        self
    }

    /// Whether an erasure blanks any of its columns.
    #[must_use]
    pub const fn is_blanked(&self) -> bool {
        let mut columns = self.columns;
        while let [column, rest @ ..] = columns {
            if !matches!(column.erasure, Erasure::Keeps) {
                return true;
            }
            columns = rest;
        }
        false
    }
}

/// The patients that the rows of a table are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The rows are not about patients.
    Nobody,
    /// The patient whose id is in this column.
    Patient(&'static str),
    /// The row itself is a patient, with this key. The fold of the erasure event blanks it.
    Itself(&'static str),
}

/// Whose scope includes a row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Any caller's.
    Everybody,
    /// That of the patient whose id is in this column.
    Patient(&'static str),
    /// That of the practitioner whose id is in this column.
    Practitioner(&'static str),
    /// Those of the practitioners who have the patient whose id is in this column in their care.
    Carers(&'static str),
}

/// The rows of a table that are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedRows {
    /// The column of the condition.
    pub column: &'static str,
    /// The SQL condition.
    pub condition: &'static str,
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name.
    pub name: &'static str,
    /// The effect of an erasure.
    pub erasure: Erasure,
}

/// The effect of an erasure on a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// The value stays.
    Keeps,
    /// The value becomes null.
    Null,
    /// The value becomes an empty list.
    Empty,
    /// This field becomes null in each element of the list.
    NullInEach(&'static str),
}

impl Erasure {
    /// The effect on a column whose type cannot hold personal data.
    #[must_use]
    pub const fn of_impersonal<T: Impersonal>() -> Self {
        Self::Keeps
    }

    /// The effect on a nullable column.
    #[must_use]
    pub const fn null<T: Nullable>() -> Self {
        Self::Null
    }

    /// The effect on a list column.
    #[must_use]
    pub const fn empty<T: List>() -> Self {
        Self::Empty
    }

    /// The effect on a list column whose elements have a nullable field.
    #[must_use]
    pub const fn null_in_each<T: List, F>(field: &'static str, _: fn(&T::Element) -> &Option<F>) -> Self {
        Self::NullInEach(field)
    }
}

/// Reads a column.
///
/// # Errors
/// The column holds another type.
#[doc(hidden)]
pub fn read<T: Value>(row: &PgRow, column: &'static str) -> Result<T, Error> {
    row.try_get(column).map(T::from_read)
}

/// Loads the rows with these ids. Ids without a row are omitted.
pub(crate) async fn load<R: TableRow>(transaction: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<R>, Error> {
    sqlx::query_as(AssertSqlSafe(R::TABLE.load()))
        .bind(ids)
        .fetch_all(transaction)
        .await
}

/// Upserts rows. Personal data of erased patients is omitted.
pub(crate) async fn write<R: TableRow>(transaction: &mut PgConnection, rows: &[R]) -> Result<(), Error> {
    write_to(R::TABLE, transaction, rows).await
}

/// Upserts rows into a table with the same columns.
pub(crate) async fn write_to<R: TableRow>(
    table: &Table,
    transaction: &mut PgConnection,
    rows: &[R],
) -> Result<(), Error> {
    run(table.upsert(), transaction, rows).await
}

/// Upserts rows of the live table, and updates the count of listed rows.
pub(crate) async fn write_live<R: TableRow>(transaction: &mut PgConnection, rows: &[R]) -> Result<(), Error> {
    run(R::TABLE.upsert_and_count(), transaction, rows).await
}

async fn run<R: TableRow>(statement: String, transaction: &mut PgConnection, rows: &[R]) -> Result<(), Error> {
    R::bind(sqlx::query(AssertSqlSafe(statement)), rows)
        .execute(transaction)
        .await
        .map(drop)
}
