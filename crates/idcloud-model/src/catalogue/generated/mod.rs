//! Tables that `cargo xtask codegen` writes from `spec/`.
//!
//! Never edited by hand, except this list of them.

#[cfg(test)]
pub(crate) mod enums;
pub(crate) mod error_codes;
pub(crate) mod limits;
pub(crate) mod scenarios;

#[cfg(test)]
mod tests {
    use super::enums::ENUMS;
    use crate::answer::wire::Scalar;
    use crate::{
        BehaviorAlert, DuiType, IdentityResult, LivenessResult, RiskLevel, Status, TrustDecision,
    };

    fn is_read<T: Scalar>(number: &str) -> bool {
        T::from_integer(number.parse().unwrap()).is_some()
    }

    /// The spec's lists and the types that read them hold the same values.
    #[test]
    fn types_know_exactly_the_words_of_the_spec() {
        for (name, words) in ENUMS {
            match *name {
                "IdentityResult" => assert_eq!(IdentityResult::WORDS, *words),
                "BehaviorAlert" => assert_eq!(BehaviorAlert::WORDS, *words),
                "TrustDecision" => assert_eq!(TrustDecision::WORDS, *words),
                "RiskLevel" => assert_eq!(RiskLevel::WORDS, *words),
                "DuiType" => assert_eq!(DuiType::WORDS, *words),
                "Status" => assert!(words.iter().all(|word| is_read::<Status>(word))),
                "LivenessResult" => {
                    assert!(words.iter().all(|word| is_read::<LivenessResult>(word)));
                }
                other => panic!("{other} reads a list of the spec and is not compared with it"),
            }
        }
        assert!(!is_read::<Status>("0") && !is_read::<Status>("6"));
        assert!(!is_read::<LivenessResult>("3"));
    }
}
