//! The documents that can be used again.
//!
//! Must not show a tenant's captured documents to another, nor grow without bound.

use std::collections::{HashMap, VecDeque};

use idcloud_model::SubjectCode;

use crate::core::process::document::{Document, DocumentKind};

/// The person whose documents exist from the start: the first test subject.
const STANDING: &str = "52998224725";
/// How many people's documents are kept, and how many of each person.
const PEOPLE: usize = 10_000;
const EACH: usize = 8;

/// Documents by tenant and person.
#[derive(Default)]
pub(crate) struct Documents {
    captured: HashMap<Holder, Vec<Document>>,
    in_order: VecDeque<Holder>,
}

type Holder = (String, String);

impl Documents {
    /// Keeps a captured document.
    pub(crate) fn keep(&mut self, tenant: &str, code: &SubjectCode, document: Document) {
        let holder = (tenant.to_owned(), code.expose().to_owned());
        if !self.captured.contains_key(&holder) {
            if self.in_order.len() >= PEOPLE
                && let Some(oldest) = self.in_order.pop_front()
            {
                self.captured.remove(&oldest);
            }
            self.in_order.push_back(holder.clone());
        }
        let documents = self.captured.entry(holder).or_default();
        if documents.len() < EACH {
            documents.push(document);
        }
    }

    /// Every document of `code` that `tenant` can use again.
    pub(crate) fn of(&self, tenant: &str, code: &SubjectCode) -> Vec<Document> {
        let standing = DocumentKind::ALL
            .into_iter()
            .filter(|_| code.expose() == STANDING)
            .map(|kind| Document::standing(code, kind));
        let holder = (tenant.to_owned(), code.expose().to_owned());
        let captured = self.captured.get(&holder).into_iter().flatten().cloned();
        standing.chain(captured).collect()
    }
}
