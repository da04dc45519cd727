//! The order of names in lists: that of a locale's alphabet, and not of bytes.
//!
//! Queries sort by the key `list_key(…)` under the collation `list_order`, and the indexes behind them are made with both.
//! Where Postgres has ICU, the collation has the locale of the settings, and the key is the text itself. A Postgres without
//! ICU, such as the embedded one, knows no alphabet: there the key is the text in lower case and without accents. The columns
//! keep the database's own collation, so that another locale costs new indexes and no new table.

use platform::process::WrongSetting;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::building::lock_tables;

/// The expression that sorts a column as people do.
macro_rules! as_people_sort {
    ($column:literal) => {
        concat!("public.list_key(", $column, ") COLLATE public.list_order")
    };
}
pub(crate) use as_people_sort;

/// The locale of no language in particular: the only one that needs no ICU.
const ANY_LANGUAGE: &str = "und";

/// The indexes behind lists that are sorted by name: the table and the index. The id makes the order total.
const INDEXES: [(&str, &str); 2] = [("patient", "patient_by_name"), ("practitioner", "practitioner_by_name")];

/// Whether the server has ICU: then this collation is made with the cluster.
macro_rules! has_icu {
    () => {
        "to_regcollation('pg_catalog.\"und-x-icu\"') IS NOT NULL"
    };
}

/// Whether lists are in the order of a locale, and the server still sorts as it did when the indexes were made: another
/// version of ICU can sort otherwise.
const IS_ESTABLISHED: &str = concat!(
    "SELECT EXISTS (SELECT FROM pg_collation
                    WHERE oid = to_regcollation('public.list_order')
                      AND obj_description(oid, 'pg_collation') = $1
                      AND collversion IS NOT DISTINCT FROM pg_collation_actual_version(oid)
                      AND (collprovider = 'i') = (",
    has_icu!(),
    "))"
);

/// What the server can sort by.
#[derive(Clone, Copy, Debug)]
enum Means {
    /// The alphabets of ICU.
    Icu,
    /// Bytes, and a lower case that knows all letters.
    UnicodeCase,
    /// Bytes, and a lower case that may know the letters of English only.
    AsciiCase,
}

/// Sorts lists by a locale: a language tag, which the settings have checked. Does nothing if they are sorted so already.
///
/// # Errors
/// The locale needs ICU and the server has none, or the database cannot be asked.
pub(crate) async fn establish(pool: &PgPool, locale: &str) -> Result<(), sqlx::Error> {
    if is_established(&mut *pool.acquire().await?, locale).await? {
        return Ok(());
    }
    let mut transaction = pool.begin().await?;
    lock_tables(&mut transaction).await?;
    if is_established(&mut transaction, locale).await? {
        return Ok(());
    }
    let means = means(&mut transaction).await?;
    if !matches!(means, Means::Icu) && locale != ANY_LANGUAGE {
        let needed = format!("`postgres.list_locale` must be {ANY_LANGUAGE}: this Postgres was built without ICU");
        return Err(sqlx::Error::Configuration(WrongSetting::new(needed).into()));
    }
    for statement in statements(means, locale) {
        execute(&mut transaction, statement).await?;
    }
    for (table, index) in INDEXES {
        // A version that is being built gets the indexes of the live one.
        for schema in ["public", "previous"] {
            if exists(&mut transaction, schema, table).await? {
                let by = as_people_sort!("name");
                execute(
                    &mut transaction,
                    format!("CREATE INDEX {index} ON {schema}.{table} ({by}, id)"),
                )
                .await?;
            }
        }
    }
    transaction.commit().await?;
    tracing::debug!(locale, ?means, "the indexes of lists have been rebuilt");
    Ok(())
}

/// Drops the order that there was, and makes another one.
fn statements(means: Means, locale: &str) -> Vec<String> {
    let schemas = ["public", "previous", "building"];
    let old = INDEXES
        .iter()
        .flat_map(|(_, index)| schemas.map(|schema| format!("DROP INDEX IF EXISTS {schema}.{index}")));
    let folded =
        |lower: &str| format!("lower(regexp_replace(normalize($1, NFD), '[\\u0300-\\u036f]', '', 'g'){lower})");
    let (collation, key) = match means {
        Means::Icu => (format!("(provider = icu, locale = '{locale}')"), "$1".to_owned()),
        Means::UnicodeCase => (
            r#"FROM pg_catalog."C""#.to_owned(),
            folded(" COLLATE pg_catalog.pg_c_utf8"),
        ),
        Means::AsciiCase => (r#"FROM pg_catalog."C""#.to_owned(), folded("")),
    };
    let new = [
        "DROP COLLATION IF EXISTS public.list_order".to_owned(),
        format!("CREATE COLLATION public.list_order {collation}"),
        format!("COMMENT ON COLLATION public.list_order IS '{locale}'"),
        format!(
            "CREATE OR REPLACE FUNCTION public.list_key(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN {key}"
        ),
    ];
    old.chain(new).collect()
}

async fn means(connection: &mut PgConnection) -> Result<Means, sqlx::Error> {
    let question = concat!(
        "SELECT ",
        has_icu!(),
        ", to_regcollation('pg_catalog.pg_c_utf8') IS NOT NULL"
    );
    let (has_icu, has_unicode_case): (bool, bool) = sqlx::query_as(question).fetch_one(connection).await?;
    Ok(match (has_icu, has_unicode_case) {
        (true, _) => Means::Icu,
        (false, true) => Means::UnicodeCase,
        (false, false) => Means::AsciiCase,
    })
}

async fn is_established(connection: &mut PgConnection, locale: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(IS_ESTABLISHED)
        .bind(locale)
        .fetch_one(connection)
        .await
}

async fn exists(connection: &mut PgConnection, schema: &str, table: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(format!("{schema}.{table}"))
        .fetch_one(connection)
        .await
}

async fn execute(connection: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .map(drop)
}
