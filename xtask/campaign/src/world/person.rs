//! People who do not exist, and the truth about them.
//!
//! Must not use the client's decision table: the expected approvals are written here independently.

use idcloud_flows::Flow;
use idcloud_model::{Capability, SelfieKind};
use idcloud_simulator::{Course, Dialect, Face, Outcome, Paper};

use crate::program::question::Question;
use crate::world::rng::{Chance, pick, pick_text};

/// One person: the texts that no output may show, and the truth.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) truth: Truth,
}

/// The truth about a person, independent of the key.
#[derive(Clone, Copy)]
pub(crate) struct Truth {
    pub(crate) identity: &'static str,
    pub(crate) liveness: i64,
    pub(crate) alert: Option<&'static str>,
    pub(crate) score: Option<i64>,
    pub(crate) serpro: i64,
    pub(crate) face_match: bool,
    /// What a document proves to be.
    pub(crate) paper: Paper,
    pub(crate) course: Course,
    /// What the camera saw, if a capture is sent.
    pub(crate) face: Face,
}

impl Person {
    /// Draws a person; `number` separates the people of one run.
    pub(crate) fn draw(chance: &mut Chance, number: usize) -> Self {
        let code = cpf(chance, number);
        Self {
            name: format!("Markername{number} Zz{:06x}", chance.u32(..0x0100_0000)),
            email: format!(
                "marker{number}.{:06x}@example.com",
                chance.u32(..0x0100_0000)
            ),
            phone: format!("5511{:09}", 900_000_000 + chance.u32(..99_999_999)),
            truth: Truth::draw(chance),
            code,
        }
    }

    /// The CPF in its formatted spelling.
    pub(crate) fn written_code(&self) -> Option<String> {
        let part = |from, to| self.code.get(from..to);
        Some(format!(
            "{}.{}.{}-{}",
            part(0, 3)?,
            part(3, 6)?,
            part(6, 9)?,
            part(9, 11)?
        ))
    }
}

impl Truth {
    fn draw(chance: &mut Chance) -> Self {
        let identity = pick_text(
            chance,
            &[
                "yes",
                "yes",
                "inconclusive",
                "inconclusive",
                "no",
                "under-review",
            ],
        );
        Self {
            identity,
            liveness: pick(chance, &[1, 1, 1, 1, 1, 2, 0]).unwrap_or(1),
            alert: pick(
                chance,
                &[
                    Some("inconclusive"),
                    Some("inconclusive"),
                    Some("inconclusive"),
                    Some("yes"),
                    Some("suspicious"),
                    None,
                ],
            )
            .flatten(),
            score: pick(
                chance,
                &[
                    Some(90),
                    Some(75),
                    Some(50),
                    Some(49),
                    Some(0),
                    Some(-40),
                    Some(140),
                    None,
                ],
            )
            .flatten(),
            serpro: pick(chance, &[95, 60, 12, -1, -2]).unwrap_or(95),
            face_match: chance.u32(..4) > 0,
            paper: pick(
                chance,
                &[
                    Paper::Own,
                    Paper::Own,
                    Paper::OtherNumber,
                    Paper::OtherFace,
                    Paper::Unreadable,
                ],
            )
            .unwrap_or_default(),
            course: draw_course(chance),
            face: pick(
                chance,
                &[
                    Face::Live,
                    Face::Live,
                    Face::Live,
                    Face::Spoof,
                    Face::Unclear,
                ],
            )
            .unwrap_or_default(),
        }
    }

    /// The same, as the simulator's outcome.
    pub(crate) fn outcome(&self) -> Outcome {
        let outcome = Outcome::identity(self.identity)
            .with_liveness(self.liveness)
            .with_alert(self.alert)
            .with_serpro(self.serpro)
            .with_face_match(self.face_match)
            .with_paper(self.paper)
            .with_course(self.course);
        match self.score {
            Some(score) => outcome.with_score(score),
            None => outcome,
        }
    }

    /// Whether a verification of this person with this question may end in an approval.
    pub(crate) fn approves(&self, question: &Question) -> bool {
        let (declared, answers) = (question.declared, question.answers);
        let asked = |capability| declared.contains(capability) && answers.contains(capability);
        // A missing score matters only if identity is inconclusive, and then nothing else approves.
        let lacks = declared
            .iter()
            .any(|one| one != Capability::RiskScore && !answers.contains(one));
        if lacks || !self.ends_well() || !self.is_alive(question) {
            return false;
        }
        let checked = question.selfie == SelfieKind::CaptureToken && asked(Capability::Liveness);
        if question.policy.require_liveness() && !checked {
            return false;
        }
        if answers.contains(Capability::BehaviorAlert) {
            match self.alert {
                Some("inconclusive") => {}
                Some(_) => return false,
                // A declared alert that is missing never approves.
                None if declared.contains(Capability::BehaviorAlert) => return false,
                None => {}
            }
        }
        if let Some(least) = question.policy.min_serpro()
            && (!asked(Capability::Serpro) || self.serpro < i64::from(least))
        {
            return false;
        }
        let from = i64::from(question.policy.approve_from());
        let identity = match self.identity {
            "yes" => true,
            "inconclusive" => {
                asked(Capability::RiskScore)
                    && self
                        .score
                        .is_some_and(|score| (from..=100).contains(&score))
            }
            _ => false,
        };
        match question.flow {
            Flow::Identity => identity,
            Flow::Liveness => checked,
            Flow::Comparison => self.face_match,
            Flow::Document => match self.paper {
                Paper::Own => true,
                // Only the later generations compare faces, so an earlier answer cannot show it.
                Paper::OtherFace => question.dialect < Dialect::V2025,
                _ => false,
            },
            _ => false,
        }
    }

