//! A bar chart of a few numbers.
//!
//! Must not show a number without its text: a bar cannot be read exactly.

use std::fmt::Write as _;

pub use super::axis::Scale;
use super::svg::{EDGE, HEAD, WIDTH, document, escaped};

const ROW: f64 = 30.0;
const THICK: f64 = 18.0;
/// The approximate width of a letter, at the size of a label and in any font.
const LETTER: f64 = 7.2;

/// A number with its label.
#[derive(Clone, Debug)]
pub struct Bar {
    /// The side or thing that the number is of.
    pub label: String,
    /// The length of the bar.
    pub value: f64,
    /// The text at its end.
    pub text: String,
    /// Whether the picture is about this bar.
    pub ours: bool,
}

/// A bar chart.
#[derive(Clone, Debug)]
pub struct Bars {
    /// The title.
    pub title: String,
    /// How to read the chart.
    pub below: String,
    /// The numbers, from top to bottom.
    pub bars: Vec<Bar>,
    /// The scale of the bars.
    pub scale: Scale,
    /// A limit, with its name.
    pub goal: Option<(f64, String)>,
}

impl Bars {
    /// The picture as an SVG document.
    #[must_use]
    pub fn svg(&self) -> String {
        let widest = |texts: &mut dyn Iterator<Item = usize>| {
            let letters = u32::try_from(texts.max().unwrap_or(0)).unwrap_or(u32::MAX);
            f64::from(letters) * LETTER
        };
        let labels = widest(&mut self.bars.iter().map(|bar| bar.label.chars().count()));
        let texts = widest(&mut self.bars.iter().map(|bar| bar.text.chars().count()));
        let left = EDGE + labels + 10.0;
        let length = (WIDTH - EDGE - texts - 10.0 - left).max(100.0);
        let goals = self.goal.iter().map(|(goal, _)| *goal);
        let most = goals
            .chain(self.bars.iter().map(|bar| bar.value))
            .fold(0.0, f64::max);
        let at = |value| left + length * self.scale.share(value, most);

        let mut inside = String::new();
        let mut top = HEAD;
        // Writing to a `String` cannot fail.
        let rows = self.bars.iter().map(|_| ROW).sum::<f64>();
        for power in self.scale.marks(most) {
            let x = at(power);
            let _ = writeln!(
                inside,
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\"/>\
                 <text class=\"quiet\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{power}</text>",
                HEAD - 6.0,
                HEAD + rows - 4.0,
                HEAD + rows + 12.0,
            );
        }
        let goal = self.goal.as_ref().map(|(goal, _)| at(*goal));
        for bar in &self.bars {
            let (text_at, end) = (top + THICK * 0.75, at(bar.value));
            // A text that the goal's line would cross is placed behind the line.
            let crossed = goal.filter(|goal| (end..end + texts + 20.0).contains(goal));
            let class = if bar.ours { "ours" } else { "bar" };
            let _ = writeln!(
                inside,
                "<text x=\"{:.1}\" y=\"{text_at:.1}\" text-anchor=\"end\">{}</text>\
                 <rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{THICK}\" rx=\"2\"/>\
                 <text class=\"value\" x=\"{:.1}\" y=\"{text_at:.1}\">{}</text>",
                left - 10.0,
                escaped(&bar.label),
                (end - left).max(1.5),
                crossed.unwrap_or(end) + 8.0,
                escaped(&bar.text),
            );
            top += ROW;
        }
        let mut height = top + 10.0;
        if self.scale == Scale::Logarithmic {
            height += 16.0;
        }
        if let (Some(x), Some((_, called))) = (goal, &self.goal) {
            let half = widest(&mut std::iter::once(called.chars().count())) / 2.0;
            let middle = x.min(WIDTH - EDGE - half).max(EDGE + half);
            let _ = writeln!(
                inside,
                "<line class=\"goal\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\"/>\
                 <text class=\"goal-text\" x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                HEAD - 6.0,
                top - 4.0,
                height + 2.0,
                escaped(called),
            );
            height += 16.0;
        }
        document(&self.title, &self.below, height, &inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(goal: Option<(f64, String)>) -> Bars {
        let bar = |label: &str, value, ours| Bar {
            label: label.to_owned(),
            value,
            text: format!("{value} M"),
            ours,
        };
        Bars {
            title: "A < B & C".to_owned(),
            below: "smaller is better".to_owned(),
            bars: vec![bar("theirs", 10.0, false), bar("ours", 1.0, true)],
            scale: Scale::Linear,
            goal,
        }
    }

    fn widths(svg: &str) -> Vec<f64> {
        svg.split("<rect class=\"")
            .filter(|part| part.starts_with("bar") || part.starts_with("ours"))
            .filter_map(|part| {
                part.split("width=\"")
                    .nth(1)?
                    .split('"')
                    .next()?
                    .parse()
                    .ok()
            })
            .collect()
    }

    /// A bar of ten is ten times as long as one of one, and both numbers are readable.
    #[test]
    fn bars_are_as_long_as_their_numbers() {
        let svg = bars(None).svg();
        let widths = widths(&svg);
        assert_eq!(widths.len(), 2);
        assert!((widths[0] / widths[1] - 10.0).abs() < 0.1, "{widths:?}");
        assert!(svg.contains(">10 M<") && svg.contains(">1 M<") && svg.contains("class=\"ours\""));
    }

    #[test]
    fn what_is_markup_stays_text() {
        let svg = bars(Some((2.0, "<goal>".to_owned()))).svg();
        assert!(svg.contains("A &lt; B &amp; C") && svg.contains("&lt;goal&gt;"));
        assert!(!svg.contains("<goal>"));
    }

    /// The line of a goal crosses no text.
    #[test]
    fn a_number_stands_behind_the_goals_line() {
        let at = |svg: &str, class: &str| -> Vec<f64> {
            svg.split(&format!("class=\"{class}\" x"))
                .skip(1)
                .filter_map(|part| part.split('"').nth(1)?.parse().ok())
                .collect()
        };
        let svg = bars(Some((1.2, "goal".to_owned()))).svg();
        let [line] = at(&svg, "goal")[..] else {
            panic!("{svg}")
        };
        assert!(at(&svg, "value").iter().all(|text| *text > line), "{svg}");
    }

    /// Nothing extends beyond the card, even if the goal is the largest number.
    #[test]
    fn everything_stands_on_the_card() {
        let called = "so many are played";
        let svg = bars(Some((1e9, called.to_owned()))).svg();
        let (before, _) = svg
            .split_once(&format!("\" text-anchor=\"middle\">{called}"))
            .unwrap();
        let middle: f64 = before
            .rsplit("x=\"")
            .next()
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        assert!(middle + 9.0 * LETTER <= WIDTH, "{middle}");
        for part in svg.split(" x=\"").skip(1) {
            let x: f64 = part.split('"').next().unwrap().parse().unwrap();
            assert!((0.0..=WIDTH).contains(&x), "{x}");
        }
    }
}
