//! Sealing: personal fields are readable only as long as the data subject's key exists.

use std::sync::Arc;

use bytes::Bytes;
use embedded::testing::eventually;
use event_store::{
    AggregateId, AppendError, EventStore, KeyError, LoadError, LocalMasterKey, MasterKeys, NewEvent, PersonalData,
    RecordedEvent, Rewrapped, Sealing, Write,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    ORDERS, Place, SOON, add, assert_whole, everything, fill, following, load, metadata, new_event, order, write,
};

fn master(digit: char) -> Arc<LocalMasterKey> {
    Arc::new(LocalMasterKey::from_hex(&digit.to_string().repeat(64)).expect("a key"))
}

fn sealing(current: char, previous: &[char]) -> Option<Sealing> {
    Some(Sealing {
        master_keys: MasterKeys::new(
            master(current),
            previous.iter().map(|digit| master(*digit) as _).collect(),
        ),
        cached_keys: 100,
    })
}

/// A place whose store seals under master key 1.
async fn sealing_place() -> Place {
    let mut place = Place::shared().await;
    place.options.sealing = sealing('1', &[]);
    place
}

fn with_keys(place: &Place, sealing: Option<Sealing>) -> Place {
    let mut place = place.clone();
    place.options.sealing = sealing;
    place
}

fn body() -> Value {
    json!({ "name": "Ada Lovelace", "address": { "city": "London", "country": "GB" }, "total": 3 })
}

fn personal(data_subject: &str) -> NewEvent {
    NewEvent {
        data: Bytes::from(body().to_string()),
        personal: Some(PersonalData {
            data_subject: data_subject.to_owned(),
            fields: &["/name", "/address/city", "/phone"],
        }),
        ..new_event()
    }
}

fn first_write(aggregate: &AggregateId, data_subject: &str) -> Write {
    Write {
        events: vec![personal(data_subject)],
        ..write(aggregate, 0, 0)
    }
}

async fn opened(store: &EventStore, events: &[RecordedEvent]) -> Vec<Value> {
    let bodies = store.open(events).await.expect("opened");
    bodies
        .iter()
        .map(|body| serde_json::from_slice(body).expect("JSON"))
        .collect()
}

fn erased() -> Value {
    json!({ "name": null, "address": { "city": null, "country": "GB" }, "total": 3 })
}

/// All messages of one of the place's streams, as stored.
async fn stored_bytes(place: &Place, stream: &str) -> Vec<Vec<u8>> {
    let name = format!("{}_{stream}", place.options.namespace);
    let stream = place.jetstream().await.get_stream(name).await.expect("a stream");
    let info = stream.get_info().await.expect("info");
    let mut stored = Vec::new();
    for sequence in info.state.first_sequence..=info.state.last_sequence {
        if let Ok(message) = stream.get_raw_message(sequence).await {
            stored.push(message.payload.to_vec());
        }
    }
    stored
}

#[tokio::test]
async fn personal_fields_are_published_sealed_and_opened_when_read() {
    let place = sealing_place().await;
    let store = place.store().await;
    add(&store, vec![first_write(&order("a"), "ada")])
        .await
        .expect("stored");
    let stored = stored_bytes(&place, "ORDERS").await;
    let text = String::from_utf8_lossy(&stored[0]);
    assert!(!text.contains("Ada") && !text.contains("London"), "{text}");
    assert!(text.contains("GB") && text.contains("\"total\":3"), "{text}");
    let events = load(&store, &order("a")).await;
    assert_eq!(opened(&store, &events).await, [body()]);
    let elsewhere = place.store().await;
    assert_eq!(opened(&elsewhere, &everything(&elsewhere).await).await, [body()]);
}

#[tokio::test]
async fn a_state_is_folded_from_opened_bodies() {
    let store = sealing_place().await.store().await;
    add(&store, vec![first_write(&order("a"), "ada")])
        .await
        .expect("stored");
    let fold = |state: &mut String, _: &RecordedEvent, body: &[u8]| {
        *state = String::from_utf8_lossy(body).into_owned();
        Ok(())
    };
    let loaded = store.load_state(&order("a"), &fold).await.expect("loaded");
    assert!(loaded.state().contains("Ada Lovelace"));
}

