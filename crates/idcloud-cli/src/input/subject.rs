//! The person as given on the command line: by flags, or by a JSON document.
//!
//! Must not repeat a value, not even in an error.

use std::path::Path;

use idcloud_model::{Subject, SubjectDraft, Violations};
use zeroize::Zeroizing;

use crate::args::person::CodeArgs;
use crate::args::person::PersonArgs;
use crate::failure::Refusal;
use crate::input::{self, Stdin};

/// Limit of the document in bytes: far more than a person needs.
const MAX_DOCUMENT: u64 = 64 * 1024;

const FIELD: &str = "subject";

/// Takes the person from the flags, or reads the document that `--subject` names.
///
/// A name is required: onboarding needs one.
///
/// # Errors
/// Every rule that is broken, at once.
pub(crate) fn named(args: &mut PersonArgs, stdin: &mut Stdin<'_>) -> Result<Subject, Vec<Refusal>> {
    let draft = match &args.code.subject {
        Some(path) => document(path, stdin).map_err(|refusal| vec![refusal])?,
        None => SubjectDraft {
            name: args.name.take().map(Zeroizing::new),
            email: args.email.take().map(Zeroizing::new),
            phone: args.phone.take().map(Zeroizing::new),
            ..coded(&mut args.code)
        },
    };
    draft.parse_named().map_err(refusals)
}

/// Takes the person from the flags, or reads the document that `--subject` names; `None` if neither
/// is given.
///
/// # Errors
/// Every rule that is broken, at once.
pub(crate) fn given(
    args: &mut CodeArgs,
    stdin: &mut Stdin<'_>,
) -> Result<Option<Subject>, Vec<Refusal>> {
    let draft = match &args.subject {
        Some(path) => document(path, stdin).map_err(|refusal| vec![refusal])?,
        None if args.cpf.is_none() && args.curp.is_none() => return Ok(None),
        None => coded(args),
    };
    draft.parse().map(Some).map_err(refusals)
}

/// Takes the person from the flags, or reads the document that `--subject` names.
///
/// # Errors
/// Every rule that is broken, at once; or that no person is given.
pub(crate) fn required(
    args: &mut CodeArgs,
    stdin: &mut Stdin<'_>,
) -> Result<Subject, Vec<Refusal>> {
    match given(args, stdin)? {
        Some(subject) => Ok(subject),
        None => SubjectDraft::default().parse().map_err(refusals),
    }
}

fn coded(args: &mut CodeArgs) -> SubjectDraft {
    SubjectDraft {
        cpf: args.cpf.take().map(Zeroizing::new),
        curp: args.curp.take().map(Zeroizing::new),
        ..SubjectDraft::default()
    }
}

/// Reads the document that `--subject` names, without checking its values.
///
/// # Errors
/// It cannot be read, or is not an object with known members only.
pub(crate) fn document(path: &Path, stdin: &mut Stdin<'_>) -> Result<SubjectDraft, Refusal> {
    let bytes = input::read(FIELD, path, stdin, MAX_DOCUMENT)?;
    let text = input::text(FIELD, &bytes)?;
    // The error gives the position and no text.
    serde_json::from_str(text).map_err(|error| {
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
    })
}

#[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn refusals(violations: Violations) -> Vec<Refusal> {
    violations.iter().map(Refusal::from).collect()
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
            .and_then(|draft| draft.parse_named().map_err(refusals))
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

    /// Nothing personal leaks: the parser's own errors would quote the values.
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
    fn a_code_under_the_wrong_name_is_refused() {
        for json in [
            r#"{"curp":"52998224725","name":"Test Subject"}"#,
            r#"{"cu\u0072p":"52998224725","cpf":null,"name":"Test Subject"}"#,
        ] {
            let refusals = read(json).unwrap_err();
            assert_eq!(refusals[0].rule, "is a CPF, not a CURP");
        }
        assert!(read(r#"{"code":"52998224725","curp":null,"name":"Test Subject"}"#).is_ok());
    }

    /// A command that needs no person sends none if none is given.
    #[test]
    fn a_person_may_be_left_out_where_none_is_needed() {
        let none = given(&mut CodeArgs::default(), &mut Stdin::none());
        assert_eq!(none, Ok(None));
        let mut args = CodeArgs {
            cpf: Some("52998224725".to_owned()),
            ..CodeArgs::default()
        };
        let subject = given(&mut args, &mut Stdin::none()).unwrap().unwrap();
        assert_eq!(
            (subject.code().expose(), subject.name()),
            ("52998224725", None)
        );
    }
}
