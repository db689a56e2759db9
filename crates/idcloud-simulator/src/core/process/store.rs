//! The processes that can be looked up.
//!
//! Must not grow without bound: the oldest are dropped.

use std::collections::{HashMap, VecDeque};

use crate::core::process::Process;

/// How many processes are kept. IDCloud publishes no such number; a local process needs a bound.
const KEPT: usize = 100_000;

/// Processes by id.
#[derive(Default)]
pub(crate) struct Processes {
    by_id: HashMap<String, Process>,
    in_order: VecDeque<String>,
}

impl Processes {
    /// Adds a process.
    pub(crate) fn insert(&mut self, process: Process) {
        if self.in_order.len() >= KEPT
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        self.in_order.push_back(process.id().to_owned());
        self.by_id.insert(process.id().to_owned(), process);
    }

    /// The process `id` of `tenant`; another tenant's counts as absent.
    pub(crate) fn of(&self, tenant: &str, id: &str) -> Option<&Process> {
        self.by_id
            .get(&id.to_ascii_lowercase())
            .filter(|process| process.belongs_to(tenant))
    }
}
