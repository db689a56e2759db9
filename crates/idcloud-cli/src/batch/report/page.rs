//! The HTML page about a batch: one file without dependencies.
//!
//! Must not hold personal data, a script or an external address.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use idcloud_model::{ErrorCode, Language};

use crate::batch::report::html::{Bar, bars, columns, escaped};
use crate::batch::report::summary::{SCORE_BINS, Summary};
use crate::batch::run::outcome::Outcome;
use crate::files::made_here::REPORT;
use crate::output::timestamp::utc;

const STYLE: &str = include_str!("report.css");

/// Upper ends of the latency chart's steps, in seconds.
const LATENCY_ENDS: [f64; 9] = [0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0];

/// The page. `now` is when it was made.
pub(crate) fn page(summary: &Summary, now: SystemTime) -> String {
    let mut page = String::with_capacity(32 * 1024);
    let _ = write!(
        page,
        "{REPORT}<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>IDCloud batch report</title><style>{STYLE}</style></head><body>\n<h1>IDCloud batch report</h1>\n"
    );
    head(&mut page, summary, now);
    outcomes(&mut page, summary);
    ambiguous(&mut page, summary);
    unreadable(&mut page, summary);
    decisions(&mut page, summary);
    scores(&mut page, summary);
    latency(&mut page, summary);
    errors(&mut page, summary);
    page.push_str("</body></html>\n");
    page
}

fn head(page: &mut String, summary: &Summary, now: SystemTime) {
    let environments: Vec<&str> = summary.environments.keys().map(String::as_str).collect();
    let environments = escaped(&environments.join(", "));
    let _ = write!(
        page,
        "<p class=\"dim\">{} references, environment {environments}, made {}",
        summary.total(),
        utc(now)
    );
    if let (Some(first), Some(last)) = (summary.first, summary.last) {
        let _ = write!(
            page,
            "; first submitted {}, last changed {}",
            utc(first),
            utc(last)
        );
    }
    page.push_str(".</p>\n");
    if summary.simulated > 0 {
        let _ = writeln!(
            page,
            "<p class=\"notice\">SIMULATED: {} of these answers come from a simulator. They say nothing about any person.</p>",
            summary.simulated
        );
    }
}

fn outcomes(page: &mut String, summary: &Summary) {
    page.push_str("<h2>Outcomes</h2>\n<div class=\"cards\">");
    for outcome in Outcome::ALL {
        // A journal has no invalid rows: they were never submitted.
        if outcome != Outcome::Invalid {
            card(
                page,
                outcome.as_str(),
                outcome.as_str(),
                summary.tally.of(outcome),
            );
        }
    }
    if summary.in_flight > 0 {
        card(page, "wait", "in flight", summary.in_flight);
    }
    if summary.unreadable > 0 {
        card(page, "ambiguous", "unreadable", summary.unreadable);
    }
    page.push_str("</div>\n<p class=\"dim\">Rows that were refused before anything was sent are in the batch's output, not here.</p>\n");
}

fn card(page: &mut String, class: &str, name: &str, count: usize) {
    let _ = write!(
        page,
        "<div class=\"card {class}\"><b>{count}</b>{name}</div>"
    );
}

fn ambiguous(page: &mut String, summary: &Summary) {
    let count = summary.tally.of(Outcome::Ambiguous);
    if count == 0 {
        return;
    }
    page.push_str(
        "<h2>Ambiguous: what to do with each</h2>\n\
         <p>IDCloud may have created, and billed, a process for each of these. Nothing was repeated. Look for it in Unico's portal or ask \
         Unico, with the time below; then close it:</p>\n\
         <p>found: <code>idcloud journal settle REFERENCE --found PROCESS_ID --journal FILE</code><br>\
         not found, or a second bill is acceptable: <code>idcloud journal settle REFERENCE --resend --journal FILE</code></p>\n\
         <p>and run the batch again.</p>\n\
         <div class=\"scroll\"><table><thead><tr><th>Reference</th><th>Submitted</th><th class=\"n\">Attempt</th></tr></thead><tbody>",
    );
    for listed in &summary.ambiguous {
        let _ = write!(
            page,
            "<tr><td><code>{}</code></td><td>{}</td><td class=\"n\">{}</td></tr>",
            escaped(&listed.reference),
            utc(listed.since),
            listed.attempts
        );
    }
    page.push_str("</tbody></table></div>\n");
    if count > summary.ambiguous.len() {
        let more = count - summary.ambiguous.len();
        let _ = writeln!(
            page,
            "<p>And {more} more: <code>idcloud journal list --state ambiguous</code></p>"
        );
    }
}

fn unreadable(page: &mut String, summary: &Summary) {
    if summary.unreadable == 0 {
        return;
    }
    page.push_str(
        "<h2>Unreadable: what to do with each</h2>\n\
         <p>The journal's records of these are damaged, or of a newer version. Whether a process was created is not known, so they are neither \
         sent nor purged. Restore the journal from a copy, or use the newer version.</p>\n<ul>",
    );
    for row in &summary.listed_unreadable {
        let reference = row.key().map_or_else(
            || "a reference that cannot be read either".to_owned(),
            |key| format!("<code>{}</code>", escaped(key.reference().as_str())),
        );
        let _ = write!(page, "<li>{reference}</li>");
    }
    page.push_str("</ul>\n");
    let more = summary.unreadable - summary.listed_unreadable.len();
    if more > 0 {
        let _ = writeln!(
            page,
            "<p>And {more} more: <code>idcloud journal list</code></p>"
        );
    }
}

