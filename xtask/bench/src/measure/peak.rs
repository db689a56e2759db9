//! The peak heap use of a create in flight, above the caller's image.
//!
//! Must not share its process with other work: the allocator's peak cannot be reset.

use std::process::{Command, Stdio};

use cap::Cap;

use crate::Failure;
use crate::figure::{Figure, Goal, Unit, number, report};
use crate::measure::series::Series;
use crate::sides::caller::Caller as _;
use crate::sides::ours::Ours;
use crate::sides::sample::IMAGE_BYTES;

/// The argument that makes this program measure one create's peak, and nothing else.
pub const ARGUMENT: &str = "--peak-of-a-create-at";

/// The results of all runs so far.
#[derive(Debug, Default)]
pub struct Peaks(Series);

impl Peaks {
    /// Measures one more create, in another process of this program.
    ///
    /// # Errors
    /// The process fails.
    pub fn run(&mut self, address: &str) -> Result<(), Failure> {
        let output = Command::new(std::env::current_exe()?)
            .args([ARGUMENT, address])
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err("the create whose peak is looked for failed".into());
        }
        let peak: u32 = String::from_utf8(output.stdout)?.trim().parse()?;
        self.0.push(f64::from(peak));
        Ok(())
    }

    /// The median.
    #[must_use]
    pub fn figure(&self) -> Figure {
        let goal = number(IMAGE_BYTES) * 1.4 + 64_000.0;
        let name = "peak heap of a create in flight above the image";
        Figure {
            value: self.0.median(),
            ..report(name, 0.0, Unit::Bytes, Goal::AtMost(goal))
                .beside(format!("its base64 has {}", IMAGE_BYTES.div_ceil(3) * 4))
        }
    }
}

/// Makes one create, after a lookup has opened the connection and fetched the token.
///
/// # Errors
/// A call fails, or an earlier peak hides this one.
pub fn of_a_create<A>(address: &str, allocator: &Cap<A>) -> Result<usize, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut ours = Ours::new(address)?;
        ours.get().await?;
        let (held, before) = (allocator.allocated(), allocator.max_allocated());
        ours.create().await?;
        let peak = allocator.max_allocated();
        if peak <= before {
            return Err("an earlier peak hides the create's".into());
        }
        Ok(peak.saturating_sub(held))
    })
}
