//! The random generator of a run.
//!
//! Must not use anything but the run's seed, so that a run can be repeated.

/// The random generator of a run.
pub(crate) type Chance = fastrand::Rng;

/// One of `choices`; `None` if there are none.
pub(crate) fn pick<T: Copy>(chance: &mut Chance, choices: &[T]) -> Option<T> {
    choices.get(chance.usize(..choices.len().max(1))).copied()
}

/// One of some words.
pub(crate) fn pick_text(chance: &mut Chance, choices: &[&'static str]) -> &'static str {
    pick(chance, choices).unwrap_or_default()
}

/// True once in `times`.
pub(crate) fn once_in(chance: &mut Chance, times: u32) -> bool {
    chance.u32(..times.max(1)) == 0
}
