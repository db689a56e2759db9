//! Searches printed and logged text for markers.
//!
//! Must not print a found marker, only its place.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use memchr::memmem;
use tracing::Dispatch;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Everything that one thread logs, of every crate and level.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// A dispatcher that sends the log here.
    pub(crate) fn dispatch(&self) -> Dispatch {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
            .with_writer(self.clone())
            .finish();
        Dispatch::new(subscriber)
    }

    /// Takes the log so far.
    pub(crate) fn take(&self) -> String {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        bytes.clear();
        text
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The places that show a forbidden marker; each marker and place once.
pub(crate) fn found<'a>(
    places: &[(&str, &str)],
    markers: impl IntoIterator<Item = &'a String>,
) -> Vec<String> {
    let mut leaks = Vec::new();
    for (number, marker) in markers.into_iter().enumerate() {
        for (place, text) in places {
            let is_there = || memmem::find(text.as_bytes(), marker.as_bytes()).is_some();
            if !marker.is_empty() && is_there() {
                leaks.push(format!("marker {number} stands in the {place}"));
            }
        }
    }
    leaks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_wherever_it_stands_and_not_repeated() {
        let markers = ["52998224725".to_owned(), "other".to_owned(), String::new()];
        let places = [("logs", "a 52998224725 b"), ("journal", "nothing")];
        let leaks = found(&places, &markers);
        assert_eq!(leaks, ["marker 0 stands in the logs"]);
    }

    #[test]
    fn everything_logged_is_kept() {
        let log = Log::default();
        tracing::dispatcher::with_default(&log.dispatch(), || tracing::trace!("faint"));
        assert!(log.take().contains("faint"));
        assert!(log.take().is_empty());
    }
}
