//! The state that every clone of a client shares.
//!
//! Must not know an operation: the client stands on top of it.

use std::sync::{Arc, RwLock};

use http::{HeaderValue, Uri};
use tokio::sync::Semaphore;

use crate::auth::active_account::ActiveAccount;
use crate::body::assembler::Assembler;
use crate::body::buffer_pool::BufferPool;
use crate::budget::limiter::Limiter;
use crate::time::clock::Clock;
use crate::transport::Transport;

/// The state of a client.
pub(crate) struct Shared {
    pub(crate) credentials: RwLock<Arc<ActiveAccount>>,
    pub(crate) targets: Targets,
    pub(crate) user_agent: HeaderValue,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
    pub(crate) limiter: Arc<Limiter>,
    pub(crate) buffers: Arc<BufferPool>,
    pub(crate) assembler: Assembler,
    pub(crate) in_flight: Arc<Semaphore>,
}

/// The addresses that never change.
#[derive(Debug)]
pub(crate) struct Targets {
    pub(crate) token: Uri,
    pub(crate) create: Uri,
}