#[tokio::test]
async fn a_destroyed_key_erases_everywhere_and_the_chain_stays_whole() {
    let place = sealing_place().await;
    let (here, elsewhere) = (place.store().await, place.store().await);
    add(
        &here,
        vec![first_write(&order("a"), "ada"), first_write(&order("b"), "bob")],
    )
    .await
    .expect("stored");
    let events = everything(&elsewhere).await;
    assert_eq!(
        opened(&elsewhere, &events).await,
        [body(), body()],
        "it holds both keys now"
    );

    here.destroy_key("ada").await.expect("destroyed");
    here.destroy_key("ada").await.expect("destroyed again");
    assert_eq!(opened(&here, &events).await, [erased(), body()]);
    eventually("the other store has heard of it", SOON, async || {
        opened(&elsewhere, &events).await == [erased(), body()]
    })
    .await;
    let afresh = place.store().await;
    assert_eq!(opened(&afresh, &everything(&afresh).await).await, [erased(), body()]);

    assert_whole(&afresh).await;
    let known = load(&here, &order("a")).await;
    let more = Write {
        events: vec![personal("ada")],
        ..following(&order("a"), &known, 0)
    };
    assert_eq!(add(&here, vec![more]).await, Err(AppendError::DataSubjectErased));
    add(&here, vec![following(&order("a"), &known, 1)])
        .await
        .expect("nothing personal in it");
}

#[tokio::test]
async fn a_destroyed_key_is_overwritten_also_by_a_second_try() {
    let place = sealing_place().await;
    let store = place.store().await;
    add(&store, vec![first_write(&order("a"), "ada")])
        .await
        .expect("stored");
    // The first try wrote the mark and then stopped.
    let jetstream = place.jetstream().await;
    let mark = r#"{"state":"destroyed"}"#;
    let marked = jetstream.publish(place.subject("keys.ada"), mark.into()).await;
    marked.expect("sent").await.expect("stored");
    assert_eq!(stored_bytes(&place, "KEYS").await.len(), 2);
    store.destroy_key("ada").await.expect("destroyed");
    let left = stored_bytes(&place, "KEYS").await;
    assert_eq!(left, [mark.as_bytes()]);
}

