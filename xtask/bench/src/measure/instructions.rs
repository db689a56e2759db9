//! User instructions per call, counted by valgrind's callgrind in a process of its own.
//!
//! Must not skip a count silently: without valgrind the gate is missed, with the reason.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use crate::Failure;
use crate::figure::{Figure, Goal, Unit, gate, report};
use crate::measure::series::Series;
use crate::sides::caller::{Operation, Side};
use crate::sides::traffic::{Cost, Load, Traffic, has_simd};

/// The gate of a create.
pub const CREATE: &str = "user instructions, create of 600,000 image bytes";
/// The same, with the cost of wiping.
pub const CREATE_WITH_FILLS: &str =
    "user instructions, create of 600,000 image bytes, memory fills counted as vector instructions";
/// The gate of a lookup.
pub const GET: &str = "user instructions, GET";

const CREATE_GOAL: f64 = 1.10;
const GET_GOAL: f64 = 1.25;

/// Two numbers of calls. The difference of their counts excludes the start of the program.
const CREATES: (u32, u32) = (10, 60);
const GETS: (u32, u32) = (100, 600);

/// Makes glibc copy and fill by ordinary vector instructions. By default it uses `rep movsb` and
/// `rep stosb`, each one instruction to the processor but one per *byte* to valgrind.
const NO_STRING_INSTRUCTIONS: (&str, &str) = ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-ERMS");

/// Excludes glibc's fill from a count. Wiping 800,000 bytes is one `rep stosb` on a processor that
/// has it (all x86-64 of the last ten years), but about 44,000 vector instructions here; they are
/// reported beside the gate.
const WITHOUT_FILLS: [&str; 2] = ["--toggle-collect=__memset*", "--collect-atstart=yes"];

/// A counted case: the side, the operation, and whether fills count.
type Counted = (Side, Operation, Fills);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fills {
    Counted,
    LeftOut,
}

/// The counts for gates. Fills are excluded from both sides or from none.
const GATES: &[Counted] = &[
    (Side::RawHyper, Operation::Create, Fills::LeftOut),
    (Side::Ours, Operation::Create, Fills::LeftOut),
    (Side::RawHyper, Operation::Create, Fills::Counted),
    (Side::Ours, Operation::Create, Fills::Counted),
    (Side::BareReqwest, Operation::Get, Fills::Counted),
    (Side::Ours, Operation::Get, Fills::Counted),
];

/// The counts that only the picture shows.
const BESIDE: &[Counted] = &[
    (Side::RawSocket, Operation::Create, Fills::Counted),
    (Side::BareReqwest, Operation::Create, Fills::Counted),
    (Side::UsualJson, Operation::Create, Fills::Counted),
];

/// Counts of all runs so far.
#[derive(Debug)]
pub struct Instructions<'a> {
    traffic: &'a Traffic,
    address: &'a str,
    wanted: Vec<Counted>,
    counts: BTreeMap<Counted, Series>,
}

impl<'a> Instructions<'a> {
    /// For the gates only, or also for the picture.
    #[must_use]
    pub fn new(traffic: &'a Traffic, address: &'a str, gates_alone: bool) -> Self {
        let beside = if gates_alone { &[] } else { BESIDE };
        Self {
            traffic,
            address,
            wanted: [GATES, beside].concat(),
            counts: BTreeMap::new(),
        }
    }

    /// Counts each case once more.
    ///
    /// # Errors
    /// valgrind is installed and fails.
    pub fn run(&mut self) -> Result<(), Failure> {
        if Command::new("valgrind").arg("--version").output().is_err() {
            return Ok(());
        }
        for counted in self.wanted.clone() {
            let count = self.per_call(counted)?;
            self.counts.entry(counted).or_default().push(count);
        }
        Ok(())
    }

