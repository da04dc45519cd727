//! Verifies the rows of the projections against the log: it folds each stream from scratch into temporary tables, up to
//! the position of the live rows, and compares the two by key and column.

use std::collections::BTreeMap;

use log_reader::{Context, FollowedEvent, Reader};
use read_models::{
    PgConnection, PgPool, checkpoint,
    compare::{self, Comparison, Side},
    scratch,
};
use settings::Settings;

use super::{Tell, VerifyError};
use crate::{
    batch::Batch,
    catalogue::Projection,
    fold::recorded,
    projector::Aggregates,
    writer::{Place, Writer},
};

/// The maximum number of differences that are listed; all are counted.
const MOST_TOLD: usize = 100;
/// The maximum number of comparisons. An erasure can happen while the log is folded. Then the comparison is repeated,
/// and a difference that occurs only once does not count.
const MOST_LOOKS: usize = 3;

/// The result of verifying a projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedProjection {
    /// The projection.
    pub projection: &'static str,
    /// The position of the comparison.
    pub position: u64,
    /// The result of the comparison.
    pub comparison: Comparison,
}

/// Verifies the rows of projections.
///
/// # Errors
/// The log or the database is unavailable.
pub async fn verify_rows(
    journal: &Reader,
    pool: &PgPool,
    settings: &Settings,
    projections: &[&'static Projection],
    tell: Tell<'_>,
) -> Result<Vec<VerifiedProjection>, VerifyError> {
    let mut left: Vec<&'static Projection> = projections.to_vec();
    let mut verified = Vec::with_capacity(left.len());
    let mut earlier: Vec<VerifiedProjection> = Vec::new();
    for look in 1..=MOST_LOOKS {
        let (mut found, has_settled) = look_at(journal, pool, settings, &left, tell).await?;
        for one in &mut found {
            if let Some(before) = earlier.iter().find(|before| before.projection == one.projection) {
                one.comparison = std::mem::take(&mut one.comparison).confirmed_by(&before.comparison);
            }
        }
        let is_last = has_settled || look == MOST_LOOKS;
        let told: Vec<VerifiedProjection>;
        (told, earlier) = found.into_iter().partition(|one| is_last || one.comparison.is_equal());
        verified.extend(told);
        left.retain(|projection| earlier.iter().any(|one| one.projection == projection.name()));
        if left.is_empty() {
            break;
        }
    }
    let place = |one: &VerifiedProjection| projections.iter().position(|known| known.name() == one.projection);
    verified.sort_by_key(place);
    Ok(verified)
}

/// Folds and compares. Also returns whether the comparison is conclusive: no erasure happened meanwhile that the rows
/// do not reflect yet.
async fn look_at(
    journal: &Reader,
    pool: &PgPool,
    settings: &Settings,
    projections: &[&'static Projection],
    tell: Tell<'_>,
) -> Result<(Vec<VerifiedProjection>, bool), VerifyError> {
    let names: Vec<&'static str> = projections.iter().map(|projection| projection.name()).collect();
    let scratch = scratch::open(pool, &settings.postgres, &names).await?;
    let mut live = pool.begin().await?;
    compare::fix_snapshot(&mut live).await?;
    let erasures_known = checkpoint::position(&mut live, "cached_patient").await?;
    let mut of_streams: BTreeMap<Context, Vec<(&'static Projection, u64)>> = BTreeMap::new();
    for projection in projections {
        let position = checkpoint::position(&mut live, projection.name()).await?;
        let members = of_streams.entry(projection.context()).or_default();
        members.push((projection, position));
    }
    let mut verified = Vec::with_capacity(projections.len());
    for (context, members) in of_streams {
        fold(journal, &scratch, settings, context, &members, tell).await?;
        for (projection, position) in members {
            let mut folded = scratch.acquire().await?;
            verified.push(VerifiedProjection {
                projection: projection.name(),
                position,
                comparison: compare_with(&mut live, &mut folded, projection.name()).await?,
            });
        }
    }
    scratch.close().await;
    let end = journal.status(Context::Patients).await?.last_position;
    Ok((verified, end == erasures_known))
}

async fn compare_with(
    live: &mut PgConnection,
    folded: &mut PgConnection,
    table: &str,
) -> Result<Comparison, VerifyError> {
    let expected = compare::summary(folded, "pg_temp", table).await?;
    if compare::summary(live, "public", table).await? == expected {
        return Ok(Comparison {
            same: expected.rows,
            ..Comparison::default()
        });
    }
    let found = Side {
        connection: live,
        schema: "public",
    };
    let expected = Side {
        connection: folded,
        schema: "pg_temp",
    };
    Ok(compare::compare(found, expected, table, MOST_TOLD).await?)
}

/// Folds a stream from its first event, each projection up to the position of its live rows.
async fn fold(
    journal: &Reader,
    scratch: &PgPool,
    settings: &Settings,
    context: Context,
    members: &[(&'static Projection, u64)],
    tell: Tell<'_>,
) -> Result<(), VerifyError> {
    let settings = &settings.projections;
    let mut writers: Vec<(Writer, u64)> = Vec::with_capacity(members.len());
    for (projection, until) in members {
        let most_parked = settings.max_parked_events;
        let writer = Writer::open(scratch.clone(), projection, Place::Scratch, 0, most_parked).await?;
        writers.push((writer, *until));
    }
    let end = members.iter().map(|(_, until)| *until).max().unwrap_or(0);
    let last = journal.status(context).await?.last_position;
    if last < end {
        return Err(VerifyError::Stopped(format!(
            "{context} ends at {last}, before position {end} that the live rows were folded to: it is not the stream that \
             they were folded from, or it has lost events"
        )));
    }
    let types = Aggregates::types(members.iter().map(|(projection, _)| projection.aggregates()));
    let mut follower = journal
        .follow(context, 0)
        .of_types(&types)
        .with_batch_bytes(settings.batch_bytes);
    let mut position = 0;
    while position < end {
        let batch = Batch::fetch(journal, &mut follower, settings.batch_events).await?;
        position = batch.to;
        for (writer, until) in &mut writers {
            let to = position.min(*until);
            if to > writer.position() {
                let within = batch.concerning.iter().filter(|event| recorded(event).position <= to);
                let within: Vec<&FollowedEvent> = within.collect();
                writer.apply(&within, to).await?;
            }
        }
        tell(context.name(), position.min(end), end);
    }
    Ok(())
}
