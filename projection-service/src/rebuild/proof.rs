//! Compares a new version with the live one at the same position, while the live one continues.

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

/// The maximum number of differences that are listed; all are counted.
const MOST_TOLD: usize = 100;
/// The maximum number of waits for a live version that is behind the new one.
const MOST_WAITS: usize = 100;
const PAUSE: Duration = Duration::from_millis(100);
/// The maximum number of comparisons. An erasure can happen during a comparison. Then the comparison is repeated, and a
/// difference that occurs only once does not count.
const MOST_LOOKS: usize = 3;

/// Compares the versions. It reads a snapshot of the live rows, and folds the new ones up to exactly that position.
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
