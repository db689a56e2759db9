//! One reference in a list of a journal's references.
//!
//! Must not be taken for the record: its lease may have expired since it was written.

use idcloud_flows::journal::StateKind;

/// One reference of a journal, from its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed<'r> {
    /// The environment's name.
    pub environment: &'r str,
    /// The origin of a custom environment on this machine; empty for every other environment.
    pub origin: &'r str,
    /// The tenant's id, in lowercase.
    pub tenant_id: &'r str,
    /// The caller's reference.
    pub reference: &'r str,
    /// The last written state; `None` if this version does not know it.
    pub state: Option<StateKind>,
}
