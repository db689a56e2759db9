//! One submission of the campaign: the person, the request, and the behaviour of its caller.
//!
//! Must not change during a run.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use idcloud_flows::Flow;
use idcloud_flows::journal::Reference;
use idcloud_http::ApiKey;
use idcloud_model::request::{
    ComparisonRequest, DocumentRequest, IdentityRequest, LivenessRequest, Purpose,
};
use idcloud_model::{
    Capabilities, CaptureToken, Image, ProcessId, Selfie, SelfieKind, Subject, SubjectDraft,
};
use idcloud_simulator::{Capture, Simulator, sample_png};

use crate::Failure;
use crate::program::question::Question;
use crate::sabotage::Sabotage;
use crate::world::person::Person;
use crate::world::rng::{Chance, once_in};

/// The offset of the picture's unique bytes, and how many of them are searched for in outputs. Both
/// are multiples of three, so that their base64 is known.
const OWN_BYTES: usize = 300;
const LOOKED_FOR: usize = 48;
/// The offset of a sample's comment.
const COMMENT_AT: usize = 41;
/// A picture's size.
const PICTURE_BYTES: usize = 600;

/// The process that proves the holder of a document; the simulator accepts it.
const PROOF: &str = "80371b2a-3ac7-432e-866d-57fe37896ac6";

/// A submission.
pub(crate) struct Case {
    pub(crate) number: usize,
    /// Its name in the simulator's ledger.
    pub(crate) name: String,
    /// Its reference in the journal, if it has one.
    pub(crate) reference: Option<Reference>,
    pub(crate) person: Person,
    pub(crate) question: Question,
    pub(crate) request: Request,
    /// A caller's mistake: another request under the same reference.
    pub(crate) mistake: Option<Request>,
    pub(crate) key: ApiKey,
    /// Texts that no output may show.
    pub(crate) markers: Vec<String>,
    pub(crate) manner: Manner,
}

/// The behaviour of a caller.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    /// The programs that submit it.
    pub(crate) owners: Vec<usize>,
    pub(crate) start: Duration,
    /// How often it is submitted again, whatever the result.
    pub(crate) patience: u32,
    /// How often a failed process is created again.
    pub(crate) begin_again: u32,
    /// When the caller drops the first submission.
    pub(crate) drops_after: Option<Duration>,
    pub(crate) deadline: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) new_attempts: u32,
    /// The limits of its waits.
    pub(crate) waits: Vec<Duration>,
}

/// The request.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Identity(IdentityRequest),
    BehaviorAlert(IdentityRequest),
    Liveness(LivenessRequest),
    Comparison(ComparisonRequest),
    Document(DocumentRequest),
}

impl Case {
    /// Draws a case, and arranges its outcome in the simulator.
    pub(crate) fn draw(
        chance: &mut Chance,
        number: usize,
        manner: Manner,
        simulator: &mut Simulator,
        tenant: &str,
        sabotage: Option<Sabotage>,
        now: SystemTime,
    ) -> Result<Self, Failure> {
        let person = Person::draw(chance, number);
        let question = Question::draw(chance);
        let name = format!("case-{number}");
        simulator.arrange(person.code.parse()?, person.truth.outcome());
        let secret = format!("markerapikey{number}{:016x}", chance.u64(..));
        simulator.register_api_key(tenant, &secret, question.profile());
        let mut markers = vec![
            person.code.clone(),
            person.name.clone(),
            person.email.clone(),
            person.phone.clone(),
            secret.clone(),
        ];
        markers.extend(person.written_code());
        let request = Request::draw(chance, &person, &question, &name, &mut markers, now)?;
        let mistake = if once_in(chance, 10) {
            Some(Request::draw(
                chance,
                &person,
                &question,
                &name,
                &mut markers,
                now,
            )?)
        } else {
            None
        };
        let reference = if once_in(chance, 8) {
            None
        } else if sabotage == Some(Sabotage::RequestStored) {
            Some(person.email.parse()?)
        } else {
            Some(name.parse()?)
        };
        Ok(Self {
            key: ApiKey::new(secret, claimed(&question, sabotage))?,
            number,
            name,
            reference,
            person,
            question,
            request,
            mistake,
            markers,
            manner,
        })
    }

