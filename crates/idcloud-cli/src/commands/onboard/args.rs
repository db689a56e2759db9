//! The arguments of `idcloud onboard`, as clap parses them.
//!
//! Must not derive `Debug`: flags carry personal data.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::args::create::{AnswerArgs, ContextArgs};
use crate::args::person::PersonArgs;

/// `idcloud onboard`.
#[derive(Args)]
#[command(
    group(ArgGroup::new("person").required(true).args(["cpf", "curp", "subject"])),
    after_help = "Example:\n  idcloud onboard --subject person.json --selfie selfie.jpg\n\n\
                  A person is an object such as {\"cpf\": \"…\", \"name\": \"…\"}; in a file it stays out of the list of processes.\n\
                  A selfie file holds an image (JPEG, PNG or WebP), the base64 of one, or a capture token of Unico's SDK.\n\
                  Liveness is checked only with a capture token and a key that has it (--capabilities liveness,identity).\n\
                  IDCloud's by-Client page says of risk scores that they are being discontinued and does not recommend them."
)]
pub(crate) struct OnboardArgs {
    #[command(flatten)]
    pub(crate) person: PersonArgs,
    /// File with the selfie; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) selfie: PathBuf,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
    #[command(flatten)]
    pub(crate) answer: AnswerArgs,
}

#[cfg(test)]
mod tests {
    use crate::commands::command_line::tests::parses;

    /// The person comes from flags or from a document, never half from each.
    #[test]
    fn a_subject_file_stands_in_place_of_the_personal_flags() {
        assert!(parses(&[
            "onboard", "--cpf", "1", "--name", "N", "--selfie", "f"
        ]));
        assert!(parses(&[
            "onboard", "--curp", "1", "--name", "N", "--selfie", "-"
        ]));
        assert!(parses(&["onboard", "--subject", "-", "--selfie", "f"]));
        assert!(!parses(&[
            "onboard",
            "--subject",
            "-",
            "--name",
            "N",
            "--selfie",
            "f"
        ]));
        assert!(!parses(&[
            "onboard", "--cpf", "1", "--curp", "1", "--name", "N", "--selfie", "f"
        ]));
        assert!(
            !parses(&["onboard", "--cpf", "1", "--selfie", "f"]),
            "a name is required"
        );
        assert!(
            !parses(&["onboard", "--name", "N", "--selfie", "f"]),
            "a code is required"
        );
        assert!(
            !parses(&["onboard", "--cpf", "1", "--name", "N"]),
            "a selfie is required"
        );
    }

    #[test]
    fn waiting_and_not_waiting_exclude_each_other() {
        let base = ["onboard", "--subject", "-", "--selfie", "f"];
        assert!(parses(&[&base[..], &["--wait", "5s"]].concat()));
        assert!(parses(&[&base[..], &["--no-wait"]].concat()));
        assert!(!parses(
            &[&base[..], &["--no-wait", "--wait", "5s"]].concat()
        ));
    }
}
