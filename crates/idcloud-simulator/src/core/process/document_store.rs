//! The documents that can be used again.
//!
//! Must not show one tenant what another captured, nor grow without end.

use std::collections::{HashMap, VecDeque};

use idcloud_model::SubjectCode;

use crate::core::process::document::{Document, DocumentKind};

/// Whose documents stand from the beginning: the first test subject's.
const STANDING: &str = "52998224725";
/// How many people's documents are kept, and how many of each.
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
    /// Keeps what was captured.
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

    /// Everything that `tenant` can use again of `code`'s.
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
