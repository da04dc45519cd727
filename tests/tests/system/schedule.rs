//! Rescheduling never makes appointments overlap, nobody is booked during time off, and overbooking is always
//! deliberate.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, future::join_all};
use journal::Context;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic, fresh_settings};

/// A clinic with one practitioner and two patients.
struct Schedule {
    clinic: Clinic,
    practitioner: String,
    john: String,
    jane: String,
}

async fn schedule(time_zone: &str) -> Schedule {
    let clinic = Clinic::open().await;
    let practitioner = clinic.practitioner("Dr Ada Ruiz", time_zone).await;
    let john = clinic.patient("John Doe").await;
    let jane = clinic.patient("Jane Doe").await;
    for known in [&practitioner, &jane] {
        clinic.shows(known.header("location"), known, &[]).await;
    }
    Schedule {
        practitioner: practitioner.id(),
        john: john.id(),
        jane: jane.id(),
        clinic,
    }
}

impl Schedule {
    async fn book(&self, patient: &str, start: &str, end: &str) -> Answer {
        self.clinic.book(patient, &self.practitioner, start, end).await
    }

    async fn overbook(&self, patient: &str, start: &str, end: &str, reason: &str) -> Answer {
        let body = json!({"patientId": patient, "practitionerId": self.practitioner, "startTime": start,
                          "endTime": end, "overbooking": {"reason": reason}});
        self.clinic.post("/api/appointments", body).await
    }

    async fn tell_practitioner(&self, what: &str, body: Value) -> Answer {
        let path = format!("/api/practitioners/{}/{what}", self.practitioner);
        match what {
            "availability" => self.clinic.put(&path, body).await,
            _ => self.clinic.post(&path, body).await,
        }
    }
}

fn moved(start: &str, end: &str) -> Value {
    json!({"startTime": start, "endTime": end})
}

#[tokio::test]
async fn an_appointment_cannot_move_to_an_occupied_time() {
    let it = schedule("UTC").await;
    let first = it
        .book(&it.john, "2027-01-11T09:00:00Z", "2027-01-11T09:30:00Z")
        .await
        .expect(201);
    let second = it
        .book(&it.jane, "2027-01-11T10:00:00Z", "2027-01-11T10:30:00Z")
        .await
        .expect(201);
    let before = it.clinic.stream(Context::Scheduling).await;
    let refused = it
        .clinic
        .put(
            second.header("location"),
            moved("2027-01-11T09:15:00Z", "2027-01-11T09:45:00Z"),
        )
        .await;
    refused.expect_problem(409, "appointment-overlap");
    assert_eq!(
        it.clinic.stream(Context::Scheduling).await,
        before,
        "nothing was stored"
    );
    // An appointment does not conflict with itself.
    let to = moved("2027-01-11T09:10:00Z", "2027-01-11T09:40:00Z");
    let _ = it.clinic.put(first.header("location"), to).await.expect(200);
    // The old time is free, and the new one is not.
    let _ = it
        .book(&it.jane, "2027-01-11T08:40:00Z", "2027-01-11T09:10:00Z")
        .await
        .expect(201);
    it.book(&it.jane, "2027-01-11T09:30:00Z", "2027-01-11T10:00:00Z")
        .await
        .expect_problem(409, "appointment-overlap");
}

#[tokio::test]
async fn the_patients_other_appointments_count_too() {
    let it = schedule("UTC").await;
    let other = it.clinic.practitioner("Dr Bob Roe", "UTC").await.id();
    let _ = it
        .book(&it.john, "2027-01-11T09:00:00Z", "2027-01-11T09:30:00Z")
        .await
        .expect(201);
    let second = it
        .clinic
        .book(&it.john, &other, "2027-01-11T10:00:00Z", "2027-01-11T10:30:00Z")
        .await
        .expect(201);
    let to = moved("2027-01-11T09:00:00Z", "2027-01-11T09:30:00Z");
    let refused = it.clinic.put(second.header("location"), to).await;
    refused.expect_problem(409, "appointment-overlap");
    let detail = refused.body["detail"].as_str().expect("a detail");
    assert!(detail.starts_with("for the patient"), "{detail}");
}

