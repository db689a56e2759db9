//! JSON Schema of what is stored and configured, under the feature `schema`.
//!
//! Must describe what serde really writes and reads, and nothing else.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{
    BirthDate, Capabilities, Capability, ClientReference, Cpf, Curp, DocumentId, Email, Gender,
    PersonName, Phone, ProcessId, SubjectCode, SubsidiaryId,
};

macro_rules! text_schema {
    ($($name:ident: $pattern:literal, $description:literal;)+) => {
        $(
            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({"type": "string", "pattern": $pattern, "description": $description})
                }
            }
        )+
    };
}

text_schema! {
    Cpf: r"^(\d{11}|\d{3}\.\d{3}\.\d{3}-\d{2})$", "A CPF whose check digits are right.";
    Curp: r"^[A-Za-z]{4}\d{6}[HMXhmx][A-Za-z]{5}[A-Za-z0-9]\d$", "A CURP whose check digit is right.";
    SubjectCode: r"^(\d{11}|\d{3}\.\d{3}\.\d{3}-\d{2}|[A-Za-z]{4}\d{6}[HMXhmx][A-Za-z]{5}[A-Za-z0-9]\d)$", "A CPF or a CURP.";
    PersonName: r"\S", "A person's name.";
    Email: r"^\S+@\S+$", "An e-mail address.";
    Phone: r"\d", "A phone number of 12 or 13 digits with country code.";
    Gender: r"^[MFmf]$", "M or F.";
    BirthDate: r"^\d{4}-\d{2}-\d{2}$", "An existing day as yyyy-MM-dd.";
    ClientReference: r"^\S{1,256}$", "The caller's own id of a person.";
    ProcessId: r"^[A-Za-z0-9_-]{1,64}$", "The id of a process: a UUID.";
    DocumentId: r"^[A-Za-z0-9_-]{1,64}$", "The id of a document: a UUID.";
    SubsidiaryId: r"^[A-Za-z0-9_-]{1,64}$", "The id of a branch: a UUID.";
}

impl JsonSchema for Capabilities {
    fn schema_name() -> Cow<'static, str> {
        "Capabilities".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<_> = Capability::ALL
            .iter()
            .map(|capability| capability.as_str())
            .collect();
        json_schema!({
            "type": "array",
            "uniqueItems": true,
            "items": {"type": "string", "enum": names},
            "description": "What an API key is provisioned with. risk-score and serpro need identity."
        })
    }
}

#[cfg(test)]
mod tests {
    use schemars::schema_for;

    use crate::{Asked, Policy, Subject};

    /// The names in the schema are those that serde writes.
    #[test]
    fn the_schema_has_the_members_that_are_written() {
        let members = |schema: schemars::Schema| -> Vec<String> {
            let properties = schema
                .get("properties")
                .and_then(|p| p.as_object())
                .cloned()
                .unwrap_or_default();
            properties.keys().cloned().collect()
        };
        let mut subject = members(schema_for!(Subject));
        subject.sort();
        assert_eq!(
            subject,
            [
                "birthDate",
                "clientReference",
                "code",
                "email",
                "gender",
                "name",
                "phone"
            ]
        );
        let written = serde_json::to_value(Policy::default()).unwrap();
        let mut policy = members(schema_for!(Policy));
        policy.sort();
        assert_eq!(
            policy,
            written
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        );
        assert_eq!(members(schema_for!(Asked)).len(), 3);
    }
}
