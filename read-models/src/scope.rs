//! The scope of a query: the records that its caller may see. [`Rows`] is the only way of a query to the tables, and the
//! scope's condition comes before all others.

use std::fmt::Display;

use sqlx::{Decode, Encode, Error, FromRow, PgPool, Postgres, QueryBuilder, Type, postgres::PgRow};
use uuid::Uuid;

use crate::{
    care_relation,
    table::{Owner, Table, TableRow},
};

/// The records that a caller may see. The declaration of each table says which of its rows are in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All records.
    All,
    /// The records of a patient.
    Patient(Uuid),
    /// The records of a practitioner, and the patients in their care.
    Practitioner(Uuid),
}

impl Scope {
    /// The projections that decide which rows are in the scope, apart from the tables of the rows.
    #[must_use]
    pub const fn projections(self) -> &'static [&'static str] {
        match self {
            Self::All | Self::Patient(_) => &[],
            Self::Practitioner(_) => &care_relation::TABLES,
        }
    }

    /// Whether this owner's rows are in the scope.
    const fn is_own(self, owner: Owner) -> bool {
        match (self, owner) {
            (Self::All, _)
            | (_, Owner::Everybody)
            | (Self::Patient(_), Owner::Patient(_))
            | (Self::Practitioner(_), Owner::Practitioner(_) | Owner::Carers(_)) => true,
            (Self::Patient(_), Owner::Practitioner(_) | Owner::Carers(_))
            | (Self::Practitioner(_), Owner::Patient(_)) => false,
        }
    }

    /// Appends the condition for the rows of a table in the scope.
    fn push(self, sql: &mut QueryBuilder<Postgres>, source: &Source) {
        let (Self::Patient(caller) | Self::Practitioner(caller)) = self else {
            sql.push("TRUE");
            return;
        };
        let own: Vec<Owner> = source
            .table
            .owners
            .iter()
            .copied()
            .filter(|owner| self.is_own(*owner))
            .collect();
        if own.is_empty() {
            sql.push("FALSE");
            return;
        }
        let mut any = sql.push("(").separated(" OR ");
        for owner in own {
            match owner {
                Owner::Everybody => any.push("TRUE"),
                Owner::Patient(column) | Owner::Practitioner(column) => any
                    .push(source.column(column))
                    .push_unseparated(" = ")
                    .push_bind_unseparated(caller),
                Owner::Carers(column) => {
                    any.push(source.column(column)).push_unseparated(" IN (");
                    care_relation::push_patients_of(&mut any, caller);
                    any.push_unseparated(")")
                }
            };
        }
        any.push_unseparated(")");
    }
}

/// The source of a query's rows: a table under an alias, and the joins that complete its rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    pub(crate) table: &'static Table,
    pub(crate) alias: &'static str,
    pub(crate) joins: &'static str,
}

impl Source {
    /// A table alone, under its own name.
    pub(crate) const fn of(table: &'static Table) -> Self {
        Self {
            table,
            alias: table.name,
            joins: "",
        }
    }

    /// The same rows without the joins.
    pub(crate) const fn without_joins(self) -> Self {
        Self { joins: "", ..self }
    }

    fn column(&self, name: &str) -> String {
        format!("{}.{name}", self.alias)
    }
}

/// The read models in a scope.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    pool: &'a PgPool,
    scope: Scope,
}

impl<'a> Rows<'a> {
    /// The rows that are in the scope.
    #[must_use]
    pub const fn new(pool: &'a PgPool, scope: Scope) -> Self {
        Self { pool, scope }
    }

    pub(crate) const fn scope(self) -> Scope {
        self.scope
    }

    /// Begins a statement with this text.
    pub(crate) fn begin(self, text: &str) -> ScopedQuery<'a> {
        ScopedQuery {
            rows: self,
            sql: QueryBuilder::new(text),
        }
    }

    /// Begins a statement that selects columns of the rows in the scope. Further conditions can follow, each after `AND`.
    pub(crate) fn select(self, columns: &str, source: &Source) -> ScopedQuery<'a> {
        let mut query = self.begin("SELECT ");
        query.push(columns).push_from(source);
        query
    }

    /// Finds the row with an id.
    pub(crate) async fn find<R: TableRow>(self, id: Uuid) -> Result<Option<R>, Error> {
        self.find_in(&Source::of(R::TABLE), "*", id).await
    }

    /// Finds the row with an id, and selects these columns.
    pub(crate) async fn find_in<R>(self, source: &Source, columns: &str, id: Uuid) -> Result<Option<R>, Error>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let mut query = self.select(columns, source);
        query.push(" AND ").push(source.column(source.table.key[0])).push(" = ");
        query.push_bind(id);
        query.optional().await
    }

    /// Whether the scope includes the row of a table with this id.
    ///
    /// # Errors
    /// The database cannot be queried.
    pub async fn include(self, table: &'static Table, id: Uuid) -> Result<bool, Error> {
        let found: Option<(bool,)> = self.find_in(&Source::of(table), "TRUE", id).await?;
        Ok(found.is_some())
    }
}

/// A statement on the rows in a scope.
pub(crate) struct ScopedQuery<'a> {
    rows: Rows<'a>,
    sql: QueryBuilder<Postgres>,
}

impl ScopedQuery<'_> {
    pub(crate) fn push(&mut self, sql: impl Display) -> &mut Self {
        self.sql.push(sql);
        self
    }

    pub(crate) fn push_bind<'t, T: Encode<'t, Postgres> + Type<Postgres>>(&mut self, value: T) -> &mut Self {
        self.sql.push_bind(value);
        self
    }

    /// Appends `FROM` the source, and `WHERE` the rows are in the scope.
    pub(crate) fn push_from(&mut self, source: &Source) -> &mut Self {
        let Source { table, alias, joins } = source;
        self.sql.push(format!(" FROM {} AS {alias} {joins} WHERE ", table.name));
        self.rows.scope.push(&mut self.sql, source);
        self
    }

    /// Appends further conditions, each after `AND`.
    pub(crate) fn push_filter(&mut self, filter: impl FnOnce(&mut QueryBuilder<Postgres>)) -> &mut Self {
        filter(&mut self.sql);
        self
    }

    pub(crate) async fn all<R: for<'r> FromRow<'r, PgRow> + Send + Unpin>(mut self) -> Result<Vec<R>, Error> {
        self.sql.build_query_as().fetch_all(self.rows.pool).await
    }

    pub(crate) async fn optional<R: for<'r> FromRow<'r, PgRow> + Send + Unpin>(mut self) -> Result<Option<R>, Error> {
        self.sql.build_query_as().fetch_optional(self.rows.pool).await
    }

    pub(crate) async fn scalar<T>(mut self) -> Result<T, Error>
    where
        T: for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
    {
        self.sql.build_query_scalar().fetch_one(self.rows.pool).await
    }
}