#[tokio::test]
async fn an_appointment_across_midnight_reserves_and_releases_both_days() {
    let it = schedule("UTC").await;
    let night = it
        .book(&it.john, "2027-01-11T23:30:00Z", "2027-01-12T00:30:00Z")
        .await
        .expect(201);
    let to = moved("2027-01-12T23:45:00Z", "2027-01-13T00:15:00Z");
    let _ = it.clinic.put(night.header("location"), to).await.expect(200);
    for (start, end) in [
        ("2027-01-11T23:30:00Z", "2027-01-12T00:30:00Z"),
        ("2027-01-12T23:15:00Z", "2027-01-12T23:45:00Z"),
    ] {
        let _ = it.book(&it.jane, start, end).await.expect(201);
    }
    for (start, end) in [
        ("2027-01-12T23:30:00Z", "2027-01-13T00:00:00Z"),
        ("2027-01-13T00:00:00Z", "2027-01-13T00:30:00Z"),
    ] {
        it.book(&it.jane, start, end)
            .await
            .expect_problem(409, "appointment-overlap");
    }
    let _ = it.clinic.delete(night.header("location")).await.expect(200);
    let _ = it
        .book(&it.jane, "2027-01-12T23:45:00Z", "2027-01-13T00:15:00Z")
        .await
        .expect(201);
}

#[tokio::test]
async fn an_appointment_moves_across_clock_changes() {
    let it = schedule("America/New_York").await;
    let hours = json!({"slotMinutes": 30, "effectiveFrom": "2027-01-01", "offGrid": true,
                       "weekly": [{"day": "sunday", "from": "01:00", "to": "04:00"}]});
    let _ = it.tell_practitioner("availability", hours).await.expect(200);
    // On 14 March 2027 at 07:00Z clocks in New York go from 02:00 to 03:00, so 01:00 to 04:00 lasts two hours.
    let booked = it
        .book(&it.john, "2027-03-14T06:30:00Z", "2027-03-14T07:30:00Z")
        .await
        .expect(201);
    it.book(&it.jane, "2027-03-14T07:30:00Z", "2027-03-14T08:30:00Z")
        .await
        .expect_problem(409, "practitioner-unavailable");
    // On 7 November 2027 they show 01:00 to 02:00 twice, which are two hours.
    let to = moved("2027-11-07T05:00:00Z", "2027-11-07T05:30:00Z");
    let _ = it.clinic.put(booked.header("location"), to).await.expect(200);
    let _ = it
        .book(&it.jane, "2027-11-07T06:00:00Z", "2027-11-07T06:30:00Z")
        .await
        .expect(201);
    it.book(&it.jane, "2027-11-07T05:15:00Z", "2027-11-07T05:45:00Z")
        .await
        .expect_problem(409, "appointment-overlap");
    let _ = it
        .book(&it.jane, "2027-03-14T06:30:00Z", "2027-03-14T07:30:00Z")
        .await
        .expect(201);
    let events = it.clinic.events(Context::Scheduling).await.into_iter();
    let local: Vec<Value> = events
        .filter(|event| event.event_type == "appointment.rescheduled")
        .map(|event| serde_json::from_slice::<Value>(&event.data).expect("JSON")["localStart"].clone())
        .collect();
    assert_eq!(local, ["2027-11-07T01:00:00"]);
}

#[tokio::test]
async fn a_practitioner_cannot_be_booked_during_time_off() {
    let it = schedule("UTC").await;
    let early = it
        .book(&it.john, "2027-01-11T09:00:00Z", "2027-01-11T09:30:00Z")
        .await
        .expect(201);
    let away = moved("2027-01-11T00:00:00Z", "2027-01-12T00:00:00Z");
    let added = it.tell_practitioner("time-off", away).await.expect(201);
    it.book(&it.jane, "2027-01-11T10:00:00Z", "2027-01-11T10:30:00Z")
        .await
        .expect_problem(409, "practitioner-unavailable");
    // Existing bookings stay, accept changes of notes, and can move out of the time off, but not within it.
    let path = early.header("location");
    let same = json!({"startTime": "2027-01-11T09:00:00Z", "endTime": "2027-01-11T09:30:00Z", "notes": "Call first"});
    let _ = it.clinic.put(path, same).await.expect(200);
    let within = moved("2027-01-11T11:00:00Z", "2027-01-11T11:30:00Z");
    it.clinic
        .put(path, within)
        .await
        .expect_problem(409, "practitioner-unavailable");
    let out = moved("2027-01-12T00:00:00Z", "2027-01-12T00:30:00Z");
    let _ = it.clinic.put(path, out).await.expect(200);
    let _ = it.clinic.delete(added.header("location")).await.expect(200);
    let _ = it
        .book(&it.jane, "2027-01-11T10:00:00Z", "2027-01-11T10:30:00Z")
        .await
        .expect(201);
}

