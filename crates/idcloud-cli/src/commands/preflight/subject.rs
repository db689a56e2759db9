//! Checks a person before anything is sent: which values IDCloud would refuse, and which are sent
//! in a changed form.
//!
//! Must not show a value unless the caller asks for it.

use std::io::{self, Write};

use idcloud_model::{
    BirthDate, ClientReference, Email, Gender, PersonName, Phone, Subject, SubjectDraft,
};
use serde::Serialize;
use zeroize::Zeroizing;

use super::Broken;
use crate::failure::Refusal;
use crate::output::sanitize::harmless;
use crate::output::style::Style;

/// The check's result for the person.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubjectVerdict {
    accepted: bool,
    changes: Vec<Altered>,
    violations: Vec<BrokenMember>,
}

/// A member that is sent in another form.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Altered {
    field: &'static str,
    change: &'static str,
    /// Null unless the caller asked for values.
    given: Option<Zeroizing<String>>,
    sent: Option<Zeroizing<String>>,
}

/// A rule that a member breaks.
#[derive(Serialize)]
struct BrokenMember {
    field: String,
    #[serde(flatten)]
    broken: Broken,
}

impl SubjectVerdict {
    /// Checks a person by the rules of onboarding: a name is required.
    pub(super) fn of(draft: &SubjectDraft, reveal: bool) -> Self {
        match draft.parse_named() {
            Ok(subject) => Self {
                accepted: true,
                changes: changes(draft, &subject, reveal),
                violations: Vec::new(),
            },
            Err(violations) => {
                let refusals: Vec<_> = violations.iter().map(Refusal::from).collect();
                Self::refused(&refusals)
            }
        }
    }

    /// The result for a person that cannot be read, or breaks rules.
    pub(super) fn refused(refusals: &[Refusal]) -> Self {
        Self {
            accepted: false,
            changes: Vec::new(),
            violations: refusals
                .iter()
                .map(|refusal| BrokenMember {
                    field: refusal.field.clone(),
                    broken: Broken::of(refusal),
                })
                .collect(),
        }
    }

    pub(super) const fn is_accepted(&self) -> bool {
        self.accepted
    }

    /// The code with which IDCloud would refuse the person.
    pub(super) fn code(&self) -> Option<Box<str>> {
        self.violations
            .iter()
            .find_map(|one| one.broken.code.clone())
    }

    pub(super) fn write(&self, to: &mut dyn Write, style: Style) -> io::Result<()> {
        let verdict = if self.accepted {
            style.good("ok")
        } else {
            style.error("refused")
        };
        writeln!(to, "subject: {verdict}")?;
        for change in &self.changes {
            write!(to, "  {}: {}", change.field, change.change)?;
            if let (Some(given), Some(sent)) = (&change.given, &change.sent) {
                write!(to, " ({} becomes {})", harmless(given), harmless(sent))?;
            }
            writeln!(to)?;
        }
        for BrokenMember { field, broken } in &self.violations {
            write!(to, "  {field}: ")?;
            if let Some(code) = &broken.code {
                write!(to, "{code} ")?;
            }
            writeln!(to, "{}; {}", broken.rule, broken.remedy)?;
        }
        Ok(())
    }
}

fn changes(draft: &SubjectDraft, subject: &Subject, reveal: bool) -> Vec<Altered> {
    let code = draft
        .code
        .as_ref()
        .or(draft.cpf.as_ref())
        .or(draft.curp.as_ref());
    let members = [
        ("subject.code", code, Some(subject.code().expose())),
        (
            "subject.name",
            draft.name.as_ref(),
            subject.name().map(PersonName::expose),
        ),
        (
            "subject.email",
            draft.email.as_ref(),
            subject.email().map(Email::expose),
        ),
        (
            "subject.phone",
            draft.phone.as_ref(),
            subject.phone().map(Phone::expose),
        ),
        (
            "subject.gender",
            draft.gender.as_ref(),
            subject.gender().map(Gender::expose),
        ),
        (
            "subject.birthDate",
            draft.birth_date.as_ref(),
            subject.birth_date().map(BirthDate::expose),
        ),
        (
            "subject.clientReference",
            draft.client_reference.as_ref(),
            subject.client_reference().map(ClientReference::expose),
        ),
    ];
    members
        .into_iter()
        .filter_map(|(field, given, sent)| {
            let (given, sent) = (given?, sent?);
            let shown = |text: &str| reveal.then(|| Zeroizing::new(text.to_owned()));
            (given.as_str() != sent).then(|| Altered {
                field,
                change: change(field, given, sent),
                given: shown(given),
                sent: shown(sent),
            })
        })
        .collect()
}

/// Describes the change to a member.
fn change(field: &str, given: &str, sent: &str) -> &'static str {
    match field {
        _ if given.trim() == sent => "blanks around it are left out",
        "subject.name" => "a run of blanks inside becomes one",
        "subject.phone" => "is sent in digits, with the country code",
        "subject.code" => "is sent without marks, in digits or capitals",
        _ => "is sent in capitals",
    }
}
