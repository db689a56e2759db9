//! The five promises, checked against the results of one run.
//!
//! Pure. Must not know the client: it judges bills, texts and times.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

/// The end of one submission.
#[derive(Clone, Debug, Default)]
pub(crate) struct CaseEnd {
    pub(crate) name: String,
    /// Its journal and its caller's behaviour, for the reader of a violation.
    pub(crate) memory: String,
    /// Every process that was billed for it.
    pub(crate) billed: Vec<Billed>,
    /// Every process that the journal, or the caller that got it, knows.
    pub(crate) known: BTreeSet<String>,
    /// The processes that were reported as final.
    pub(crate) reported: BTreeSet<String>,
    /// How many processes may exist without a known id: the number of ambiguous ends.
    pub(crate) ambiguous: u32,
    /// It ended ambiguous, although nothing was in flight.
    pub(crate) needless: bool,
    /// The most processes that the policy and the caller's requests allow.
    pub(crate) allowed: u32,
    pub(crate) false_approvals: u32,
    pub(crate) approvals: u32,
    /// No caller was left: no memory was requested, and the program crashed or dropped it.
    pub(crate) untold: bool,
}

/// A billed process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Billed {
    pub(crate) id: String,
    /// It ends in status 4 or 5.
    pub(crate) fails: bool,
}

/// The results of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended {
    pub(crate) cases: Vec<CaseEnd>,
    pub(crate) arrivals: Vec<Instant>,
    /// The tenant's requests per second.
    pub(crate) budget: usize,
    pub(crate) overdue: Vec<String>,
    /// Unfinished records that the journal purged.
    pub(crate) forgotten: Vec<String>,
    pub(crate) leaks: Vec<String>,
}

/// The sums of the findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) creates: u64,
    pub(crate) reported: u64,
    pub(crate) pending: u64,
    pub(crate) ambiguous: u64,
    /// Processes that were created without a reference by a program that crashed or dropped them:
    /// no memory was requested, and no caller was left.
    pub(crate) untold: u64,
    pub(crate) approved: u64,
    pub(crate) doubled: u64,
    pub(crate) lost: u64,
    /// Ambiguous ends that nothing on the network excuses.
    pub(crate) needless: u64,
    pub(crate) false_approvals: u64,
    pub(crate) over_budget: u64,
    pub(crate) overdue: u64,
    pub(crate) leaks: u64,
    /// Each violation as a sentence.
    pub(crate) violations: Vec<String>,
}

impl Ended {
    pub(crate) fn judge(&self) -> Findings {
        let mut findings = Findings::default();
        for case in &self.cases {
            case.judge(&mut findings);
        }
        let over = over_budget(&self.arrivals, self.budget);
        findings.over_budget = over;
        if over > 0 {
            findings.say(format!(
                "{over} requests were beyond the budget of a second"
            ));
        }
        findings.lost += count(self.forgotten.len());
        findings.violations.extend(self.forgotten.iter().cloned());
        findings.overdue = count(self.overdue.len());
        findings.leaks = count(self.leaks.len());
        findings.violations.extend(self.overdue.iter().cloned());
        findings.violations.extend(self.leaks.iter().cloned());
        findings
    }
}

impl CaseEnd {
    fn judge(&self, findings: &mut Findings) {
        let Self { name, billed, .. } = self;
        findings.creates += count(billed.len());
        findings.approved += u64::from(self.approvals);
        let good = billed.iter().filter(|one| !one.fails).count();
        if good > 1 || count(billed.len()) > u64::from(self.allowed) {
            findings.doubled += 1;
            findings.say(format!(
                "{name} ({}) was billed {} times, {good} of them for a result; {} were allowed",
                self.memory,
                billed.len(),
                self.allowed
            ));
        }
        let unknown = billed.iter().filter(|one| !self.known.contains(&one.id));
        let unknown = count(unknown.count());
        let excused = u64::from(self.ambiguous);
        findings.ambiguous += unknown.min(excused);
        if unknown > excused && self.untold {
            findings.untold += unknown - excused;
        } else if unknown > excused {
            findings.lost += unknown - excused;
            findings.say(format!(
                "{name} ({}): {unknown} processes that nobody knows of, and {excused} ambiguous ends",
                self.memory
            ));
        }
        if self.needless {
            findings.needless += 1;
            findings.say(format!(
                "{name} ended ambiguous, and nothing of it was on its way"
            ));
        }
        for one in billed {
            if self.reported.contains(&one.id) {
                findings.reported += 1;
            } else if self.known.contains(&one.id) {
                findings.pending += 1;
            }
        }
        if self.false_approvals > 0 {
            findings.false_approvals += u64::from(self.false_approvals);
            findings.say(format!(
                "{name} ({}) was approved, and the truth does not approve",
                self.memory
            ));
        }
    }
}