#[tokio::test]
async fn overbooking_needs_a_reason_and_blocks_other_bookings() {
    let it = schedule("UTC").await;
    let (start, end) = ("2027-01-11T09:00:00Z", "2027-01-11T09:30:00Z");
    let _ = it.book(&it.john, start, end).await.expect(201);
    let beside = it.overbook(&it.jane, start, end, "Chest pain").await.expect(201);
    assert_eq!(beside.body["overbooking"], json!({"reason": "Chest pain"}));
    it.clinic.shows(beside.header("location"), &beside, &[]).await;
    let jack = it.clinic.patient("Jack Doe").await.id();
    it.book(&jack, start, end)
        .await
        .expect_problem(409, "appointment-overlap");
    // At a free time it is an ordinary appointment; moved back beside the other one, it is overbooked again.
    let path = beside.header("location");
    let to = moved("2027-01-11T10:00:00Z", "2027-01-11T10:30:00Z");
    let ordinary = it.clinic.put(path, to).await.expect(200);
    assert_eq!(ordinary.body["overbooking"], Value::Null);
    it.clinic
        .put(path, moved(start, end))
        .await
        .expect_problem(409, "appointment-overlap");
    let again = json!({"startTime": start, "endTime": end, "overbooking": {"reason": "It is worse"}});
    let back = it.clinic.put(path, again).await.expect(200);
    assert_eq!(back.body["overbooking"], json!({"reason": "It is worse"}));
    for reason in ["It is much worse", "It is worse"] {
        let again = json!({"startTime": start, "endTime": end, "overbooking": {"reason": reason}});
        let marked = it.clinic.put(path, again).await.expect(200);
        assert_eq!(marked.body["overbooking"], json!({"reason": reason}));
    }

    // Missed and reopened, it is overbooked again.
    it.clinic.clock.set(system_tests::instant("2027-01-11T10:00:00Z"));
    let _ = it.clinic.post_nothing(&format!("{path}/no-show")).await.expect(200);
    let reopened = it.clinic.post_nothing(&format!("{path}/reopening")).await.expect(200);
    it.clinic.shows(path, &reopened, &[]).await;
    assert_eq!(reopened.body["overbooking"], json!({"reason": "It is worse"}));
}

#[tokio::test]
async fn overbooking_can_exceed_the_practitioners_hours() {
    let it = schedule("UTC").await;
    let never = json!({"slotMinutes": 30, "effectiveFrom": "2027-01-01", "weekly": []});
    let _ = it.tell_practitioner("availability", never).await.expect(200);
    let (start, end) = ("2027-01-11T09:00:00Z", "2027-01-11T09:30:00Z");
    it.book(&it.john, start, end)
        .await
        .expect_problem(409, "practitioner-unavailable");
    let _ = it.overbook(&it.john, start, end, "An emergency").await.expect(201);
}

#[tokio::test]
async fn only_privileged_callers_overbook_and_reopen() {
    let mut settings = fresh_settings().await;
    settings.commands.anonymous_roles = vec!["front-desk".to_owned()];
    let clinic = Clinic::open_with(settings).await;
    let it = Schedule {
        practitioner: clinic.practitioner("Dr Ada Ruiz", "UTC").await.id(),
        john: clinic.patient("John Doe").await.id(),
        jane: clinic.patient("Jane Doe").await.id(),
        clinic,
    };
    let (start, end) = ("2027-01-11T09:00:00Z", "2027-01-11T09:30:00Z");
    let booked = it.book(&it.john, start, end).await.expect(201);
    let before = it.clinic.stream(Context::Scheduling).await;
    it.overbook(&it.jane, start, end, "Chest pain")
        .await
        .expect_problem(403, "not-privileged");
    let path = booked.header("location");
    let to = json!({"startTime": "2027-01-11T10:00:00Z", "endTime": "2027-01-11T10:30:00Z",
                    "overbooking": {"reason": "Chest pain"}});
    it.clinic.put(path, to).await.expect_problem(403, "not-privileged");
    it.clinic
        .post_nothing(&format!("{path}/reopening"))
        .await
        .expect_problem(403, "not-privileged");
    assert_eq!(it.clinic.stream(Context::Scheduling).await, before);
}

