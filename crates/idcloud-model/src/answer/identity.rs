//! Identity verification: is the face that of the CPF's holder?
//!
//! `yes` must never be read as approval by itself: `decide` reads it together with what was asked.

use crate::unknown::open_enum;

open_enum! {
    /// `unicoId.result` (once IDUnico).
    ///
    /// Source: parameter specification and Onboarding page; the first generation writes the words with capitals.
    IdentityResult {
        /// The face is the holder's.
        Yes = "yes",
        /// The face is not the holder's; no risk score follows.
        No = "no",
        /// It could not be determined; a risk score follows where the key has it.
        Inconclusive = "inconclusive",
    }
}
