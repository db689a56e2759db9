//! Compares the person that version 2 of the lookup names with the person of a request.
//!
//! Must not show either of them, nor take a missing number for a match.

use idcloud_http::{ApiKey, CallOptions, Client, Error};
use idcloud_model::request::CreateRequest;
use idcloud_model::{Process, ProcessId, SubjectCode};

/// Whose process it is, as far as IDCloud says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "another person's process must give no verdict"]
pub enum Whose {
    /// The numbers (CPF or CURP) are the same.
    ThisPersons,
    /// The process belongs to another person.
    AnotherPersons,
    /// IDCloud names no number that could be compared.
    NotTold,
}

/// Looks up the process by version 2 of the endpoint, and compares.
pub(crate) async fn look_up(
    client: &Client,
    key: &ApiKey,
    id: &ProcessId,
    person: &SubjectCode,
    options: &CallOptions,
) -> Result<Whose, Error> {
    let answer = client.process_details(key, id, options).await?;
    Ok(compared(answer.value(), person))
}

/// The person that a request names, if it names one.
pub(crate) const fn person(request: &CreateRequest) -> Option<&SubjectCode> {
    match request {
        CreateRequest::Identity(request) => Some(request.subject().code()),
        CreateRequest::Document(request) => Some(request.subject().code()),
        CreateRequest::Comparison(request) => match request.subject() {
            Some(subject) => Some(subject.code()),
            None => None,
        },
        CreateRequest::Liveness(request) => match request.subject() {
            Some(subject) => Some(subject.code()),
            None => None,
        },
        _ => None,
    }
}

/// A number that is no CPF or CURP, such as a masked one, proves nothing.
fn compared(process: &Process, person: &SubjectCode) -> Whose {
    let named = process
        .evidence()
        .additional_info()
        .and_then(|info| info.person_document())
        .and_then(|text| text.parse::<SubjectCode>().ok());
    match named {
        Some(named) if named == *person => Whose::ThisPersons,
        Some(_) => Whose::AnotherPersons,
        None => Whose::NotTold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(members: &str) -> Whose {
        let json =
            format!(r#"{{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":3{members}}}"#);
        let process = Process::from_json(json.as_bytes()).unwrap();
        compared(&process, &"529.982.247-25".parse().unwrap())
    }

    /// A verdict cannot be misread: only the same number matches, in any format; a missing or
    /// masked number does not.
    #[test]
    fn only_the_same_number_is_a_match() {
        let named = |document: &str| {
            whose(&format!(
                r#","processAdditionalInfo":{{"personDocument":{document}}}"#
            ))
        };
        for (document, expected) in [
            (r#""52998224725""#, Whose::ThisPersons),
            (r#""529.982.247-25""#, Whose::ThisPersons),
            (r#""11144477735""#, Whose::AnotherPersons),
            (r#""HEGG560427MVZRRL04""#, Whose::AnotherPersons),
            (r#""***.982.247-**""#, Whose::NotTold),
            (r#""""#, Whose::NotTold),
            ("null", Whose::NotTold),
            ("52998224725", Whose::NotTold),
        ] {
            assert_eq!(named(document), expected, "{document}");
        }
        assert_eq!(whose(""), Whose::NotTold);
    }
}
