#![doc = include_str!("../README.md")]

mod answer;
mod catalogue;
mod person;
mod verdict;

pub mod request;
mod saved_text;
#[cfg(feature = "schema")]
mod schema;
mod selfie;
mod unknown;
mod unseen;

pub use answer::additional_info::AdditionalInfo;
pub use answer::behavior::BehaviorAlert;
pub use answer::document::Document;
pub use answer::document_content::{DocumentContent, DocumentKind};
pub use answer::error_answer::ErrorAnswer;
pub use answer::evidence::Evidence;
pub use answer::face_match::{FaceMatch, Match};
pub use answer::identity::IdentityResult;
pub use answer::ids::{DocumentId, IdError, ProcessId, SubsidiaryId};
pub use answer::liveness::LivenessResult;
pub use answer::notification::{Notification, NotificationState};
pub use answer::process::{FinalProcess, PendingProcess, Process};
pub use answer::reduced::is_member_name;
pub use answer::reusable_document::{
    DocumentType, DocumentTypeError, ReusableDocument, ReusableDocumentsQuery,
};
pub use answer::score::RiskScore;
pub use answer::serpro::Serpro;
pub use answer::status::Status;
pub use answer::trust::{RiskLevel, TrustDecision};
pub use answer::wire::ReadError;
pub use catalogue::error_code::{Actor, CatalogueEntry, Endpoint, ErrorCode, RetryClass};
pub use catalogue::language::{Language, UnknownLanguage};
pub use catalogue::limits;
pub use catalogue::violation::{Rule, Violation, Violations};
pub use person::birth_date::{BirthDate, BirthDateError};
pub use person::contact::{
    ClientReference, ClientReferenceError, Email, EmailError, Gender, GenderError, PersonName,
    PersonNameError, Phone, PhoneError,
};
pub use person::cpf::{Cpf, CpfError};
pub use person::curp::{Curp, CurpError};
pub use person::dui_type::DuiType;
pub use person::personal_number::PersonalNumber;
#[cfg(feature = "pseudonym")]
pub use person::pseudonym::{Pseudonym, PseudonymKey};
pub use person::risk_code::{RiskCode, RiskCodeError};
pub use person::subject::{Subject, SubjectCode, SubjectCodeError, SubjectDraft};
pub use saved_text::{SavedTextError, saved_text, without_mark};
pub use selfie::capture_token::CaptureToken;
pub use selfie::image::{Dimensions, Image, ImageFormat};
pub use selfie::{Selfie, SelfieKind, UnknownSelfieKind};
pub use unknown::UnknownValue;
pub use unseen::{is_unseen, seen_where_it_stands};
pub use verdict::asked::Asked;
pub use verdict::capability::{Capabilities, Capability, CapabilityError, IdentityExtras};
pub use verdict::decide::{Verdict, decide};
pub use verdict::liveness_reading::LivenessReading;
pub use verdict::mismatch::{Mismatch, mismatches};
pub use verdict::policy::{Policy, PolicyError};
pub use verdict::scenario::{
    Decision, Scenario, UnknownDecision, UnknownScenario, simulated_notice,
};
