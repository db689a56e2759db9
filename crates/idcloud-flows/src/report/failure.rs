//! A process that ended without a result, as opposed to a verdict about the person.
//!
//! Must not be taken for a rejection.

use idcloud_model::{FinalProcess, Language, Status};

/// How a process ended without a result. IDCloud decided nothing about the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// IDCloud failed while processing (status 5), in every attempt of the submission.
    Processing {
        /// How many processes failed in a row; more than one if the submission retried. One after a
        /// wait or a lookup, which create no process. A journal records the number.
        attempts: u32,
    },
    /// The process was canceled (status 4), which IDCloud does when a caller leaves early.
    Canceled,
}

impl Failure {
    /// How `process` failed, as the last of `attempts`.
    pub(crate) fn of(process: &FinalProcess, attempts: u32) -> Option<Self> {
        match process.status() {
            Status::Failed => Some(Self::Processing { attempts }),
            Status::Canceled => Some(Self::Canceled),
            _ => None,
        }
    }

    /// What to do next.
    ///
    /// After failures in processing that is IDCloud's own advice (parameter specification): at
    /// least three new attempts, then the customer's contingency flow and Unico's support.
    #[must_use]
    pub const fn remedy(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Processing { .. }, Language::Portuguese) => {
                "Siga para o seu fluxo de contingência e avise o suporte da Unico; o IDCloud recomenda ao menos três novas tentativas antes disso."
            }
            (Self::Processing { .. }, _) => {
                "Go on with your contingency flow and tell Unico's support; IDCloud advises at least three new attempts before that."
            }
            (Self::Canceled, Language::Portuguese) => {
                "Peça uma nova captura; confira se os tempos-limite não encerram a conexão antes da resposta."
            }
            (Self::Canceled, _) => {
                "Ask for a new capture; check that no time-out closes the connection before the answer."
            }
        }
    }
}