    /// Where liveness is checked, it has to be live.
    fn is_alive(&self, question: &Question) -> bool {
        if !question.answers.contains(Capability::Liveness) {
            return true;
        }
        match (question.selfie, self.face) {
            (SelfieKind::CaptureToken, Face::Live) => self.liveness == 1,
            (SelfieKind::CaptureToken, _) => false,
            _ => self.liveness == 1,
        }
    }

    fn ends_well(&self) -> bool {
        matches!(
            self.course,
            Course::Straight | Course::Divergence | Course::Slow(_) | Course::FailureOnce
        )
    }
}

fn draw_course(chance: &mut Chance) -> Course {
    match chance.u32(..20) {
        0 | 1 => Course::FailureOnce,
        2 | 3 => Course::Failure,
        4 => Course::LateFailure,
        5 => Course::Cancellation,
        6 => Course::NeverFinal,
        7 => Course::UnlistedStatus(7),
        8..=10 => Course::Slow(std::time::Duration::from_secs(chance.u64(1..90))),
        11 => Course::Divergence,
        _ => Course::Straight,
    }
}

/// A CPF with valid check digits, the `number`th of its run.
fn cpf(chance: &mut Chance, number: usize) -> String {
    let number = u64::try_from(number).unwrap_or(0) % 1000;
    let text = format!("{:06}{number:03}", 100_000 + chance.u32(..899_999));
    let mut digits: Vec<u32> = text
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .collect();
    for length in [9_u32, 10] {
        let sum: u32 = digits
            .iter()
            .zip((2..=length + 1).rev())
            .map(|(digit, weight)| digit * weight)
            .sum();
        digits.push(match sum % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        });
    }
    digits
        .iter()
        .filter_map(|digit| char::from_digit(*digit, 10))
        .collect()
}

#[cfg(test)]
mod tests {
    use idcloud_model::SubjectCode;

    use super::*;

    /// The client accepts every person's number.
    #[test]
    fn numbers_check() {
        let mut chance = Chance::with_seed(1);
        for number in 0..500 {
            let person = Person::draw(&mut chance, number);
            let code: SubjectCode = person.code.parse().unwrap();
            assert_eq!(code.expose(), person.code);
            let written: SubjectCode = person.written_code().unwrap().parse().unwrap();
            assert_eq!(written, code);
        }
    }

    fn good() -> Truth {
        Truth {
            identity: "yes",
            liveness: 1,
            alert: Some("inconclusive"),
            score: None,
            serpro: 95,
            face_match: true,
            paper: Paper::Own,
            course: Course::Straight,
            face: Face::Live,
        }
    }

    /// The truth approves a good person, and no one with a single bad property that was asked
    /// about.
    #[test]
    fn one_bad_thing_is_enough() {
        let question = Question::plain(
            Flow::Identity,
            "liveness,identity,behavior-alert,risk-score",
        );
        assert!(good().approves(&question));
        let bad = [
            Truth {
                identity: "no",
                ..good()
            },
            Truth {
                identity: "inconclusive",
                ..good()
            },
            Truth {
                identity: "inconclusive",
                score: Some(49),
                ..good()
            },
            Truth {
                liveness: 2,
                ..good()
            },
            Truth {
                alert: Some("yes"),
                ..good()
            },
            Truth {
                alert: None,
                ..good()
            },
            Truth {
                course: Course::LateFailure,
                ..good()
            },
            Truth {
                course: Course::NeverFinal,
                ..good()
            },
        ];
        for (number, truth) in bad.iter().enumerate() {
            assert!(!truth.approves(&question), "{number}");
        }
        let scored = Truth {
            identity: "inconclusive",
            score: Some(50),
            ..good()
        };
        assert!(scored.approves(&question));
        let document = Question::plain(Flow::Document, "document");
        assert!(good().approves(&document));
        for paper in [Paper::OtherNumber, Paper::OtherFace, Paper::Unreadable] {
            let other = Truth { paper, ..good() };
            assert!(!other.approves(&document), "{paper:?}");
        }
        let unasked = Question::plain(Flow::Identity, "identity");
        assert!(!scored.approves(&unasked));
    }
}
