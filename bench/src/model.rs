//! Reading and judging an answer; looking at an image before it is sent.

use std::hint::black_box;

use idcloud_model::{
    Asked, Capabilities, IdentityExtras, Image, Policy, Process, SelfieKind, decide,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region};

use crate::figure::{Figure, Standing};
use crate::sample::{ANSWER, IMAGE_BYTES, jpeg};
use crate::stopwatch::side_by_side;

/// How long reading and judging an answer, and looking at an image, take.
#[must_use]
pub fn times() -> Vec<Figure> {
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

    vec![
        time(
            "an answer into a decision",
            judged,
            800.0,
            "serde_json::Value",
            parsed,
        ),
        time(
            "preflight of a 600,000-byte JPEG",
            looked,
            60.0,
            "imagesize",
            probed,
        ),
    ]
}

/// Allocations of looking at an image: a count, and so a gate.
#[must_use]
pub fn preflight_allocations() -> Figure {
    let image = jpeg(IMAGE_BYTES);
    let look = || black_box(Image::parse(black_box(&image).clone())).is_ok();
    black_box(look());
    let region = Region::new(&INSTRUMENTED_SYSTEM);
    black_box(look());
    let change = region.change();
    let allocations = change.allocations + change.reallocations;
    Figure {
        name: "allocations, preflight of an image".to_owned(),
        measured: allocations.to_string(),
        goal: "0".to_owned(),
        standing: Standing::Gate(allocations == 0),
        beside: String::new(),
    }
}

fn time(name: &str, measured: f64, goal: f64, beside: &str, beside_measured: f64) -> Figure {
    Figure {
        name: name.to_owned(),
        measured: format!("{measured:.1} ns"),
        goal: format!("<= {goal:.0} ns"),
        standing: Standing::Report(measured <= goal),
        beside: format!("{beside}: {beside_measured:.1} ns"),
    }
}
