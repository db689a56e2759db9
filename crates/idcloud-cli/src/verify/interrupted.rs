//! The state of a submission at an interruption, and the message about it.
//!
//! Must not call a create harmless that may have been sent.

use idcloud_model::{Asked, Policy, Process, decide};

use crate::failure::exit::Exit;
use crate::failure::submit::Memory;
use crate::failure::{Delivery, Failure};
use crate::verify::progress::Known;

/// An interruption before the command handled any: it was still reading its input.
pub(crate) fn before_anything() -> Failure {
    canceled(Delivery::NotSent, "interrupted; nothing was sent", None)
}

/// An interruption while results are printed: everything that was sent has its end.
pub(crate) fn after_everything() -> Failure {
    canceled(
        Delivery::Answered,
        "interrupted while results were printed; what was submitted is in the journal",
        Some("Run the same command again: it prints them, and nothing is sent twice."),
    )
}

/// An interruption before the submission ended.
pub(crate) fn of_submission(known: &Known, asked: Asked, memory: Memory) -> Failure {
    match known {
        Known::NothingLeft => canceled(Delivery::NotSent, "interrupted; nothing was created", None),
        Known::Sent => canceled(
            Delivery::Unknown,
            format!(
                "interrupted; IDCloud may have created and billed a process; {}",
                memory.note()
            ),
            Some("Do not repeat it unless a second bill is acceptable."),
        ),
        Known::Failed(id) => Failure {
            process_id: Some(id.as_str().into()),
            ..canceled(
                Delivery::Answered,
                "interrupted before a new attempt; the process failed inside IDCloud",
                Some("Run the command again for a new process."),
            )
        },
        // Without a process id: that of the failed process would be mistaken for the one that may
        // exist.
        Known::LeftAgain(id) => canceled(
            Delivery::Unknown,
            format!(
                "interrupted; process {id} failed, and IDCloud may have created and billed another; {}",
                memory.note()
            ),
            Some("Do not repeat it unless a second bill is acceptable."),
        ),
        Known::Answered(process) => Failure {
            process_id: Some(process.id().as_str().into()),
            ..canceled(
                Delivery::Answered,
                answered(process, asked),
                Some("The process is there; ask for its result by its id."),
            )
        },
    }
}

/// The message about an answer that the command did not evaluate further.
fn answered(process: &Process, asked: Asked) -> String {
    match process {
        Process::Pending(_) => "interrupted; the process is created and pending".to_owned(),
        Process::Final(process) => {
            let verdict = decide(process, &asked, &Policy::default());
            format!(
                "interrupted while looking at the process once more; so far its verdict is {} ({})",
                verdict.decision().as_str(),
                verdict.scenario().id()
            )
        }
    }
}

/// An interruption of the wait for a result.
pub(crate) fn of_wait(process_id: &str) -> Failure {
    Failure {
        process_id: Some(process_id.into()),
        ..canceled(
            Delivery::Answered,
            "interrupted while waiting for the result",
            Some("The process goes on; ask for its result by its id."),
        )
    }
}

/// An interruption of a lookup that is not about a process.
pub(crate) fn of_read() -> Failure {
    canceled(Delivery::Unknown, "interrupted; nothing was created", None)
}

fn canceled(delivery: Delivery, message: impl Into<String>, help: Option<&'static str>) -> Failure {
    Failure {
        exit: Exit::Interrupted,
        kind: "canceled-by-user",
        delivery,
        help: help.map(Box::from),
        ..Failure::fault(message)
    }
}

#[cfg(test)]
mod tests {
    use idcloud_model::SelfieKind;

    use super::*;

    const ID: &str = "80371b2a-3ac7-432e-866d-57fe37896ac6";

    fn process(status: u8) -> Process {
        let json = format!(r#"{{"id":"{ID}","status":{status},"unicoId":{{"result":"yes"}}}}"#);
        Process::from_json(json.as_bytes()).unwrap()
    }

    /// The message about an interruption says what may exist, and names the process that does.
    #[test]
    fn an_interrupted_create_is_harmless_only_before_it_left() {
        let asked = Asked::new(
            "identity,behavior-alert".parse().unwrap(),
            SelfieKind::Image,
        );
        let id = process(5).id().clone();
        for (known, delivery, process_id, told) in [
            (
                Known::NothingLeft,
                Delivery::NotSent,
                None,
                "nothing was created",
            ),
            (Known::Sent, Delivery::Unknown, None, "may have created"),
            (
                Known::Failed(id.clone()),
                Delivery::Answered,
                Some(ID),
                "failed",
            ),
            (Known::LeftAgain(id), Delivery::Unknown, None, ID),
            (
                Known::Answered(Box::new(process(1))),
                Delivery::Answered,
                Some(ID),
                "pending",
            ),
            (
                Known::Answered(Box::new(process(3))),
                Delivery::Answered,
                Some(ID),
                "review (missing-evidence)",
            ),
        ] {
            let failure = of_submission(&known, asked, Memory::None);
            assert_eq!(failure.exit, Exit::Interrupted);
            assert_eq!(failure.kind, "canceled-by-user");
            assert_eq!(failure.delivery, delivery, "{known:?}");
            assert_eq!(failure.process_id.as_deref(), process_id, "{known:?}");
            assert!(failure.message.contains(told), "{}", failure.message);
        }
    }
}
