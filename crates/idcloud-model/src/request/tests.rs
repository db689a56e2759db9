//! What is sent, byte for byte.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::image::tests::png;
use crate::{CaptureToken, Image, Selfie, Subject, SubjectDraft};

const ID: &str = "D7A8B471-E69C-42B7-AF14-05E83365A944";

fn subject() -> Subject {
    let draft = SubjectDraft {
        code: Some("529.982.247-25".to_owned().into()),
        name: Some("Test \"Quoted\" \\ Subject é".to_owned().into()),
        ..SubjectDraft::default()
    };
    draft.parse().unwrap()
}

fn image() -> Image {
    Image::parse(png(640, 480, 101)).unwrap()
}

fn token() -> CaptureToken {
    CaptureToken::parse("aa.bb.cc", SystemTime::UNIX_EPOCH).unwrap()
}

/// Assembles a body as a sender would, and checks its announced length on the way.
fn sent(request: impl Into<CreateRequest>) -> Value {
    let body = request.into().body();
    let text: String = body
        .segments()
        .iter()
        .map(|segment| match segment {
            Segment::Json(json) => json.to_string(),
            Segment::Base64(bytes) => STANDARD.encode(bytes),
            Segment::CaptureToken(token) => token.expose().to_owned(),
        })
        .collect();
    assert_eq!(text.len(), body.encoded_len());
    assert!(!text.contains("null"));
    assert!(!format!("{body:?}").contains("5299"));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn identity() {
    let encoded = STANDARD.encode(image().bytes());
    let request = IdentityRequest::new(subject(), image()).unwrap();
    let person = json!({"code": "52998224725", "name": "Test \"Quoted\" \\ Subject é"});
    assert_eq!(
        sent(request.clone()),
        json!({"subject": person, "imageBase64": encoded})
    );
    let request = request
        .with_use_case("Onboarding".parse().unwrap())
        .with_subsidiary_id(ID.parse().unwrap());
    assert_eq!(
        sent(request),
        json!({"subject": person, "useCase": "Onboarding", "subsidiaryId": ID, "imageBase64": encoded})
    );
}

#[test]
fn every_member_of_a_subject() {
    let draft: SubjectDraft = serde_json::from_value(json!({
        "code": "HEGG560427MVZRRL04", "name": "N", "email": "a@example.com", "phone": "+55 11 90000-0000",
        "gender": "f", "birthDate": "1990-12-31", "clientReference": "ref-1"
    }))
    .unwrap();
    let request = IdentityRequest::new(draft.parse().unwrap(), token()).unwrap();
    assert_eq!(
        sent(request),
        json!({"subject": {
            "code": "HEGG560427MVZRRL04", "name": "N", "email": "a@example.com", "phone": "5511900000000",
            "gender": "F", "birthDate": "1990-12-31", "clientReference": "ref-1"
        }, "imageBase64": "aa.bb.cc"})
    );
}

/// Bad input is refused before anything is sent.
#[test]
fn identity_needs_a_name() {
    let nameless = Subject::new("52998224725".parse::<crate::Cpf>().unwrap());
    let found = IdentityRequest::new(nameless, image()).unwrap_err();
    assert_eq!(found.iter().next().unwrap().code(), Some("20006"));
}

#[test]
fn liveness() {
    assert_eq!(
        sent(LivenessRequest::new(token())),
        json!({"imageBase64": "aa.bb.cc"})
    );
    assert_eq!(
        sent(LivenessRequest::new(token()).with_subsidiary_id(ID.parse().unwrap())),
        json!({"subsidiaryId": ID, "imageBase64": "aa.bb.cc"})
    );
}

#[test]
fn comparison() {
    let encoded = STANDARD.encode(image().bytes());
    let process: crate::ProcessId = ID.parse().unwrap();
    assert_eq!(
        sent(ComparisonRequest::new(process, token())),
        json!({"referenceProcessId": ID, "imageBase64": "aa.bb.cc"})
    );
    let code = Subject::new("52998224725".parse::<crate::Cpf>().unwrap());
    assert_eq!(
        sent(ComparisonRequest::new(image(), Selfie::from(image())).with_subject(code)),
        json!({
            "subject": {"code": "52998224725"},
            "references": [{"referenceType": "REFERENCE_TYPE_IMAGE_BASE64", "referenceContent": encoded}],
            "imageBase64": encoded
        })
    );
}

#[test]
fn documents() {
    let encoded = STANDARD.encode(image().bytes());
    let (process, document) = (ID.parse().unwrap(), ID.parse().unwrap());
    assert_eq!(
        sent(DocumentRequest::reuse(
            subject(),
            Purpose::ONBOARDING,
            process,
            document
        ))["document"],
        json!({"purpose": "onboarding", "authProcessId": ID, "documentId": ID})
    );
    let capture =
        |files| DocumentRequest::capture(subject(), Purpose::FGTS, ID.parse().unwrap(), files);
    assert_eq!(
        sent(capture(vec![image().bytes().clone(); 2]).unwrap())["document"],
        json!({"purpose": "fgts", "authProcessId": ID, "files": [{"data": encoded}, {"data": encoded}]})
    );
    for count in [0, 3] {
        assert!(capture(vec![image().bytes().clone(); count]).is_err());
    }
    let found = capture(vec![png(1, 1, 50), "text".into()]).unwrap_err();
    let found: Vec<_> = found.iter().map(|v| (v.path(), v.code())).collect();
    assert_eq!(
        found,
        [
            ("document.files[0].data", Some("20807")),
            ("document.files[1].data", Some("20505"))
        ]
    );
}
