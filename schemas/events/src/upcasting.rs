//! Upcasting of old bodies: a chain of pure steps, each from one schema version of an event to the next. `upcasters.rs`
//! declares the steps. This file finds and applies them.

use serde_json::Value;

use crate::DecodeError;

/// A step from one schema version of an event to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upcaster {
    /// The event type.
    pub(crate) event_type: &'static str,
    /// The version that the step reads. Its result has the next one.
    pub(crate) from: u32,
    /// The pure function of the step. Its errors are fixed texts, because no error may repeat content of a body.
    pub(crate) upcast: fn(Value) -> Result<Value, &'static str>,
}

/// A table of steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upcasters(pub(crate) &'static [Upcaster]);

impl Upcasters {
    /// Upcasts a body step by step to the wanted version.
    pub(crate) fn raise(
        self,
        event_type: &str,
        written: u32,
        wanted: u32,
        mut body: Value,
    ) -> Result<Value, DecodeError> {
        for from in written..wanted {
            let step = self
                .0
                .iter()
                .find(|step| step.event_type == event_type && step.from == from);
            let raised = match step {
                Some(step) => (step.upcast)(body),
                None => Err("no upcaster is declared for this step"),
            };
            body = raised.map_err(|reason| DecodeError::Upcast {
                event_type: event_type.to_owned(),
                schema_version: written,
                wanted,
                from,
                reason,
            })?;
        }
        Ok(body)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use domain::EventName;
    use serde_json::json;

    use super::*;

    impl Upcasters {
        /// The faults of the table for these events. Each step from version 1 to the current one must occur exactly
        /// once, and no other step may occur.
        pub(crate) fn faults(self, events: &[EventName]) -> Vec<String> {
            let wanted = events
                .iter()
                .flat_map(|name| (1..name.schema_version).map(|from| (name.event_type, from)));
            let wanted: Vec<(&str, u32)> = wanted.collect();
            let declared: Vec<(&str, u32)> = self.0.iter().map(|step| (step.event_type, step.from)).collect();
            let mut all = [wanted.as_slice(), declared.as_slice()].concat();
            all.sort_unstable();
            all.dedup();
            all.into_iter()
                .filter_map(|step| {
                    let times = declared.iter().filter(|declared| **declared == step).count();
                    let (event_type, from) = step;
                    let described = format!("{event_type}, version {from} to {}", from + 1);
                    match (wanted.contains(&step), times) {
                        (true, 1) => None,
                        (true, 0) => Some(format!(
                            "{described}: add its upcaster to schemas/events/src/upcasters.rs"
                        )),
                        (true, _) => Some(format!("{described}: declared {times} times")),
                        (false, _) => Some(format!("{described}: no event has such versions")),
                    }
                })
                .collect()
        }
    }

    const fn name(event_type: &'static str, schema_version: u32) -> EventName {
        EventName {
            event_type,
            schema_version,
        }
    }

    const fn step(event_type: &'static str, from: u32) -> Upcaster {
        Upcaster {
            event_type,
            from,
            upcast: |mut body| {
                let steps = body["steps"].as_u64().ok_or("it counts no steps")?;
                body["steps"] = json!(steps + 1);
                Ok(body)
            },
        }
    }

    static CHAIN: Upcasters = Upcasters(&[
        step("a.happened", 2),
        step("a.happened", 1),
        step("a.happened", 3),
        step("b.happened", 2),
    ]);

    #[test]
    fn a_body_takes_the_steps_between_two_versions_in_order() {
        for (written, wanted, steps) in [(1, 4, 3), (2, 4, 2), (4, 4, 0), (1, 2, 1)] {
            assert_eq!(
                CHAIN.raise("a.happened", written, wanted, json!({ "steps": 0 })),
                Ok(json!({ "steps": steps })),
                "{written} to {wanted}"
            );
        }
    }

    #[test]
    fn a_missing_step_is_named() {
        let error = CHAIN
            .raise("b.happened", 1, 3, json!({ "steps": 0 }))
            .expect_err("no step");
        assert_eq!(
            error.to_string(),
            "event type b.happened, version 1, cannot be read as version 3: the step from version 1 to 2 fails: no \
             upcaster is declared for this step"
        );
    }

    #[test]
    fn a_failing_step_is_named_and_the_body_is_not() {
        let error = CHAIN
            .raise("a.happened", 1, 4, json!({ "name": "Xanthippe" }))
            .expect_err("no count");
        assert_eq!(
            error.to_string(),
            "event type a.happened, version 1, cannot be read as version 4: the step from version 1 to 2 fails: it \
             counts no steps"
        );
    }

    #[test]
    fn each_fault_of_the_table_is_reported() {
        assert_eq!(
            CHAIN.faults(&[name("a.happened", 4), name("b.happened", 3)]),
            ["b.happened, version 1 to 2: add its upcaster to schemas/events/src/upcasters.rs"]
        );
        assert_eq!(
            CHAIN.faults(&[name("a.happened", 4)]),
            ["b.happened, version 2 to 3: no event has such versions"]
        );
        let twice = Upcasters(const { &[step("a.happened", 1), step("a.happened", 1)] });
        assert_eq!(
            twice.faults(&[name("a.happened", 2)]),
            ["a.happened, version 1 to 2: declared 2 times"]
        );
    }
}
