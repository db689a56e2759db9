//! The pictures of the performance page.
//!
//! Must not show a value that the page does not have in numbers.

use crate::report::pages::Picture;
use crate::report::pages::bars::{Bar, Bars, Scale};
use crate::report::pages::steps::{Line, Steps};

use crate::report::Report;
use crate::sides::caller::Side;
use crate::subjects::journal::SYNCS_GOAL;
use crate::subjects::waiting::Polled;

/// The pictures of everything that was measured.
#[must_use]
pub fn pictures(report: &Report) -> Vec<Picture> {
    let mut pictures = Vec::new();
    if !report.instructions.is_empty() {
        pictures.push(instructions(&report.instructions));
    }
    if !report.cpu.is_empty() {
        pictures.push(cpu(&report.cpu));
    }
    if !report.polled.is_empty() {
        pictures.push(lookups(&report.polled));
    }
    if !report.syncs.is_empty() {
        pictures.push(syncs(&report.syncs));
    }
    pictures
}

fn instructions(creates: &[(Side, f64)]) -> Picture {
    let text = |count: f64| format!("{:.2} M", count / 1e6);
    let bars = sides(creates, text);
    Picture {
        file: "performance-instructions.svg",
        shows: format!("User instructions a create: {}", told(&bars)),
        svg: Bars {
            title: "User instructions a create".to_owned(),
            below: "image of 600,000 bytes, counted by callgrind, memory fills included; × is of hyper, less is better".to_owned(),
            bars,
            scale: Scale::Linear,
            goal: None,
        }
        .svg(),
    }
}

fn cpu(creates: &[(Side, f64)]) -> Picture {
    let bars = sides(creates, |microseconds| format!("{microseconds:.0} µs"));
    let usual = creates.iter().find(|(side, _)| *side == Side::UsualJson);
    Picture {
        file: "performance-cpu.svg",
        shows: format!("CPU time a create: {}", told(&bars)),
        svg: Bars {
            title: "CPU time a create".to_owned(),
            below: "user and system, image of 600,000 bytes, plain HTTP over the loopback; × is of hyper, less is better".to_owned(),
            bars,
            scale: Scale::Linear,
            goal: usual.map(|(_, usual)| (usual / 5.0, "goal: a fifth of reqwest .json()".to_owned())),
        }
        .svg(),
    }
}

fn sides(creates: &[(Side, f64)], text: impl Fn(f64) -> String) -> Vec<Bar> {
    let hyper = creates.iter().find(|(side, _)| *side == Side::RawHyper);
    creates
        .iter()
        .map(|(side, value)| Bar {
            label: called(*side).to_owned(),
            value: *value,
            text: match hyper {
                Some((_, hyper)) => format!("{}, {:.2} ×", text(*value), value / hyper),
                None => text(*value),
            },
            ours: *side == Side::Ours,
        })
        .collect()
}

const fn called(side: Side) -> &'static str {
    match side {
        Side::RawSocket => "raw socket",
        Side::RawHyper => "hyper, assembled body",
        Side::BareReqwest => "reqwest, assembled body",
        Side::Ours => "idcloud-http, whole client",
        Side::UsualJson => "reqwest .json()",
    }
}

fn lookups(polled: &[Polled]) -> Picture {
    // Polls vary slightly, so a score may cost one poll fewer than an earlier one: the picture
    // shows the maximum so far.
    let points = polled.iter().scan(0, |most, one| {
        *most = u32::try_from(one.gets).unwrap_or(u32::MAX).max(*most);
        Some((one.after.as_secs_f64(), *most))
    });
    let polling: Vec<(f64, u32)> = points.collect();
    let same = |count| polling.iter().map(|(after, _)| (*after, count)).collect();
    let most = polling.iter().map(|(_, gets)| *gets).max().unwrap_or(0);
    Picture {
        file: "performance-lookups.svg",
        shows: format!("Lookups until a score is known: at most {most} by polling within a minute, 1 by webhook"),
        svg: Steps {
            title: "Lookups until a score is known".to_owned(),
            below: "GETs a process, by when the score is there; a verdict that came with the create costs none".to_owned(),
            across: "seconds after the create at which the score is there".to_owned(),
            every: 10,
            lines: vec![
                Line {
                    name: "webhook".to_owned(),
                    points: same(1),
                    ours: false,
                },
                Line {
                    name: "polling, at most".to_owned(),
                    points: polling,
                    ours: true,
                },
            ],
            goal: (8, "goal: at most 8 within a minute".to_owned()),
        }
        .svg(),
    }
}

fn syncs(syncs: &[(u32, f64)]) -> Picture {
    let bars: Vec<Bar> = syncs
        .iter()
        .map(|(writers, syncs)| Bar {
            label: match writers {
                1 => "1 writer".to_owned(),
                _ => format!("{writers} writers"),
            },
            value: *syncs,
            text: format!("{syncs:.3}"),
            ours: true,
        })
        .collect();
    Picture {
        file: "performance-journal.svg",
        shows: format!("Syncs of the disk an intent: {}", told(&bars)),
        svg: Bars {
            title: "The journal: syncs of the disk an intent".to_owned(),
            below: "full sync, so an intent is durable before its request leaves; less is better"
                .to_owned(),
            bars,
            scale: Scale::Linear,
            goal: Some((SYNCS_GOAL, "goal with 16 writers: 1/8".to_owned())),
        }
        .svg(),
    }
}

/// The bars in words.
fn told(bars: &[Bar]) -> String {
    let told: Vec<String> = bars
        .iter()
        .map(|bar| format!("{} {}", bar.label, bar.text))
        .collect();
    told.join(", ")
}
