//! One row of a batch, read and checked, except for its selfie.
//!
//! Must not stop at the first mistake of a row, nor read the selfie before it is needed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use idcloud_flows::journal::Reference;
use idcloud_model::request::{IdentityRequest, UseCase};
use idcloud_model::{
    ClientReference, ClientReferenceError, Subject, SubjectCode, SubjectDraft, SubsidiaryId,
};

use crate::batch::input::column::Column;
use crate::batch::input::fields::Fields;
use crate::failure::{Refusal, keep};
use crate::input::Stdin;
use crate::input::blanks;
use crate::input::selfie;

/// The request that a row describes, before its selfie is read.
pub(crate) struct Row {
    subject: Subject,
    selfie: PathBuf,
    use_case: Option<UseCase>,
    subsidiary_id: Option<SubsidiaryId>,
}

/// The reference of a row.
///
/// # Errors
/// It is absent, or not allowed in a journal.
pub(crate) fn reference(fields: &Fields) -> Result<Reference, Refusal> {
    let text = fields.text(Column::Reference).unwrap_or_default();
    text.parse()
        .map_err(|error: idcloud_flows::journal::ReferenceError| {
            Refusal::new(
                Column::Reference.as_str(),
                error.to_string(),
                "name each row by an id of your own, such as an order number",
            )
        })
}

/// The reference as it is sent with `--send-references`, as `subject.clientReference`.
///
/// # Errors
/// It cannot be sent: it has white space inside, or is too long.
pub(crate) fn client_reference(reference: &Reference) -> Result<ClientReference, Refusal> {
    reference
        .as_str()
        .parse()
        .map_err(|error: ClientReferenceError| {
            Refusal::new(
                Column::Reference.as_str(),
                format!("cannot be sent: {error}"),
                "name the row without blanks, or run without --send-references",
            )
        })
}

impl Row {
    /// Checks everything but the reference and the selfie's content.
    ///
    /// # Errors
    /// Every rule that the row breaks.
    pub(crate) fn read(mut fields: Fields) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let subject = subject(&mut fields)
            .map_err(|mut more| refusals.append(&mut more))
            .ok();
        let remedy = "shorten it, or leave it empty";
        let use_case = keep(
            optional(&mut fields, Column::UseCase, remedy),
            &mut refusals,
        );
        let remedy = "copy the branch's id as Unico gave it, or leave it empty";
        let subsidiary_id = keep(
            optional(&mut fields, Column::SubsidiaryId, remedy),
            &mut refusals,
        );
        let selfie = fields.text(Column::Selfie).map(PathBuf::from);
        let selfie = selfie
            .filter(|path| !crate::input::is_stdin(path))
            .ok_or_else(|| {
                Refusal::new(
                    Column::Selfie.as_str(),
                    "names no file",
                    "name the file with the selfie, relative to the input",
                )
            });
        match (
            subject,
            keep(selfie, &mut refusals),
            use_case,
            subsidiary_id,
        ) {
            (Some(subject), Some(selfie), Some(use_case), Some(subsidiary_id)) => Ok(Self {
                subject,
                selfie,
                use_case,
                subsidiary_id,
            }),
            _ => Err(refusals),
        }
    }

    /// The person's CPF or CURP.
    pub(crate) const fn code(&self) -> &SubjectCode {
        self.subject.code()
    }

    /// Whether the selfie's file is missing; its path is relative to `directory`.
    pub(crate) fn selfie_is_gone(&self, directory: &Path) -> bool {
        std::fs::metadata(directory.join(&self.selfie)).is_err()
    }

    /// The refusals of a selfie. If the file is missing, adds invisible characters of its name to
    /// the message.
    fn selfie_named(&self, directory: &Path, refusals: Vec<Refusal>) -> Vec<Refusal> {
        if !self.selfie_is_gone(directory) {
            return refusals;
        }
        let name = self.selfie.to_string_lossy();
        let named = |refusal| blanks::named(refusal, &name);
        refusals.into_iter().map(named).collect()
    }

    /// The selfie's path, relative to `directory`.
    pub(crate) fn selfie_path(&self, directory: &Path) -> PathBuf {
        directory.join(&self.selfie)
    }

    /// Reads the selfie, from a path relative to `directory`, and builds the request. Does not
    /// check the picture to its end: the code that sends it does.
    ///
    /// # Errors
    /// The selfie cannot be read, or IDCloud would refuse it.
    pub(crate) fn request(
        self,
        directory: &Path,
        now: SystemTime,
    ) -> Result<IdentityRequest, Vec<Refusal>> {
        let path = self.selfie_path(directory);
        let selfie = selfie::read(&path, &mut Stdin::of_a_row(), now)
            .map_err(|refusals| self.selfie_named(directory, refusals))?;
        let mut request = IdentityRequest::new(self.subject, selfie)
            .map_err(|violations| violations.iter().map(Refusal::from).collect::<Vec<_>>())?;
        if let Some(use_case) = self.use_case {
            request = request.with_use_case(use_case);
        }
        if let Some(id) = self.subsidiary_id {
            request = request.with_subsidiary_id(id);
        }
        Ok(request)
    }
}

fn subject(fields: &mut Fields) -> Result<Subject, Vec<Refusal>> {
    let draft = SubjectDraft {
        cpf: fields.take(Column::Cpf),
        curp: fields.take(Column::Curp),
        name: fields.take(Column::Name),
        email: fields.take(Column::Email),
        phone: fields.take(Column::Phone),
        ..SubjectDraft::default()
    };
    draft
        .parse_named()
        .map_err(|violations| violations.iter().map(Refusal::from).collect())
}

/// A value that may be absent.
fn optional<T: std::str::FromStr<Err: std::fmt::Display>>(
    fields: &mut Fields,
    column: Column,
    remedy: &str,
) -> Result<Option<T>, Refusal> {
    let Some(text) = fields.take(column) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|error: T::Err| {
        let refusal = Refusal::new(column.as_str(), error.to_string(), remedy);
        blanks::named(refusal, &text)
    })
}
