//! Comparing a new version with the live one, both at the same position, while the live one goes on.

use std::time::Duration;

use log_reader::{Context, Reader};
use read_models::{
    PgPool, checkpoint,
    compare::{self, Comparison, Side},
};

use crate::{
    catalogue::Projection,
    rebuild::{Compared, RebuildError, fan::Fan},
};

/// So many differences are told by key and column; the others are counted.
const MOST_TOLD: usize = 100;
/// The live version is waited for this often, if it is behind the new one.
const MOST_WAITS: usize = 100;
const PAUSE: Duration = Duration::from_millis(100);
/// Somebody can be erased while the two are compared. They are then compared once more, and
/// what differed only once is no difference.
const MOST_LOOKS: usize = 3;

/// Compares. The live rows are read as they stood at one moment, and the new ones are folded up to exactly there.
pub(super) async fn compare(
    journal: &Reader,
    pool: &PgPool,
    fan: &mut Fan,
    projection: &'static Projection,
) -> Result<Compared, RebuildError> {
    let name = projection.name();
    let mut compared = Compared::Not("the live version is behind and does not move");
    let (mut looks, mut earlier) = (0, None::<Comparison>);
    for _ in 0..MOST_WAITS {
        let mut live = pool.begin().await?;
        compare::fix_snapshot(&mut live).await?;
        let position = checkpoint::position(&mut live, name).await?;
        if position < fan.position() {
            drop(live);
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        fan.fold_to(position, &|_| {}).await?;
        let mut built = pool.acquire().await?;
        let expected = compare::summary(&mut built, "building", name).await?;
        let found = if compare::summary(&mut live, "public", name).await? == expected {
            Comparison {
                same: expected.rows,
                ..Comparison::default()
            }
        } else {
            let found = Side {
                connection: &mut live,
                schema: "public",
            };
            let expected = Side {
                connection: &mut built,
                schema: "building",
            };
            compare::compare(found, expected, name, MOST_TOLD).await?
        };
        let found = match earlier.take() {
            Some(earlier) => found.confirmed_by(&earlier),
            None => found,
        };
        let is_equal = found.is_equal();
        earlier = Some(found.clone());
        compared = Compared::At {
            position,
            rows: expected.rows,
            found,
        };
        looks += 1;
        let known = checkpoint::position(&mut live, "cached_patient").await?;
        if is_equal || looks == MOST_LOOKS || journal.status(Context::Patients).await?.last_position == known {
            break;
        }
    }
    Ok(compared)
}
