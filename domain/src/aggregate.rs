//! The shape of all aggregates: a synchronous decide / evolve pair, and a thin adapter to `cqrs_es`. This module
//! contains no domain rule.

use cqrs_es::{Aggregate, DomainEvent};

/// An aggregate's rules: commands are decided against a state, and events build that state.
///
/// Deciding is synchronous on purpose. An asynchronous decision could read a clock, a database or another aggregate.
pub trait Decider: Aggregate<Event: NamedEvent, Services = ()> + Clone + 'static {
    /// Decides a command against the current state.
    ///
    /// # Errors
    /// The command breaks a rule. A command that changes nothing is not an error: it returns no events.
    fn decide(&self, command: Self::Command) -> Result<Vec<Self::Event>, Self::Error>;

    /// Folds one event into the state. This cannot fail, because the event has already happened.
    fn evolve(&mut self, event: &Self::Event);

    /// The id of the person whose personal data the aggregate's events hold, if any. `own_id` is the aggregate's own
    /// id.
    fn data_subject(&self, own_id: &str) -> Option<String>;

    /// The version of the state and its fold. It changes whenever the shape of the state or its fold may have changed.
    /// Only long-lived aggregates set it, because only their states are worth storing as snapshots.
    const FOLDED_BY: Option<u64> = None;
}

/// Hashes the sources of a state and its fold (FNV-1a). Equal sources have equal hashes. Different sources almost
/// certainly have different ones.
pub(crate) const fn folded_by(sources: &[&str]) -> u64 {
    let (mut number, mut source) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while source < sources.len() {
        let (bytes, mut at) = (sources[source].as_bytes(), 0);
        while at < bytes.len() {
            number = (number ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        source += 1;
    }
    number
}

/// The published name and schema version of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventName {
    /// Such as `patient.registered`.
    pub event_type: &'static str,
    /// The schema version of the body that this code writes, starting at 1.
    pub schema_version: u32,
}

/// An aggregate's event enum that can list its published names.
pub trait NamedEvent: DomainEvent {
    /// All events of the aggregate with their current schema versions.
    const NAMES: &'static [EventName];

    /// The published name of this event.
    fn name(&self) -> EventName;
}

/// The body of an event without fields. It is an object, so that fields can be added later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Bare {}

/// Declares an aggregate's events: the enum, and the published name and schema version of each variant.
macro_rules! events {
    (
        $(#[$meta:meta])*
        $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident($payload:ty) = $event_type:literal, version $version:literal;)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "type", content = "data")]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $event_type)] $variant($payload),)+
        }

        impl $crate::NamedEvent for $name {
            const NAMES: &'static [$crate::EventName] = &[
                $($crate::EventName { event_type: $event_type, schema_version: $version },)+
            ];

            fn name(&self) -> $crate::EventName {
                match self {
                    $(Self::$variant(_) => $crate::EventName { event_type: $event_type, schema_version: $version },)+
                }
            }
        }

        impl cqrs_es::DomainEvent for $name {
            fn event_type(&self) -> String {
                $crate::NamedEvent::name(self).event_type.to_owned()
            }

            fn event_version(&self) -> String {
                $crate::NamedEvent::name(self).schema_version.to_string()
            }
        }
    };
}

/// Adapts a [`Decider`] to `cqrs_es`: `handle` calls `decide`, and `apply` calls `evolve`.
macro_rules! aggregate {
    ($name:ty = $type:literal, $command:ty => $event:ty, $refusal:ty) => {
        impl cqrs_es::Aggregate for $name {
            const TYPE: &'static str = $type;
            type Command = $command;
            type Event = $event;
            type Error = $refusal;
            type Services = ();

            async fn handle(
                &mut self,
                command: Self::Command,
                _services: &Self::Services,
                sink: &cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), Self::Error> {
                for event in $crate::Decider::decide(self, command)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: Self::Event) {
                $crate::Decider::evolve(self, &event);
            }
        }
    };
}

pub(crate) use {aggregate, events};
