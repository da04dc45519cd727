//! The line: the appends of one stream that wait, and what of them may leave to be stored.
//!
//! A single event that meets few others leaves at once, by itself: publishes side by side are faster than an atomic batch,
//! whose price is several disk syncs however small it is. Where more wait, they leave together. While a batch is being
//! stored the next one collects, and leaves beside the first only when it is full: two half-full batches cost as many disk
//! syncs as two full ones. After a batch of several appends the next one goes on collecting for as long as that batch took:
//! whatever a batch costs here, in syncs or in processor time, half of the time is left for everybody else.

use std::{
    collections::{HashSet, VecDeque},
    mem,
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::Pending;

/// The most events in one batch. Larger batches gain little and make each other wait.
const MAX_BATCH_EVENTS: usize = 500;
/// From this many events on, one atomic batch is faster than publishes side by side.
const BATCH_FROM: usize = 16;
/// How many batches are stored side by side at most.
const MAX_BATCHES: usize = 2;

/// How long it is waited for company at most, after a batch that took longer.
const LONGEST_REST: Duration = Duration::from_millis(10);

/// What is being stored.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    singles: usize,
    batches: usize,
    subjects: HashSet<Arc<str>>,
    /// Until when no further batch begins. Only a batch of several appends sets it: who is alone waits for nobody.
    rests_until: Option<Instant>,
}

impl InFlight {
    /// Whether a crowd of so many appends that has just been answered may go on as a batch, if it comes back.
    pub(super) const fn takes_crowd(&self, answered: usize) -> bool {
        match self.batches {
            0 => answered >= BATCH_FROM,
            batches => batches < MAX_BATCHES && answered >= MAX_BATCH_EVENTS / 2,
        }
    }

    /// A group has left.
    pub(super) fn depart(&mut self, group: &[Pending]) {
        if !group.is_empty() {
            *self.count(group) += 1;
        }
    }

    /// Whether nothing is being stored that is to be answered.
    pub(super) const fn is_idle(&self) -> bool {
        self.batches + self.singles == 0
    }

    /// Until when it is waited for company before another batch begins, if it is.
    pub(super) fn rest(&self) -> Option<Instant> {
        self.rests_until
            .filter(|until| self.batches == 0 && Instant::now() < *until)
    }

    /// A group has been answered, so long after it left.
    pub(super) fn land(&mut self, group: &[Pending], took: Duration) {
        *self.count(group) -= 1;
        if !is_single(group) {
            self.rests_until = (group.len() > 1).then(|| Instant::now() + took.min(LONGEST_REST));
        }
        for subject in group.iter().flat_map(Pending::subjects) {
            self.subjects.remove(subject);
        }
    }

    fn count(&mut self, group: &[Pending]) -> &mut usize {
        match is_single(group) {
            true => &mut self.singles,
            false => &mut self.batches,
        }
    }
}

fn is_single(group: &[Pending]) -> bool {
    matches!(group, [alone] if alone.messages.len() == 1)
}

/// The appends that wait, first come first served.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiting: VecDeque<Pending>,
    events: usize,
}

impl Line {
    /// The most appends that wait here; a further one would find no place in the next batches anyway.
    pub(super) const ROOM: usize = MAX_BATCHES * MAX_BATCH_EVENTS;

