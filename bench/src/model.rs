//! Reading and judging an answer; looking at an image before it is sent.

use std::hint::black_box;

use bytes::Bytes;
use idcloud_model::{
    Asked, Capabilities, IdentityExtras, Image, Policy, Process, SelfieKind, decide,
};

use crate::measure::{Figure, allocations, side_by_side};

/// A complete onboarding answer, as it comes after the risk score.
const ANSWER: &[u8] = br#"{"id":"2b034568-dfaf-463f-94fb-18ed93c312e8","status":3,"unicoId":{"result":"inconclusive"},"identityFraudsters":{"result":"inconclusive"},"score":90,"government":{"serpro":50},"liveness":1}"#;

/// The size of the image that the figures are stated for.
const IMAGE_BYTES: usize = 600_000;

pub(crate) fn figures() -> Vec<Figure> {
    let extras = IdentityExtras::NONE.with_risk_score().with_serpro();
    let capabilities = Capabilities::NONE
        .with_liveness()
        .with_behavior_alert()
        .with_identity(extras);
    let asked = Asked::new(capabilities, SelfieKind::CaptureToken);
    let policy = Policy::default();
    let judge = || match Process::from_json(black_box(ANSWER)) {
        Ok(Process::Final(process)) => Some(decide(&process, &asked, &policy).decision()),
        _ => None,
    };
    let untyped = || serde_json::from_slice::<serde_json::Value>(black_box(ANSWER)).is_ok();
    let (judged, parsed) = side_by_side(judge, untyped);

    let jpeg = jpeg(IMAGE_BYTES);
    let preflight = || Image::parse(black_box(&jpeg).clone()).is_ok();
    let probe = || imagesize::blob_size(black_box(&jpeg)).is_ok();
    let (looked, probed) = side_by_side(preflight, probe);

    vec![
        Figure {
            name: "an answer into a decision",
            nanoseconds: judged,
            beside: "serde_json::Value of the same answer",
            beside_nanoseconds: parsed,
            goal_nanoseconds: 800.0,
            allocations: allocations(judge),
            allocations_goal: None,
        },
        Figure {
            name: "preflight of a 600,000-byte JPEG",
            nanoseconds: looked,
            beside: "imagesize::blob_size of the same image",
            beside_nanoseconds: probed,
            goal_nanoseconds: 60.0,
            allocations: allocations(preflight),
            allocations_goal: Some(0),
        },
    ]
}

/// The header of a JPEG of 720 x 960 pixels as cameras write it (JFIF, quantization tables, frame), filled up to `length`.
fn jpeg(length: usize) -> Bytes {
    let mut bytes = b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    for table in 0..2 {
        bytes.extend(b"\xff\xdb\x00\x43");
        bytes.push(table);
        bytes.extend([1; 64]);
    }
    bytes.extend(b"\xff\xc0\x00\x11\x08\x03\xc0\x02\xd0\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01");
    bytes.resize(length, 0x55);
    bytes.into()
}
