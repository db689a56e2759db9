//! A chart of counts that grow in steps.
//!
//! Must not smooth a line: there are no values between two counts.

use std::fmt::Write as _;

use super::svg::{EDGE, HEAD, WIDTH, document, escaped};

const LENGTH: f64 = 260.0;
const LEFT: f64 = 60.0;
/// Space at the right for the names of the lines.
const NAMES: f64 = 130.0;
/// The most grid lines across each axis.
const LINES: u32 = 8;

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name, shown at its end.
    pub name: String,
    /// Its value at each position, from left to right.
    pub points: Vec<(f64, u32)>,
    /// Whether the picture is about this line.
    pub ours: bool,
}

/// A chart of several lines.
#[derive(Clone, Debug)]
pub struct Steps {
    /// The title.
    pub title: String,
    /// How to read the chart.
    pub below: String,
    /// The name of the horizontal axis.
    pub across: String,
    /// The distance of the vertical grid lines.
    pub every: u32,
    /// The lines.
    pub lines: Vec<Line>,
    /// A limit, with its name.
    pub goal: (u32, String),
}

impl Steps {
    /// The picture as an SVG document.
    #[must_use]
    pub fn svg(&self) -> String {
        let all = || self.lines.iter().flat_map(|line| &line.points);
        let far = all().map(|(place, _)| *place).fold(1.0, f64::max);
        let high = all().map(|(_, count)| *count).max().unwrap_or(0);
        let high = high.max(self.goal.0).max(1);
        let x = |place: f64| LEFT + (WIDTH - EDGE - NAMES - LEFT) * (place / far).clamp(0.0, 1.0);
        let bottom = HEAD + LENGTH;
        let y = |count: u32| bottom - LENGTH * f64::from(count) / f64::from(high + 1);
        let right = x(far);

        // Writing to a `String` cannot fail.
        let mut inside = String::new();
        let distance = high.div_ceil(LINES).max(1);
        for count in (0..=high).step_by(usize::try_from(distance).unwrap_or(1)) {
            let _ = writeln!(
                inside,
                "<line class=\"grid\" x1=\"{LEFT:.1}\" y1=\"{0:.1}\" x2=\"{right:.1}\" y2=\"{0:.1}\"/>\
                 <text class=\"quiet\" x=\"{1:.1}\" y=\"{2:.1}\" text-anchor=\"end\">{count}</text>",
                y(count),
                LEFT - 8.0,
                y(count) + 4.0,
            );
        }
        let mut place = 0;
        while f64::from(place) <= far {
            let _ = writeln!(
                inside,
                "<text class=\"quiet\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{place}</text>",
                x(f64::from(place)),
                bottom + 18.0,
            );
            place += self.every.max(1);
        }
        let _ = writeln!(
            inside,
            "<text class=\"quiet\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            f64::midpoint(LEFT, right),
            bottom + 38.0,
            escaped(&self.across),
        );
        let (goal, called) = &self.goal;
        let _ = writeln!(
            inside,
            "<line class=\"goal\" x1=\"{LEFT:.1}\" y1=\"{0:.1}\" x2=\"{right:.1}\" y2=\"{0:.1}\"/>\
             <text class=\"goal-text\" x=\"{1:.1}\" y=\"{2:.1}\">{3}</text>",
            y(*goal),
            LEFT + 6.0,
            y(*goal) - 6.0,
            escaped(called),
        );
        for line in &self.lines {
            let class = if line.ours { "line" } else { "line-2" };
            let Some(last) = line.points.last() else {
                continue;
            };
            let _ = writeln!(
                inside,
                "<path class=\"{class}\" d=\"{}\"/><text class=\"{class}-text\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                path(&line.points, x, y),
                x(last.0) + 8.0,
                y(last.1) + 4.0,
                escaped(&line.name),
            );
        }
        document(&self.title, &self.below, bottom + 54.0, &inside)
    }
}

/// Across, then up: a count holds until the next one.
fn path(points: &[(f64, u32)], x: impl Fn(f64) -> f64, y: impl Fn(u32) -> f64) -> String {
    let mut path = String::new();
    let mut before: Option<u32> = None;
    for (number, (place, count)) in points.iter().enumerate() {
        let is_last = number + 1 == points.len();
        match before {
            None => {
                let _ = write!(path, "M{:.1} {:.1}", x(*place), y(*count));
            }
            Some(before) if before != *count || is_last => {
                let _ = write!(path, "H{:.1}V{:.1}", x(*place), y(*count));
            }
            Some(_) => {}
        }
        before = Some(*count);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each step is a horizontal and a vertical line, and an unchanged count adds no point.
    #[test]
    fn a_line_has_steps_and_no_slopes() {
        let points = [(0.0, 1), (1.0, 1), (2.0, 1), (3.0, 2), (4.0, 2)];
        let path = path(&points, |place| place * 10.0, f64::from);
        assert_eq!(path, "M0.0 1.0H30.0V2.0H40.0V2.0");
    }

    #[test]
    fn every_line_is_drawn_and_named() {
        let line = |name: &str, count, ours| Line {
            name: name.to_owned(),
            points: vec![(0.0, count), (60.0, count + 1)],
            ours,
        };
        let steps = Steps {
            title: "lookups".to_owned(),
            below: String::new(),
            across: "seconds".to_owned(),
            every: 10,
            lines: vec![line("polling", 7, true), line("webhook", 1, false)],
            goal: (8, "at most 8".to_owned()),
        };
        let svg = steps.svg();
        assert_eq!(svg.matches("<path").count(), 2);
        for text in [">polling<", ">webhook<", ">at most 8<", ">seconds<", ">60<"] {
            assert!(svg.contains(text), "{text}");
        }
    }
}
