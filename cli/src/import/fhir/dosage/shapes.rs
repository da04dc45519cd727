//! Tests of the shapes of `Dosage` and `Timing` in FHIR R4.

use serde_json::{Value, json};

use super::{Dosage, Fault, directions};

fn read(steps: &Value) -> Result<Option<String>, Fault> {
    let steps = if steps.is_array() {
        steps.clone()
    } else {
        json!([steps])
    };
    let steps: Vec<Dosage> = serde_json::from_value(steps).expect("dosages");
    directions(&steps).map(|directions| directions.dosage)
}

fn mg(value: f64) -> Value {
    json!([{"doseQuantity": {"value": value, "unit": "mg"}}])
}

fn every(repeat: Value) -> Value {
    json!({"timing": {"repeat": repeat}, "doseAndRate": mg(5.0)})
}

#[test]
fn a_dosage_is_put_in_words_as_a_whole() {
    let shapes = [
        // The dose.
        (json!({"doseAndRate": mg(5.0)}), "5 mg"),
        (json!({"doseAndRate": mg(0.125)}), "0.125 mg"),
        (
            json!({"doseAndRate": [{"doseQuantity": {"value": 2.0, "code": "{tbl}"}}]}),
            "2 tbl",
        ),
        (
            json!({"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "mg", "comparator": "<="}}]}),
            "at most 1 mg",
        ),
        (
            json!({"doseAndRate": [{"doseRange": {"low": {"value": 1, "unit": "tablet"}, "high": {"value": 2, "unit": "tablet"}}}]}),
            "1 to 2 tablet",
        ),
        (
            json!({"doseAndRate": [{"doseRange": {"low": {"value": 500, "unit": "mg"}, "high": {"value": 1, "unit": "g"}}}]}),
            "500 mg to 1 g",
        ),
        (
            json!({"doseAndRate": [{"doseRange": {"high": {"value": 2, "unit": "mL"}}}]}),
            "at most 2 mL",
        ),
        (
            json!({"doseAndRate": [
                {"type": {"coding": [{"code": "calculated"}]}, "doseQuantity": {"value": 4.9, "unit": "mg"}},
                {"type": {"coding": [{"code": "ordered"}]}, "doseQuantity": {"value": 5, "unit": "mg"}}]}),
            "5 mg",
        ),
        // The rate.
        (
            json!({"doseAndRate": [{"rateRatio": {"numerator": {"value": 100, "unit": "mL"}, "denominator": {"value": 1, "unit": "h"}}}]}),
            "at 100 mL per 1 hour",
        ),
        (
            json!({"doseAndRate": [{"rateRange": {"low": {"value": 1, "unit": "L/min"}, "high": {"value": 2, "unit": "L/min"}}}]}),
            "at 1 to 2 L/min",
        ),
        (
            json!({"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "g"}, "rateQuantity": {"value": 20, "unit": "mL/h"}}]}),
            "1 g at 20 mL/h",
        ),
        // How often.
        (
            every(json!({"frequency": 1, "period": 1, "periodUnit": "d"})),
            "5 mg once a day",
        ),
        (
            every(json!({"frequency": 1, "period": 1, "periodUnit": "wk"})),
            "5 mg once a week",
        ),
        (
            every(json!({"frequency": 2, "period": 1, "periodUnit": "wk"})),
            "5 mg twice a week",
        ),
        (
            every(json!({"frequency": 3, "period": 1, "periodUnit": "d"})),
            "5 mg 3 times a day",
        ),
        (
            every(json!({"frequency": 1, "period": 1, "periodUnit": "h"})),
            "5 mg once an hour",
        ),
        (
            every(json!({"frequency": 1, "period": 8, "periodUnit": "h"})),
            "5 mg every 8 hours",
        ),
        (every(json!({"period": 8, "periodUnit": "h"})), "5 mg every 8 hours"),
        (
            every(json!({"frequency": 1, "period": 2, "periodUnit": "wk"})),
            "5 mg every 2 weeks",
        ),
        (
            every(json!({"frequency": 1, "period": 1, "periodUnit": "mo"})),
            "5 mg once a month",
        ),
        (
            every(json!({"frequency": 1, "period": 6, "periodUnit": "mo"})),
            "5 mg every 6 months",
        ),
        (
            every(json!({"frequency": 1, "period": 1, "periodUnit": "a"})),
            "5 mg once a year",
        ),
        (
            every(json!({"frequency": 2, "period": 3, "periodUnit": "d"})),
            "5 mg twice every 3 days",
        ),
        (
            every(json!({"frequency": 1, "frequencyMax": 2, "period": 1, "periodUnit": "d"})),
            "5 mg 1 to 2 times a day",
        ),
        (
            every(json!({"frequencyMax": 4, "period": 1, "periodUnit": "d"})),
            "5 mg at most 4 times a day",
        ),
        (
            every(json!({"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"})),
            "5 mg every 4 to 6 hours",
        ),
        (
            every(json!({"frequency": 2, "period": 1, "periodMax": 2, "periodUnit": "d"})),
            "5 mg twice every 1 to 2 days",
        ),
        (
            every(json!({"frequency": 1, "period": 0.5, "periodUnit": "h"})),
            "5 mg every 0.5 hours",
        ),
        // On which days, at what time.
        (
            every(json!({"dayOfWeek": ["mon", "wed", "fri"]})),
            "5 mg on Mondays, Wednesdays and Fridays",
        ),
        (
            every(json!({"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["tue"]})),
            "5 mg once a week, on Tuesdays",
        ),
        (
            every(json!({"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00"]})),
            "5 mg once a day, at 08:00",
        ),
        (
            every(json!({"timeOfDay": ["08:00:00", "20:30:15"]})),
            "5 mg at 08:00 and 20:30:15",
        ),
        (
            every(json!({"when": ["MORN", "EVE"]})),
            "5 mg in the morning and in the evening",
        ),
        (
            every(json!({"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]})),
            "5 mg once a day, at bedtime",
        ),
        (
            every(json!({"when": ["AC"], "offset": 30})),
            "5 mg 30 minutes before meals",
        ),
        (
            every(json!({"when": ["PCV"], "offset": 60})),
            "5 mg 60 minutes after dinner",
        ),
        (
            every(json!({"when": ["CM", "CV"]})),
            "5 mg with breakfast and with dinner",
        ),
        (
            every(json!({"when": ["WAKE"], "offset": 1})),
            "5 mg 1 minute after waking",
        ),
        // For how long.
        (
            every(
                json!({"frequency": 2, "period": 1, "periodUnit": "d", "boundsDuration": {"value": 10, "unit": "d"}}),
            ),
            "5 mg twice a day, for 10 days",
        ),
        (
            every(json!({"frequency": 2, "period": 1, "periodUnit": "d",
                "boundsRange": {"low": {"value": 7, "unit": "days"}, "high": {"value": 10, "unit": "days"}}})),
            "5 mg twice a day, for 7 to 10 days",
        ),
        (
            every(
                json!({"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": "2025-03-03", "end": "2025-03-10"}}),
            ),
            "5 mg once a day, from 2025-03-03 to 2025-03-10",
        ),
        (
            every(json!({"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": {"end": "2025-03-10"}})),
            "5 mg once a day, until 2025-03-10",
        ),
        (
            every(json!({"frequency": 1, "period": 1, "periodUnit": "d", "count": 3})),
            "5 mg once a day, 3 times in all",
        ),
        (every(json!({"count": 1})), "5 mg once in all"),
        (
            every(json!({"frequency": 1, "period": 1, "periodUnit": "d", "count": 3, "countMax": 5})),
            "5 mg once a day, 3 to 5 times in all",
        ),
        (
            every(
                json!({"frequency": 1, "period": 1, "periodUnit": "d", "duration": 30, "durationMax": 60, "durationUnit": "min"}),
            ),
            "5 mg once a day, over 30 to 60 minutes",
        ),
        (
            json!({"timing": {"event": ["2025-03-03T10:00:00Z", "2025-03-10"]}, "doseAndRate": mg(5.0)}),
            "5 mg at 2025-03-03T10:00:00Z and 2025-03-10",
        ),
        // Codes.
        (
            json!({"timing": {"code": {"coding": [{"code": "BID"}]}}, "doseAndRate": mg(5.0)}),
            "5 mg twice a day",
        ),
        (
            json!({"timing": {"code": {"coding": [{"code": "QOD"}]}}}),
            "every 2 days",
        ),
        (
            json!({"timing": {"code": {"text": "at sunrise"}}, "doseAndRate": mg(5.0)}),
            "5 mg at sunrise",
        ),
        (
            json!({"timing": {"repeat": {"frequency": 1, "period": 12, "periodUnit": "h"},
                "code": {"coding": [{"code": "BID"}]}}, "doseAndRate": mg(5.0)}),
            "5 mg every 12 hours",
        ),
        // What else there is.
        (
            json!({"asNeededBoolean": true, "doseAndRate": mg(5.0)}),
            "5 mg, as needed",
        ),
        (json!({"asNeededBoolean": false, "doseAndRate": mg(5.0)}), "5 mg"),
        (
            json!({"asNeededCodeableConcept": {"coding": [{"display": "headache"}]}, "doseAndRate": mg(5.0)}),
            "5 mg, as needed for headache",
        ),
        (
            json!({"doseAndRate": mg(5.0), "route": {"text": "oral"}, "site": {"text": "left cheek"}, "method": {"text": "dissolve"}}),
            "5 mg, oral, dissolve, left cheek",
        ),
        (
            json!({"doseAndRate": mg(5.0), "additionalInstruction": [{"text": "with food"}, {"text": "no alcohol"}],
                "patientInstruction": "Take it sitting."}),
            "5 mg, with food, no alcohol, Take it sitting.",
        ),
        (
            json!({"doseAndRate": mg(500.0), "maxDosePerPeriod": {"numerator": {"value": 4, "unit": "g"},
                "denominator": {"value": 24, "unit": "h"}}}),
            "500 mg, at most 4 g in 24 hours",
        ),
        (
            json!({"doseAndRate": mg(5.0), "maxDosePerAdministration": {"value": 10, "unit": "mg"},
                "maxDosePerLifetime": {"value": 1, "unit": "g"}}),
            "5 mg, at most 10 mg at a time, at most 1 g in a lifetime",
        ),
        // Whole dosages.
        (
            json!({"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}, "asNeededBoolean": true,
                "route": {"text": "oral"}, "doseAndRate": mg(5.0)}),
            "5 mg once a week, as needed, oral",
        ),
        (
            json!({"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": 1.0}}]}),
            "1, once a day",
        ),
        (
            json!({"text": "1 capsule three times a day"}),
            "1 capsule three times a day",
        ),
        (
            json!({"text": "as told", "route": {"coding": [{"code": "26643006"}]}}),
            "as told",
        ),
        // Several steps.
        (
            json!([{"sequence": 2, "doseAndRate": mg(10.0)}, {"sequence": 1, "doseAndRate": mg(5.0)}]),
            "5 mg; then 10 mg",
        ),
        (
            json!([{"sequence": 1, "text": "2 in the morning"}, {"sequence": 1, "text": "1 at night"}, {"sequence": 2, "text": "stop"}]),
            "2 in the morning; and 1 at night; then stop",
        ),
        (
            json!([{"doseAndRate": mg(5.0), "timing": {"repeat": {"when": ["MORN"]}}},
                {"doseAndRate": mg(10.0), "timing": {"repeat": {"when": ["EVE"]}}}]),
            "5 mg in the morning; and 10 mg in the evening",
        ),
    ];
    assert!(shapes.len() >= 40);
    for (shape, words) in shapes {
        assert_eq!(read(&shape), Ok(Some(words.to_owned())), "{shape}");
    }
}

#[test]
fn a_dosage_that_says_nothing_is_none() {
    assert_eq!(read(&json!([])), Ok(None));
    assert_eq!(read(&json!({"text": "  ", "timing": {"repeat": {}}})), Ok(None));
}

#[test]
fn what_cannot_be_put_in_words_whole_is_refused_by_name() {
    let shapes = [
        (
            json!({"doseAndRate": [{"doseQuantity": {"unit": "mg"}}]}),
            "doseQuantity",
        ),
        (json!({"doseAndRate": mg(-1.0)}), "doseQuantity"),
        (
            json!({"doseAndRate": [{"doseRange": {"low": {"value": 2, "unit": "mg"}, "high": {"value": 1, "unit": "mg"}}}]}),
            "doseRange",
        ),
        (
            json!({"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "mg"}}, {"doseQuantity": {"value": 2, "unit": "mg"}}]}),
            "doseAndRate",
        ),
        (
            json!({"doseAndRate": [{"rateRatio": {"numerator": {"value": 1, "unit": "mL"}}}]}),
            "rateRatio",
        ),
        (every(json!({"frequency": 3})), "timing.repeat.frequency"),
        (
            every(json!({"frequency": 2, "when": ["HS"]})),
            "timing.repeat.frequency",
        ),
        (
            every(json!({"frequency": 0, "period": 1, "periodUnit": "d"})),
            "timing.repeat.frequency",
        ),
        (every(json!({"frequency": 1, "period": 1})), "timing.repeat.periodUnit"),
        (
            every(json!({"frequency": 1, "period": 1, "periodUnit": "fortnight"})),
            "timing.repeat.periodUnit",
        ),
        (
            every(json!({"frequency": 1, "periodUnit": "wk"})),
            "timing.repeat.period",
        ),
        (every(json!({"period": 0, "periodUnit": "d"})), "timing.repeat.period"),
        (
            every(json!({"period": 6, "periodMax": 4, "periodUnit": "h"})),
            "timing.repeat.periodMax",
        ),
        (every(json!({"dayOfWeek": ["monday"]})), "timing.repeat.dayOfWeek"),
        (every(json!({"timeOfDay": ["8 o'clock"]})), "timing.repeat.timeOfDay"),
        (every(json!({"when": ["TEATIME"]})), "timing.repeat.when"),
        (
            every(json!({"when": ["HS"], "timeOfDay": ["22:00:00"]})),
            "timing.repeat.when",
        ),
        (every(json!({"offset": 30})), "timing.repeat.offset"),
        (every(json!({"when": ["C"], "offset": 30})), "timing.repeat.offset"),
        (every(json!({"duration": 30})), "timing.repeat.durationUnit"),
        (
            every(json!({"boundsPeriod": {"start": "soon"}})),
            "timing.repeat.boundsPeriod",
        ),
        (every(json!({"count": 3, "countMax": 2})), "timing.repeat.countMax"),
        (
            json!({"timing": {"code": {"coding": [{"code": "XYZ"}]}}}),
            "timing.code",
        ),
        (
            json!({"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}, "code": {"coding": [{"code": "QD"}]}},
                "text": "daily"}),
            "timing.code",
        ),
        (
            json!({"asNeededCodeableConcept": {"coding": [{"code": "1"}]}}),
            "asNeededCodeableConcept",
        ),
        (json!({"route": {"coding": [{"code": "26643006"}]}}), "route"),
        (
            json!({"maxDosePerPeriod": {"numerator": {"value": 1, "unit": "g"}}}),
            "maxDosePerPeriod",
        ),
        (json!([{"sequence": 1, "text": "first"}, {"text": "then?"}]), "sequence"),
    ];
    for (shape, element) in shapes {
        match read(&shape) {
            Err(Fault::NoWords(named) | Fault::Wrong(named, _)) => assert_eq!(named, element, "{shape}"),
            read => panic!("{shape} reads {read:?}"),
        }
    }
}
