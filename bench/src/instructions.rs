//! User instructions a call, counted by valgrind's callgrind in a process of its own.
//!
//! Must never leave a count out silently: without valgrind the gate is missed, and says why.

use std::process::{Command, Stdio};

use crate::Failure;
use crate::caller::{Operation, Side};
use crate::figure::{Figure, Standing};
use crate::traffic::{Cost, Load, Traffic, has_simd};

/// Runs of each measurement; the median is what is told, because how the kernel cuts an upload up varies.
const RUNS: usize = 3;

/// Two counts of calls whose difference leaves the start of the program out.
const CREATES: (u32, u32) = (10, 60);
const GETS: (u32, u32) = (100, 600);

/// Tells glibc to copy and fill by ordinary vector instructions. It would use `rep movsb` and `rep stosb`, each one
/// instruction to the processor and one a *byte* to valgrind.
const NO_STRING_INSTRUCTIONS: (&str, &str) = ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-ERMS");

/// Leaves glibc's fill out of a count, on both sides. Wiping 800,000 bytes is one `rep stosb` to a processor that has
/// it (all x86-64 of the last ten years), and some 44,000 vector instructions here; they are told beside the gate.
const WITHOUT_FILLS: [&str; 2] = ["--toggle-collect=__memset*", "--collect-atstart=yes"];

/// The gates that are counted in instructions.
///
/// # Errors
/// valgrind is there and fails.
pub fn figures(traffic: &Traffic, address: &str) -> Result<Vec<Figure>, Failure> {
    let create = "user instructions, create of a 600,000-byte image";
    let get = "user instructions, GET";
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Ok(vec![missing(create), missing(get)]);
    }
    let counter = Counter { traffic, address };
    Ok(vec![
        counter.figure(create, Operation::Create, Side::RawHyper, 1.10)?,
        counter.figure(get, Operation::Get, Side::BareReqwest, 1.25)?,
    ])
}

fn missing(name: &str) -> Figure {
    Figure {
        name: name.to_owned(),
        measured: "not counted".to_owned(),
        goal: "valgrind".to_owned(),
        standing: Standing::Gate(false),
        beside: "valgrind is not on this machine: install it (apt install valgrind), or ask for --without-instructions"
            .to_owned(),
    }
}

struct Counter<'a> {
    traffic: &'a Traffic,
    address: &'a str,
}

impl Counter<'_> {
    fn figure(
        &self,
        name: &str,
        operation: Operation,
        floor: Side,
        goal: f64,
    ) -> Result<Figure, Failure> {
        let (mut ours, mut beside, mut filled) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            ours.push(self.per_call(Side::Ours, operation, &WITHOUT_FILLS)?);
            beside.push(self.per_call(floor, operation, &WITHOUT_FILLS)?);
            filled.push(self.per_call(Side::Ours, operation, &[])?);
        }
        let (ours, beside, filled) = (middle(ours), middle(beside), middle(filled));
        let share = ratio(ours, beside)?;
        Ok(Figure {
            name: name.to_owned(),
            measured: format!("{share:.3} x ({ours})"),
            goal: format!("<= {goal:.2} x"),
            standing: Standing::Gate(share <= goal),
            beside: format!(
                "{floor}: {beside}; with fills in vector instructions {:.3} x ({filled})",
                ratio(filled, beside)?
            ),
        })
    }

    fn per_call(&self, side: Side, operation: Operation, options: &[&str]) -> Result<u64, Failure> {
        let (few, many) = match operation {
            Operation::Create => CREATES,
            Operation::Get => GETS,
        };
        let counted = |calls| self.count(side, operation, calls, options);
        let difference = counted(many)?.saturating_sub(counted(few)?);
        Ok(difference / u64::from(many - few))
    }

    fn count(
        &self,
        side: Side,
        operation: Operation,
        calls: u32,
        options: &[&str],
    ) -> Result<u64, Failure> {
        let load = Load {
            side,
            operation,
            calls,
            before: 0,
            callers: 1,
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

fn middle(mut counts: Vec<u64>) -> u64 {
    counts.sort_unstable();
    counts.get(counts.len() / 2).copied().unwrap_or_default()
}

/// Counts of a call fit into 32 bits; a count that does not is an error of the measurement.
fn ratio(ours: u64, beside: u64) -> Result<f64, Failure> {
    Ok(f64::from(u32::try_from(ours)?) / f64::from(u32::try_from(beside)?.max(1)))
}
