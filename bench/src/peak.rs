//! The most heap that a create in flight takes above the caller's image.
//!
//! Must run before anything that takes more: the allocator's peak cannot be set back.

use cap::Cap;

use crate::Failure;
use crate::caller::Caller as _;
use crate::figure::{Figure, Standing};
use crate::ours::Ours;
use crate::sample::IMAGE_BYTES;

const GOAL: usize = IMAGE_BYTES / 100 * 140 + 64 * 1024;

/// Makes one create after a lookup has opened the connection and fetched the token.
///
/// # Errors
/// A call fails, or an earlier peak hides this one.
pub fn figure<A>(address: &str, allocator: &Cap<A>) -> Result<Figure, Failure> {
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
        let above = peak.saturating_sub(held);
        Ok(Figure {
            name: "peak heap of a create in flight above the image, bytes".to_owned(),
            measured: above.to_string(),
            goal: format!("<= {GOAL}"),
            standing: Standing::Report(above <= GOAL),
            beside: format!("its base64: {}", IMAGE_BYTES.div_ceil(3) * 4),
        })
    })
}
