//! Claims for tests of the journal's files: references of one made-up tenant.

use std::time::{SystemTime, UNIX_EPOCH};

use idcloud_flows::Flow;
use idcloud_flows::http::EnvironmentName;
use idcloud_flows::journal::{Claim, JournalKey, conformance};
use idcloud_flows::model::{Asked, Capabilities, Policy, SelfieKind};

/// The time of every claim.
pub(crate) const NOW: SystemTime = UNIX_EPOCH;

/// A claim of this reference.
pub(crate) fn claim(reference: &str) -> Claim {
    let key = JournalKey::from_parts(
        EnvironmentName::Local,
        "tests@tenant.iam.acesso.io",
        Flow::Identity,
        reference.parse().unwrap(),
    );
    let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
    let owner = "tests".parse().unwrap();
    let request = conformance::request(0);
    Claim::new(key, &request, asked, Policy::default(), owner)
}
