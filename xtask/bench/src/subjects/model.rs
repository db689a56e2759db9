//! Parsing and judging an answer; checking an image before it is sent.
//!
//! Must not time what can be counted.

use std::hint::black_box;

use idcloud_model::{
    Asked, Capabilities, IdentityExtras, Image, Policy, Process, SelfieKind, decide,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region};

use crate::figure::{Figure, Goal, Unit, gate, number, report};
use crate::measure::series::Series;
use crate::measure::stopwatch::side_by_side;
use crate::sides::sample::{ANSWER, IMAGE_BYTES, jpeg};

const PREFLIGHT: &str = "preflight of a 600,000-byte JPEG";
const DECISION: &str = "an answer into a decision";

/// The times of parsing and judging an answer, and of checking an image, in all runs so far.
#[derive(Debug, Default)]
pub struct Times {
    judged: Series,
    parsed: Series,
    looked: Series,
    probed: Series,
}

impl Times {
    /// Measures each once more, in turns with its alternative.
    pub fn run(&mut self) {
        let extras = IdentityExtras::NONE.with_risk_score().with_serpro();
        let capabilities = Capabilities::NONE
            .with_liveness()
            .with_behavior_alert()
            .with_identity(extras);
        let asked = Asked::new(capabilities, SelfieKind::CaptureToken);
        let policy = Policy::default();
        let judge = || match Process::from_json(black_box(ANSWER.as_bytes())) {
            Ok(Process::Final(process)) => Some(decide(&process, &asked, &policy).decision()),
            _ => None,
        };
        let untyped = || serde_json::from_str::<serde_json::Value>(black_box(ANSWER)).is_ok();
        let (judged, parsed) = side_by_side(judge, untyped);

        let image = jpeg(IMAGE_BYTES);
        let preflight = || Image::parse(black_box(&image).clone()).is_ok();
        let probe = || imagesize::blob_size(black_box(&image)).is_ok();
        let (looked, probed) = side_by_side(preflight, probe);

        self.judged.push(judged);
        self.parsed.push(parsed);
        self.looked.push(looked);
        self.probed.push(probed);
    }

    /// The medians.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        vec![
            time(
                PREFLIGHT,
                &self.looked,
                60.0,
                "imagesize alone",
                &self.probed,
            ),
            time(
                DECISION,
                &self.judged,
                800.0,
                "serde_json::Value alone",
                &self.parsed,
            ),
        ]
    }
}

/// Allocations of checking an image: a count, and so a gate.
#[must_use]
pub fn preflight_allocations() -> Figure {
    let image = jpeg(IMAGE_BYTES);
    let look = || black_box(Image::parse(black_box(&image).clone())).is_ok();
    black_box(look());
    let region = Region::new(&INSTRUMENTED_SYSTEM);
    black_box(look());
    let change = region.change();
    let allocations = change.allocations + change.reallocations;
    gate(
        "allocations, preflight of an image",
        number(allocations),
        Unit::Count,
        Goal::Exactly(0.0),
    )
}

fn time(name: &str, measured: &Series, goal: f64, beside: &str, other: &Series) -> Figure {
    let (measured, other) = (measured.median(), other.median());
    let beside = other.map(|other| format!("{beside}: {}", Unit::Nanoseconds.of(other)));
    Figure {
        value: measured,
        ..report(name, 0.0, Unit::Nanoseconds, Goal::AtMost(goal))
            .beside(beside.unwrap_or_default())
    }
}