fn decisions(page: &mut String, summary: &Summary) {
    page.push_str("<h2>Decisions by scenario</h2>\n");
    if summary.scenarios.is_empty() {
        page.push_str("<p class=\"dim\">No process has a verdict yet.</p>\n");
        return;
    }
    let all: Vec<Bar> = summary
        .scenarios
        .iter()
        .map(|((decision, scenario), count)| Bar {
            label: format!("{decision}: {scenario}"),
            count: *count,
            class: decision,
        })
        .collect();
    page.push_str(&bars("Decisions by scenario", &all));
    page.push('\n');
}

fn scores(page: &mut String, summary: &Summary) {
    let scored: usize = summary.scores.iter().sum();
    page.push_str("<h2>Risk scores</h2>\n");
    if scored == 0 {
        page.push_str("<p class=\"dim\">No process has a score. IDCloud scores only what it finds inconclusive, for keys that have the risk score.</p>\n");
        return;
    }
    let all: Vec<Bar> = (0..SCORE_BINS)
        .zip(&summary.scores)
        .map(|(bin, count)| Bar {
            label: from(bin).to_string(),
            count: *count,
            class: if from(bin) < 0 {
                "reject"
            } else if from(bin) >= 50 {
                "approve"
            } else {
                "review"
            },
        })
        .collect();
    page.push_str(&columns("Risk scores, by tens", &all));
    let _ = writeln!(
        page,
        "<p class=\"dim\">{scored} processes with a score, {} without. Each column begins at its number and is ten wide.</p>",
        summary.unscored
    );
}

/// The score at which a bin begins.
fn from(bin: usize) -> i64 {
    i64::try_from(bin).unwrap_or_default() * 10 - 100
}

fn latency(page: &mut String, summary: &Summary) {
    page.push_str("<h2>Latency</h2>\n");
    let quantiles = [
        ("half", (1, 2)),
        ("nine in ten", (9, 10)),
        ("99 in 100", (99, 100)),
    ]
    .map(|(name, share)| {
        summary
            .latency
            .quantile(share)
            .map(|took| format!("{name} within {}", short(took)))
    });
    if quantiles.iter().all(Option::is_none) {
        page.push_str("<p class=\"dim\">Nothing is final yet.</p>\n");
        return;
    }
    let ends = LATENCY_ENDS.map(Duration::from_secs_f64);
    let counts = summary.latency.bars(&ends);
    let labels = ends
        .iter()
        .map(|end| format!("≤ {}", short(*end)))
        .chain(["longer".to_owned()]);
    let all: Vec<Bar> = labels
        .zip(counts)
        .map(|(label, count)| Bar {
            label,
            count,
            class: "latency",
        })
        .collect();
    page.push_str(&columns("From the first claim to the final answer", &all));
    let told: Vec<String> = quantiles.into_iter().flatten().collect();
    let _ = writeln!(
        page,
        "<p class=\"dim\">From the journal's claim to the final answer, waiting for a turn included: {}.</p>",
        told.join(", ")
    );
}

fn short(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 {
        format!("{} ms", time.as_millis())
    } else if seconds < 10.0 && time.subsec_millis() > 0 {
        format!("{seconds:.1} s")
    } else {
        format!("{seconds:.0} s")
    }
}

fn errors(page: &mut String, summary: &Summary) {
    page.push_str("<h2>Errors by code</h2>\n");
    if summary.errors.is_empty() {
        page.push_str("<p class=\"dim\">None.</p>\n");
        return;
    }
    page.push_str(
        "<div class=\"scroll\"><table><thead><tr><th>Code</th><th class=\"n\">Rows</th><th>Meaning</th><th>Remedy</th></tr></thead><tbody>",
    );
    for (code, count) in &summary.errors {
        let parsed = ErrorCode::parse(code);
        let entry = parsed.as_ref().and_then(ErrorCode::entry);
        let (meaning, remedy) = entry.map_or(("", ""), |entry| {
            (
                entry.meaning(Language::English),
                entry.remedy(Language::English),
            )
        });
        let _ = write!(
            page,
            "<tr><td><code>{}</code></td><td class=\"n\">{count}</td><td>{}</td><td>{}</td></tr>",
            escaped(code),
            escaped(meaning),
            escaped(remedy)
        );
    }
    page.push_str("</tbody></table></div>\n");
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::batch::report::summary::Listed;

    /// The page stands alone: it has no script, fetches nothing, and no value becomes markup.
    #[test]
    fn the_page_needs_and_runs_nothing() {
        let mut summary = Summary::default();
        for outcome in Outcome::ALL {
            summary.outcome(outcome);
        }
        summary.environments.insert("local".into(), 7);
        summary.simulated = 7;
        summary.verdict("approve", "identity-yes");
        summary.score(Some(64));
        summary.latency.count(Duration::from_millis(1_200));
        summary.error("20507");
        summary.list(Listed {
            reference: "<script>alert(1)</script>".into(),
            since: UNIX_EPOCH,
            attempts: 1,
        });
        let page = page(&summary, UNIX_EPOCH);
        for forbidden in [
            "<script", "http://", "https://", "src=", "href=", "url(", "@import",
        ] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        for expected in [
            "SIMULATED",
            "&lt;script&gt;",
            "identity-yes",
            "20507",
            "settle REFERENCE",
            "1970-01-01",
        ] {
            assert!(page.contains(expected), "{expected}: {page}");
        }
    }

    #[test]
    fn an_empty_journal_has_a_page() {
        let page = page(&Summary::default(), UNIX_EPOCH);
        assert!(page.contains("No process has a verdict yet"), "{page}");
        assert!(page.starts_with(REPORT), "a later report may replace it");
    }
}
