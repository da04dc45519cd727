//! Turns: the writers of one aggregate in this process take their turns, so that a hot aggregate does not fight itself.
//!
//! A turn is a courtesy and no lock. Other processes do not see it, a wait for one is bounded, and an append that was
//! decided without one is as safe as any: the expected version decides. Who takes several turns at once takes them in
//! one order throughout the program; a deadlock would cost the bound, not more.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{Mutex as Queue, OwnedMutexGuard};

use crate::AggregateId;

type Queues = Mutex<HashMap<AggregateId, Arc<Queue<()>>>>;

/// The turns of all aggregates.
#[derive(Debug, Default)]
pub(crate) struct Turns(Arc<Queues>);

/// A turn at one aggregate. It ends when this is dropped.
#[derive(Debug)]
pub struct Turn {
    aggregate: AggregateId,
    /// Empty only while it is dropped.
    held: Option<OwnedMutexGuard<()>>,
    queues: Arc<Queues>,
}

impl Turns {
    /// Waits for a turn, first come first served. Answers nothing when it has not come in time.
    pub(crate) async fn take(&self, aggregate: &AggregateId, patience: Duration) -> Option<Turn> {
        let queue = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(queues.entry(aggregate.clone()).or_default())
        };
        let held = match Arc::clone(&queue).try_lock_owned() {
            Ok(held) => Some(held),
            Err(_) => tokio::time::timeout(patience, Arc::clone(&queue).lock_owned())
                .await
                .ok(),
        };
        drop(queue);
        let turn = Turn {
            aggregate: aggregate.clone(),
            held,
            queues: Arc::clone(&self.0),
        };
        turn.held.is_some().then_some(turn)
    }
}

impl Drop for Turn {
    /// Lets the next one in, and forgets the queue when there is none.
    fn drop(&mut self) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        self.held = None;
        // Only the map holds it: whoever waits, or is about to, holds it as well.
        if queues
            .get(&self.aggregate)
            .is_some_and(|queue| Arc::strong_count(queue) == 1)
        {
            queues.remove(&self.aggregate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StreamDefinition;

    static ORDERS: StreamDefinition = StreamDefinition {
        name: "ORDERS",
        root: "ordering",
    };
    const LONG: Duration = Duration::from_secs(60);

    fn order(id: &str) -> AggregateId {
        AggregateId::new(&ORDERS, "order", id).expect("a plain id")
    }

    #[tokio::test]
    async fn one_at_a_time_in_the_order_of_asking_and_nothing_is_kept() {
        let turns = Arc::new(Turns::default());
        let first = turns.take(&order("a"), LONG).await.expect("free");
        let (told, mut order_of_turns) = tokio::sync::mpsc::unbounded_channel();
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..5 {
            let (turns, told) = (Arc::clone(&turns), told.clone());
            let waits = {
                let turns = Arc::clone(&turns);
                move || {
                    let queues = turns.0.lock().expect("not poisoned");
                    queues.get(&order("a")).map_or(0, Arc::strong_count)
                }
            };
            let before = waits();
            tasks.spawn(async move {
                let turn = turns.take(&order("a"), LONG).await.expect("in time");
                told.send(number).expect("heard");
                drop(turn);
            });
            while waits() == before {
                tokio::task::yield_now().await;
            }
        }
        drop(first);
        tasks.join_all().await;
        for number in 0..5 {
            assert_eq!(order_of_turns.recv().await, Some(number));
        }
        assert!(turns.0.lock().expect("not poisoned").is_empty());
    }

    #[tokio::test]
    async fn another_aggregate_does_not_wait_and_patience_ends() {
        let turns = Turns::default();
        let held = turns.take(&order("a"), LONG).await.expect("free");
        assert!(turns.take(&order("b"), Duration::ZERO).await.is_some());
        assert!(turns.take(&order("a"), Duration::ZERO).await.is_none());
        drop(held);
        assert!(turns.take(&order("a"), Duration::ZERO).await.is_some());
    }
}
