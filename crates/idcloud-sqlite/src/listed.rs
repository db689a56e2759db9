//! What a list of a journal's references shows of each.
//!
//! Must not be taken for the record: a lease may be over since it was written.

use idcloud_flows::journal::StateKind;

/// One reference of a journal, as its columns have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed<'r> {
    /// The environment's name.
    pub environment: &'r str,
    /// Where a custom environment on this machine is; empty for every other.
    pub origin: &'r str,
    /// The tenant's id, in small letters.
    pub tenant_id: &'r str,
    /// The caller's reference.
    pub reference: &'r str,
    /// The state that was written last; nothing where this version does not know it.
    pub state: Option<StateKind>,
}
