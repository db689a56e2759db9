//! Handles a create: checks its rules in order, determines the findings, and stores the process.
//!
//! Must not change any state for a request that it refuses.

use std::borrow::Cow;
use std::time::SystemTime;

use http::HeaderMap;
use idcloud_model::SubjectCode;

use super::Simulator;
use crate::core::ledger::LedgerEntry;
use crate::core::process::document::{Document, DocumentKind};
use crate::core::process::evidence::Evidence;
use crate::core::process::{Beginning, Finding, Person, Process, Proof};
use crate::core::wire::access::Access;
use crate::core::wire::answer::Answer;
use crate::core::wire::create_body::{self, Content, CreateBody, DocumentSource, Reference};
use crate::core::wire::error_catalogue::Refusal;
use crate::core::wire::rejection::Refused;
use crate::core::wire::selfie::{self, Selfie};
use crate::setup::capture::ReadCapture;
use crate::{Course, Dialect, KeyProfile, Latency, Outcome, Paper};

/// The share of processes that end with the create's answer. The guide of 2026 that compares *by
/// Unico* with *by Client* says 80 to 90 %.
const ANSWERED_AT_ONCE: f64 = 0.85;

/// The result of a create, before there is a process.
struct Examined {
    finding: Finding,
    outcome: Outcome,
    /// The capture that it used.
    capture: Option<ReadCapture>,
}

impl Simulator {
    /// Answers a create. `marks_capture`: whether its capture counts as used afterwards.
    pub(super) fn create(
        &mut self,
        headers: &HeaderMap,
        body: &[u8],
        marks_capture: bool,
        now: SystemTime,
    ) -> Result<Answer, Refused> {
        let Access { tenant, key } = self.admit(headers, now)?;
        if !create_body::is_json(headers) {
            return Err(Refused::UnsupportedMediaType);
        }
        let dialect = key.dialect().unwrap_or(self.config.dialect);
        let asked = CreateBody::read(body, key, dialect)?;
        let examined = self.examine(&asked, &tenant, key, dialect, now)?;
        if let Some(capture) = examined.capture
            && marks_capture
        {
            self.used_captures
                .mark(capture.signature, capture.expires, now);
        }
        let course = self.course_of(&tenant, asked.code.as_ref(), examined.outcome.course);
        if let (Finding::Document(document), Some(code)) = (&examined.finding, &asked.code)
            && document.paper == Paper::Own
            && course == Course::Straight
        {
            self.documents.keep(&tenant, code, document.clone());
        }
        let late = self.is_late();
        let digest = self.ledger.digest(&[
            asked.code.as_ref().map_or("", SubjectCode::expose),
            asked.content.substance(),
        ]);
        let process = Process::begin(
            Beginning {
                id: self.ids.uuid(),
                transaction_id: self.ids.uuid(),
                tenant: tenant.clone(),
                dialect,
                person: Person {
                    code: asked.code,
                    name: asked.name,
                },
                finding: examined.finding,
                course,
                late,
                latency: self.config.score_latency,
            },
            now,
        );
        let answer = process.created();
        self.webhooks.expect(&tenant, &process.events());
        self.ledger.record(LedgerEntry {
            process_id: process.id().to_owned(),
            tenant_id: tenant,
            digest,
            client_reference: asked.client_reference.map(Cow::into_owned),
            created_at: now,
            answered: true,
            fails: process.fails(),
        });
        self.processes.insert(process);
        Ok(answer)
    }

    /// Whether the next process ends after its create's answer, drawn by the published share.
    fn is_late(&mut self) -> bool {
        self.config.latency == Latency::Observed && self.faults.chance() >= ANSWERED_AT_ONCE
    }