#[tokio::test]
async fn concurrent_destructions_of_one_key_all_succeed() {
    let place = sealing_place().await;
    let stores = join_all((0..4).map(|_| place.store())).await;
    add(&stores[0], vec![first_write(&order("a"), "ada")])
        .await
        .expect("stored");
    let jetstream = place.jetstream().await;
    for old in stored_bytes(&place, "KEYS").await.iter().cycle().take(30) {
        let copy = jetstream.publish(place.subject("keys.ada"), old.clone().into()).await;
        copy.expect("sent").await.expect("stored");
    }

    let destroyed = join_all(stores.iter().map(|store| store.destroy_key("ada"))).await;

    assert!(destroyed.iter().all(Result::is_ok), "{destroyed:?}");
    assert_eq!(stored_bytes(&place, "KEYS").await, [br#"{"state":"destroyed"}"#]);
}

#[tokio::test]
async fn an_unknown_person_can_be_erased_in_advance() {
    let store = sealing_place().await.store().await;
    store.destroy_key("ada").await.expect("destroyed");
    let refused = add(&store, vec![first_write(&order("a"), "ada")]).await;
    assert_eq!(refused, Err(AppendError::DataSubjectErased));
}

#[tokio::test]
async fn concurrent_first_writes_about_one_person_agree_on_one_key() {
    let place = sealing_place().await;
    let stores = join_all((0..4).map(|_| place.store())).await;
    let appends = (0..40).map(|number| {
        let store = &stores[number % 4];
        async move { add(store, vec![first_write(&order(format!("o{number}")), "ada")]).await }
    });
    for answer in join_all(appends).await {
        answer.expect("stored");
    }
    let census = stores[0].key_census().await.expect("counted");
    assert_eq!(census.wrapped_by.values().sum::<u64>(), 1);
    let afresh = place.store().await;
    let bodies = opened(&afresh, &everything(&afresh).await).await;
    assert!(bodies.iter().all(|found| *found == body()), "{bodies:?}");
}

#[tokio::test]
async fn keys_created_in_advance_seal_without_another_key_write() {
    let place = sealing_place().await;
    let store = place.store().await;
    let people: Vec<String> = (0..3).map(|number| format!("person-{number}")).collect();
    store.make_keys(&people).await.expect("made");
    let made = stored_bytes(&place, "KEYS").await;
    assert_eq!(made.len(), 3);
    let elsewhere = place.store().await;
    for (store, person) in [(&store, &people[0]), (&store, &people[0]), (&elsewhere, &people[1])] {
        let aggregate = order(new_event().id.to_string());
        let _ = add(store, vec![first_write(&aggregate, person)]).await.expect("stored");
        for reader in [store, &elsewhere] {
            let events = load(reader, &aggregate).await;
            assert_eq!(opened(reader, &events).await, [body()]);
        }
    }
    assert_eq!(stored_bytes(&place, "KEYS").await, made);
    store.destroy_key(&people[2]).await.expect("destroyed");
    let refused = add(&elsewhere, vec![first_write(&order("c"), &people[2])]).await;
    assert_eq!(refused, Err(AppendError::DataSubjectErased));
}

#[tokio::test]
async fn creating_keys_in_advance_gives_nobody_a_second_key() {
    let place = sealing_place().await;
    let store = place.store().await;
    let _ = add(&store, vec![first_write(&order("a"), "ada")])
        .await
        .expect("stored");
    let before = stored_bytes(&place, "KEYS").await;
    let refused = store.make_keys(&["bob".to_owned(), "ada".to_owned()]).await;
    assert_eq!(refused, Err(AppendError::Conflict));
    let refused = store.make_keys(&["bob".to_owned(), "two tokens.here".to_owned()]).await;
    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
    let after = stored_bytes(&place, "KEYS").await;
    assert_eq!(after[..before.len()], before);
    assert!(after.len() <= before.len() + 1, "bob may have one now");
    store.make_keys(&[]).await.expect("nothing to make");
    let events = load(&store, &order("a")).await;
    assert_eq!(opened(&store, &events).await, [body()]);
}

#[tokio::test]
async fn rewrapping_changes_no_event_and_retires_the_old_master_key() {
    let place = sealing_place().await;
    let before = place.store().await;
    let people = ["ada", "bob", "cyd"];
    for person in people {
        add(&before, vec![first_write(&order(person), person)])
            .await
            .expect("stored");
    }
    before.destroy_key("cyd").await.expect("destroyed");
    let events = stored_bytes(&place, "ORDERS").await;

    let both = with_keys(&place, sealing('2', &['1'])).store().await;
    let mut heard = Vec::new();
    let outcome = both.rewrap_keys(|done, total| heard.push((done, total))).await;
    let expected = Rewrapped {
        rewrapped: 2,
        current: 0,
        destroyed: 1,
    };
    assert_eq!(outcome, Ok(expected));
    assert_eq!(heard.last(), Some(&(3, 3)));
    assert_eq!(stored_bytes(&place, "ORDERS").await, events);
    assert_eq!(
        stored_bytes(&place, "KEYS").await.len(),
        3,
        "nothing is left of the old wrapping"
    );
    let again = both.rewrap_keys(|_, _| {}).await.expect("nothing to do");
    assert_eq!((again.rewrapped, again.current, again.destroyed), (0, 2, 1));

    let new_only = with_keys(&place, sealing('2', &[])).store().await;
    assert_eq!(
        opened(&new_only, &everything(&new_only).await).await,
        [body(), body(), erased()]
    );
    let old_only = place.store().await;
    let refused = old_only.open(&everything(&old_only).await).await;
    assert!(
        matches!(refused, Err(LoadError::Sealed(KeyError::UnknownMasterKey(_)))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_lost_key_is_an_error_and_not_an_erasure() {
    let place = sealing_place().await;
    let store = place.store().await;
    add(&store, vec![first_write(&order("a"), "ada")])
        .await
        .expect("stored");
    let keys = format!("{}_KEYS", place.options.namespace);
    place.jetstream().await.delete_stream(keys).await.expect("deleted");
    let afresh = place.store().await;
    let refused = afresh.open(&everything(&afresh).await).await;
    assert_eq!(refused, Err(LoadError::Sealed(KeyError::Missing("ada".to_owned()))));
}

#[tokio::test]
async fn without_a_master_key_no_personal_data_is_written_or_read() {
    let place = sealing_place().await;
    let store = place.store().await;
    add(&store, vec![first_write(&order("a"), "ada")])
        .await
        .expect("stored");
    let blind = with_keys(&place, None).store().await;
    let written = add(&blind, vec![first_write(&order("b"), "ada")]).await;
    assert!(matches!(written, Err(AppendError::Refused(_))), "{written:?}");
    let events = everything(&blind).await;
    assert_eq!(
        blind.open(&events).await,
        Err(LoadError::Sealed(KeyError::NotConfigured))
    );
    assert_eq!(blind.status(&ORDERS).await.expect("a status").last_position, 1);
}

#[tokio::test]
async fn a_sealed_field_moved_to_another_event_does_not_open() {
    let place = sealing_place().await;
    let store = place.store().await;
    let writes = vec![first_write(&order("a"), "ada"), first_write(&order("b"), "ada")];
    add(&store, writes).await.expect("stored");
    let events = everything(&store).await;
    let forged = RecordedEvent {
        data: events[1].data.clone(),
        ..events[0].clone()
    };
    let error = store.open(&[forged]).await.expect_err("a fault").to_string();
    assert!(error.starts_with("stream ORDERS, sequence 1, order/a: "), "{error}");
    assert!(!error.contains("Ada"), "{error}");
}

#[tokio::test]
async fn cached_states_are_dropped_with_the_key() {
    let place = sealing_place().await;
    let (here, elsewhere) = (place.store().await, place.store().await);
    add(&here, vec![first_write(&order("a"), "ada")]).await.expect("stored");
    let fold = |state: &mut String, _: &RecordedEvent, body: &[u8]| {
        *state = String::from_utf8_lossy(body).into_owned();
        Ok(())
    };
    let name_is_known = async |store: &EventStore| {
        let loaded = store.load_state(&order("a"), &fold).await;
        loaded.expect("loaded").state().contains("Ada")
    };
    let _ = load(&elsewhere, &order("a")).await;
    assert!(name_is_known(&elsewhere).await);
    here.destroy_key("ada").await.expect("destroyed");
    eventually("the other store has forgotten", SOON, async || {
        !name_is_known(&elsewhere).await
    })
    .await;
}

/// A decision that is in progress when a key is destroyed must not bring back what it saw.
#[tokio::test]
async fn a_decision_during_the_destruction_of_a_key_does_not_bring_erased_data_back() {
    let store = sealing_place().await.store().await;
    let id = order("a");
    add(&store, vec![first_write(&id, "ada")]).await.expect("stored");
    let fold = |state: &mut String, event: &RecordedEvent, body: &[u8]| {
        if event.version == 1 {
            *state = String::from_utf8_lossy(body).into_owned();
        }
        Ok(())
    };
    let decide = || {
        let id = id.clone();
        store.decide(&ORDERS, move |view| {
            let loaded = view.state(&id, &fold)?;
            view.append(&id, loaded.shared_state(), vec![new_event()], &metadata())?;
            Ok(Ok::<bool, ()>(loaded.state().contains("Ada")))
        })
    };
    let (destroyed, decided) = tokio::join!(store.destroy_key("ada"), join_all((0..50).map(|_| decide())));
    destroyed.expect("destroyed");
    assert!(decided.iter().all(Result::is_ok), "{decided:?}");

    let after = decide().await.expect("stored");
    assert_eq!(after.outcome, Ok(false), "the name is gone");
    let loaded = store.load_state(&id, &fold).await.expect("loaded");
    assert!(!loaded.state().contains("Ada"));
}

#[tokio::test]
async fn neither_headers_nor_index_hold_personal_data() {
    let mut place = sealing_place().await;
    let folder = tempfile::tempdir().expect("a folder");
    place.options.index = Some(event_store::IndexStorage::Folder(folder.path().to_owned()));
    let store = place.store().await;
    add(&store, vec![first_write(&order("a"), "ada")])
        .await
        .expect("stored");
    fill(&store, &order("b"), 3).await;
    let message = place.message(1).await;
    let headers = format!("{:?}", message.headers);
    assert!(!headers.contains("Ada") && !headers.contains("ada"), "{headers}");
    eventually("the index is written", SOON, async || {
        let file = folder.path().join(format!("{}.redb", place.stream_name()));
        let bytes = std::fs::read(file).expect("a file");
        assert!(!bytes.windows(3).any(|window| window == b"Ada"));
        // What the models hold is in the file.
        bytes.windows(12).any(|window| window == b"order.placed")
    })
    .await;
}
