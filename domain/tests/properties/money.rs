//! Properties of split money: the parts add up, and each is within one minor unit of its share.

use domain::values::Money;
use proptest::prelude::*;

use crate::fixtures::currencies;

proptest! {
    #[test]
    fn the_parts_of_an_amount_add_up_to_it_and_each_is_within_one_minor_unit_of_its_share(
        minor in any::<i64>(),
        currency in currencies(),
        weights in prop::collection::vec(0_u64..1_000_000_000_000, 1..20),
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let parts = Money::new(minor, currency).split(&weights).expect("parts");
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert!(parts.iter().all(|part| part.currency() == currency));
        let sum: i128 = parts.iter().map(|part| i128::from(part.minor())).sum();
        prop_assert_eq!(sum, i128::from(minor));
        let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        for (part, weight) in parts.iter().zip(&weights) {
            let apart = i128::from(part.minor()) * whole - i128::from(minor) * i128::from(*weight);
            prop_assert!(apart.abs() < whole, "{} is not near {weight}/{whole} of {minor}", part.minor());
        }
    }

    #[test]
    fn subtraction_reverses_addition(a in any::<i64>(), b in any::<i64>(), currency in currencies()) {
        let (a, b) = (Money::new(a, currency), Money::new(b, currency));
        prop_assume!(b.negated().is_ok());
        if let Ok(sum) = a.plus(b) {
            prop_assert_eq!(sum.minus(b), Ok(a));
        }
    }
}
