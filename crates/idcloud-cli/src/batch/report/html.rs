//! Text and charts as HTML: escaping, bars and histograms as inline SVG.
//!
//! Must not let a value become markup, nor refer to anything outside the page.

use std::fmt::Write as _;

/// Escapes a value for use inside a page.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// One bar of a chart.
pub(crate) struct Bar {
    /// The name of the counted thing.
    pub(crate) label: String,
    pub(crate) count: usize,
    /// The CSS class that colours it.
    pub(crate) class: &'static str,
}

const WIDTH: usize = 640;

/// A chart of horizontal bars, one below the other: for names.
pub(crate) fn bars(title: &str, bars: &[Bar]) -> String {
    const ROW: usize = 26;
    const LABELS: usize = 260;
    const COUNTS: usize = 60;
    let most = most(bars);
    let height = bars.len() * ROW + 4;
    let mut svg = open(title, height);
    for (row, bar) in bars.iter().enumerate() {
        let top = row * ROW;
        let long = length(bar.count, most, WIDTH - LABELS - COUNTS);
        let (label, baseline) = (escaped(&bar.label), top + 17);
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"{baseline}\" text-anchor=\"end\">{label}</text>\
             <rect class=\"{}\" x=\"{LABELS}\" y=\"{}\" width=\"{long}\" height=\"{}\" rx=\"2\"/>\
             <text x=\"{}\" y=\"{baseline}\">{}</text>",
            LABELS - 10,
            bar.class,
            top + 3,
            ROW - 6,
            LABELS + long + 8,
            bar.count
        );
    }
    svg.push_str("</svg>");
    svg
}

/// A chart of columns over a scale: for values counted in steps.
pub(crate) fn columns(title: &str, bars: &[Bar]) -> String {
    const HIGH: usize = 150;
    const TOP: usize = 20;
    let most = most(bars);
    let wide = WIDTH / bars.len().max(1);
    let mut svg = open(title, TOP + HIGH + 24);
    for (place, bar) in bars.iter().enumerate() {
        let left = place * wide;
        let tall = length(bar.count, most, HIGH);
        let middle = left + wide / 2;
        let _ = write!(
            svg,
            "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{tall}\" rx=\"2\"/>\
             <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" class=\"small\">{}</text>",
            bar.class,
            left + 2,
            TOP + HIGH - tall,
            wide.saturating_sub(4),
            TOP + HIGH + 16,
            escaped(&bar.label)
        );
        if bar.count > 0 {
            let _ = write!(
                svg,
                "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" class=\"small\">{}</text>",
                TOP + HIGH - tall - 5,
                bar.count
            );
        }
    }
    let base = TOP + HIGH;
    let _ = write!(
        svg,
        "<line x1=\"0\" y1=\"{base}\" x2=\"{WIDTH}\" y2=\"{base}\"/></svg>"
    );
    svg
}

fn open(title: &str, height: usize) -> String {
    let title = escaped(title);
    format!(
        "<svg role=\"img\" viewBox=\"0 0 {WIDTH} {height}\" aria-label=\"{title}\"><title>{title}</title>"
    )
}

fn most(bars: &[Bar]) -> usize {
    bars.iter().map(|bar| bar.count).max().unwrap_or_default()
}

/// The length of a bar; a count above zero is always visible.
fn length(count: usize, most: usize, room: usize) -> usize {
    match count {
        0 => 0,
        count => (room * count).div_ceil(most.max(1)).max(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_text() {
        assert_eq!(
            escaped("<a href='x'>&\"\u{1b}"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\u{fffd}"
        );
        let bar = Bar {
            label: "<script>".into(),
            count: 1,
            class: "done",
        };
        for svg in [
            bars(
                "<t>",
                &[Bar {
                    label: "<b>".into(),
                    ..bar
                }],
            ),
            columns("t", &[]),
        ] {
            assert!(
                !svg.contains("<script>") && !svg.contains("<b>") && !svg.contains("<t>"),
                "{svg}"
            );
        }
    }

    #[test]
    fn what_is_there_can_be_seen() {
        assert_eq!(length(0, 1_000_000, 300), 0);
        assert_eq!(length(1, 1_000_000, 300), 2);
        assert_eq!(length(1_000_000, 1_000_000, 300), 300);
    }
}
