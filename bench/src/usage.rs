//! CPU time and page faults of creates, told by the operating system.
//!
//! Must interleave what it compares, in processes of their own.

use crate::Failure;
use crate::caller::{Operation, Side};
use crate::figure::{Figure, Standing};
use crate::stopwatch::median;
use crate::traffic::{Load, Traffic};

/// Rounds of each side, in turns.
const ROUNDS: usize = 7;
const CALLS: u32 = 400;
/// Creates before those, until the kernel has found the sizes of its own buffers.
const BEFORE: u32 = 50;
/// The share of the usual program's CPU time that ours may take.
const CPU: f64 = 0.2;
const FAULTS: f64 = 1.0;

/// CPU a create against reqwest's `.json()`; page faults a create by how many run at once.
///
/// # Errors
/// A call fails.
pub fn figures(traffic: &Traffic, address: &str) -> Result<Vec<Figure>, Failure> {
    let mut figures = vec![cpu(traffic, address)?];
    for callers in [1, 16, 64] {
        figures.push(faults(traffic, address, callers)?);
    }
    Ok(figures)
}

fn cpu(traffic: &Traffic, address: &str) -> Result<Figure, Failure> {
    let load = |side| Load {
        side,
        operation: Operation::Create,
        calls: CALLS,
        before: BEFORE,
        callers: 1,
    };
    let (mut ours, mut usual, mut floor) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (side, times) in [
            (Side::Ours, &mut ours),
            (Side::UsualJson, &mut usual),
            (Side::RawHyper, &mut floor),
        ] {
            times.push(traffic.cost(load(side), address)?.cpu_microseconds);
        }
    }
    let (ours, usual, floor) = (median(ours), median(usual), median(floor));
    let share = ours / usual;
    Ok(Figure {
        name: "CPU a create, user and system".to_owned(),
        measured: format!("{share:.3} x ({ours:.0} us)"),
        goal: format!("<= {CPU} x"),
        standing: Standing::Report(share <= CPU),
        beside: format!("usual-json: {usual:.0} us; raw-hyper: {floor:.0} us"),
    })
}

fn faults(traffic: &Traffic, address: &str, callers: u32) -> Result<Figure, Failure> {
    let load = Load {
        side: Side::Ours,
        operation: Operation::Create,
        calls: (1280 / callers).max(20),
        before: 10,
        callers,
    };
    let faults = traffic.cost(load, address)?.page_faults;
    Ok(Figure {
        name: format!("page faults a create, {callers} at once"),
        measured: format!("{faults:.3}"),
        goal: format!("<= {FAULTS}"),
        standing: Standing::Report(faults <= FAULTS),
        beside: String::new(),
    })
}
