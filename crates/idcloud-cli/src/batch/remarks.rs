//! Why rows came to nothing, for those of which the journal keeps nothing.
//!
//! Never grows by a text for each row: a million rows fail for a handful of reasons.

use std::collections::HashMap;

use crate::failure::Failure;

/// What is remembered of the rows of one run, by their place.
#[derive(Default)]
pub(crate) struct Remarks {
    /// For each row the place of its failure in `failures`, from 1; 0 where there is none.
    rows: Vec<u32>,
    failures: Vec<Failure>,
    places: HashMap<Failure, u32>,
}

impl Remarks {
    /// Remembers why the row came to nothing.
    pub(crate) fn put(&mut self, index: usize, failure: Failure) {
        let place = self.places.get(&failure).copied().unwrap_or_else(|| {
            self.failures.push(failure.clone());
            let place = u32::try_from(self.failures.len()).unwrap_or_default();
            self.places.insert(failure, place);
            place
        });
        if self.rows.len() <= index {
            self.rows.resize(index + 1, 0);
        }
        if let Some(slot) = self.rows.get_mut(index) {
            *slot = place;
        }
    }

    /// Why the row came to nothing, where that is known.
    pub(crate) fn of(&self, index: usize) -> Option<&Failure> {
        let place = usize::try_from(*self.rows.get(index)?).ok()?;
        self.failures.get(place.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_keeps_its_own_remark_and_texts_are_kept_once() {
        let mut remarks = Remarks::default();
        for index in (0..1_000).filter(|index| index % 3 != 0) {
            remarks.put(index, Failure::fault(format!("reason {}", index % 3)));
        }
        assert_eq!(remarks.failures.len(), 2);
        assert_eq!(remarks.of(3), None);
        assert_eq!(remarks.of(4).unwrap().message, "reason 1");
        assert_eq!(remarks.of(998).unwrap().message, "reason 2");
        assert_eq!(remarks.of(2_000), None);
    }
}
