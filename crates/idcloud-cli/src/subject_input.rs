//! The person as given on the command line: by flags, or by a JSON document.
//!
//! Never repeats what was typed, not even in an error.

use std::path::Path;

use idcloud_model::{Subject, SubjectCode, SubjectDraft};
use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use crate::args::OnboardArgs;
use crate::failure::Refusal;
use crate::input::{self, Stdin};

/// No person takes more: a larger document is not one.
const MAX_DOCUMENT: u64 = 64 * 1024;

const FIELD: &str = "subject";

/// What the flag, or the member of the document, says that the code is.
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
        Some(path) => document(path, stdin).map_err(|refusal| vec![refusal])?,
        None => from_flags(args),
    };
    parse(&draft, claimed)
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

fn document(path: &Path, stdin: &mut Stdin<'_>) -> Result<(SubjectDraft, Claimed), Refusal> {
    let text = input::read_wiped(FIELD, path, stdin, MAX_DOCUMENT)?;
    // The position is told, and nothing of the text.
    let refused = |error: &serde_json::Error| {
        if error.is_data() {
            return Refusal::new(
                FIELD,
                "is not an object whose members are known, hold text and stand there once",
                "use one of code, cpf and curp, and some of name, email, phone, gender, birthDate, clientReference",
            );
        }
        let (line, column) = (error.line(), error.column());
        Refusal::new(
            FIELD,
            format!("is not JSON (line {line}, column {column})"),
            "give an object such as {\"cpf\": \"…\", \"name\": \"…\"}",
        )
    };
    let draft = serde_json::from_slice(&text).map_err(|error| refused(&error))?;
    let named: Named = serde_json::from_slice(&text).map_err(|error| refused(&error))?;
    let claimed = match (named.cpf, named.curp) {
        (Some(_), _) => Claimed::Cpf,
        (None, Some(_)) => Claimed::Curp,
        (None, None) => Claimed::Either,
    };
    Ok((draft, claimed))
}

/// Under which name a document gives the code.
#[derive(Deserialize)]
struct Named {
    cpf: Option<IgnoredAny>,
    curp: Option<IgnoredAny>,
}

fn parse(draft: &SubjectDraft, claimed: Claimed) -> Result<Subject, Vec<Refusal>> {
    let subject = draft
        .parse_named()
        .map_err(|violations| violations.iter().map(Refusal::from).collect::<Vec<_>>())?;
    let misnamed = |rule, remedy| Err(vec![Refusal::new("subject.code", rule, remedy)]);
    match (subject.code(), claimed) {
        (SubjectCode::Curp(_), Claimed::Cpf) => {
            misnamed("is a CURP, not a CPF", "give it with --curp, or as curp")
        }
        (SubjectCode::Cpf(_), Claimed::Curp) => {
            misnamed("is a CPF, not a CURP", "give it with --cpf, or as cpf")
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
            .and_then(|(draft, claimed)| parse(&draft, claimed))
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
            r#"{"cpf":"52998224725","code":"52998224725","name":"Marker"}"#,
            r#"{"name":"Marker","cpf":"52998224725","name":"Marker"}"#,
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
                "subject.email",
                "subject.phone",
                "subject.name"
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
        assert!(parse(&draft(), Claimed::Cpf).is_ok());
        let refusals = parse(&draft(), Claimed::Curp).unwrap_err();
        assert!(refusals[0].remedy.contains("--cpf"), "{refusals:?}");
        for json in [
            r#"{"curp":"52998224725","name":"Test Subject"}"#,
            r#"{"cu\u0072p":"52998224725","cpf":null,"name":"Test Subject"}"#,
        ] {
            let refusals = read(json).unwrap_err();
            assert_eq!(refusals[0].rule, "is a CPF, not a CURP");
        }
        assert!(read(r#"{"code":"52998224725","curp":null,"name":"Test Subject"}"#).is_ok());
    }
}
