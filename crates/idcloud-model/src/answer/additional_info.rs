//! Additional information of version 2 of the process endpoint: the person of a process.
//!
//! Must not print itself: everything in it is personal.

use std::fmt;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::answer::evidence::UnknownMembers;
use crate::answer::wire;

/// `processAdditionalInfo`, unchanged.
#[derive(Clone, PartialEq, Default)]
pub struct AdditionalInfo {
    transaction_id: Option<Zeroizing<String>>,
    person_name: Option<Zeroizing<String>>,
    person_document: Option<Zeroizing<String>>,
    person_image: Option<Zeroizing<String>>,
    finished_at: Option<Zeroizing<String>>,
}

impl fmt::Debug for AdditionalInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdditionalInfo(redacted)")
    }
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident)+) => {
        impl AdditionalInfo {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(&self) -> Option<&str> {
                    self.$name.as_ref().map(|text| text.as_str())
                }
            )+
        }
    };
}

accessors! {
    /// The id of the transaction, tied to the selfie; not the process's id.
    transaction_id
    /// The person's name. Personal data.
    person_name
    /// The person's CPF or CURP. Personal data.
    person_document
    /// A signed URL of the selfie. Personal data.
    person_image
    /// When the process ended, unparsed; the samples show no time zone.
    finished_at
}

impl AdditionalInfo {
    pub(crate) fn from_json(
        value: Value,
        path: &str,
        unknown: &mut UnknownMembers,
    ) -> Option<Self> {
        let Value::Object(members) = value else {
            if !value.is_null() {
                unknown.push(path.to_owned(), value);
            }
            return None;
        };
        let mut info = Self::default();
        for (name, value) in members {
            let slots = [
                ("transactionId", &mut info.transaction_id),
                ("personName", &mut info.person_name),
                ("personDocument", &mut info.person_document),
                ("personImage", &mut info.person_image),
                ("finishedAt", &mut info.finished_at),
            ];
            let known = slots
                .into_iter()
                .find(|(known, _)| wire::is_same(known, &name));
            let Some((_, slot)) = known else {
                unknown.push(format!("{path}.{name}"), value);
                continue;
            };
            match value {
                Value::String(text) => *slot = Some(text.into()),
                Value::Null => {}
                other => unknown.push(format!("{path}.{name}"), other),
            }
        }
        Some(info)
    }

    /// The members as JSON, by their wire names. Personal data: do not log it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let members = [
            ("transactionId", self.transaction_id()),
            ("personName", self.person_name()),
            ("personDocument", self.person_document()),
            ("personImage", self.person_image()),
            ("finishedAt", self.finished_at()),
        ];
        Value::Object(
            members
                .into_iter()
                .filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))))
                .collect::<Map<_, _>>(),
        )
    }
}
