//! What is sent, byte for byte.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::catalogue::violation::Rule;
use crate::selfie::image::tests::png;
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

/// Assembles a body as a sender would, and checks its announced length.
fn sent(request: impl Into<CreateRequest>) -> Value {
    read(&request.into().body())
}

fn read(body: &Body) -> Value {
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
    assert_eq!(
        sent(capture(vec![format!("data:image/png;base64,{encoded}").into()]).unwrap())["document"]
            ["files"],
        json!([{"data": encoded}])
    );
    let found = capture(vec![png(640, 480, 50), Bytes::new()]).unwrap_err();
    let found: Vec<_> = found.iter().map(|v| (v.path(), v.rule())).collect();
    assert_eq!(found, [("document.files[1].data", Rule::ImageMissing)]);
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

/// The newest contract requires the kind of the code on document creates; fingerprints of earlier
/// requests do not contain it.
#[test]
fn documents_name_the_kind_of_their_code() {
    let curp: crate::Curp = "PASP901014HDFRPT03".parse().unwrap();
    for (subject, kind) in [
        (subject(), "DUI_TYPE_BR_CPF"),
        (Subject::new(curp), "DUI_TYPE_MX_CURP"),
    ] {
        let id = || ID.parse::<crate::ProcessId>().unwrap();
        let request =
            DocumentRequest::reuse(subject.clone(), Purpose::FGTS, id(), ID.parse().unwrap());
        let mut body = sent(request.clone());
        assert_eq!(body["subject"]["duiType"], kind);
        let first = read(&CreateRequest::from(request).first_form());
        body["subject"].as_object_mut().unwrap().remove("duiType");
        assert_eq!(first, body);
    }
    let identity = IdentityRequest::new(subject(), image()).unwrap();
    assert!(sent(identity)["subject"].get("duiType").is_none());
}

/// A picture to compare with may be a file or base64 of one, and its faults are reported at its
/// place.
#[test]
fn references() {
    let encoded = STANDARD.encode(image().bytes());
    for input in [image().bytes().clone(), encoded.into()] {
        assert_eq!(
            Reference::image_from_input(input).unwrap(),
            Reference::Image(image())
        );
    }
    let found = Reference::image_from_input(png(1, 1, 50)).unwrap_err();
    let found: Vec<_> = found.iter().map(|v| (v.path(), v.code())).collect();
    assert_eq!(found, [("references[0].referenceContent", Some("20807"))]);
}

/// Every create may have a use case and a branch, and every member of a request can be read back.
#[test]
fn context_and_accessors() {
    let use_case: UseCase = "Onboarding".parse().unwrap();
    let (branch, process): (crate::SubsidiaryId, crate::ProcessId) =
        (ID.parse().unwrap(), ID.parse().unwrap());
    let identity = IdentityRequest::new(subject(), image())
        .unwrap()
        .with_use_case(use_case.clone())
        .with_subsidiary_id(branch.clone());
    let liveness = LivenessRequest::new(token())
        .with_subject(subject())
        .with_use_case(use_case.clone())
        .with_subsidiary_id(branch.clone());
    let comparison = ComparisonRequest::new(process.clone(), token())
        .with_subject(subject())
        .with_use_case(use_case.clone())
        .with_subsidiary_id(branch.clone());
    let document = DocumentRequest::reuse(
        subject(),
        Purpose::FGTS,
        process.clone(),
        ID.parse().unwrap(),
    )
    .with_use_case(use_case.clone())
    .with_subsidiary_id(branch.clone());
    for (use_case_of, branch_of, subject_of) in [
        (
            identity.use_case(),
            identity.subsidiary_id(),
            Some(identity.subject()),
        ),
        (
            liveness.use_case(),
            liveness.subsidiary_id(),
            liveness.subject(),
        ),
        (
            comparison.use_case(),
            comparison.subsidiary_id(),
            comparison.subject(),
        ),
        (
            document.use_case(),
            document.subsidiary_id(),
            Some(document.subject()),
        ),
    ] {
        assert_eq!(use_case_of, Some(&use_case));
        assert_eq!(branch_of, Some(&branch));
        assert_eq!(subject_of, Some(&subject()));
    }
    assert_eq!(document.purpose(), &Purpose::FGTS);
    assert_eq!(document.auth_process_id(), &process);
    for request in [
        CreateRequest::from(identity),
        liveness.into(),
        comparison.into(),
        document.into(),
    ] {
        let body = sent(request);
        assert_eq!(body["useCase"], "Onboarding", "{body}");
        assert_eq!(body["subsidiaryId"], ID, "{body}");
    }
}

/// A key's capabilities that a request cannot evoke are not expected: evidence that cannot come is
/// not missing.
#[test]
fn what_a_request_evokes() {
    let token = || crate::CaptureToken::parse("a.b.c", std::time::UNIX_EPOCH).unwrap();
    let id = || ID.parse::<crate::ProcessId>().unwrap();
    let person = "liveness,identity,behavior-alert,risk-score,serpro,trust-decision";
    let face = "liveness,behavior-alert,trust-decision";
    for (request, evoked) in [
        (
            CreateRequest::from(IdentityRequest::new(subject(), image()).unwrap()),
            person.to_owned(),
        ),
        (LivenessRequest::new(token()).into(), face.to_owned()),
        (
            LivenessRequest::new(token()).with_subject(subject()).into(),
            person.to_owned(),
        ),
        (
            ComparisonRequest::new(id(), image()).into(),
            format!("{person},face-match"),
        ),
        (
            DocumentRequest::reuse(subject(), Purpose::FGTS, id(), ID.parse().unwrap()).into(),
            "document".to_owned(),
        ),
    ] {
        assert_eq!(request.evoked(), evoked.parse().unwrap(), "{request:?}");
    }
}

/// The caller's own name for a request is sent and is not part of its fingerprint, and a person's
/// name is fingerprinted as it was given: a journal of an earlier version still matches.
#[test]
fn what_is_sent_and_what_is_remembered() {
    let named = |name: &str| {
        let cpf: crate::Cpf = "52998224725".parse().unwrap();
        Subject::new(cpf).with_name(name.parse().unwrap())
    };
    let order = || "order-7".parse::<ClientReference>().unwrap();
    let request = CreateRequest::from(IdentityRequest::new(named("Ana  Maria"), image()).unwrap());
    let remembered = read(&request.first_form());
    assert_eq!(read(&request.body())["subject"]["name"], "Ana Maria");
    assert_eq!(remembered["subject"]["name"], "Ana  Maria");
    let request = request.with_client_reference(order());
    assert_eq!(
        read(&request.body())["subject"]["clientReference"],
        "order-7"
    );
    assert_eq!(read(&request.first_form()), remembered);

    // The person's own reference was always part of the fingerprint.
    let own = named("Ana").with_client_reference("person-1".parse().unwrap());
    let request = CreateRequest::from(IdentityRequest::new(own, image()).unwrap());
    let remembered = read(&request.first_form());
    assert_eq!(remembered["subject"]["clientReference"], "person-1");
    let request = request.with_client_reference(order());
    assert_eq!(
        read(&request.body())["subject"]["clientReference"],
        "order-7"
    );
    assert_eq!(read(&request.first_form()), remembered);

    let id = || ID.parse::<crate::ProcessId>().unwrap();
    for (request, is_named) in [
        (
            LivenessRequest::new(token()).with_subject(subject()).into(),
            true,
        ),
        (
            ComparisonRequest::new(id(), image())
                .with_subject(subject())
                .into(),
            true,
        ),
        (
            DocumentRequest::reuse(subject(), Purpose::FGTS, id(), ID.parse().unwrap()).into(),
            true,
        ),
        // A subject needs a code: a request without one has no place for the name.
        (LivenessRequest::new(token()).into(), false),
        (
            CreateRequest::from(ComparisonRequest::new(id(), image())),
            false,
        ),
    ] {
        let plain = read(&request.first_form());
        let request = request.with_client_reference(order());
        let body = read(&request.body());
        assert_eq!(
            body["subject"]["clientReference"] == "order-7",
            is_named,
            "{body}"
        );
        assert_eq!(read(&request.first_form()), plain);
    }
}

/// A code that is neither CPF nor CURP is in the one request that may carry it, and evokes no
/// identity.
#[test]
fn risk() {
    let code = || "person@mail.example".parse::<crate::RiskCode>().unwrap();
    let request = RiskRequest::new(code(), image())
        .with_email("person@mail.example".parse().unwrap())
        .with_phone("11900000000".parse().unwrap())
        .with_use_case("Onboarding".parse().unwrap());
    assert!(!format!("{request:?}").contains("person@"));
    let request = CreateRequest::from(request).with_client_reference("user-1".parse().unwrap());
    assert_eq!(
        read(&request.body()),
        json!({
            "subject": {
                "code": "person@mail.example",
                "email": "person@mail.example",
                "phone": "5511900000000",
                "clientReference": "user-1",
            },
            "useCase": "Onboarding",
            "imageBase64": STANDARD.encode(image().bytes()),
        })
    );
    assert_eq!(
        read(&request.first_form())["subject"]["clientReference"],
        Value::Null
    );
    assert_eq!(
        request.evoked(),
        "liveness,behavior-alert,trust-decision".parse().unwrap()
    );
}
