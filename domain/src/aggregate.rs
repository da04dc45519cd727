//! The shape every aggregate shares: a synchronous decide / evolve pair, and its thin adapter to `cqrs_es`.
//! Nothing here knows a rule.

use cqrs_es::{Aggregate, DomainEvent};

/// An aggregate's rules: a state that commands are decided against and that its own events build.
///
/// Deciding is synchronous on purpose. A decision that could wait would be a decision that could read a clock, a
/// database or another aggregate behind the caller's back.
pub trait Decider: Aggregate<Event: NamedEvent, Services = ()> + Clone + 'static {
    /// Decides a command against the present state.
    ///
    /// # Errors
    /// The rule that the command breaks. A command that changes nothing is not an error: it yields no events.
    fn decide(&self, command: Self::Command) -> Result<Vec<Self::Event>, Self::Error>;

    /// Folds one event into the state. Never fails: what has happened has happened.
    fn evolve(&mut self, event: &Self::Event);

    /// Whose personal data the aggregate's events hold, if they hold any: a person's id. `own_id` is the aggregate's.
    fn data_subject(&self, own_id: &str) -> Option<String>;

    /// What the state is folded by: another number, whenever the shape of the state or the code that folds it may be
    /// another. Only for an aggregate that grows so old that its states are worth keeping beside its events.
    const FOLDED_BY: Option<u64> = None;
}

/// A number for the sources of a state and of what folds it (FNV-1a). Equal sources have equal numbers; that others have
/// others is as good as certain.
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
    /// For example `patient.registered`.
    pub event_type: &'static str,
    /// The version of the body's schema that this code writes, from 1.
    pub schema_version: u32,
}

/// An aggregate's event enum that can list its published names.
pub trait NamedEvent: DomainEvent {
    /// Every event of the aggregate, with the schema version written today.
    const NAMES: &'static [EventName];

    /// The published name of this event.
    fn name(&self) -> EventName;
}

/// The content of an event whose name says all. It is an object, so that it can be given fields later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Bare {}

/// Declares an aggregate's events: the enum, each variant's published name and schema version, and the list of them.
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

/// Lets `cqrs_es` drive a [`Decider`]: its `handle` is `decide`, its `apply` is `evolve`.
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
