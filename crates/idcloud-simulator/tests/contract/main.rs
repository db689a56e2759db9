//! What the simulator promises, seen from outside: requests go in, answers come out.

mod bench;
mod create;
mod lookup;
mod rate_limit;
#[cfg(feature = "server")]
mod serve;
mod token;
mod transcript;
