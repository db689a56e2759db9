//! Where everything that a run draws comes from.
//!
//! Must be the run's seed alone, so that a run can be played again.

/// The run's luck.
pub(crate) type Chance = fastrand::Rng;

/// One of `choices`; nothing where there is none.
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
