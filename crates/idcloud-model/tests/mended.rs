//! Promises: never pay for nothing, and a verdict cannot be misread. A complete answer is read
//! whatever its character set, and of one that was cut off the id is kept.
//!
//! Must use answers that the strict reader refuses, and compare them with what it reads from the
//! undamaged answer.

use idcloud_model::{Asked, Decision, Policy, Process, ProcessId, ReadError};
use idcloud_model::{SelfieKind, decide};

const ID: &str = "80371b2a-3ac7-432e-866d-57fe37896ac6";

#[expect(clippy::unwrap_used, reason = "the words are right")]
fn decision(bytes: &[u8]) -> Result<Decision, ReadError> {
    let asked = Asked::new("identity".parse().unwrap(), SelfieKind::Image);
    match Process::from_json(bytes)? {
        Process::Final(process) => {
            assert_eq!(process.id().as_str(), ID);
            Ok(decide(&process, &asked, &Policy::default()).decision())
        }
        Process::Pending(_) => Err(ReadError::NoId),
    }
}

/// An answer with `extra` members after the known ones.
fn approved(extra: &str) -> String {
    format!(r#"{{"id":"{ID}","status":3,"unicoId":{{"result":"yes"}}{extra}}}"#)
}

/// An unrepresentable value of an unknown member affects neither the id nor the verdict.
#[test]
fn unknown_members_cost_nothing() {
    let deep = format!(r#","x":{}{}"#, "[".repeat(10_000), "]".repeat(10_000));
    let objects = format!(r#","x":{}1{}"#, r#"{"y":"#.repeat(500), "}".repeat(500));
    for extra in [
        r#","x":1e999"#,
        r#","x":-1E+400,"y":[1e999]"#,
        r#","x":"\ud800""#,
        r#","x":{"\udfff":"\ud800\ud800"}"#,
        ",\"x\":\"one\ntwo\"",
        r#","x":NaN"#,
        &deep,
        &objects,
    ] {
        let text = approved(extra);
        assert_eq!(
            decision(text.as_bytes()),
            Ok(Decision::Approve),
            "{extra:.40}"
        );
    }
}

/// The same fault in a known member makes an unknown value: it approves nothing.
#[test]
fn known_members_do_not_become_known() {
    for extra in [
        r#","score":1e999"#,
        r#","liveness":-1e999"#,
        r#","identityFraudsters":{"result":"\ud800"}"#,
        r#","authenticated":NaN"#,
    ] {
        let decision = decision(approved(extra).as_bytes());
        assert_ne!(decision, Ok(Decision::Approve), "{extra}");
        assert!(decision.is_ok(), "{extra}");
    }
    let deep = format!(
        r#"{{"id":"{ID}","status":3,"unicoId":{{"result":{}"yes"{}}}}}"#,
        "[".repeat(300),
        "]".repeat(300)
    );
    assert_eq!(decision(deep.as_bytes()), Ok(Decision::Review));
}

/// Every character set in which a gateway may leave an answer.
#[test]
fn character_sets_cost_nothing() {
    let text = approved(",\"note\":\"S\u{e3}o\"");
    let latin: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    assert!(str::from_utf8(&latin).is_err());
    let wide = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
    for bytes in [
        latin.clone(),
        marked(b"\xef\xbb\xbf", &latin),
        marked(b"\xef\xbb\xbf", text.as_bytes()),
        marked(b"\xff\xfe", &wide(u16::to_le_bytes)),
        marked(b"\xfe\xff", &wide(u16::to_be_bytes)),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ] {
        assert_eq!(decision(&bytes), Ok(Decision::Approve));
    }
}

/// Cut off anywhere, an answer is no verdict, and its id is found as soon as it arrived completely.
#[test]
fn what_is_cut_off_keeps_its_id() {
    let text = approved(r#","x":{"id":"1","y":[1,2]}"#);
    let whole_id = text.find(ID).unwrap() + ID.len() + 1;
    for end in 0..text.len() {
        let part = &text.as_bytes()[..end];
        assert!(Process::from_json(part).is_err(), "{end}");
        let id = ProcessId::in_part(part);
        assert_eq!(id.is_some(), end >= whole_id, "{end}");
        assert!(id.is_none_or(|id| id.as_str() == ID));
    }
    let other = format!(r#"{{"x":{{"id":"1"}},"Id":"{ID}","id":"2","tr"#);
    assert_eq!(ProcessId::in_part(other.as_bytes()), ID.parse().ok());
    for none in [
        "",
        "<html>",
        "[",
        r#"[{"id":"1"}]"#,
        r#"{"x":{"id":"1"}"#,
        r#"{"id":"a b","x""#,
        // Numbers, of persons and others.
        r#"{"id":"52998224725","x""#,
        r#"{"id":52998224725,"x""#,
        r#"{"id":"529-982-247-25","x""#,
        r#"{"id":"HEGG560427MVZRRL04","x""#,
        r#"{"id":"1234567","x""#,
        r#"{"id":7,"x""#,
    ] {
        assert_eq!(ProcessId::in_part(none.as_bytes()), None, "{none}");
    }
}

/// A paid process is not lost because of a misplaced comma: an answer that breaks JSON's rules
/// after the id is no verdict, and names the process.
#[test]
fn what_breaks_the_rules_behind_the_id_keeps_it() {
    for rest in [
        r#","status":3,}"#,
        r#",,"status":3}"#,
        r#" "status":3}"#,
        r#","status":3 "unicoId":{"result":"yes"}}"#,
        r#","unicoId":{"result":"yes",}}"#,
        r#","status":}"#,
        r#","status"=3}"#,
        r#";"status":3}"#,
    ] {
        let text = format!(r#"{{"id":"{ID}"{rest}"#);
        assert!(Process::from_json(text.as_bytes()).is_err(), "{rest}");
        assert_eq!(
            ProcessId::in_part(text.as_bytes()),
            ID.parse().ok(),
            "{rest}"
        );
    }
}

/// Only an id with a status or evidence beside it names a process.
#[test]
fn who_names_a_process() {
    for (members, named) in [
        (r#""status":1"#, true),
        (r#""status":"5""#, true),
        (r#""liveness":1"#, true),
        (r#""unicoId":{"result":"yes"}"#, true),
        (r#""document":{"id":"x"}"#, true),
        (r#""status":3,"error":{"code":"10501"}"#, true),
        (r#""status":400"#, false),
        (r#""status":"error""#, false),
        (r#""status":null"#, false),
        (r#""error":{"code":"20507"}"#, false),
        (r#""title":"no","detail":"x""#, false),
    ] {
        let text = format!(r#"{{"id":"{ID}",{members}}}"#);
        let id = ProcessId::named_by(text.as_bytes());
        assert_eq!(id.is_some(), named, "{members}");
        // The same without the end.
        let part = format!(r#"{{"id":"{ID}",{members},"tra"#);
        let id = ProcessId::named_by(part.as_bytes());
        assert_eq!(id.is_some(), named, "{members}");
    }
    assert_eq!(ProcessId::named_by(br#"{"status":3}"#), None);
    for id in [
        "\"52998224725\"",
        "52998224725",
        "\"HEGG560427MVZRRL04\"",
        "12345",
    ] {
        let text = format!(r#"{{"id":{id},"status":3}}"#);
        assert_eq!(ProcessId::named_by(text.as_bytes()), None, "{id}");
    }
}

/// An id in another form is kept if it is safe to use.
#[test]
fn a_number_is_an_id() {
    for (id, kept) in [
        ("12345", Some("12345")),
        ("-1", None),
        ("0", None),
        ("1.5", None),
    ] {
        let text = format!(r#"{{"id":{id},"status":3}}"#);
        let process = Process::from_json(text.as_bytes()).ok();
        assert_eq!(process.as_ref().map(|process| process.id().as_str()), kept);
    }
}
