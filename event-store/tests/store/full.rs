//! A stream at its limit: it reports that, keeps what it has, and continues when the limit is raised.

use event_store::{AppendError, Write};

use crate::support::{
    Place, add, append_all, append_of, assert_answers_hold, count, event_of, load, order, versions, write,
};

/// A place with a limit on the size of its streams.
async fn limited(max_bytes: u64) -> Place {
    let mut place = Place::shared().await;
    place.options.streams.max_bytes = Some(max_bytes);
    place
}

fn large(id: &str, bytes: usize) -> Write {
    Write {
        events: vec![event_of(bytes)],
        ..write(&order(id), 0, 1)
    }
}

#[tokio::test]
async fn a_full_stream_rejects_appends_keeps_its_events_and_continues_after_its_limit_is_raised() {
    let mut place = limited(10_000).await;
    let store = place.store().await;
    let mut stored = 0;
    let refusal = loop {
        match add(&store, vec![write(&order(format!("n{stored}")), 0, 1)]).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refusal, AppendError::Full(_)), "{refusal}");
    assert!(refusal.to_string().contains("maximum bytes exceeded"), "{refusal}");
    let both = vec![write(&order("x"), 0, 1), write(&order("y"), 0, 1)];
    let refused = add(&store, both.clone()).await;
    assert!(matches!(refused, Err(AppendError::Full(_))), "{refused:?}");

    assert_eq!(count(&store).await, stored);
    // A version that exists is a conflict, whether or not the stream is full.
    let again = add(&store, vec![write(&order("n0"), 0, 1)]).await;
    assert_eq!(again, Err(AppendError::Conflict));

    place.options.streams.max_bytes = Some(20_000);
    let raised = place.store().await;
    add(&store, both).await.unwrap();
    assert_eq!(versions(&load(&raised, &order("x")).await), [1]);
    assert_eq!(count(&raised).await, stored + 2);
}

#[tokio::test]
async fn an_append_without_room_does_not_fail_its_neighbours() {
    for singles in [3, 40] {
        let store = limited(200_000).await.store().await;
        let mut appends: Vec<_> = (0..singles)
            .map(|n| append_of(vec![write(&order(format!("n{n}")), 0, 1)]))
            .collect();
        appends.insert(1, append_of(vec![large("large", 300_000)]));

        let answers = append_all(&store, &appends).await;

        for (number, answer) in answers.iter().enumerate() {
            match answer {
                Ok(_) => assert_ne!(number, 1),
                Err(error) => assert!(
                    number == 1 && matches!(error, AppendError::Full(_)),
                    "{number}: {error}"
                ),
            }
        }
        assert_answers_hold(&store, &appends, &answers).await;
    }
}
