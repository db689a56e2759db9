//! Runs all measurements: counts once, and values that vary five times in turns.
//!
//! Must not run the rounds of one figure without those of the others between them.

pub mod output;
pub mod page;
pub mod pages;
pub mod pictures;
pub mod reasons;

use cap::Cap;

use crate::Failure;
use crate::figure::Figure;
use crate::measure::allocations;
use crate::measure::compiled::Compiled;
use crate::measure::instructions::Instructions;
use crate::measure::peak::Peaks;
use crate::measure::series::RUNS;
use crate::measure::usage::Usage;
use crate::sides::caller::Side;
use crate::sides::server::Server;
use crate::sides::traffic::Traffic;
use crate::subjects::budget;
use crate::subjects::journal::Journals;
use crate::subjects::model::{Times, preflight_allocations};
use crate::subjects::simulator::Rates;
use crate::subjects::waiting::{self, Polled};

/// The requested measurements.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Only gates.
    pub counts_alone: bool,
    /// No instructions, for machines without valgrind.
    pub without_instructions: bool,
    /// The counts from xtask.
    pub compiled: Vec<Compiled>,
}

/// The results.
#[derive(Debug, Default)]
pub struct Report {
    /// The figures, gates first.
    pub figures: Vec<Figure>,
    /// Instructions of a create, by side.
    pub instructions: Vec<(Side, f64)>,
    /// Microseconds of a create, by side.
    pub cpu: Vec<(Side, f64)>,
    /// The cost of polling.
    pub polled: Vec<Polled>,
    /// The journal's syncs per intent, by the number of writers.
    pub syncs: Vec<(u32, f64)>,
}

impl Report {
    /// Runs the measurements.
    ///
    /// # Errors
    /// A measurement is not possible on this machine.
    pub fn of<A>(asked: &Asked, allocator: &Cap<A>) -> Result<Self, Failure> {
        let traffic = Traffic::beside_this_program()?;
        let server = Server::start(&traffic)?;
        let address = server.address();
        let mut instructions = Instructions::new(&traffic, address, asked.counts_alone);
        let mut usage = Usage::new(&traffic, address);
        let (mut times, mut peaks) = (Times::default(), Peaks::default());
        let (mut rates, mut journals) = (Rates::default(), Journals::default());
        for _ in 0..RUNS {
            if !asked.without_instructions {
                instructions.run()?;
            }
            if !asked.counts_alone {
                usage.run()?;
                times.run();
                peaks.run(address)?;
                rates.run()?;
                journals.run()?;
            }
        }

        let mut report = Self {
            instructions: instructions.creates(),
            cpu: usage.creates(),
            polled: waiting::polled()?,
            syncs: journals.syncs(),
            figures: Vec::new(),
        };
        let figures = &mut report.figures;
        if !asked.without_instructions {
            figures.extend(instructions.figures());
        }
        // Exact counts are the same in every run, so one run is enough.
        figures.extend(allocations::figures(address)?);
        figures.extend(budget::figures()?);
        figures.extend(waiting::figures(&report.polled)?);
        figures.extend(asked.compiled.iter().map(Compiled::figure));
        figures.push(preflight_allocations());
        if !asked.counts_alone {
            figures.extend(usage.figures());
            figures.push(peaks.figure());
            figures.extend(times.figures());
            figures.push(waiting::memory(allocator)?);
            figures.extend(journals.figures());
            figures.push(rates.figure());
        }
        figures.sort_by_key(|figure| figure.kind);
        Ok(report)
    }

    /// Whether every gate holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.figures.iter().any(Figure::fails)
    }
}
