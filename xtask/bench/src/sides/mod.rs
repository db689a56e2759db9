//! The sides of a comparison: this workspace's client, and simpler ways to do the same.
//! Must not differ in what they send.

pub mod assembled;
pub mod bare_reqwest;
pub mod caller;
pub mod ours;
pub mod raw_hyper;
pub mod raw_socket;
pub mod sample;
pub mod server;
pub mod traffic;
pub mod usual_json;