impl Findings {
    fn say(&mut self, sentence: String) {
        self.violations.push(sentence);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.creates += other.creates;
        self.reported += other.reported;
        self.pending += other.pending;
        self.ambiguous += other.ambiguous;
        self.untold += other.untold;
        self.approved += other.approved;
        self.doubled += other.doubled;
        self.lost += other.lost;
        self.needless += other.needless;
        self.false_approvals += other.false_approvals;
        self.over_budget += other.over_budget;
        self.overdue += other.overdue;
        self.leaks += other.leaks;
        self.violations.extend(other.violations.iter().cloned());
    }
}

/// How many requests came less than a second after the request `budget` places before.
fn over_budget(arrivals: &[Instant], budget: usize) -> u64 {
    let mut arrivals = arrivals.to_vec();
    arrivals.sort_unstable();
    let later = arrivals.iter().skip(budget);
    let over = arrivals
        .iter()
        .zip(later)
        .filter(|(first, last)| last.duration_since(**first) < Duration::from_secs(1));
    count(over.count())
}

pub(crate) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "any instant will do")]
mod tests {
    use super::*;

    fn billed(id: &str, fails: bool) -> Billed {
        let id = id.to_owned();
        Billed { id, fails }
    }

    fn case(billed: Vec<Billed>, known: &[&str]) -> CaseEnd {
        CaseEnd {
            billed,
            known: known.iter().map(|id| (*id).to_owned()).collect(),
            allowed: 2,
            ..CaseEnd::default()
        }
    }

    fn found(case: CaseEnd) -> Findings {
        let ended = Ended {
            cases: vec![case],
            budget: 10,
            ..Ended::default()
        };
        ended.judge()
    }

    #[test]
    fn one_process_that_is_known_is_as_it_should_be() {
        let findings = found(case(vec![billed("a", false)], &["a"]));
        assert_eq!(findings.violations, Vec::<String>::new());
        assert_eq!((findings.creates, findings.pending), (1, 1));
    }

    #[test]
    fn two_results_are_doubled_also_when_both_are_known() {
        let findings = found(case(
            vec![billed("a", false), billed("b", false)],
            &["a", "b"],
        ));
        assert_eq!((findings.doubled, findings.lost), (1, 0));
    }

    #[test]
    fn a_new_attempt_after_a_failed_process_is_not_doubled_and_one_too_many_is() {
        let two = vec![billed("a", true), billed("b", false)];
        assert_eq!(found(case(two.clone(), &["a", "b"])).doubled, 0);
        let three = [two, vec![billed("c", true)]].concat();
        assert_eq!(found(case(three, &["a", "b", "c"])).doubled, 1);
    }

    #[test]
    fn a_process_that_nobody_knows_is_lost_unless_somebody_said_so() {
        let lost = case(vec![billed("a", false)], &[]);
        assert_eq!(found(lost.clone()).lost, 1);
        let said = CaseEnd {
            ambiguous: 1,
            ..lost.clone()
        };
        assert_eq!((found(said.clone()).lost, found(said).ambiguous), (0, 1));
        let two = CaseEnd {
            billed: vec![billed("a", true), billed("b", true)],
            ambiguous: 1,
            ..lost.clone()
        };
        assert_eq!(found(two).lost, 1);
        let untold = CaseEnd {
            untold: true,
            ..lost
        };
        assert_eq!((found(untold.clone()).lost, found(untold).untold), (0, 1));
    }

    #[test]
    fn doubt_without_a_cause_is_a_violation() {
        let doubtful = CaseEnd {
            ambiguous: 1,
            ..case(Vec::new(), &[])
        };
        assert_eq!(found(doubtful.clone()).violations.len(), 0);
        let needless = CaseEnd {
            needless: true,
            ..doubtful
        };
        assert_eq!(
            (
                found(needless.clone()).needless,
                found(needless).violations.len()
            ),
            (1, 1)
        );
    }

    #[test]
    fn a_false_approval_is_a_violation() {
        let approved = CaseEnd {
            false_approvals: 1,
            ..case(Vec::new(), &[])
        };
        assert_eq!(found(approved).violations.len(), 1);
    }

    #[test]
    fn the_eleventh_of_a_second_is_beyond_the_budget() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let ten: Vec<Instant> = (0..10).map(|number| at(number * 90)).collect();
        assert_eq!(over_budget(&ten, 10), 0);
        let with = |millis| [ten.clone(), vec![at(millis)]].concat();
        assert_eq!(over_budget(&with(1_000), 10), 0);
        assert_eq!(over_budget(&with(999), 10), 1);
        // The order of the arrivals does not matter.
        let reversed: Vec<Instant> = with(999).into_iter().rev().collect();
        assert_eq!(over_budget(&reversed, 10), 1);
    }

    #[test]
    fn what_is_late_or_shown_is_a_violation() {
        let ended = Ended {
            overdue: vec!["late".to_owned()],
            forgotten: vec!["forgotten".to_owned()],
            leaks: vec!["shown".to_owned()],
            budget: 10,
            ..Ended::default()
        };
        let findings = ended.judge();
        assert_eq!((findings.overdue, findings.leaks, findings.lost), (1, 1, 1));
        assert_eq!(findings.violations, ["forgotten", "late", "shown"]);
    }
}
