//! The person as given on the command line: by flags, or by a JSON document.
//!
//! Never repeats what was typed, not even in an error.

use std::path::Path;

use idcloud_model::{Subject, SubjectCode, SubjectDraft};
use zeroize::Zeroizing;

use crate::args::OnboardArgs;
use crate::failure::Refusal;
use crate::input::{self, Stdin};

/// No person takes more: a larger document is not one.
const MAX_DOCUMENT: u64 = 64 * 1024;

const FIELD: &str = "subject";

/// Which flag gave the code, where one did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claimed {
    Cpf,
    Curp,
    Either,
}

/// Takes the person out of the flags, or reads the document that `--subject` names.
///
/// A name is required: onboarding needs one.
///
/// # Errors
/// Every rule that is broken, at once.
pub(crate) fn subject(
    args: &mut OnboardArgs,
    stdin: &mut Stdin<'_>,
) -> Result<Subject, Vec<Refusal>> {
    let (draft, claimed) = match &args.subject {
        Some(path) => (
            document(path, stdin).map_err(|refusal| vec![refusal])?,
            Claimed::Either,
        ),
        None => from_flags(args),
    };
    parse(draft, claimed)
}

fn from_flags(args: &mut OnboardArgs) -> (SubjectDraft, Claimed) {
    let (code, claimed) = match (args.cpf.take(), args.curp.take()) {
        (Some(cpf), _) => (Some(cpf), Claimed::Cpf),
        (None, curp) => (curp, Claimed::Curp),
    };
    let draft = SubjectDraft {
        code: code.map(Zeroizing::new),
        name: args.name.take().map(Zeroizing::new),
        email: args.email.take().map(Zeroizing::new),
        phone: args.phone.take().map(Zeroizing::new),
        ..SubjectDraft::default()
    };
    (draft, claimed)
}

fn document(path: &Path, stdin: &mut Stdin<'_>) -> Result<SubjectDraft, Refusal> {
    let text = input::read_wiped(FIELD, path, stdin, MAX_DOCUMENT)?;
    let misread = || {
        Refusal::new(
            FIELD,
            "is not an object whose members are known and hold text",
            "use some of code (or cpf, curp), name, email, phone, gender, birthDate, clientReference",
        )
    };
    // serde would take a list for the members in their order.
    if text.trim_ascii_start().starts_with(b"[") {
        return Err(misread());
    }
    // serde's own message quotes values.
    serde_json::from_slice(&text).map_err(|error| {
        if error.is_data() {
            misread()
        } else {
            Refusal::new(
                FIELD,
                format!(
                    "is not JSON (line {}, column {})",
                    error.line(),
                    error.column()
                ),
                "give an object such as {\"cpf\": \"…\", \"name\": \"…\"}",
            )
        }
    })
}

fn parse(mut draft: SubjectDraft, claimed: Claimed) -> Result<Subject, Vec<Refusal>> {
    // An absent name is reported like an empty one.
    draft.name.get_or_insert_default();
    let subject = draft
        .parse()
        .map_err(|violations| violations.iter().map(Refusal::from).collect::<Vec<_>>())?;
    let misnamed = |rule, remedy| Err(vec![Refusal::new("subject.code", rule, remedy)]);
    match (subject.code(), claimed) {
        (SubjectCode::Curp(_), Claimed::Cpf) => {
            misnamed("is a CURP, not a CPF", "give it with --curp")
        }
        (SubjectCode::Cpf(_), Claimed::Curp) => {
            misnamed("is a CPF, not a CURP", "give it with --cpf")
        }
        _ => Ok(subject),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(json: &str) -> Result<Subject, Vec<Refusal>> {
        let mut source = Cursor::new(json.as_bytes().to_vec());
        let mut stdin = Stdin::new(&mut source);
        document(Path::new("-"), &mut stdin)
            .map_err(|refusal| vec![refusal])
            .and_then(|draft| parse(draft, Claimed::Either))
    }

    #[test]
    fn a_document_names_the_code_in_any_of_three_ways() {
        for key in ["code", "cpf"] {
            let subject = read(&format!(
                r#"{{"{key}":"529.982.247-25","name":"Test Subject"}}"#
            ))
            .unwrap();
            assert_eq!(subject.code().expose(), "52998224725");
        }
    }

    /// Nothing personal leaks: the reader's errors would quote the values.
    #[test]
    fn errors_do_not_quote_the_document() {
        for json in [
            r#"{"cpf":52998224725,"name":"Marker"}"#,
            r#"{"cpf":"52998224725","nome":"Marker"}"#,
            r#"{"cpf":"52998224726","name":"Marker"}"#,
            r#""Marker 52998224725""#,
            r#"["52998224725", "Marker"]"#,
            r#"{"cpf":"52998224725", Marker"#,
            "",
        ] {
            let refusals = read(json).unwrap_err();
            let shown = format!("{refusals:?}");
            assert!(
                !shown.contains("Marker") && !shown.contains("5299"),
                "{shown}"
            );
        }
    }

    #[test]
    fn every_broken_rule_is_listed() {
        let refusals =
            read(r#"{"cpf":"111.111.111-11","email":"nobody","phone":"1"}"#).unwrap_err();
        let fields: Vec<_> = refusals
            .iter()
            .map(|refusal| refusal.field.as_str())
            .collect();
        assert_eq!(
            fields,
            [
                "subject.code",
                "subject.name",
                "subject.email",
                "subject.phone"
            ]
        );
        let codes: Vec<_> = refusals
            .iter()
            .filter_map(|refusal| refusal.code.as_deref())
            .collect();
        assert_eq!(codes, ["20507", "20006"]);
    }

    #[test]
    fn a_code_under_the_wrong_flag_is_refused() {
        let draft = || SubjectDraft {
            code: Some(Zeroizing::new("52998224725".into())),
            name: Some(Zeroizing::new("Test Subject".into())),
            ..SubjectDraft::default()
        };
        assert!(parse(draft(), Claimed::Cpf).is_ok());
        let refusals = parse(draft(), Claimed::Curp).unwrap_err();
        assert_eq!(refusals[0].remedy, "give it with --cpf");
    }
}