#[tokio::test]
async fn an_unknown_role_is_refused_at_startup() {
    let mut settings = fresh_settings().await;
    settings.commands.anonymous_roles = vec!["janitor".to_owned()];
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let shutdown = platform::Shutdown::new();
    let refused = anamnesis::Stack::start(&settings, platform::Clock::system(), listener, &shutdown)
        .await
        .expect_err("no such role")
        .to_string();
    assert!(refused.contains("commands.anonymous_roles"), "{refused}");
    assert!(!refused.contains("janitor"), "{refused}");
    shutdown.trigger();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_concurrent_bookings_fill_twenty_slots() {
    let clinic = Clinic::open().await;
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "UTC").await.id();
    let clinic = &clinic;
    let patients =
        join_all((0..200).map(|number| async move { clinic.patient(&format!("Patient {number}")).await.id() })).await;
    // Ten slots on each of two days; the last one of the first day crosses midnight.
    let slot = |number: usize| {
        let first = if number < 10 {
            "2027-01-11T19:00:00Z"
        } else {
            "2027-01-12T00:30:00Z"
        };
        let half_hour = chrono::TimeDelta::minutes(30);
        let start = system_tests::instant(first) + half_hour * i32::try_from(number % 10).expect("small");
        let start = if number == 9 {
            system_tests::instant("2027-01-11T23:45:00Z")
        } else {
            start
        };
        (start.to_rfc3339(), (start + half_hour).to_rfc3339())
    };
    let wanted = patients.iter().enumerate().map(|(number, patient)| {
        let practitioner = &practitioner;
        async move {
            let (start, end) = slot(number % 20);
            let mut answer = clinic.book(patient, practitioner, &start, &end).await;
            // A contended booking is retried, as the response advises.
            for _ in 0..100 {
                if answer.status != 503 {
                    break;
                }
                answer = clinic.book(patient, practitioner, &start, &end).await;
            }
            (number % 20, answer)
        }
    });
    let answers = join_all(wanted).await;
    let winners: Vec<usize> = answers
        .iter()
        .filter(|(_, a)| a.status == 201)
        .map(|(slot, _)| *slot)
        .collect();
    assert_eq!(winners.len(), 20);
    assert_eq!(
        winners.iter().collect::<BTreeSet<_>>().len(),
        20,
        "one booking per slot"
    );
    for (_, answer) in answers.iter().filter(|(_, answer)| answer.status != 201) {
        answer.expect_problem(409, "appointment-overlap");
    }
    let events = clinic.events(Context::Scheduling).await;
    let booked = events.iter().filter(|event| event.event_type == "appointment.booked");
    assert_eq!(booked.count(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_concurrent_moves_to_a_slot_succeeds_and_the_others_stay() {
    let clinic = Clinic::open().await;
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "UTC").await.id();
    let (clinic, practitioner) = (&clinic, &practitioner);
    let booked = join_all((0..20).map(|number| async move {
        let patient = clinic.patient(&format!("Patient {number}")).await.id();
        let start = format!("2027-01-{:02}T09:00:00Z", number + 5);
        let end = format!("2027-01-{:02}T09:30:00Z", number + 5);
        clinic.book(&patient, practitioner, &start, &end).await.expect(201)
    }))
    .await;
    let to = moved("2027-02-01T09:00:00Z", "2027-02-01T09:30:00Z");
    let answers = join_all(
        booked
            .iter()
            .map(|booked| clinic.put(booked.header("location"), to.clone())),
    )
    .await;
    let there: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(there.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.expect_problem(409, "appointment-overlap");
    }
    let jane = clinic.patient("Jane Doe").await.id();
    for (number, answer) in answers.iter().enumerate() {
        let start = format!("2027-01-{:02}T09:00:00Z", number + 5);
        let end = format!("2027-01-{:02}T09:30:00Z", number + 5);
        let free = clinic.book(&jane, practitioner, &start, &end).await.status == 201;
        assert_eq!(
            free,
            answer.status == 200,
            "only the moved appointment released its time"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_after_the_time_off_was_acknowledged_are_refused() {
    let it = schedule("UTC").await;
    let patients = join_all((0..30).map(|n| {
        let clinic = &it.clinic;
        async move { clinic.patient(&format!("Patient {n}")).await.id() }
    }))
    .await;
    let it = &it;
    let answered = std::sync::atomic::AtomicBool::new(false);
    let answered = &answered;
    let away = async {
        let added = it
            .tell_practitioner("time-off", moved("2027-01-11T00:00:00Z", "2027-01-12T00:00:00Z"))
            .await;
        answered.store(true, std::sync::atomic::Ordering::SeqCst);
        added
    };
    let bookings = futures_util::stream::iter(patients.iter().enumerate()).map(|(number, patient)| async move {
        let after = answered.load(std::sync::atomic::Ordering::SeqCst);
        let (hour, minute) = (number / 2, number % 2 * 30);
        let start = format!("2027-01-11T{hour:02}:{minute:02}:00Z");
        let end = format!("2027-01-11T{hour:02}:{:02}:00Z", minute + 29);
        (after, it.book(patient, &start, &end).await)
    });
    // A few bookings at a time, so that some are sent before, during and after the command.
    let (added, first) = tokio::join!(away, bookings.buffered(3).collect::<Vec<_>>());
    let _ = added.expect(201);
    for (after, answer) in first {
        assert!(matches!(answer.status.as_u16(), 201 | 409), "{}", answer.text);
        assert!(
            !(after && answer.status == 201),
            "booked after the time off was acknowledged"
        );
    }
    it.book(&it.john, "2027-01-11T20:00:00Z", "2027-01-11T20:30:00Z")
        .await
        .expect_problem(409, "practitioner-unavailable");
}
