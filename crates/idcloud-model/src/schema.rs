//! JSON Schema of stored and configured values, under the feature `schema`.
//!
//! Must not describe anything but what serde writes and reads.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{
    BirthDate, Capabilities, Capability, ClientReference, Cpf, Curp, DocumentId, Email, Gender,
    PersonName, Phone, ProcessId, Scenario, SubjectCode, SubjectDraft, SubsidiaryId,
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
    Cpf: r"^[ .-]*(\d[ .-]*){11}$", "A CPF whose check digits are right.";
    Curp: r"^[A-Za-z]{4}\d{6}[HMXhmx][A-Za-z]{5}[A-Za-z0-9]\d$", "A CURP whose check digit is right.";
    SubjectCode: r"^([ .-]*(\d[ .-]*){11}|[A-Za-z]{4}\d{6}[HMXhmx][A-Za-z]{5}[A-Za-z0-9]\d)$", "A CPF or a CURP.";
    PersonName: r"\S", "A person's name.";
    Email: r"^\S+@\S+$", "An e-mail address.";
    Phone: r"^[\s().-]*\+?[ ().-]*(\d[ ().-]*){7,15}\s*$", "A phone number with its country code, or a Brazilian one with its area code.";
    Gender: r"^[MFmf]$", "M or F.";
    BirthDate: r"^\d{4}-\d{2}-\d{2}$", "An existing day as yyyy-MM-dd.";
    ClientReference: r"^\S{1,256}$", "The caller's own id of a person.";
    ProcessId: r"^[A-Za-z0-9_-]{1,64}$", "The id of a process: a UUID.";
    DocumentId: r"^[A-Za-z0-9_-]{1,64}$", "The id of a document: a UUID.";
    SubsidiaryId: r"^[A-Za-z0-9_-]{1,64}$", "The id of a branch: a UUID.";
}

/// Names that are stored as text, one of a list.
macro_rules! name_schema {
    ($($name:ident: $names:expr, $description:literal;)+) => {
        $(
            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    let names: Vec<&str> = $names;
                    json_schema!({"type": "string", "enum": names, "description": $description})
                }
            }
        )+
    };
}

name_schema! {
    Capability: Capability::ALL.iter().map(|capability| capability.as_str()).collect(), "One kind of evidence.";
    Scenario: Scenario::ALL.iter().map(|scenario| scenario.id()).collect(), "A row of the table of decisions.";
}

/// Any text is accepted, so that all violations can be reported at once; `SubjectDraft::parse` does
/// that.
impl JsonSchema for SubjectDraft {
    fn schema_name() -> Cow<'static, str> {
        "SubjectDraft".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let text = |description: &str| json_schema!({"type": ["string", "null"], "description": description});
        json_schema!({
            "type": "object",
            "description": "A person as somebody typed it. The number stands under one of code, cpf and curp.",
            "properties": {
                "code": text("CPF or CURP."),
                "cpf": text("CPF, where it is known to be one."),
                "curp": text("CURP, where it is known to be one."),
                "name": text("The person's name."),
                "email": text("E-mail address."),
                "phone": text("Phone number with + and its country code, or a Brazilian one with its area code."),
                "gender": text("M or F."),
                "birthDate": text("An existing day as yyyy-MM-dd."),
                "clientReference": text("The caller's own id of the person: 1 to 256 characters without white space."),
            },
            "additionalProperties": false,
        })
    }
}

impl JsonSchema for Capabilities {
    fn schema_name() -> Cow<'static, str> {
        "Capabilities".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<Capability>();
        json_schema!({
            "type": "array",
            "uniqueItems": true,
            "items": item,
            "description": "What an API key is provisioned with. risk-score and serpro need identity."
        })
    }
}

#[cfg(test)]
mod tests {
    use schemars::schema_for;

    use crate::{Asked, Policy, Subject, SubjectDraft};

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
        assert_eq!(members(schema_for!(Asked)).len(), 4);
    }

    /// A draft's schema names exactly the members that serde reads.
    #[test]
    fn every_member_of_a_draft_is_read() {
        let schema = schema_for!(SubjectDraft);
        let members = schema
            .get("properties")
            .and_then(|p| p.as_object())
            .unwrap();
        for name in members.keys() {
            let draft = serde_json::json!({name.as_str(): "x"});
            assert!(
                serde_json::from_value::<SubjectDraft>(draft).is_ok(),
                "{name}"
            );
        }
        assert_eq!(members.len(), 9);
        assert_eq!(schema.get("additionalProperties"), Some(&false.into()));
    }

    /// The schema refuses the thresholds that deserialization refuses.
    #[test]
    fn a_policy_has_ranges() {
        let schema = schema_for!(Policy);
        let bounds = |name: &str| {
            let member = schema.get("properties").and_then(|p| p.get(name)).unwrap();
            (member["minimum"].as_i64(), member["maximum"].as_i64())
        };
        assert_eq!(bounds("approveFrom"), (Some(-100), Some(100)));
        assert_eq!(bounds("minSerpro"), (Some(0), Some(100)));
        assert_eq!(schema.get("title"), Some(&"Policy".into()));
    }
}