    /// Checks pictures, captures and referenced processes, and returns the findings.
    fn examine(
        &mut self,
        asked: &CreateBody<'_>,
        tenant: &str,
        key: KeyProfile,
        dialect: Dialect,
        now: SystemTime,
    ) -> Result<Examined, Refused> {
        match &asked.content {
            Content::Face { selfie, reference } => {
                let selfie =
                    selfie::inspect(selfie, key.is_capture_only(), &self.used_captures, now)?;
                let outcome = self.compare(tenant, asked.code.as_ref(), reference.as_ref())?;
                let evidence = Evidence::of(&outcome, key, dialect, selfie.face());
                Ok(Examined {
                    finding: Finding::Face(evidence),
                    outcome,
                    capture: match selfie {
                        Selfie::Capture(capture) => Some(capture),
                        Selfie::Image => None,
                    },
                })
            }
            Content::Document { proof, source } => {
                let code = asked.code.as_ref().ok_or(Refusal::NO_CODE)?;
                let document = self.document(tenant, code, proof, source, now)?;
                Ok(Examined {
                    finding: Finding::Document(document),
                    outcome: self.outcome_of(Some(code)),
                    capture: None,
                })
            }
        }
    }

    /// The outcome of a face, and of its comparison with `reference`.
    ///
    /// A create without a code is about the person of the reference. Two different codes have two
    /// faces.
    fn compare(
        &self,
        tenant: &str,
        code: Option<&SubjectCode>,
        reference: Option<&Reference<'_>>,
    ) -> Result<Outcome, Refusal> {
        let referenced = match reference {
            None => None,
            Some(Reference::Picture(text)) => {
                selfie::inspect_image(text)?;
                None
            }
            Some(Reference::Process(id)) => {
                let process = self.processes.of(tenant, id).filter(|it| it.has_face());
                if process.is_none() && !self.config.unknown_references {
                    return Err(Refusal::UNKNOWN_PROCESS);
                }
                process.and_then(|process| process.person().code.as_ref())
            }
        };
        let outcome = self.outcome_of(code.or(referenced));
        let others = code.is_some() && referenced.is_some() && code != referenced;
        Ok(outcome.with_face_match(outcome.face_match && !others))
    }

    /// The document of a create, captured or kept, if its process proves the holder.
    fn document(
        &mut self,
        tenant: &str,
        code: &SubjectCode,
        proof: &str,
        source: &DocumentSource<'_>,
        now: SystemTime,
    ) -> Result<Document, Refused> {
        if let DocumentSource::Files(files) = source {
            files
                .iter()
                .try_for_each(|file| selfie::inspect_image(file))?;
        }
        let proof = match self.processes.of(tenant, proof) {
            Some(process) => process.proof(code, now),
            None if self.config.unknown_references => Proof::Holder,
            None => return Err(Refusal::UNKNOWN_PROCESS.into()),
        };
        if proof < Proof::Presence {
            return Err(Refused::Conflict(
                "authProcessId is not a completed process of this person within 24 hours",
            ));
        }
        match source {
            DocumentSource::Files(files) => Ok(Document {
                id: self.ids.uuid(),
                kind: DocumentKind::of_files(files.len()),
                paper: self.outcome_of(Some(code)).paper,
                files: files.len(),
            }),
            DocumentSource::Kept(_) if proof < Proof::Holder => Err(Refused::Conflict(
                "using a document again needs a process with identity yes or a score of 50",
            )),
            DocumentSource::Kept(id) => self
                .documents
                .of(tenant, code)
                .into_iter()
                .find(|document| document.id.eq_ignore_ascii_case(id))
                .ok_or(Refused::NoSuchPath),
        }
    }

    /// The course for this process; only `FailureOnce` depends on earlier ones.
    fn course_of(&mut self, tenant: &str, code: Option<&SubjectCode>, course: Course) -> Course {
        match (course, code) {
            (Course::FailureOnce, Some(code))
                if self
                    .failed_once
                    .insert((tenant.to_owned(), code.expose().to_owned())) =>
            {
                Course::Failure
            }
            (Course::FailureOnce, _) => Course::Straight,
            (course, _) => course,
        }
    }
}
