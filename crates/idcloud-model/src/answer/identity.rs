//! Identity verification: is the face that of the CPF's holder?
//!
//! Must not be read as approval by itself when it is `yes`: `decide` reads it together with the
//! question.

use crate::unknown::open_enum;

open_enum! {
    /// `unicoId.result` (once IDUnico).
    ///
    /// Source: parameter specification and Onboarding page; the first generation writes the words
    /// with capitals.
    IdentityResult {
        /// The face is the holder's.
        Yes = "yes",
        /// The face is not the holder's; no risk score follows.
        No = "no",
        /// It could not be determined; a risk score follows if the key has it.
        Inconclusive = "inconclusive",
    }
}
