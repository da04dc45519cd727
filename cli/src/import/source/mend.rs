//! Leaves out optional elements that cannot be read, so that the rest of their resource comes in.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// The limit of elements that are left out of one resource.
const MOST: usize = 20;

/// The resource without those of the `expendable` elements that cannot be read, and their paths: `None` if that does not
/// help.
pub(super) fn mended<R: DeserializeOwned>(
    text: &str,
    expendable: &[&'static str],
) -> Option<(Value, Vec<&'static str>)> {
    let mut resource: Value = serde_json::from_str(text).ok()?;
    let mut left_out = Vec::new();
    while left_out.len() < MOST {
        match serde_path_to_error::deserialize::<_, R>(&resource) {
            Ok(_) if left_out.is_empty() => return None,
            Ok(_) => return Some((resource, left_out)),
            Err(error) => left_out.push(leave_out(&mut resource, error.path(), expendable)?),
        }
    }
    None
}

/// Removes the expendable element on a path, or the element's item on it if the element is a list.
fn leave_out(resource: &mut Value, path: &Path, expendable: &[&'static str]) -> Option<&'static str> {
    let (mut names, mut pointer) = (Vec::new(), String::new());
    let mut segments = path.iter().peekable();
    while let Some(segment) = segments.next() {
        match segment {
            Segment::Map { key } => {
                names.push(key.as_str());
                pointer = format!("{pointer}/{key}");
            }
            Segment::Seq { index } => pointer = format!("{pointer}/{index}"),
            Segment::Enum { .. } | Segment::Unknown => return None,
        }
        let is_list = matches!(segments.peek(), Some(Segment::Seq { .. }));
        let name = names.join(".");
        if let Some(found) = expendable.iter().find(|element| !is_list && **element == name) {
            return remove(resource, &pointer).then_some(*found);
        }
    }
    None
}

/// Removes the value at a JSON pointer. Returns whether there was one.
fn remove(resource: &mut Value, pointer: &str) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return false;
    };
    match resource.pointer_mut(parent) {
        Some(Value::Object(fields)) => fields.remove(last).is_some(),
        Some(Value::Array(items)) => {
            let index = last.parse::<usize>().ok().filter(|index| *index < items.len());
            index.map(|index| items.remove(index)).is_some()
        }
        _ => false,
    }
}
