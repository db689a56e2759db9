//! CPU time and page faults of creates, as the operating system reports them.
//!
//! Must not measure its sides one after the other: it interleaves them, in processes of their own.

use std::collections::BTreeMap;

use crate::Failure;
use crate::figure::{Figure, Goal, Unit, report};
use crate::measure::series::Series;
use crate::sides::caller::{Operation, Side};
use crate::sides::traffic::{Load, Traffic};

/// CPU time of a create.
pub const CPU: &str = "CPU a create (user and system), of reqwest's .json()";

/// Creates of each side in a run.
const CALLS: u32 = 400;
/// Creates before the measurement, until the kernel has found the sizes of its own buffers.
const BEFORE: u32 = 50;
/// The share of the usual program's CPU time that ours may take.
const CPU_GOAL: f64 = 0.2;
const FAULTS_GOAL: f64 = 1.0;
/// Numbers of concurrent creates for which page faults are counted.
const AT_ONCE: [u32; 3] = [1, 16, 64];
const SIDES: [Side; 5] = [
    Side::RawSocket,
    Side::RawHyper,
    Side::BareReqwest,
    Side::Ours,
    Side::UsualJson,
];

/// The usage of all runs so far.
#[derive(Debug)]
pub struct Usage<'a> {
    traffic: &'a Traffic,
    address: &'a str,
    cpu: BTreeMap<Side, Series>,
    faults: BTreeMap<u32, Series>,
}

impl<'a> Usage<'a> {
    /// Starts without a run.
    #[must_use]
    pub const fn new(traffic: &'a Traffic, address: &'a str) -> Self {
        Self {
            traffic,
            address,
            cpu: BTreeMap::new(),
            faults: BTreeMap::new(),
        }
    }

    /// Measures each side once more, in turns.
    ///
    /// # Errors
    /// A call fails.
    pub fn run(&mut self) -> Result<(), Failure> {
        let load = |side, calls, before, callers| Load {
            side,
            operation: Operation::Create,
            calls,
            before,
            callers,
        };
        for side in SIDES {
            let cost = self
                .traffic
                .cost(load(side, CALLS, BEFORE, 1), self.address)?;
            let series = self.cpu.entry(side).or_default();
            series.push(cost.cpu_microseconds);
        }
        for callers in AT_ONCE {
            let load = load(Side::Ours, (1280 / callers).max(20), 10, callers);
            let cost = self.traffic.cost(load, self.address)?;
            let series = self.faults.entry(callers).or_default();
            series.push(cost.page_faults);
        }
        Ok(())
    }

    /// CPU time of a create compared with reqwest's `.json()`; page faults of a create by
    /// concurrency.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let (ours, usual) = (self.cpu(Side::Ours), self.cpu(Side::UsualJson));
        let share = ours.zip(usual).map(|(ours, usual)| ours / usual);
        let beside = self
            .creates()
            .iter()
            .map(|(side, cpu)| format!("{side} {cpu:.0} µs"))
            .collect::<Vec<_>>();
        let mut figures = vec![Figure {
            value: share,
            ..report(CPU, 0.0, Unit::Times, Goal::AtMost(CPU_GOAL)).beside(beside.join(", "))
        }];
        for (callers, faults) in &self.faults {
            let name = format!("page faults a create, {callers} at once");
            figures.push(Figure {
                value: faults.median(),
                ..report(name, 0.0, Unit::Average, Goal::AtMost(FAULTS_GOAL))
            });
        }
        figures
    }

    /// Microseconds of a create, by side.
    #[must_use]
    pub fn creates(&self) -> Vec<(Side, f64)> {
        let cpu = |side| self.cpu(side).map(|cpu| (side, cpu));
        SIDES.into_iter().filter_map(cpu).collect()
    }

    fn cpu(&self, side: Side) -> Option<f64> {
        self.cpu.get(&side).and_then(Series::median)
    }
}
