//! Why a goal is missed, and what would reach it: written by hand for every figure that is known to
//! miss.
//!
//! Must not excuse a gate: a missed gate fails even with a reason here.

use crate::figure::Figure;
use crate::measure::instructions::CREATE_WITH_FILLS;
use crate::measure::usage::CPU;

/// A figure, the cause of its miss, and what would close the gap.
const REASONS: &[(&str, &str, &str)] = &[
    (
        CREATE_WITH_FILLS,
        "every body is wiped before its memory is used again, which raw hyper does not do. A processor with fast string instructions fills \
         memory by one of them, which valgrind counts once a byte; so the fill stands here as some 44,000 vector instructions, 0.057 of the \
         ratio. Of the rest, reqwest itself takes 0.062 and everything that the client adds to it 0.016",
        "nothing that keeps both the wiping and reqwest. With stores of 64 bytes (AVX-512, which valgrind does not know) the fill would take \
         half as many instructions, and the ratio would be some 1.106",
    ),
    (
        CPU,
        "on a machine that does nothing else, caller and server run on two cores, and the system copies each body between their caches in the \
         caller's time. A raw socket that sends the same bytes, beside in the table, takes as much, so that what is left for any client is \
         little or nothing",
        "nothing in a client. With caller and server on one core (`taskset -c 1 cargo xtask bench`) the same programs came to 0.117 on the \
         machine of this page, and a raw socket to 0.105",
    ),
];

/// The page's text for a figure that misses its goal.
#[must_use]
pub fn reason(figure: &Figure) -> String {
    let known = REASONS.iter().find(|(name, ..)| *name == figure.name);
    let (name, measured, goal) = (&figure.name, figure.measured(), figure.goal());
    match known {
        Some((_, cause, cure)) => format!(
            "- **{name}**: {measured}, goal {goal}. Cause: {cause}. What would close it: {cure}.\n"
        ),
        None => {
            format!("- **{name}**: {measured}, goal {goal}. No reason has been written down yet.\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Goal, Unit, report};

    /// A miss without a reason is marked as such.
    #[test]
    fn every_miss_is_named() {
        let miss = |name: &str| reason(&report(name, 2.0, Unit::Times, Goal::AtMost(1.0)));
        assert!(miss("something new").contains("No reason has been written down yet"));
        for (name, ..) in REASONS {
            assert!(miss(name).contains("Cause: "), "{name}");
        }
    }
}
