//! Paging and sorting: `page`, `size` and a repeatable `sort=field,asc|desc`, checked against what a list allows.

use api::Page;
use domain::values::Invalid;
use http_edge::{Problem, problem::types::INVALID_REQUEST};
use read_models::{Direction, Listed, PageRequest};

const DEFAULT_SIZE: u32 = 20;
const LARGEST_SIZE: u32 = 100;
/// Pages beyond this one would make the database count through a million rows and throw them away.
const LAST_PAGE: u32 = 10_000;

/// A field that a list can be sorted by, as clients name it.
pub(crate) type Sortable<K> = (&'static str, K);

/// A page request, and the order in the words of the client.
#[derive(Debug)]
pub(crate) struct Paging<K> {
    pub(crate) request: PageRequest<K>,
    sorted_by: Vec<String>,
}

/// Checks the parameters of a list. Without `sort` it is sorted by the first field it allows, upwards.
///
/// # Errors
/// A parameter is out of range, or the list cannot be sorted by a field.
pub(crate) fn paging<K: Copy>(
    page: Option<u32>,
    size: Option<u32>,
    sort: &[String],
    allowed: &[Sortable<K>],
) -> Result<Paging<K>, Problem> {
    let (page, size) = (page.unwrap_or(0), size.unwrap_or(DEFAULT_SIZE));
    if page > LAST_PAGE {
        return Err(refuse("page", format!("must be from 0 to {LAST_PAGE}")));
    }
    if !(1..=LARGEST_SIZE).contains(&size) {
        return Err(refuse("size", format!("must be from 1 to {LARGEST_SIZE}")));
    }
    let default = allowed.first().map(|(field, _)| (*field).to_owned());
    let wanted = if sort.is_empty() { default.as_slice() } else { sort };
    if wanted.len() > allowed.len() {
        return Err(refuse("sort", format!("must be given at most {} times", allowed.len())));
    }
    let keys = wanted
        .iter()
        .map(|text| sort_key(text, allowed))
        .collect::<Result<Vec<_>, _>>()?;
    let sorted_by = keys.iter().map(|(field, _, direction)| match direction {
        Direction::Ascending => format!("{field},asc"),
        Direction::Descending => format!("{field},desc"),
    });
    Ok(Paging {
        sorted_by: sorted_by.collect(),
        request: PageRequest {
            page,
            size,
            sort: keys.iter().map(|(_, key, direction)| (*key, *direction)).collect(),
        },
    })
}

fn sort_key<K: Copy>(text: &str, allowed: &[Sortable<K>]) -> Result<(&'static str, K, Direction), Problem> {
    let (field, direction) = text.split_once(',').unwrap_or((text, "asc"));
    let direction = match direction {
        "asc" => Direction::Ascending,
        "desc" => Direction::Descending,
        _ => return Err(refuse("sort", "must end in ,asc or ,desc".to_owned())),
    };
    let found = allowed.iter().find(|(name, _)| *name == field);
    found.map(|(name, key)| (*name, *key, direction)).ok_or_else(|| {
        let fields: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
        refuse("sort", format!("must name one of {}", fields.join(", ")))
    })
}

fn refuse(parameter: &str, message: String) -> Problem {
    Problem::new(&INVALID_REQUEST).parameter(parameter, message)
}

/// Reads a parameter that names one of a few codes.
///
/// # Errors
/// It is none of them.
pub(crate) fn one_of<T>(
    parameter: &str,
    given: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, Invalid>,
) -> Result<Option<T>, Problem> {
    let read = given.map(parse).transpose();
    read.map_err(|invalid| refuse(parameter, invalid.0.to_owned()))
}

impl<K> Paging<K> {
    /// The page that answers the request.
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
        let sort: Vec<String> = sort.iter().map(|text| (*text).to_owned()).collect();
        paging(None, None, &sort, ALLOWED).map(|paging| paging.request.sort)
    }

    #[test]
    fn a_list_is_sorted_by_what_it_allows() {
        assert_eq!(sorted(&[]).expect("the default"), [(1, Direction::Ascending)]);
        let both = sorted(&["born,desc", "name"]).expect("allowed");
        assert_eq!(both, [(2, Direction::Descending), (1, Direction::Ascending)]);
        let sort = ["born,desc".to_owned(), "name".to_owned()];
        let paging = paging(None, None, &sort, ALLOWED).expect("allowed");
        assert_eq!(paging.sorted_by, ["born,desc", "name,asc"], "as a client sends it");
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
        let page = |page, size| paging(page, size, &[], ALLOWED);
        assert_eq!(page(None, None).expect("the defaults").request.size, 20);
        assert!(page(Some(10_000), Some(100)).is_ok());
        assert!(page(Some(10_001), None).is_err());
        assert!(page(None, Some(0)).is_err() && page(None, Some(101)).is_err());
    }
}
