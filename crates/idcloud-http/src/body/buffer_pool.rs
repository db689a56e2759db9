//! Buffers for request bodies: leased, wiped when dropped, and reused.
//!
//! Must not lend a buffer that still holds another request's data.

use std::fmt;
use std::hint::black_box;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedSemaphorePermit;

/// Sizes are rounded up to this many bytes, so that images of nearly one size share buffers.
const GRAIN: usize = 16 * 1024;
/// After how many loans the pool forgets an old peak.
const PERIOD: u32 = 256;

/// A client's buffers.
///
/// A fresh buffer of 820 kB costs up to 200 page faults, so buffers are kept: as many as were
/// leased at once during the last few hundred creates, and no more.
#[derive(Default)]
pub(crate) struct BufferPool {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<Vec<u8>>,
    lent: usize,
    peak: usize,
    last_peak: usize,
    loans: u32,
}

impl BufferPool {
    /// Lends `len` bytes, all zero. `permit` is held until the lease is dropped.
    pub(crate) fn lend(
        self: &Arc<Self>,
        len: usize,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Lease {
        let reused = self.lock().take(len);
        let buffer =
            reused.unwrap_or_else(|| vec![0; len.checked_next_multiple_of(GRAIN).unwrap_or(len)]);
        Lease {
            buffer,
            len,
            pool: Arc::clone(self),
            _permit: permit,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The idle buffers' content, for tests of the wiping.
    #[cfg(test)]
    pub(crate) fn idle(&self) -> Vec<Vec<u8>> {
        self.lock().idle.clone()
    }
}

impl State {
    fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        self.lent += 1;
        self.peak = self.peak.max(self.lent);
        self.loans += 1;
        if self.loans >= PERIOD {
            self.loans = 0;
            self.last_peak = self.peak;
            self.peak = self.lent;
        }
        let fits = self
            .idle
            .iter()
            .enumerate()
            .filter(|(_, buffer)| buffer.len() >= len)
            .min_by_key(|(_, buffer)| buffer.len())
            .map(|(index, _)| index);
        if fits.is_none() {
            // The buffer that is too small is freed for the one that will be allocated.
            self.idle.pop();
        }
        fits.map(|index| self.idle.swap_remove(index))
    }

    fn give_back(&mut self, buffer: Vec<u8>) {
        self.lent = self.lent.saturating_sub(1);
        if self.idle.len() + self.lent < self.peak.max(self.last_peak) {
            self.idle.push(buffer);
        }
    }
}

impl fmt::Debug for BufferPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("BufferPool")
            .field("idle", &state.idle.len())
            .field("lent", &state.lent)
            .finish_non_exhaustive()
    }
}

/// A buffer on loan. The last owner that drops it, the HTTP library included, wipes it.
pub(crate) struct Lease {
    buffer: Vec<u8>,
    len: usize,
    pool: Arc<BufferPool>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Lease {
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.buffer.get_mut(..self.len).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Lease {
    fn as_ref(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or_default()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // A plain fill is one call of memset. The black box keeps the compiler from leaving it out;
        // zeroize's volatile loop would cost twenty times as much.
        self.bytes_mut().fill(0);
        black_box(self.buffer.as_slice());
        self.pool.lock().give_back(std::mem::take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn a_buffer_is_wiped_and_used_again() {
        let pool = Arc::new(BufferPool::default());
        let mut lease = pool.lend(100_000, None);
        lease.bytes_mut().fill(7);
        let bytes = Bytes::from_owner(lease);
        let tail = bytes.slice(99_990..);
        let place = bytes.as_ptr();
        drop(bytes);
        assert!(pool.idle().is_empty(), "a slice still holds it");
        drop(tail);
        assert_eq!(pool.idle().len(), 1);
        assert!(pool.idle().iter().flatten().all(|byte| *byte == 0));
        let again = pool.lend(90_000, None);
        assert_eq!(again.as_ref().as_ptr(), place);
        assert_eq!(again.as_ref().len(), 90_000);
    }

    #[test]
    fn it_keeps_no_more_than_were_lent_at_once() {
        let pool = Arc::new(BufferPool::default());
        for _ in 0..3 {
            let many: Vec<_> = (0..20).map(|_| pool.lend(1000, None)).collect();
            drop(many);
            assert_eq!(pool.idle().len(), 20);
        }
        for _ in 0..(3 * PERIOD) {
            drop(pool.lend(1000, None));
        }
        assert_eq!(pool.idle().len(), 1);
    }

    #[test]
    fn a_larger_body_replaces_a_smaller_buffer() {
        let pool = Arc::new(BufferPool::default());
        drop(pool.lend(10, None));
        drop(pool.lend(1_000_000, None));
        assert_eq!(pool.idle().len(), 1);
        assert!(pool.idle()[0].len() >= 1_000_000);
    }
}
