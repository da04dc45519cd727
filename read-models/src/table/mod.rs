//! A table, declared once: [`table!`](crate::table!) makes of its columns the row, how it is read and written, and what an
//! erasure leaves of it.

mod statement;
mod value;

use sqlx::{AssertSqlSafe, Error, PgConnection, PgPool, Postgres, Row as _, postgres::PgArguments, query::Query};
#[doc(hidden)]
pub use sqlx::{FromRow, postgres::PgRow};
pub use uuid::Uuid;

pub use self::value::{Impersonal, List, Nullable, Value};

/// Declares a table: a struct for its rows, and [`TableRow`] for it.
///
/// Above the struct stand the table's name, its key, and the patients that its rows are about:
///
/// - `about: patient(column)`: a column holds the patient's id. The rows are blanked when the patient is erased.
/// - `about: itself(key)`: a row is a patient. The fold of the erasure blanks it.
/// - `about: nobody`: no row is about a patient.
///
/// A table whose lists leave rows out names them, such as `unlisted: status = "erased"`, and how many rows are listed is
/// then kept beside the table's checkpoint.
///
/// A column whose type cannot hold anything personal ([`Impersonal`]) stands by itself. Any other says what it holds:
///
/// | | the column holds | an erasure leaves |
/// |---|---|---|
/// | `=> impersonal` | nothing about a person | what was there |
/// | `=> personal(null)` | an `Option` | nothing |
/// | `=> personal(empty)` | a list | an empty list |
/// | `=> personal(null field)` | a list whose elements have a personal field, an `Option` | the elements, with nothing in the field |
/// | `=> personal(kept)` | something about a person whom nobody can erase | what was there |
///
/// ```
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
///         /// What it says.
///         pub text: Option<String> => personal(null),
///     }
/// }
/// ```
///
/// A column that may be personal, and does not say whether it is, does not compile:
///
/// ```compile_fail,E0277
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
///         /// What it says.
///         pub text: Option<String>,
///     }
/// }
/// ```
///
/// Nor does one that is personal, and does not say what an erasure leaves of it:
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
///         /// What it says.
///         pub text: Option<String> => personal,
///     }
/// }
/// ```
///
/// Nor one that is to be blanked and cannot be:
///
/// ```compile_fail,E0277
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
///         /// What it says.
///         pub text: String => personal(null),
///     }
/// }
/// ```
///
/// Nor one that is to be blanked in a table that is about nobody:
///
/// ```compile_fail,E0080
/// use read_models::table::Uuid;
///
/// read_models::table! {
///     name: "note", key: [id], about: nobody;
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
#[macro_export]
macro_rules! table {
    (
        name: $name:literal, key: [$key:ident $(, $more:ident)*], about: $about:ident $(($person:ident))?
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
                // What the head names are columns.
                const _: fn(&$row) = |row| {
                    let _ = (&row.$key, $(&row.$more)*);
                    $(let _: $crate::table::Uuid = row.$person;)?
                    $(let _ = &row.$state;)?
                };
                const TABLE: $crate::table::Table = $crate::table::Table {
                    name: $name,
                    key: &[stringify!($key) $(, stringify!($more))*],
                    about: $crate::table!(@about $about $(($person))?),
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
        compile_error!("a column is `impersonal`, or `personal(…)` says what an erasure leaves of it")
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

/// A statement, and what is bound to it.
pub type Statement = Query<'static, Postgres, PgArguments>;

/// A declared table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns of its key.
    pub key: &'static [&'static str],
    /// Which patients its rows are about.
    pub about: About,
    /// Which rows are listed; nothing, if nobody counts them.
    pub listed: Option<ListedRows>,
    /// Its columns.
    pub columns: &'static [Column],
}

impl Table {
    /// The table, if it says whose the rows are that an erasure blanks. Otherwise it does not compile.
    #[must_use]
    pub const fn checked(self) -> Self {
        assert!(
            !self.is_blanked() || !matches!(self.about, About::Nobody),
            "a table with columns that an erasure blanks says which patients its rows are about"
        );
        self
    }

    /// Whether an erasure takes anything out of its rows.
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

/// Which patients the rows of a table are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// None.
    Nobody,
    /// The one whose id is in this column.
    Patient(&'static str),
    /// The one that the row is, by this key. The fold of the erasure blanks the row.
    Itself(&'static str),
}

/// The rows of a table that are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedRows {
    /// The column that tells.
    pub column: &'static str,
    /// The condition on it.
    pub condition: &'static str,
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What an erasure makes of what it holds.
    pub erasure: Erasure,
}

/// What an erasure makes of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// It keeps what it holds.
    Keeps,
    /// Nothing is left.
    Null,
    /// An empty list is left.
    Empty,
    /// The elements of the list are left, with nothing in this field.
    NullInEach(&'static str),
}

impl Erasure {
    /// Of a column whose type cannot hold anything personal.
    #[must_use]
    pub const fn of_impersonal<T: Impersonal>() -> Self {
        Self::Keeps
    }

    /// Of a column that can hold nothing.
    #[must_use]
    pub const fn null<T: Nullable>() -> Self {
        Self::Null
    }

    /// Of a column that holds a list.
    #[must_use]
    pub const fn empty<T: List>() -> Self {
        Self::Empty
    }

    /// Of a column that holds a list whose elements have a field that can hold nothing.
    #[must_use]
    pub const fn null_in_each<T: List, F>(field: &'static str, _: fn(&T::Element) -> &Option<F>) -> Self {
        Self::NullInEach(field)
    }
}

/// Reads a column.
///
/// # Errors
/// It does not hold such a value.
#[doc(hidden)]
pub fn read<T: Value>(row: &PgRow, column: &'static str) -> Result<T, Error> {
    row.try_get(column).map(T::from_read)
}

/// The row with an id.
pub(crate) async fn find<R: TableRow>(pool: &PgPool, id: Uuid) -> Result<Option<R>, Error> {
    sqlx::query_as(AssertSqlSafe(R::TABLE.find()))
        .bind(id)
        .fetch_optional(pool)
        .await
}

/// The rows with these ids. An id without a row is left out.
pub(crate) async fn load<R: TableRow>(transaction: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<R>, Error> {
    sqlx::query_as(AssertSqlSafe(R::TABLE.load()))
        .bind(ids)
        .fetch_all(transaction)
        .await
}

/// Writes rows, new and changed alike. What is personal is left out about patients who have been erased.
pub(crate) async fn write<R: TableRow>(transaction: &mut PgConnection, rows: &[R]) -> Result<(), Error> {
    write_to(R::TABLE, transaction, rows).await
}

/// Writes rows to a table that is made like theirs.
pub(crate) async fn write_to<R: TableRow>(
    table: &Table,
    transaction: &mut PgConnection,
    rows: &[R],
) -> Result<(), Error> {
    run(table.upsert(), transaction, rows).await
}

/// Writes rows of the live table, and keeps how many are listed.
pub(crate) async fn write_live<R: TableRow>(transaction: &mut PgConnection, rows: &[R]) -> Result<(), Error> {
    run(R::TABLE.upsert_and_count(), transaction, rows).await
}

async fn run<R: TableRow>(statement: String, transaction: &mut PgConnection, rows: &[R]) -> Result<(), Error> {
    R::bind(sqlx::query(AssertSqlSafe(statement)), rows)
        .execute(transaction)
        .await
        .map(drop)
}
