//! `idcloud onboard` as clap sees it.
//!
//! Never derives `Debug`: flags carry personal data.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};

use crate::duration::parse_duration;

/// `idcloud onboard`.
#[derive(Args)]
#[command(
    group(ArgGroup::new("person").required(true).args(["cpf", "curp", "subject"])),
    after_help = "Example:\n  idcloud onboard --subject person.json --selfie selfie.jpg\n\n\
                  A person is an object such as {\"cpf\": \"…\", \"name\": \"…\"}; in a file it stays out of the list of processes.\n\
                  A selfie file holds an image (JPEG, PNG or WebP), the base64 of one, or a capture token of Unico's SDK.\n\
                  Liveness is checked only with a capture token and a key that has it (--capabilities liveness,identity)."
)]
pub(crate) struct OnboardArgs {
    /// The person's CPF, with or without punctuation
    #[arg(long)]
    pub(crate) cpf: Option<String>,
    /// The person's CURP
    #[arg(long)]
    pub(crate) curp: Option<String>,
    /// The person's full name
    #[arg(long, required_unless_present = "subject")]
    pub(crate) name: Option<String>,
    /// The person's e-mail address
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// The person's phone: country code, area code and number, digits alone
    #[arg(long)]
    pub(crate) phone: Option<String>,
    /// JSON file with the person, in place of the flags above; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cpf", "curp", "name", "email", "phone"])]
    pub(crate) subject: Option<PathBuf>,
    /// File with the selfie; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) selfie: PathBuf,
    /// What the verification is for, as agreed with Unico
    #[arg(long, value_name = "TEXT")]
    pub(crate) use_case: Option<String>,
    /// The branch that asks, where the account has several
    #[arg(long, value_name = "ID")]
    pub(crate) subsidiary_id: Option<String>,
    /// How long to wait for a final answer, such as 90s or 2m
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = parse_duration)]
    pub(crate) wait: Duration,
    /// Do not wait: print what the first answer says
    #[arg(long, conflicts_with = "wait")]
    pub(crate) no_wait: bool,
    /// Print personal data that the answer holds, which is otherwise "redacted"
    #[arg(long)]
    pub(crate) reveal: bool,
}

#[cfg(test)]
mod tests {
    use crate::args::tests::parses;

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