    /// Whether this program submits it: without a reference, only one program does.
    pub(crate) fn is_of(&self, replica: usize) -> bool {
        if self.reference.is_some() {
            self.manner.owners.contains(&replica)
        } else {
            self.manner.owners.first() == Some(&replica)
        }
    }
}

/// The declared capabilities of the key.
fn claimed(question: &Question, sabotage: Option<Sabotage>) -> Capabilities {
    match sabotage {
        Some(Sabotage::UnaskedApproves) => question.declared.union(question.answers),
        Some(Sabotage::MissingUnnoticed) => {
            let both = question
                .declared
                .iter()
                .filter(|one| question.answers.contains(*one));
            Capabilities::try_from_iter(both).unwrap_or(question.declared)
        }
        _ => question.declared,
    }
}

impl Request {
    fn draw(
        chance: &mut Chance,
        person: &Person,
        question: &Question,
        name: &str,
        markers: &mut Vec<String>,
        now: SystemTime,
    ) -> Result<Self, Failure> {
        let draft = SubjectDraft {
            code: Some(person.code.clone().into()),
            name: Some(person.name.clone().into()),
            email: Some(person.email.clone().into()),
            phone: Some(person.phone.clone().into()),
            client_reference: Some(name.to_owned().into()),
            ..SubjectDraft::default()
        };
        let subject: Subject = draft.parse()?;
        let image = picture(chance, markers)?;
        let selfie = if question.selfie == SelfieKind::CaptureToken {
            let token = Capture::new(&image, now)
                .with_face(person.truth.face)
                .token();
            markers.extend(token.split('.').skip(1).map(str::to_owned));
            Selfie::from(CaptureToken::parse(&token, now)?)
        } else {
            Selfie::from(image.clone())
        };
        Ok(match (question.flow, selfie) {
            (Flow::Liveness, Selfie::CaptureToken(token)) => {
                Self::Liveness(LivenessRequest::new(token).with_subject(subject))
            }
            (Flow::Comparison, selfie) => {
                let compared = picture(chance, markers)?;
                Self::Comparison(ComparisonRequest::new(compared, selfie).with_subject(subject))
            }
            (Flow::Document, _) => {
                // What the simulator writes into documents besides name and number.
                markers.extend(["Simulated Parent", "signature=simulated"].map(str::to_owned));
                let proof: ProcessId = PROOF.parse()?;
                let mut files = vec![image.bytes().clone()];
                if chance.bool() {
                    files.push(picture(chance, markers)?.bytes().clone());
                }
                let purpose = Purpose::ONBOARDING;
                Self::Document(DocumentRequest::capture(subject, purpose, proof, files)?)
            }
            (Flow::BehaviorAlert, selfie) => {
                Self::BehaviorAlert(IdentityRequest::new(subject, selfie)?)
            }
            (_, selfie) => Self::Identity(IdentityRequest::new(subject, selfie)?),
        })
    }
}

/// A PNG of 720 x 960 pixels, with random bytes in a chunk that decoders skip.
fn picture(chance: &mut Chance, markers: &mut Vec<String>) -> Result<Image, Failure> {
    // The random bytes begin at a multiple of three, so that their base64 is known.
    let mut comment = vec![0; OWN_BYTES - COMMENT_AT];
    comment.extend((OWN_BYTES..PICTURE_BYTES).map(|_| chance.u8(..)));
    let png = sample_png(720, 960, &comment);
    let own = png
        .get(OWN_BYTES..OWN_BYTES + LOOKED_FOR)
        .unwrap_or_default();
    markers.push(STANDARD.encode(own));
    Ok(Image::parse(Bytes::from(png))?)
}
