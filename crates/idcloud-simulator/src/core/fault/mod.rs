//! Decides which request meets which fault: rules in, one fault for each arrival out.
//!
//! Must not draw from anything but the seed, so that the same requests meet the same faults.

pub(crate) mod arrival;
pub(crate) mod kind;
pub(crate) mod reaction;

mod duration;
mod point;
mod rule;

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

pub(crate) use duration::{parse as parse_duration, written as written_duration};
pub use kind::{Fault, FaultSpecError};
pub use point::FaultPoint;
pub use rule::{FaultRule, When};

/// The configured faults, and those that are active.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    rng: fastrand::Rng,
    rules: Vec<FaultRule>,
    scripts: Vec<(FaultPoint, VecDeque<Lasting>)>,
    under_way: Vec<UnderWay>,
}

/// A fault, and how long it stays active after it has struck.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lasting {
    pub(crate) fault: Fault,
    pub(crate) lasts: Duration,
}

#[derive(Clone, Copy, Debug)]
struct UnderWay {
    point: FaultPoint,
    fault: Fault,
    until: SystemTime,
}

impl Faults {
    /// The faults of `rules`, drawn from `seed`; `stream` separates this random series from the
    /// seed's others.
    pub(crate) fn new(seed: u64, stream: u64, rules: &[FaultRule]) -> Self {
        let mut faults = Self {
            rng: fastrand::Rng::with_seed(seed ^ stream.rotate_left(32)),
            rules: Vec::new(),
            scripts: Vec::new(),
            under_way: Vec::new(),
        };
        for rule in rules {
            faults.add(rule.clone());
        }
        faults
    }

    /// Adds a rule. Scripts for one point queue up; among the other rules the earlier one wins.
    pub(crate) fn add(&mut self, rule: FaultRule) {
        match rule.when {
            When::Next => self.scripts.push((rule.point, rule.faults.into())),
            When::Always | When::Chance(_) => self.rules.push(rule),
        }
    }

    /// Removes every rule, and ends active faults.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
        self.scripts.clear();
        self.under_way.clear();
    }

    /// The current rules: the rest of the scripts, then the others.
    pub(crate) fn rules(&self) -> impl Iterator<Item = FaultRule> + '_ {
        let scripts = self.scripts.iter().map(|(point, faults)| FaultRule {
            point: *point,
            when: When::Next,
            faults: faults.iter().copied().collect(),
        });
        scripts.chain(self.rules.iter().cloned())
    }

    /// Draws the fault of the next arrival at `point`: an active one, the next of a script, or one
    /// by chance.
    ///
    /// Includes how much longer it stays active.
    pub(crate) fn draw(&mut self, point: FaultPoint, now: SystemTime) -> Lasting {
        self.under_way.retain(|one| one.until > now);
        if let Some(one) = self.under_way.iter().find(|one| one.point.covers(point)) {
            return Lasting {
                fault: one.fault,
                lasts: one.until.duration_since(now).unwrap_or_default(),
            };
        }
        let Some((at, struck)) = self.scripted(point).or_else(|| self.by_chance(point)) else {
            return Lasting {
                fault: Fault::None,
                lasts: Duration::ZERO,
            };
        };
        if !struck.lasts.is_zero() {
            self.under_way.push(UnderWay {
                point: at,
                fault: struck.fault,
                // An end that `SystemTime` cannot represent counts as reached: no valid duration is
                // that long.
                until: now.checked_add(struck.lasts).unwrap_or(now),
            });
        }
        struck
    }

    /// A random number below one, for other random decisions.
    pub(crate) fn chance(&mut self) -> f64 {
        self.rng.f64()
    }

    fn scripted(&mut self, point: FaultPoint) -> Option<(FaultPoint, Lasting)> {
        let position = self
            .scripts
            .iter()
            .position(|(scripted, _)| scripted.covers(point))?;
        let (at, script) = self.scripts.get_mut(position)?;
        let (at, next) = (*at, script.pop_front());
        if script.is_empty() {
            self.scripts.remove(position);
        }
        next.map(|next| (at, next))
    }

    /// Draws for every rule, even after one has struck, so that adding or removing a rule does not
    /// change the others' results within an arrival.
    fn by_chance(&mut self, point: FaultPoint) -> Option<(FaultPoint, Lasting)> {
        let mut struck = None;
        for rule in self.rules.iter().filter(|rule| rule.point.covers(point)) {
            let strikes = match rule.when {
                When::Always => true,
                When::Chance(probability) => self.rng.f64() < probability,
                When::Next => false,
            };
            if strikes && struck.is_none() {
                struck = rule.faults.first().map(|fault| (rule.point, *fault));
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rules: &[&str]) -> Faults {
        let rules: Vec<FaultRule> = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        Faults::new(1, 3, &rules)
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// A script is consumed in order, one fault for each arrival at its point, and then it is gone.
    #[test]
    fn scripts_are_consumed_in_order() {
        let mut faults = faults(&["create:next:hang,none,revoke-token", "get:next:hang"]);
        let mut draw = |point| faults.draw(point, at(0)).fault.to_string();
        assert_eq!(draw(FaultPoint::Create), "hang");
        assert_eq!(draw(FaultPoint::Create), "none");
        assert_eq!(draw(FaultPoint::Get), "hang");
        assert_eq!(draw(FaultPoint::Create), "revoke-token");
        assert_eq!(draw(FaultPoint::Create), "none");
        assert_eq!(faults.rules().count(), 0);
    }

    /// Over many arrivals the probability is met, and one seed always gives the same faults.
    #[test]
    fn chance_is_seeded() {
        let struck = || -> Vec<bool> {
            let mut faults = faults(&["get:0.25:hang"]);
            (0..4_000)
                .map(|_| {
                    faults.draw(FaultPoint::Get, at(0)).fault == Fault::Hang { processed: false }
                })
                .collect()
        };
        let first = struck();
        assert_eq!(first, struck());
        let count = first.iter().filter(|&&struck| struck).count();
        assert!((900..1_100).contains(&count), "{count}");
    }

    /// A lasting fault strikes every request until its time is over, at every point that its rule
    /// covers.
    #[test]
    fn storms_last() {
        let mut faults = faults(&["all:next:500/30s"]);
        let mut draw = |point, now| faults.draw(point, at(now)).fault.to_string();
        assert_eq!(draw(FaultPoint::Create, 0), "500");
        assert_eq!(draw(FaultPoint::Get, 29), "500");
        assert_eq!(draw(FaultPoint::Token, 29), "500");
        assert_eq!(draw(FaultPoint::Webhook, 29), "none");
        assert_eq!(draw(FaultPoint::Get, 30), "none");
    }
}