    /// How many appends wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there is no room for another append.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= Self::ROOM
    }

    /// Puts an append at the end.
    pub(super) fn push(&mut self, pending: Pending) {
        self.events += pending.messages.len();
        self.waiting.push_back(pending);
    }

    /// Takes what is to be stored together now, if anything is. No subject is in flight twice.
    pub(super) fn leave(&mut self, in_flight: &mut InFlight) -> Option<Vec<Pending>> {
        let most_events = self.may_leave(in_flight)?;
        let mut group = Vec::new();
        self.board(&mut group, most_events, in_flight);
        in_flight.depart(&group);
        (!group.is_empty()).then_some(group)
    }

    /// Lets those who return from a batch into the next one, as they come.
    pub(super) fn board_batch(&mut self, group: &mut Vec<Pending>, in_flight: &mut InFlight) {
        self.board(group, MAX_BATCH_EVENTS, in_flight);
    }

    fn board(&mut self, group: &mut Vec<Pending>, most_events: usize, in_flight: &mut InFlight) {
        let mut events: usize = group.iter().map(|pending| pending.messages.len()).sum();
        for pending in mem::take(&mut self.waiting) {
            let fits = group.is_empty() || events + pending.messages.len() <= most_events;
            if fits && pending.subjects().all(|subject| !in_flight.subjects.contains(subject)) {
                events += pending.messages.len();
                self.events -= pending.messages.len();
                in_flight.subjects.extend(pending.subjects().cloned());
                group.push(pending);
            } else {
                self.waiting.push_back(pending);
            }
        }
    }

    /// How many events may leave together, if any may.
    fn may_leave(&self, in_flight: &InFlight) -> Option<usize> {
        let all_single = self.events == self.waiting.len();
        match in_flight.batches {
            _ if self.waiting.is_empty() => None,
            0 if all_single && self.events + in_flight.singles < BATCH_FROM => Some(1),
            // Too many to be published side by side, and too few for a batch until some of those have been answered.
            0 if all_single && self.events < BATCH_FROM => None,
            0 if in_flight.rest().is_some() && self.events < MAX_BATCH_EVENTS => None,
            0 => Some(MAX_BATCH_EVENTS),
            1..MAX_BATCHES if self.events >= MAX_BATCH_EVENTS => Some(MAX_BATCH_EVENTS),
            _ => None,
        }
    }

    /// Takes out what waits for a subject that has just been stored: it can only conflict.
    pub(super) fn overtaken(&mut self, stored: &HashSet<Arc<str>>) -> VecDeque<Pending> {
        let (overtaken, waiting): (VecDeque<_>, VecDeque<_>) = mem::take(&mut self.waiting)
            .into_iter()
            .partition(|pending| pending.subjects().any(|subject| stored.contains(subject)));
        self.waiting = waiting;
        self.events -= overtaken.iter().map(|pending| pending.messages.len()).sum::<usize>();
        overtaken
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::sync::oneshot;
    use uuid::Uuid;

    use super::*;
    use crate::{headers::Headers, wire::Message};

    fn append(subjects: &[String]) -> Pending {
        let messages = subjects.iter().map(|subject| Message {
            subject: subject.as_str().into(),
            event_id: Uuid::nil(),
            headers: Headers::default(),
            payload: Bytes::new(),
        });
        Pending {
            messages: messages.collect(),
            answer: oneshot::channel().0,
        }
    }

    fn line_of(singles: usize) -> Line {
        let mut line = Line::default();
        (0..singles).for_each(|number| line.push(append(&[number.to_string()])));
        line
    }

    fn departures(line: &mut Line, in_flight: &mut InFlight) -> Vec<usize> {
        std::iter::from_fn(|| line.leave(in_flight))
            .map(|group| group.len())
            .collect()
    }

    #[test]
    fn a_few_single_events_leave_by_themselves() {
        let (mut line, mut in_flight) = (line_of(BATCH_FROM - 1), InFlight::default());
        assert_eq!(departures(&mut line, &mut in_flight), [1; BATCH_FROM - 1]);
        line.push(append(&["another".to_owned()]));
        assert_eq!(departures(&mut line, &mut in_flight), [0; 0], "enough are in flight");
        in_flight.land(&[append(&["0".to_owned()])], Duration::ZERO);
        assert_eq!(departures(&mut line, &mut in_flight), [1]);
    }

    #[test]
    fn a_crowd_leaves_together_and_a_second_batch_only_when_it_is_full() {
        let (mut line, mut in_flight) = (line_of(2 * MAX_BATCH_EVENTS - 1), InFlight::default());
        assert_eq!(departures(&mut line, &mut in_flight), [MAX_BATCH_EVENTS]);
        line.push(append(&["another".to_owned()]));
        assert_eq!(departures(&mut line, &mut in_flight), [MAX_BATCH_EVENTS]);
        let (mut line, mut in_flight) = (line_of(3 * MAX_BATCH_EVENTS), InFlight::default());
        assert_eq!(departures(&mut line, &mut in_flight), [MAX_BATCH_EVENTS; MAX_BATCHES]);
    }

    #[test]
    fn after_a_batch_of_several_appends_company_is_waited_for_and_nobody_else() {
        let pair = |name: &str| append(&[format!("{name}.1"), format!("{name}.2")]);
        let (mut line, mut in_flight) = (Line::default(), InFlight::default());
        line.push(pair("a"));
        line.push(pair("b"));
        let both = line.leave(&mut in_flight).expect("a batch");
        in_flight.land(&both, Duration::from_secs(3600));
        line.push(pair("c"));
        assert_eq!(departures(&mut line, &mut in_flight), [0; 0]);
        assert!(
            in_flight
                .rest()
                .is_some_and(|until| until <= Instant::now() + LONGEST_REST)
        );
        line.push(append(&["d".to_owned()]));
        (0..MAX_BATCH_EVENTS).for_each(|number| line.push(append(&[number.to_string()])));
        let full = line.leave(&mut in_flight).expect("nothing more fits, whoever comes");
        in_flight.land(&full, Duration::ZERO);
        assert_eq!(in_flight.rest(), None, "it took no time");
        let (mut line, mut in_flight) = (Line::default(), InFlight::default());
        line.push(pair("a"));
        let alone = line.leave(&mut in_flight).expect("a batch");
        in_flight.land(&alone, Duration::from_secs(3600));
        line.push(pair("b"));
        assert_eq!(departures(&mut line, &mut in_flight), [1]);
    }

    #[test]
    fn an_append_of_several_events_is_a_batch_and_never_divided() {
        let (mut line, mut in_flight) = (line_of(1), InFlight::default());
        let several: Vec<String> = (100..700).map(|number| number.to_string()).collect();
        line.push(append(&several));
        assert_eq!(
            departures(&mut line, &mut in_flight),
            [1, 1],
            "the larger one by itself"
        );
        assert_eq!((line.len(), line.events), (0, 0));
    }

    #[test]
    fn no_subject_is_in_flight_twice_and_who_was_overtaken_is_told() {
        let (mut line, mut in_flight) = (Line::default(), InFlight::default());
        line.push(append(&["a".to_owned()]));
        line.push(append(&["a".to_owned()]));
        line.push(append(&["b".to_owned()]));
        assert_eq!(departures(&mut line, &mut in_flight), [1, 1]);
        assert_eq!(line.len(), 1);
        let a: Arc<str> = "a".into();
        assert_eq!(line.overtaken(&HashSet::from([a])).len(), 1);
        assert_eq!((line.len(), line.events), (0, 0));
    }
}
