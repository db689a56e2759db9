//! The tenant's budget: which call goes next, and when.
//!
//! Must not let more requests leave in any second than the budget allows.
//!
//! A call passes two sliding windows, both of the budget's rate N:
//!
//! ```text
//!  callers             lanes               admission         token, hook            send
//!
//!  token exchange ──▶ token  ─┐          ┌────────────┐                        ┌────────────┐
//!  create ──────────▶ create ─┼─ next ─▶ │ N a second │ ─▶ at most 5 N calls ─▶│ N a second │─▶ transport
//!  lookup ──────────▶ read   ─┘          └────────────┘                        └────────────┘
//!                                              ▲                                     ▲
//!                                              └──── a call that is not sent gives ──┘
//!                                                    its slots back
//! ```
//!
//! The *admission* spaces calls out before they fetch a token and run their hook. The *send* counts
//! against the budget. One window would do where nothing takes time between the two; behind a slow
//! disk a slot would stay taken while the hook runs, and part of the budget would be lost.
//!
//! | file | what it holds |
//! |---|---|
//! | `limiter` | what callers use: enter, wait, send |
//! | `state` | both windows, the lanes' queues and who is next, under one lock |
//! | `lanes` | which lane is next when several wait |
//! | `sliding_window` | one window: the slots of the last second, and when the next is free |
//! | `permit` | a caller's slots, given back when the call is dropped before it is sent |

pub(crate) mod lanes;
pub(crate) mod limiter;
pub(crate) mod permit;
#[cfg(test)]
#[cfg(feature = "test-util")]
pub(crate) mod schedules;
pub(crate) mod sliding_window;
pub(crate) mod state;
