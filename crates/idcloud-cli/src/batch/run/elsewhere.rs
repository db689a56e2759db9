//! Counts the input's rows that the journal has under other environments, tenants or addresses than
//! this run's.
//!
//! Must not count a row that was provably not sent.

use std::collections::BTreeMap;

use idcloud_flows::journal::{EntryFilter, StateKind};
use idcloud_http::Environment;
use idcloud_sqlite::Listed;

/// Environment, address and tenant, as a journal lists them.
type Place = (String, String, String);

/// How many rows of an input the journal has at each other place.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere(BTreeMap<Place, u64>);

/// Whether a run with the filter `own` would find the listed record. It also finds records of an
/// earlier version, which did not store the address.
pub(crate) fn is_at(listed: &Listed<'_>, own: &EntryFilter) -> bool {
    let [name, origin, tenant, ..] = own.parts();
    name == Some(listed.environment)
        && tenant == Some(listed.tenant_id)
        && (origin == Some(listed.origin) || listed.origin.is_empty())
}

impl Elsewhere {
    /// Counts a row of the input at another place.
    pub(crate) fn see(&mut self, listed: &Listed<'_>) {
        let may_be_paid = !matches!(
            listed.state,
            Some(StateKind::Claimed | StateKind::NotSent | StateKind::Resend)
        );
        if may_be_paid {
            let place = (
                listed.environment.to_owned(),
                listed.origin.to_owned(),
                listed.tenant_id.to_owned(),
            );
            *self.0.entry(place).or_default() += 1;
        }
    }

    /// For example `3 for custom, tenant … at http://…`; `None` if there are none.
    pub(crate) fn sentence(&self) -> Option<String> {
        let places: Vec<String> = self
            .0
            .iter()
            .map(|((environment, origin, tenant), rows)| {
                let at = if origin.is_empty() { "" } else { " at " };
                format!("{rows} for {environment}, tenant {tenant}{at}{origin}")
            })
            .collect();
        (!places.is_empty()).then(|| places.join("; "))
    }

    /// The note that is printed before anything is sent; `None` if there are no such rows.
    /// `environment` is the run's, if the configuration names one.
    pub(crate) fn note(&self, environment: Option<&Environment>) -> Option<String> {
        let places = self.sentence()?;
        Some(match environment {
            Some(environment) => format!(
                "note: the journal has rows of this input that this configuration ({}, tenant {}) does not answer for and a run sends anew: {places}",
                environment.name().as_str(),
                environment.account().tenant_id()
            ),
            None => format!(
                "note: the configuration does not say where a run would send; the journal has rows of this input: {places}"
            ),
        })
    }
}
