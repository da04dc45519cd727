//! Paging and sorting: `page`, `size` and a repeatable `sort=field,asc|desc`, validated against the fields that a list
//! supports.

use api::Page;
use domain::values::Invalid;
use http_edge::{Problem, problem::types::INVALID_REQUEST};
use percent_encoding::percent_decode_str;
use read_models::{Direction, Listed, PageRequest};
use serde::Deserialize;
use utoipa::{
    IntoParams,
    openapi::{
        ArrayBuilder, ObjectBuilder, Required, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

const DEFAULT_SIZE: u32 = 20;
const LARGEST_SIZE: u32 = 100;
/// The highest page number. Beyond it, the database would scan and discard a million rows.
const LAST_PAGE: u32 = 10_000;

/// The API name of a sortable field, and its key.
pub(crate) type Sortable<K> = (&'static str, K);

/// The sortable fields of a list. The default order is by the first field, ascending.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order<K: 'static> {
    by: &'static [Sortable<K>],
    /// The fixed direction of a list that clients cannot sort.
    always: Option<Direction>,
}

/// The requested page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// Page number, from 0.
    page: Option<u32>,
    /// Page size, 1 to 100. Default: 20.
    size: Option<u32>,
    #[serde(default)]
    #[param(ignore)]
    sort: Vec<String>,
}

/// A page request, with the order under its API names.
#[derive(Debug)]
pub(crate) struct Paging<K> {
    pub(crate) request: PageRequest<K>,
    sorted_by: Vec<String>,
}

impl<K> Order<K> {
    /// The order of a list that clients can sort by these fields.
    pub(crate) const fn by(by: &'static [Sortable<K>]) -> Self {
        Self { by, always: None }
    }

    /// The order of a list that is always sorted by one field.
    pub(crate) const fn always(by: &'static [Sortable<K>; 1], direction: Direction) -> Self {
        Self {
            by,
            always: Some(direction),
        }
    }

    /// The OpenAPI parameters for paging and sorting.
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = Part::into_params(|| None);
        if self.always.is_none() {
            let texts = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
            let sort = ParameterBuilder::new()
                .name("sort")
                .parameter_in(ParameterIn::Query)
                .description(Some(self.described()))
                .required(Required::False)
                .schema(Some(texts));
            parameters.push(sort.build());
        }
        parameters
    }

    /// The order of a list if none is asked for, as clients write it.
    pub(crate) fn unasked(&self) -> String {
        let name = self.by.first().map_or("", |(name, _)| *name);
        format!("{name},{}", word(self.always.unwrap_or(Direction::Ascending)))
    }

    /// The names of the parameters that say which part of the list is wanted.
    pub(crate) const fn names(&self) -> &'static [&'static str] {
        match self.always {
            None => &["page", "size", "sort"],
            Some(_) => &["page", "size"],
        }
    }

    fn described(&self) -> String {
        let names: Vec<String> = self.by.iter().map(|(name, _)| format!("`{name}`")).collect();
        match (self.by, names.as_slice()) {
            ([(name, _)], _) => format!("The order: `{name},asc`, which is the default, or `{name},desc`."),
            (_, [before @ .., last]) => format!(
                "The order, repeatable: {} or {last}, then `,asc` or `,desc`.",
                before.join(", ")
            ),
            (_, []) => String::new(),
        }
    }

    /// Splits a query string into the paging parameters and the others.
    pub(crate) fn split(&self, query: &str) -> (String, String) {
        let (part, rest): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| {
            let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
            self.names()
                .contains(&percent_decode_str(name).decode_utf8_lossy().as_ref())
        });
        (part.join("&"), rest.join("&"))
    }
}

impl<K: Copy> Order<K> {
    /// Validates the paging parameters.
    ///
    /// # Errors
    /// A parameter is out of range, or a sort field is unknown.
    pub(crate) fn paging(&self, part: &Part) -> Result<Paging<K>, Problem> {
        let (page, size) = (part.page.unwrap_or(0), part.size.unwrap_or(DEFAULT_SIZE));
        if page > LAST_PAGE {
            return Err(refuse("page", format!("must be from 0 to {LAST_PAGE}")));
        }
        if !(1..=LARGEST_SIZE).contains(&size) {
            return Err(refuse("size", format!("must be from 1 to {LARGEST_SIZE}")));
        }
        if part.sort.len() > self.by.len() {
            return Err(refuse("sort", format!("must be given at most {} times", self.by.len())));
        }
        let wanted = part.sort.iter().map(|text| self.key(text));
        let mut keys = wanted.collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            let direction = self.always.unwrap_or(Direction::Ascending);
            keys.extend(self.by.first().map(|(name, key)| (*name, *key, direction)));
        }
        let sorted_by = keys
            .iter()
            .map(|(field, _, direction)| format!("{field},{}", word(*direction)));
        Ok(Paging {
            sorted_by: sorted_by.collect(),
            request: PageRequest {
                page,
                size,
                sort: keys.iter().map(|(_, key, direction)| (*key, *direction)).collect(),
            },
        })
    }

    fn key(&self, text: &str) -> Result<(&'static str, K, Direction), Problem> {
        let (field, direction) = text.split_once(',').unwrap_or((text, "asc"));
        let direction = match direction {
            "asc" => Direction::Ascending,
            "desc" => Direction::Descending,
            _ => return Err(refuse("sort", "must end in ,asc or ,desc".to_owned())),
        };
        let found = self.by.iter().find(|(name, _)| *name == field);
        found.map(|(name, key)| (*name, *key, direction)).ok_or_else(|| {
            let fields: Vec<&str> = self.by.iter().map(|(name, _)| *name).collect();
            refuse("sort", format!("must name one of {}", fields.join(", ")))
        })
    }
}

const fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "asc",
        Direction::Descending => "desc",
    }
}

fn refuse(parameter: &str, message: String) -> Problem {
    Problem::new(&INVALID_REQUEST).parameter(parameter, message)
}

/// Parses a parameter that is one of a few codes.
///
/// # Errors
/// The code is unknown.
pub(crate) fn one_of<T>(
    parameter: &str,
    given: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, Invalid>,
) -> Result<Option<T>, Problem> {
    let read = given.map(parse).transpose();
    read.map_err(|invalid| refuse(parameter, invalid.0.to_owned()))
}

impl<K> Paging<K> {
    /// Builds the response page.
    pub(crate) fn answer<R, T>(self, listed: Listed<R>, show: impl Fn(R) -> T) -> Page<T> {
        let content = listed.rows.into_iter().map(show).collect();
        Page::new(
            content,
            self.request.page,
            self.request.size,
            listed.total,
            self.sorted_by,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: &[Sortable<u8>] = &[("name", 1), ("born", 2)];

    fn sorted(sort: &[&str]) -> Result<Vec<(u8, Direction)>, Problem> {
        paging(None, None, sort).map(|paging| paging.request.sort)
    }

    fn paging(page: Option<u32>, size: Option<u32>, sort: &[&str]) -> Result<Paging<u8>, Problem> {
        let sort = sort.iter().map(|text| (*text).to_owned()).collect();
        Order::by(ALLOWED).paging(&Part { page, size, sort })
    }

    #[test]
    fn a_list_is_sorted_by_what_it_allows() {
        assert_eq!(sorted(&[]).expect("the default"), [(1, Direction::Ascending)]);
        let both = sorted(&["born,desc", "name"]).expect("allowed");
        assert_eq!(both, [(2, Direction::Descending), (1, Direction::Ascending)]);
        let both = paging(None, None, &["born,desc", "name"]).expect("allowed");
        assert_eq!(both.sorted_by, ["born,desc", "name,asc"], "as a client sends it");
        for refused in [
            &["shoe"][..],
            &["name,sideways"],
            &["name", "born", "name"],
            &["name;drop table"],
        ] {
            assert!(sorted(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn page_and_size_are_bounded() {
        let page = |page, size| paging(page, size, &[]);
        assert_eq!(page(None, None).expect("the defaults").request.size, 20);
        assert!(page(Some(10_000), Some(100)).is_ok());
        assert!(page(Some(10_001), None).is_err());
        assert!(page(None, Some(0)).is_err() && page(None, Some(101)).is_err());
    }

    #[test]
    fn a_query_is_split_into_the_part_and_the_rest() {
        let order = Order::by(ALLOWED);
        let split = |query: &str| order.split(query);
        assert_eq!(
            split("status=draft&page=1&sort=born&sort=name&s%69ze=2"),
            (
                "page=1&sort=born&sort=name&s%69ze=2".to_owned(),
                "status=draft".to_owned()
            )
        );
        assert_eq!(split(""), (String::new(), String::new()));
        let always = Order::always(&[("name", 1)], Direction::Descending);
        assert_eq!(
            always.split("sort=name&page=1"),
            ("page=1".to_owned(), "sort=name".to_owned())
        );
        let paging = always.paging(&Part::default()).expect("allowed");
        assert_eq!(paging.sorted_by, ["name,desc"]);
    }

    #[test]
    fn the_order_is_described_by_the_fields_that_a_list_can_be_sorted_by() {
        assert_eq!(
            Order::by(ALLOWED).described(),
            "The order, repeatable: `name` or `born`, then `,asc` or `,desc`."
        );
        assert_eq!(
            Order::by(&[("version", ())]).described(),
            "The order: `version,asc`, which is the default, or `version,desc`."
        );
    }
}
