//! The allocations of one call in steady state.
//!
//! Must not count allocations of the server, which is another process.

use stats_alloc::{INSTRUMENTED_SYSTEM, Region};

use crate::Failure;
use crate::figure::{Figure, Goal, Unit, gate, number};
use crate::sides::bare_reqwest::BareReqwest;
use crate::sides::caller::{Caller, Operation, Side};
use crate::sides::ours::Ours;

/// Calls before the measurement, until every buffer has its final size.
const BEFORE: u32 = 20;
/// Calls that are counted, one by one.
const CALLS: usize = 200;

const BYTES: f64 = 32_000.0;
const LARGEST: f64 = 64_000.0;
const ABOVE: f64 = 12.0;

/// The gates that are counted in allocations.
///
/// # Errors
/// A call fails.
pub fn figures(address: &str) -> Result<Vec<Figure>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut ours = Ours::new(address)?;
        let mut bare = BareReqwest::new(address)?;
        let create = counted(&mut ours, Operation::Create).await?;
        let get = counted(&mut ours, Operation::Get).await?;
        let bare_create = counted(&mut bare, Operation::Create).await?;
        let bare_get = counted(&mut bare, Operation::Get).await?;
        Ok(vec![
            bytes(&create, &bare_create),
            largest(&create),
            above(
                "allocations a create above bare reqwest",
                &create,
                &bare_create,
            ),
            above("allocations a GET above bare reqwest", &get, &bare_get),
        ])
    })
}

/// The allocations of each counted call.
struct Counts {
    allocations: Vec<usize>,
    bytes: Vec<usize>,
}

impl Counts {
    fn allocations(&self) -> usize {
        middle(&self.allocations)
    }

    fn bytes(&self) -> usize {
        middle(&self.bytes)
    }

    fn most_bytes(&self) -> usize {
        self.bytes.iter().copied().max().unwrap_or(usize::MAX)
    }
}

async fn counted(caller: &mut impl Caller, operation: Operation) -> Result<Counts, Failure> {
    caller.make(operation, BEFORE).await?;
    let mut counts = Counts {
        allocations: Vec::with_capacity(CALLS),
        bytes: Vec::with_capacity(CALLS),
    };
    for _ in 0..CALLS {
        let region = Region::new(&INSTRUMENTED_SYSTEM);
        caller.make(operation, 1).await?;
        let change = region.change();
        counts
            .allocations
            .push(change.allocations + change.reallocations);
        // stats_alloc counts a reallocation by the bytes that the block grows.
        counts.bytes.push(change.bytes_allocated);
    }
    Ok(counts)
}

fn bytes(ours: &Counts, bare: &Counts) -> Figure {
    gate(
        "bytes allocated a create, steady state",
        number(ours.bytes()),
        Unit::Bytes,
        Goal::AtMost(BYTES),
    )
    .beside(format!("{}: {}", Side::BareReqwest, bare.bytes()))
}

/// No single allocation of a create is larger than all of them together. The create with the most
/// allocated bytes therefore bounds every single allocation, without a custom allocator, which
/// would need unsafe code.
fn largest(ours: &Counts) -> Figure {
    gate(
        "largest single allocation in a create, at most",
        number(ours.most_bytes()),
        Unit::Bytes,
        Goal::Below(LARGEST),
    )
    .beside(format!(
        "all allocations of the dearest of {CALLS} creates together"
    ))
}

fn above(name: &str, ours: &Counts, bare: &Counts) -> Figure {
    let above = number(ours.allocations()) - number(bare.allocations());
    gate(name, above, Unit::Count, Goal::AtMost(ABOVE)).beside(format!(
        "ours {}, {} {}",
        ours.allocations(),
        Side::BareReqwest,
        bare.allocations()
    ))
}

fn middle(counts: &[usize]) -> usize {
    let mut counts = counts.to_vec();
    counts.sort_unstable();
    counts.get(counts.len() / 2).copied().unwrap_or(usize::MAX)
}
