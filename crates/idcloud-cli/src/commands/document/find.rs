//! `idcloud document find`: lists a person's documents that IDCloud has and would accept again.
//!
//! Must not show whose they are.

use std::io::{self, Write};

use idcloud_flows::IdCloud;
use idcloud_http::{CallOptions, Error};
use idcloud_model::{
    DocumentType, DocumentTypeError, ReusableDocument, ReusableDocumentsQuery, Subject,
};
use serde::Serialize;

use crate::commands::document::args::FindArgs;
use crate::config::connection::Connection;
use crate::failure::call;
use crate::failure::exit::Exit;
use crate::failure::{Failure, Refusal, keep, keep_all};
use crate::input::Stdin;
use crate::input::subject;
use crate::output::Output;
use crate::output::sanitize::harmless;
use crate::output::style::Style;
use crate::verify::interrupted;
use crate::verify::interrupts::Interrupts;

/// Runs the command.
pub(super) fn run(
    mut args: FindArgs,
    connection: Connection,
    stdin: &mut Stdin<'_>,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let mut refusals = Vec::new();
    let subject = keep_all(subject::required(&mut args.code, stdin), &mut refusals);
    let kinds = keep(kinds(args.kind.as_deref()), &mut refusals);
    let (Some(subject), Some(kinds)) = (subject, kinds) else {
        return Err(Failure::refused_here(refusals));
    };
    let find = find(connection, &subject, kinds);
    let found = super::super::block_on(interrupts.interruptible(find))?
        .ok_or_else(interrupted::of_read)?
        .map_err(|error| call::of_read(&error))?;
    output
        .result(&found, |to, style| found.write(to, style))
        .map_err(|_| Failure::closed())?;
    Ok(Exit::Answered)
}

/// The type that was named, or every documented one.
///
/// IDCloud wants a type in each request, and the caller rarely knows it: one request for each.
fn kinds(named: Option<&str>) -> Result<Vec<DocumentType>, Refusal> {
    match named {
        None => Ok(DocumentType::KNOWN.to_vec()),
        Some(text) => text
            .parse()
            .map(|kind| vec![kind])
            .map_err(|error: DocumentTypeError| {
                Refusal::new("type", error.to_string(), "use one of these words")
            }),
    }
}

async fn find(
    connection: Connection,
    subject: &Subject,
    kinds: Vec<DocumentType>,
) -> Result<Found, Error> {
    let documents = IdCloud::new(connection.client).documents(connection.api_key);
    let mut found = Found::default();
    for kind in kinds {
        let query = ReusableDocumentsQuery::new(subject.code().clone(), kind);
        let answer = documents.reusable(&query, &CallOptions::new()).await?;
        found.simulated |= answer.simulated();
        found.add(answer.into_value());
    }
    Ok(found)
}

/// The found documents.
#[derive(Default, Serialize)]
struct Found {
    items: Vec<Item>,
    #[serde(skip)]
    simulated: bool,
}

#[derive(PartialEq, Serialize)]
struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: String,
}

impl Found {
    /// Adds documents that are not in the list yet: an IDCloud that ignores the type answers with
    /// the same ones again.
    fn add(&mut self, documents: Vec<ReusableDocument>) {
        for document in documents {
            let item = Item {
                kind: document.known_kind().map(str::to_owned),
                id: document.id().as_str().to_owned(),
            };
            if !self.items.contains(&item) {
                self.items.push(item);
            }
        }
    }

    fn write(&self, to: &mut dyn Write, style: Style) -> io::Result<()> {
        if self.simulated {
            write!(to, "{}: ", style.caution("SIMULATED"))?;
        }
        if self.items.is_empty() {
            return writeln!(
                to,
                "IDCloud kept no document of this person that it would take again."
            );
        }
        writeln!(to, "IDCloud would take these again:")?;
        for item in &self.items {
            let kind = item.kind.as_deref().unwrap_or("type not told");
            writeln!(to, "  {}  {}", harmless(&item.id), harmless(kind))?;
        }
        Ok(())
    }
}