    /// The gates, and the full count of a create.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let create = |fills| {
            let ours = self.median((Side::Ours, Operation::Create, fills));
            (
                ours,
                Side::RawHyper,
                self.median((Side::RawHyper, Operation::Create, fills)),
            )
        };
        let get = |side| self.median((side, Operation::Get, Fills::Counted));
        vec![
            compared(
                gate(CREATE, 0.0, Unit::Times, Goal::AtMost(CREATE_GOAL))
                    .beside("memory fills left out on both sides"),
                create(Fills::LeftOut),
            ),
            compared(
                report(
                    CREATE_WITH_FILLS,
                    0.0,
                    Unit::Times,
                    Goal::AtMost(CREATE_GOAL),
                ),
                create(Fills::Counted),
            ),
            compared(
                gate(GET, 0.0, Unit::Times, Goal::AtMost(GET_GOAL)),
                (get(Side::Ours), Side::BareReqwest, get(Side::BareReqwest)),
            ),
        ]
    }

    /// A create by each side, with everything counted.
    #[must_use]
    pub fn creates(&self) -> Vec<(Side, f64)> {
        let sides = [
            Side::RawSocket,
            Side::RawHyper,
            Side::BareReqwest,
            Side::Ours,
            Side::UsualJson,
        ];
        let count = |side| {
            let median = self.median((side, Operation::Create, Fills::Counted));
            median.map(|count| (side, count))
        };
        sides.into_iter().filter_map(count).collect()
    }

    fn median(&self, counted: Counted) -> Option<f64> {
        self.counts.get(&counted).and_then(Series::median)
    }

    fn per_call(&self, (side, operation, fills): Counted) -> Result<f64, Failure> {
        let (few, many) = match operation {
            Operation::Create => CREATES,
            Operation::Get => GETS,
        };
        let counted = |calls| self.count(side, operation, fills, calls);
        let difference = counted(many)?.saturating_sub(counted(few)?);
        // The count of a call fits into 32 bits; a larger one is an error of the measurement.
        Ok(f64::from(u32::try_from(
            difference / u64::from(many - few),
        )?))
    }

    fn count(
        &self,
        side: Side,
        operation: Operation,
        fills: Fills,
        calls: u32,
    ) -> Result<u64, Failure> {
        let load = Load {
            side,
            operation,
            calls,
            before: 0,
            callers: 1,
        };
        let options: &[&str] = match fills {
            Fills::Counted => &[],
            Fills::LeftOut => &WITHOUT_FILLS,
        };
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .args(options)
            .arg(self.traffic.program())
            .args(load.arguments(self.address))
            .env(NO_STRING_INSTRUCTIONS.0, NO_STRING_INSTRUCTIONS.1)
            .stdin(Stdio::null())
            .output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(format!("valgrind failed:\n{told}").into());
        }
        let cost: Cost = serde_json::from_slice(&output.stdout)?;
        if cost.simd != has_simd() {
            return Err("valgrind hides instructions that base64 would use".into());
        }
        told.lines()
            .find_map(|line| line.split_once("Collected : "))
            .and_then(|(_, count)| count.trim().parse().ok())
            .ok_or_else(|| "valgrind told no count".into())
    }
}

/// The figure with the ratio of ours to the other, if both were counted.
fn compared(figure: Figure, (ours, side, other): (Option<f64>, Side, Option<f64>)) -> Figure {
    let (Some(ours), Some(other)) = (ours, other) else {
        return Figure {
            value: None,
            ..figure.beside(
                "valgrind is not on this machine: install it (apt install valgrind), or ask for --without-instructions",
            )
        };
    };
    let counts = format!("ours {ours:.0}, {side} {other:.0}");
    let beside = match figure.beside.as_str() {
        "" => counts,
        said => format!("{said}: {counts}"),
    };
    Figure {
        value: Some(ours / other.max(1.0)),
        ..figure.beside(beside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without a count, the gates are missed and the reason is reported.
    #[test]
    fn without_valgrind_the_gates_are_missed() {
        let figure = compared(
            gate(GET, 0.0, Unit::Times, Goal::AtMost(GET_GOAL)),
            (None, Side::RawHyper, Some(1.0)),
        );
        assert!(figure.fails() && figure.beside.contains("valgrind"));
        let figure = compared(
            gate(GET, 0.0, Unit::Times, Goal::AtMost(GET_GOAL)).beside("so"),
            (Some(12.0), Side::RawHyper, Some(10.0)),
        );
        assert!(figure.met(), "{figure:?}");
        assert_eq!(figure.beside, "so: ours 12, raw-hyper 10");
    }
}
