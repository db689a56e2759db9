//! Stops a batch by itself when a failure will repeat for every row.
//!
//! Pure. Must not stop for a failure that concerns one row alone.

use idcloud_model::{Actor, ErrorCode};

use crate::failure::Failure;
use crate::failure::exit::Exit;

/// IDCloud's codes for an API key that it rejects, and for a missing access token or API key: every
/// row would fail.
const HEADER_CODES: [&str; 3] = ["10201", "20001", "20002"];

/// Watches the outcomes of rows, one after the other.
///
/// Rows in flight are already sent when the batch stops: the limits grow with the number of rows in
/// flight.
#[derive(Debug)]
pub(crate) struct CircuitBreaker {
    in_a_row: InARow,
    limits: InARow,
}

/// Consecutive rows that failed.
#[derive(Debug, Default)]
struct InARow {
    all: usize,
    /// How many of them may have been paid for: a person has to settle each.
    ambiguous: usize,
    /// How many of them were refused without a published code about the row: a proxy or gateway
    /// refuses every row alike.
    not_about_row: usize,
}

impl CircuitBreaker {
    /// With `concurrency` rows in flight, stops after `2 * concurrency` consecutive failed rows,
    /// after `concurrency` that were refused without a published code about the row, and after
    /// `concurrency / 2` that are ambiguous. The smallest limits are 10, 5 and 3.
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

    /// Counts a failed row. Returns why the batch stops, if it does.
    pub(crate) fn failed(&mut self, failure: &Failure) -> Option<String> {
        match failure.exit {
            // An error of the program or its configuration fails every row.
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
            // The refusal is about this row: IDCloud works.
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
            Some(format!("{all} rows in a row failed"))
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

/// Whether a refusal has a published code for which the caller's data or the person is responsible.
/// Gateways use codes of the same form, and codes for which Unico or an operator is responsible are
/// not about the row.
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

    /// A wrong key or an outage does not cost a request for each of a million rows; one bad row
    /// stops nothing.
    #[test]
    fn what_concerns_every_row_stops_the_batch() {
        let unreachable = failure(Exit::Unreachable, "unreachable", None);
        let refused = failure(Exit::Refused, "refused", Some("20507"));
        let mut breaker = CircuitBreaker::new(5);
        for _ in 0..3 {
            for _ in 0..9 {
                assert_eq!(breaker.failed(&unreachable), None);
            }
            assert_eq!(breaker.failed(&refused), None);
        }
        for _ in 0..9 {
            assert_eq!(breaker.failed(&unreachable), None);
        }
        assert!(breaker.failed(&unreachable).is_some());
        for stops in [
            failure(Exit::Refused, "credentials", Some("1.2.11")),
            failure(Exit::Refused, "refused", Some("10201")),
            failure(Exit::Refused, "refused", Some("20001")),
            failure(Exit::Refused, "refused", Some("20002")),
            failure(Exit::Fault, "journal", None),
            failure(Exit::Usage, "other-origin", None),
        ] {
            assert!(
                CircuitBreaker::new(16).failed(&stops).is_some(),
                "{stops:?}"
            );
        }
    }

    /// How many creates are sent before the batch stops, with `concurrency` at a time that all end
    /// with `ends`.
    fn sent(concurrency: usize, ends: &Failure) -> usize {
        let mut breaker = CircuitBreaker::new(concurrency);
        let mut begun = concurrency;
        while breaker.failed(ends).is_none() {
            begun += 1;
            assert!(begun < 1_000, "it does not stop");
        }
        begun
    }

    /// A proxy or gateway answers all rows alike: few rows are sent, and fewer if each may have to
    /// be paid.
    #[test]
    fn few_rows_meet_what_stands_between() {
        let ambiguous = failure(Exit::Ambiguous, "ambiguous", None);
        let page = failure(Exit::Refused, "refused", None);
        assert!(sent(16, &ambiguous) <= 24, "{}", sent(16, &ambiguous));
        assert!(sent(16, &page) <= 32, "{}", sent(16, &page));
        assert!(sent(1, &ambiguous) <= 4 && sent(1, &page) <= 8);
        // An unpublished code, one of the identity server's and codes of IDCloud's failures are not
        // about the row.
        for code in ["10000", "20999", "1.2.18", "9.9.9", "99999", "40004"] {
            let refused = failure(Exit::Refused, "refused", Some(code));
            assert!(sent(16, &refused) <= 32, "{code}: {}", sent(16, &refused));
            assert!(sent(1, &refused) <= 8, "{code}");
        }
        // IDCloud looked at each of a thousand bad rows.
        for code in ["20507", "20005", "20506", "20900", "10508", "20807"] {
            let refused = failure(Exit::Refused, "refused", Some(code));
            let mut breaker = CircuitBreaker::new(16);
            assert!(
                (0..1_000).all(|_| breaker.failed(&refused).is_none()),
                "{code}"
            );
        }
        // One ambiguous row among good ones stops nothing.
        let mut breaker = CircuitBreaker::new(1);
        for _ in 0..100 {
            assert_eq!(breaker.failed(&ambiguous), None);
            assert_eq!(breaker.failed(&page), None);
            breaker.answered();
        }
    }
}
