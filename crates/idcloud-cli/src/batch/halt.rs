//! When a batch stops by itself: what went wrong will go wrong with every row.
//!
//! Pure. Never stops for what concerns one row alone.

use crate::exit::Exit;
use crate::failure::Failure;

/// IDCloud's codes for an API key that it does not take: no row gets through with one.
const KEY_CODES: [&str; 1] = ["10201"];

/// Watches how rows end, one after the other.
///
/// What is in flight when it stops is sent already: a limit counts as much as the rows in flight beside it.
#[derive(Debug)]
pub(crate) struct Halt {
    in_a_row: InARow,
    limits: InARow,
}

/// Rows one after the other that came to nothing.
#[derive(Debug, Default)]
struct InARow {
    all: usize,
    /// Of them, those that may have been paid for: each is a person's to settle.
    ambiguous: usize,
    /// Of them, those that were refused without a code of IDCloud's: whatever stands on the way refuses all alike.
    without_code: usize,
}

impl Halt {
    /// Stops after twice as many rows as are in flight at once came to nothing, one after the other; after as many that were refused without
    /// a code, and after half as many that are ambiguous.
    pub(crate) fn new(concurrency: usize) -> Self {
        Self {
            in_a_row: InARow::default(),
            limits: InARow {
                all: 2 * concurrency.max(5),
                ambiguous: concurrency.div_ceil(2).max(3),
                without_code: concurrency.max(5),
            },
        }
    }

    /// A row was answered.
    pub(crate) fn answered(&mut self) {
        self.in_a_row = InARow::default();
    }

    /// A row came to nothing. Why the batch stops, where it does.
    pub(crate) fn failed(&mut self, failure: &Failure) -> Option<String> {
        match failure.exit {
            // What is wrong with the program or its configuration is wrong for every row.
            Exit::Fault | Exit::Usage => return Some(failure.message.clone()),
            Exit::Refused if concerns_every_row(failure) => return Some(failure.message.clone()),
            Exit::Unreachable => self.in_a_row.all += 1,
            Exit::Ambiguous => {
                self.in_a_row.all += 1;
                self.in_a_row.ambiguous += 1;
            }
            Exit::Refused if failure.code.is_none() => {
                self.in_a_row.all += 1;
                self.in_a_row.without_code += 1;
            }
            // IDCloud looked at this row.
            _ => self.answered(),
        }
        self.tripped()
            .map(|rows| format!("{rows}, the last with: {}", failure.message))
    }

    fn tripped(&self) -> Option<String> {
        let InARow {
            all,
            ambiguous,
            without_code,
        } = self.in_a_row;
        if ambiguous >= self.limits.ambiguous {
            Some(format!("{ambiguous} rows ended ambiguous"))
        } else if without_code >= self.limits.without_code {
            Some(format!(
                "{without_code} rows were refused without a code of IDCloud's"
            ))
        } else if all >= self.limits.all {
            Some(format!("{all} rows in a row came to nothing"))
        } else {
            None
        }
    }
}

fn concerns_every_row(failure: &Failure) -> bool {
    failure.kind == "credentials"
        || failure
            .code
            .as_deref()
            .is_some_and(|code| KEY_CODES.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(exit: Exit, kind: &'static str, code: Option<&str>) -> Failure {
        Failure {
            exit,
            kind,
            code: code.map(Into::into),
            ..Failure::fault("why")
        }
    }

    /// A wrong key, or an outage, does not cost a request for each of a million rows; one bad row stops nothing.
    #[test]
    fn what_concerns_every_row_stops_the_batch() {
        let unreachable = failure(Exit::Unreachable, "unreachable", None);
        let refused = failure(Exit::Refused, "refused", Some("20507"));
        let mut halt = Halt::new(5);
        for _ in 0..3 {
            for _ in 0..9 {
                assert_eq!(halt.failed(&unreachable), None);
            }
            assert_eq!(halt.failed(&refused), None);
        }
        for _ in 0..9 {
            assert_eq!(halt.failed(&unreachable), None);
        }
        assert!(halt.failed(&unreachable).is_some());
        for stops in [
            failure(Exit::Refused, "credentials", Some("1.2.11")),
            failure(Exit::Refused, "refused", Some("10201")),
            failure(Exit::Fault, "journal", None),
            failure(Exit::Usage, "other-origin", None),
        ] {
            assert!(Halt::new(16).failed(&stops).is_some(), "{stops:?}");
        }
    }

    /// How many creates are sent before the batch stops, `concurrency` at a time, when each ends like this.
    fn sent(concurrency: usize, ends: &Failure) -> usize {
        let mut halt = Halt::new(concurrency);
        let mut begun = concurrency;
        while halt.failed(ends).is_none() {
            begun += 1;
            assert!(begun < 1_000, "it does not stop");
        }
        begun
    }

    /// What stands on the way answers for all rows alike: few of them are sent, and fewer where each may be paid for.
    #[test]
    fn few_rows_meet_what_stands_between() {
        let ambiguous = failure(Exit::Ambiguous, "ambiguous", None);
        let page = failure(Exit::Refused, "refused", None);
        assert!(sent(16, &ambiguous) <= 24, "{}", sent(16, &ambiguous));
        assert!(sent(16, &page) <= 32, "{}", sent(16, &page));
        assert!(sent(1, &ambiguous) <= 4 && sent(1, &page) <= 8);
        // One among good ones stops nothing.
        let mut halt = Halt::new(1);
        for _ in 0..100 {
            assert_eq!(halt.failed(&ambiguous), None);
            assert_eq!(halt.failed(&page), None);
            halt.answered();
        }
    }
}
