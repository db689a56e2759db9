//! When a batch stops by itself: what went wrong will go wrong with every row.
//!
//! Pure. Never stops for what concerns one row alone.

use idcloud_model::{Actor, ErrorCode};

use crate::failure::Failure;
use crate::failure::exit::Exit;

/// IDCloud's codes for an API key that it does not take, and for an access token and an API key that did not arrive: no row gets
/// through.
const HEADER_CODES: [&str; 3] = ["10201", "20001", "20002"];

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
    /// Of them, those that were refused by no published code about the row: whatever stands on the way refuses all alike.
    not_about_row: usize,
}

impl Halt {
    /// Stops after twice as many rows as are in flight at once came to nothing, one after the other; after as many that were refused by no
    /// published code about the row, and after half as many that are ambiguous.
    pub(crate) fn new(concurrency: usize) -> Self {
        Self {
            in_a_row: InARow::default(),
            limits: InARow {
                all: 2 * concurrency.max(5),
                ambiguous: concurrency.div_ceil(2).max(3),
                not_about_row: concurrency.max(5),
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
            Exit::Refused if !is_about_row(failure) => {
                self.in_a_row.all += 1;
                self.in_a_row.not_about_row += 1;
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
            not_about_row,
        } = self.in_a_row;
        if ambiguous >= self.limits.ambiguous {
            Some(format!("{ambiguous} rows ended ambiguous"))
        } else if not_about_row >= self.limits.not_about_row {
            Some(format!(
                "{not_about_row} rows were refused without a code of IDCloud's about the row"
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
            .is_some_and(|code| HEADER_CODES.contains(&code))
}

/// Whether a refusal has a published code that the caller's data or the person answers for. Gateways have codes in the same form,
/// and codes that Unico or an operator answers for say nothing about the row.
fn is_about_row(failure: &Failure) -> bool {
    let code = failure.code.as_deref().and_then(ErrorCode::parse);
    code.as_ref()
        .and_then(ErrorCode::entry)
        .is_some_and(|entry| matches!(entry.actor(), Actor::Developer | Actor::Person))
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
            failure(Exit::Refused, "refused", Some("20001")),
            failure(Exit::Refused, "refused", Some("20002")),
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
        // A code that is not published, one of the identity server's, and one of IDCloud's failures are about no row.
        for code in ["10000", "20999", "1.2.18", "9.9.9", "99999", "40004"] {
            let refused = failure(Exit::Refused, "refused", Some(code));
            assert!(sent(16, &refused) <= 32, "{code}: {}", sent(16, &refused));
            assert!(sent(1, &refused) <= 8, "{code}");
        }
        // A thousand bad rows are a thousand rows that IDCloud looked at.
        for code in ["20507", "20005", "20506", "20900", "10508", "20807"] {
            let refused = failure(Exit::Refused, "refused", Some(code));
            let mut halt = Halt::new(16);
            assert!(
                (0..1_000).all(|_| halt.failed(&refused).is_none()),
                "{code}"
            );
        }
        // One among good ones stops nothing.
        let mut halt = Halt::new(1);
        for _ in 0..100 {
            assert_eq!(halt.failed(&ambiguous), None);
            assert_eq!(halt.failed(&page), None);
            halt.answered();
        }
    }
}
