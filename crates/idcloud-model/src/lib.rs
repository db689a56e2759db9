#![doc = include_str!("../README.md")]

mod additional_info;
mod asked;
mod behavior;
mod birth_date;
mod capability;
mod capture_result;
mod capture_token;
mod contact;
mod cpf;
mod curp;
mod decision;
mod document;
mod document_content;
mod dui_type;
mod error_answer;
mod error_code;
mod evidence;
mod face_match;
mod generated;
mod identity;
mod ids;
mod image;
mod image_text;
mod language;
pub mod limits;
mod liveness;
mod mismatch;
mod personal;
mod personal_number;
mod policy;
mod process;
#[cfg(feature = "pseudonym")]
mod pseudonym;
mod reduced;
pub mod request;
mod reusable_document;
mod risk_code;
mod saved_text;
mod scenario;
#[cfg(feature = "schema")]
mod schema;
mod score;
mod selfie;
mod serpro;
mod status;
mod subject;
mod trust;
mod typed_marks;
mod unknown;
mod unseen;
mod violation;
mod webhook;
mod wire;

pub use additional_info::AdditionalInfo;
pub use asked::Asked;
pub use behavior::BehaviorAlert;
pub use birth_date::{BirthDate, BirthDateError};
pub use capability::{Capabilities, Capability, CapabilityError, IdentityExtras};
pub use capture_token::CaptureToken;
pub use contact::{
    ClientReference, ClientReferenceError, Email, EmailError, Gender, GenderError, PersonName,
    PersonNameError, Phone, PhoneError,
};
pub use cpf::{Cpf, CpfError};
pub use curp::{Curp, CurpError};
pub use decision::{Verdict, decide};
pub use document::Document;
pub use document_content::{DocumentContent, DocumentKind};
pub use dui_type::DuiType;
pub use error_answer::ErrorAnswer;
pub use error_code::{Actor, CatalogueEntry, Endpoint, ErrorCode, RetryClass};
pub use evidence::Evidence;
pub use face_match::{FaceMatch, Match};
pub use identity::IdentityResult;
pub use ids::{DocumentId, IdError, ProcessId, SubsidiaryId};
pub use image::{Dimensions, Image, ImageFormat};
pub use language::{Language, UnknownLanguage};
pub use liveness::{LivenessReading, LivenessResult};
pub use mismatch::{Mismatch, mismatches};
pub use personal_number::PersonalNumber;
pub use policy::{Policy, PolicyError};
pub use process::{FinalProcess, PendingProcess, Process};
#[cfg(feature = "pseudonym")]
pub use pseudonym::{Pseudonym, PseudonymKey};
pub use reduced::is_member_name;
pub use reusable_document::{
    DocumentType, DocumentTypeError, ReusableDocument, ReusableDocumentsQuery,
};
pub use risk_code::{RiskCode, RiskCodeError};
pub use saved_text::{SavedTextError, saved_text, without_mark};
pub use scenario::{Decision, Scenario, UnknownDecision, UnknownScenario, simulated_notice};
pub use score::RiskScore;
pub use selfie::{Selfie, SelfieKind, UnknownSelfieKind};
pub use serpro::Serpro;
pub use status::Status;
pub use subject::{Subject, SubjectCode, SubjectCodeError, SubjectDraft};
pub use trust::{RiskLevel, TrustDecision};
pub use unknown::UnknownValue;
pub use unseen::{is_unseen, seen_where_it_stands};
pub use violation::{Rule, Violation, Violations};
pub use webhook::{Notification, NotificationState};
pub use wire::ReadError;
