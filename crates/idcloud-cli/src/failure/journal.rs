//! Converts an unreadable journal record into a failure of the program.
//!
//! Must not call the record's request unsent if it may have been sent: its state is not known.

use idcloud_flows::journal::{JournalError, JournalErrorKind, Unreadable};

use crate::failure::exit::Exit;
use crate::failure::{Delivery, Failure};
use crate::output::sanitize::one_word;

/// The failure for one such record, when the others can be read.
pub(crate) fn unreadable(row: &Unreadable) -> Failure {
    let named = match row.key() {
        Some(key) => format!(
            "reference {} ({}, {})",
            one_word(key.reference().as_str()),
            key.flow(),
            key.environment().as_str()
        ),
        None => "a reference that cannot be read either".to_owned(),
    };
    Failure {
        kind: "unreadable",
        delivery: Delivery::Unknown,
        help: Some(help(row.kind()).into()),
        ..Failure::fault(format!(
            "the journal's record of {named} cannot be read; it is neither sent nor purged"
        ))
    }
}

/// The failure of a submission whose record cannot be read; `None` if the journal failed in another
/// way.
pub(crate) fn of_submission(error: &JournalError) -> Option<Failure> {
    let kind = error.kind();
    matches!(kind, JournalErrorKind::Damaged | JournalErrorKind::Newer).then(|| Failure {
        exit: Exit::Ambiguous,
        kind: "unreadable",
        delivery: Delivery::Unknown,
        help: Some(help(kind).into()),
        ..Failure::fault(
            "what the journal holds of this reference cannot be read, and it may have been sent before; nothing was sent now",
        )
    })
}

fn help(kind: JournalErrorKind) -> &'static str {
    match kind {
        JournalErrorKind::Newer => {
            "It was written by a newer version: use that version or a newer one."
        }
        _ => {
            "It is damaged: restore the journal from a copy. Where there is none, ask Unico what became of the request before you send it \
             under another reference."
        }
    }
}
