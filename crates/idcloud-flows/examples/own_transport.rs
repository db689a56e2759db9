//! A custom transport: one method, wrapped around another transport. This one counts requests and
//! their duration.
//!
//! `cargo run -p idcloud-flows --example own_transport`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod simulated;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use idcloud_flows::SubmitOptions;
use idcloud_flows::http::{CallContext, Clock, SystemClock, Transport, TransportError};
use simulated::Simulated;

/// Counts requests by operation, and passes them on.
///
/// It must not repeat a request, and must not log one: headers and bodies hold credentials and
/// personal data. The context holds what it may know of a call.
pub(crate) struct Counting {
    inner: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    counts: Mutex<BTreeMap<String, (u32, Duration)>>,
}

impl Counting {
    /// How many requests of each operation were sent, and their total duration.
    pub(crate) fn counts(&self) -> BTreeMap<String, (u32, Duration)> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.clone()
    }
}

#[async_trait]
impl Transport for Counting {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let (began, operation) = (self.clock.instant(), context.operation);
        let answer = self.inner.send(request, context).await;
        let took = self.clock.instant() - began;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, time) = counts.entry(operation.to_string()).or_default();
        *count += 1;
        *time += took;
        // A failure is passed on unchanged: its kind says what it proves about delivery.
        answer
    }
}

/// Two verifications with one token, and the requests sent for them.
pub(crate) async fn example(
    clock: Arc<dyn Clock>,
) -> Result<BTreeMap<String, (u32, Duration)>, Box<dyn Error>> {
    let simulated = Simulated::new("identity", Arc::clone(&clock))?;
    let transport = Arc::new(Counting {
        inner: Arc::clone(&simulated.transport),
        clock,
        counts: Mutex::default(),
    });
    let carried: Arc<dyn Transport> = Arc::clone(&transport) as Arc<dyn Transport>;
    let idcloud = simulated.program().transport(carried).build()?;
    let identity = idcloud.identity(simulated.key.clone());
    for cpf in ["52998224725", "11122230290"] {
        let _ = identity
            .submit(simulated.request(cpf)?, &SubmitOptions::default())
            .await?;
    }
    Ok(transport.counts())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    for (operation, (count, time)) in example(Arc::new(SystemClock::new())).await? {
        println!("{operation}: {count} in {time:?}");
    }
    Ok(())
}
