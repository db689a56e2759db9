//! When a batch stops by itself: what went wrong will go wrong with every row.
//!
//! Pure. Never stops for what concerns one row alone.

use crate::exit::Exit;
use crate::failure::Failure;

/// IDCloud's codes for an API key that it does not take: no row gets through with one.
const KEY_CODES: [&str; 1] = ["10201"];

/// Watches how rows end, one after the other.
#[derive(Debug)]
pub(crate) struct Halt {
    in_a_row: usize,
    limit: usize,
}

impl Halt {
    /// Stops after twice as many rows as are in flight at once came to nothing, one after the other.
    pub(crate) fn new(concurrency: usize) -> Self {
        Self {
            in_a_row: 0,
            limit: 2 * concurrency.max(5),
        }
    }

    /// A row was answered.
    pub(crate) fn answered(&mut self) {
        self.in_a_row = 0;
    }

    /// A row came to nothing. Why the batch stops, where it does.
    pub(crate) fn failed(&mut self, failure: &Failure) -> Option<String> {
        match failure.exit {
            Exit::Unreachable | Exit::Ambiguous => {
                self.in_a_row += 1;
                let rows = self.in_a_row;
                (rows >= self.limit).then(|| {
                    format!(
                        "{rows} rows in a row came to nothing, the last with: {}",
                        failure.message
                    )
                })
            }
            Exit::Fault => Some(failure.message.clone()),
            Exit::Refused if concerns_every_row(failure) => Some(failure.message.clone()),
            _ => {
                self.in_a_row = 0;
                None
            }
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
            assert_eq!(
                halt.failed(&failure(Exit::Ambiguous, "ambiguous", None)),
                None
            );
        }
        assert!(halt.failed(&unreachable).is_some());
        for stops in [
            failure(Exit::Refused, "credentials", None),
            failure(Exit::Refused, "refused", Some("10201")),
            failure(Exit::Fault, "journal", None),
        ] {
            assert!(Halt::new(16).failed(&stops).is_some(), "{stops:?}");
        }
    }
}
