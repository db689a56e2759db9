//! The question about a person, and the real capabilities of its key.
//!
//! Must not merge the two: the client has to handle a key whose answers differ from its
//! declaration.

use idcloud_flows::Flow;
use idcloud_model::{Capabilities, Capability, Policy, SelfieKind};
use idcloud_simulator::{Dialect, KeyProfile};

use crate::world::rng::{Chance, once_in, pick};

/// One question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) flow: Flow,
    /// The declared capabilities of the key, with those that its handle implies.
    pub(crate) declared: Capabilities,
    /// The real capabilities of the key.
    pub(crate) answers: Capabilities,
    pub(crate) selfie: SelfieKind,
    pub(crate) policy: Policy,
    pub(crate) dialect: Dialect,
    pub(crate) later_alert: bool,
}

impl Question {
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let flow = match chance.u32(..20) {
            0..=12 => Flow::Identity,
            13 | 14 => Flow::Liveness,
            15 => Flow::BehaviorAlert,
            16 => Flow::Document,
            _ => Flow::Comparison,
        };
        let (declared, answers) = capabilities(chance, flow);
        let selfie = if flow == Flow::Document {
            // Its pictures are of documents.
            SelfieKind::Image
        } else if flow == Flow::Liveness || once_in(chance, 3) {
            SelfieKind::CaptureToken
        } else {
            SelfieKind::Image
        };
        let policy = Policy::default()
            .with_approve_from(pick(chance, &[50, 50, 80]).unwrap_or(50))
            .with_require_liveness(once_in(chance, 5))
            .with_min_serpro(once_in(chance, 8).then_some(60));
        Self {
            flow,
            declared,
            answers,
            selfie,
            policy,
            dialect: pick(chance, &Dialect::ALL).unwrap_or_default(),
            later_alert: once_in(chance, 3),
        }
    }

    /// The key's profile in the simulator.
    pub(crate) fn profile(&self) -> KeyProfile {
        let profile = KeyProfile::new(self.answers).with_dialect(self.dialect);
        if self.later_alert {
            profile.with_later_alert(true)
        } else {
            profile
        }
    }

    /// A question about a plain image; its key has exactly the declared capabilities.
    #[cfg(test)]
    pub(crate) fn plain(flow: Flow, capabilities: &str) -> Self {
        let capabilities = capabilities.parse().unwrap();
        Self {
            flow,
            declared: capabilities,
            answers: capabilities,
            selfie: SelfieKind::Image,
            policy: Policy::default(),
            dialect: Dialect::default(),
            later_alert: false,
        }
    }
}

/// The declared and the real capabilities. Sometimes the key lacks one, or has an additional one.
fn capabilities(chance: &mut Chance, flow: Flow) -> (Capabilities, Capabilities) {
    use Capability::{BehaviorAlert, Document, FaceMatch, Identity, Liveness, RiskScore, Serpro};
    let (least, more): (&[Capability], &[Capability]) = match flow {
        Flow::Liveness => (&[Liveness], &[]),
        Flow::Comparison => (&[FaceMatch], &[Liveness, BehaviorAlert]),
        Flow::BehaviorAlert => (&[BehaviorAlert], &[]),
        Flow::Document => (&[Document], &[]),
        _ => (&[Identity], &[Liveness, BehaviorAlert, RiskScore, Serpro]),
    };
    let mut declared = least.to_vec();
    declared.extend(more.iter().filter(|_| chance.bool()));
    let mut answers = declared.clone();
    // Liveness is not removed: an answer does not show whether its `yes` includes it.
    let other = pick(chance, more).filter(|other| *other != Liveness);
    if let Some(other) = other
        && once_in(chance, 4)
    {
        if answers.contains(&other) {
            answers.retain(|one| *one != other);
        } else {
            answers.push(other);
        }
    }
    let set = |list: Vec<Capability>| Capabilities::try_from_iter(list).unwrap_or_default();
    (set(declared), set(answers))
}
