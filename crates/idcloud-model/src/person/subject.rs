//! The person that a process is about.
//!
//! Must not exist with a member whose form IDCloud would refuse.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroizing;

use crate::person::personal::{Text, refuse_unrepeated, unexpected};

use crate::catalogue::violation::{Rule, Violation, Violations};
use crate::unseen::{odd_blank, unseen};
use crate::{
    BirthDate, ClientReference, Cpf, CpfError, Curp, CurpError, Email, Gender, PersonName, Phone,
};

/// The number that identifies a person to IDCloud, `subject.code`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectCode {
    /// Brazil.
    Cpf(Cpf),
    /// Mexico.
    Curp(Curp),
}

impl SubjectCode {
    /// The code as it is sent: eleven digits or eighteen characters. Personal data: never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Cpf(cpf) => cpf.expose(),
            Self::Curp(curp) => curp.expose(),
        }
    }
}

impl From<Cpf> for SubjectCode {
    fn from(cpf: Cpf) -> Self {
        Self::Cpf(cpf)
    }
}

impl From<Curp> for SubjectCode {
    fn from(curp: Curp) -> Self {
        Self::Curp(curp)
    }
}

crate::person::personal::stored_as_text!(SubjectCode);

impl FromStr for SubjectCode {
    type Err = SubjectCodeError;

    /// Parses a CURP if the text begins with a letter, otherwise a CPF.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text
            .trim_start()
            .starts_with(|c: char| c.is_ascii_alphabetic())
        {
            Ok(Self::Curp(text.parse()?))
        } else {
            Ok(Self::Cpf(text.parse()?))
        }
    }
}

/// Why a text is neither a CPF nor a CURP. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectCodeError {
    /// It looks like a CPF.
    #[error(transparent)]
    Cpf(#[from] CpfError),
    /// It looks like a CURP.
    #[error(transparent)]
    Curp(#[from] CurpError),
}

impl SubjectCodeError {
    const fn rule(self) -> Rule {
        match self {
            Self::Cpf(CpfError::Form | CpfError::Unseen(_))
            | Self::Curp(CurpError::Form | CurpError::Unseen(_) | CurpError::BirthDate) => {
                Rule::CodeForm
            }
            Self::Cpf(CpfError::Repeated) => Rule::CodeRepeated,
            Self::Cpf(CpfError::CheckDigits) | Self::Curp(CurpError::CheckDigit) => {
                Rule::CodeCheckDigits
            }
        }
    }
}

/// A person whose every member is valid.
///
/// A code is required; only onboarding needs a name. Absent members are not sent.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    code: SubjectCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<PersonName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<Phone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<Gender>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_date: Option<BirthDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_reference: Option<ClientReference>,
}

macro_rules! members {
    ($($(#[$doc:meta])* $name:ident: $type:ty, $with:ident;)+) => {
        impl Subject {
            $(
                $(#[$doc])*
                #[must_use]
                pub const fn $name(&self) -> Option<&$type> {
                    self.$name.as_ref()
                }

                /// The same subject with this member.
                #[must_use]
                pub fn $with(mut self, value: $type) -> Self {
                    self.$name = Some(value);
                    self
                }
            )+
        }
    };
}

members! {
    /// The person's name, `subject.name`.
    name: PersonName, with_name;
    /// The person's e-mail address, `subject.email`.
    email: Email, with_email;
    /// The person's phone number, `subject.phone`.
    phone: Phone, with_phone;
    /// `subject.gender`.
    gender: Gender, with_gender;
    /// `subject.birthDate`.
    birth_date: BirthDate, with_birth_date;
    /// The caller's own id of the person, `subject.clientReference`.
    client_reference: ClientReference, with_client_reference;
}

impl Subject {
    /// A subject with only a code.
    #[must_use]
    pub fn new(code: impl Into<SubjectCode>) -> Self {
        Self {
            code: code.into(),
            name: None,
            email: None,
            phone: None,
            gender: None,
            birth_date: None,
            client_reference: None,
        }
    }

    /// The CPF or CURP, `subject.code`.
    #[must_use]
    pub const fn code(&self) -> &SubjectCode {
        &self.code
    }
}

/// A person's data as typed, unchecked.
///
/// Accepts the API's own member names (`birthDate`, `clientReference`), and `cpf` or `curp` for
/// `code` if the caller says which it is; other members are refused, so that a misspelt one is not
/// silently left out. Shows nothing through `Debug`, and is wiped when dropped.
///
/// ```
/// use idcloud_model::SubjectDraft;
///
/// let draft = SubjectDraft {
///     code: Some("529.982.247-26".to_owned().into()),
///     ..SubjectDraft::default()
/// };
/// let violations = draft.parse().unwrap_err();
/// let codes: Vec<_> = violations.iter().filter_map(|violation| violation.code()).collect();
/// assert_eq!(codes, ["20507"]);
/// ```
#[derive(Clone, Default)]
pub struct SubjectDraft {
    /// CPF or CURP; which one is found out by its form.
    pub code: Option<Zeroizing<String>>,
    /// A code declared as a CPF, instead of `code`.
    pub cpf: Option<Zeroizing<String>>,
    /// A code declared as a CURP, instead of `code`.
    pub curp: Option<Zeroizing<String>>,
    /// Name.
    pub name: Option<Zeroizing<String>>,
    /// E-mail address.
    pub email: Option<Zeroizing<String>>,
    /// Phone number with country code.
    pub phone: Option<Zeroizing<String>>,
    /// `M` or `F`.
    pub gender: Option<Zeroizing<String>>,
    /// `yyyy-MM-dd`.
    pub birth_date: Option<Zeroizing<String>>,
    /// The caller's own id of the person.
    pub client_reference: Option<Zeroizing<String>>,
}

/// The kind that a code is declared as.
#[derive(Clone, Copy)]
enum Claim {
    Cpf,
    Curp,
    Either,
}

impl<'de> Deserialize<'de> for Subject {
    /// Deserializes what `Serialize` writes; a stored subject is as valid as a typed one.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let draft = SubjectDraft::deserialize(deserializer)?;
        draft.parse().map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for SubjectDraft {
    /// Deserializes an object of texts. The error repeats neither names nor values of what it
    /// refuses.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DraftVisitor)
    }
}

struct DraftVisitor;

impl<'de> Visitor<'de> for DraftVisitor {
    type Value = SubjectDraft;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with code (or cpf, or curp), name, email, phone, gender, birthDate, clientReference")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SubjectDraft, A::Error> {
        let mut draft = SubjectDraft::default();
        while let Some(Text(name)) = map.next_key()? {
            let coded = draft.codes().next().is_some();
            let is_code = matches!(name.as_str(), "code" | "cpf" | "curp");
            let slot = match name.as_str() {
                "code" => &mut draft.code,
                "cpf" => &mut draft.cpf,
                "curp" => &mut draft.curp,
                "name" => &mut draft.name,
                "email" => &mut draft.email,
                "phone" => &mut draft.phone,
                "gender" => &mut draft.gender,
                "birthDate" => &mut draft.birth_date,
                "clientReference" => &mut draft.client_reference,
                _ => return Err(unexpected(&self)),
            };
            let value = map.next_value::<Option<Text>>()?.map(|Text(value)| value);
            if value.is_some() && (slot.is_some() || is_code && coded) {
                return Err(A::Error::custom(
                    "a member is given twice, or two of code, cpf and curp",
                ));
            }
            if value.is_some() {
                *slot = value;
            }
        }
        Ok(draft)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<SubjectDraft, E> {
        Err(unexpected(&self))
    }

    refuse_unrepeated!();
}

impl fmt::Debug for SubjectDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectDraft(redacted)")
    }
}

impl SubjectDraft {
    /// The given codes, each with its declared kind.
    fn codes(&self) -> impl Iterator<Item = (Claim, &Zeroizing<String>)> {
        [
            (Claim::Either, &self.code),
            (Claim::Cpf, &self.cpf),
            (Claim::Curp, &self.curp),
        ]
        .into_iter()
        .filter_map(|(claim, code)| Some((claim, code.as_ref()?)))
    }

    /// The one given code.
    fn parse_code(&self) -> Result<SubjectCode, Rule> {
        let mut codes = self.codes();
        let Some((claim, text)) = codes.next() else {
            return Err(Rule::CodeMissing);
        };
        if codes.next().is_some() {
            return Err(Rule::CodeTwice);
        }
        if text.trim().is_empty() {
            return Err(Rule::CodeMissing);
        }
        match (text.parse().map_err(SubjectCodeError::rule)?, claim) {
            (SubjectCode::Curp(_), Claim::Cpf) => Err(Rule::CodeIsCurp),
            (SubjectCode::Cpf(_), Claim::Curp) => Err(Rule::CodeIsCpf),
            (code, _) => Ok(code),
        }
    }

    /// Whether no member was given.
    const fn is_empty(&self) -> bool {
        self.code.is_none()
            && self.cpf.is_none()
            && self.curp.is_none()
            && self.name.is_none()
            && self.email.is_none()
            && self.phone.is_none()
            && self.gender.is_none()
            && self.birth_date.is_none()
            && self.client_reference.is_none()
    }

    /// The subject with a name, which identity verification needs, or every violation at once.
    ///
    /// # Errors
    /// All that [`parse`](Self::parse) finds, and a missing name (code 20006).
    pub fn parse_named(&self) -> Result<Subject, Violations> {
        let unnamed = (!self.is_empty() && self.name.is_none())
            .then(|| Violation::new("subject.name", Rule::NameMissing));
        match (self.parse(), unnamed) {
            (Ok(subject), None) => Ok(subject),
            (parsed, unnamed) => {
                let found = parsed.err().into_iter().flatten().chain(unnamed);
                Err(Violations::collect(found)
                    .unwrap_or_else(|| Violations::one("subject", Rule::SubjectMissing)))
            }
        }
    }

    /// The subject, or every violation at once.
    ///
    /// A missing name is no violation, an empty one is; operations that need a name check for it
    /// themselves.
    pub fn parse(&self) -> Result<Subject, Violations> {
        if self.is_empty() {
            return Err(Violations::one("subject", Rule::SubjectMissing));
        }
        let mut found = Vec::new();
        let code = self
            .parse_code()
            .map_err(|rule| {
                let unseen = self.codes().find_map(|(_, text)| unseen(text));
                found.push(Violation::new("subject.code", rule).with_unseen(unseen));
            })
            .ok();
        let name = member(self.name.as_ref(), "subject.name", &mut found, |text| {
            text.parse().map_err(|_| {
                if text.trim().is_empty() {
                    Rule::NameMissing
                } else {
                    Rule::NameForm
                }
            })
        });
        let email = simple(
            self.email.as_ref(),
            "subject.email",
            &mut found,
            Rule::EmailForm,
        );
        let phone = simple(
            self.phone.as_ref(),
            "subject.phone",
            &mut found,
            Rule::PhoneForm,
        );
        let gender = simple(
            self.gender.as_ref(),
            "subject.gender",
            &mut found,
            Rule::GenderForm,
        );
        let birth_date = simple(
            self.birth_date.as_ref(),
            "subject.birthDate",
            &mut found,
            Rule::BirthDateForm,
        );
        let client_reference = simple(
            self.client_reference.as_ref(),
            "subject.clientReference",
            &mut found,
            Rule::ClientReferenceForm,
        );
        match (code, Violations::collect(found)) {
            (Some(code), None) => Ok(Subject {
                code,
                name,
                email,
                phone,
                gender,
                birth_date,
                client_reference,
            }),
            (_, Some(violations)) => Err(violations),
            (None, None) => Err(Violations::one("subject.code", Rule::CodeMissing)),
        }
    }
}

fn member<T>(
    text: Option<&Zeroizing<String>>,
    path: &'static str,
    found: &mut Vec<Violation>,
    parse: impl FnOnce(&str) -> Result<T, Rule>,
) -> Option<T> {
    let text = text?;
    match parse(text) {
        Ok(value) => Some(value),
        Err(rule) => {
            // Any kind of blank may stand between digits.
            let unseen = unseen(text).or_else(|| match rule {
                Rule::PhoneForm => None,
                _ => odd_blank(text.trim()),
            });
            found.push(Violation::new(path, rule).with_unseen(unseen));
            None
        }
    }
}

fn simple<T: FromStr>(
    text: Option<&Zeroizing<String>>,
    path: &'static str,
    found: &mut Vec<Violation>,
    rule: Rule,
) -> Option<T> {
    member(text, path, found, |text| text.parse().map_err(|_| rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(json: &str) -> SubjectDraft {
        serde_json::from_str(json).unwrap()
    }

    /// For a value that looks right the invisible character is named; any kind of blank may stand
    /// between digits.
    #[test]
    fn what_cannot_be_seen_is_named() {
        for (member, value, named) in [
            ("email", "a\u{200b}@b.c", Some('\u{200b}')),
            ("email", "a\u{a0}b@b.c", Some('\u{a0}')),
            ("email", "\u{a0}a b@b.c", None),
            ("clientReference", "a\u{a0}b", Some('\u{a0}')),
            ("phone", "11\u{a0}1", None),
            ("phone", "11\u{2060}1", Some('\u{2060}')),
            ("cpf", "529\u{a0}1", None),
        ] {
            let json = format!("{{\"code\":\"52998224725\",\"{member}\":\"{value}\"}}");
            let json = match member {
                "cpf" => format!("{{\"cpf\":\"{value}\"}}"),
                _ => json,
            };
            let found = draft(&json).parse().unwrap_err();
            let unseen: Vec<_> = found.iter().map(Violation::unseen).collect();
            assert_eq!(unseen, [named], "{member} {value:?}");
        }
        assert!(
            "On\u{200b}boarding"
                .parse::<crate::request::UseCase>()
                .is_err()
        );
    }

    /// Bad input loses nothing: every violation is reported at once, each with its field and code.
    #[test]
    fn all_violations_are_collected() {
        let found = draft(
            r#"{"code":"1","name":" ","email":"x","phone":"1","gender":"?","birthDate":"?","clientReference":" "}"#,
        )
        .parse()
        .unwrap_err();
        let found: Vec<_> = found.iter().map(|v| (v.path(), v.code())).collect();
        assert_eq!(
            found,
            [
                ("subject.code", Some("20507")),
                ("subject.name", Some("20006")),
                ("subject.email", None),
                ("subject.phone", None),
                ("subject.gender", None),
                ("subject.birthDate", None),
                ("subject.clientReference", None),
            ]
        );
    }

    #[test]
    fn codes() {
        for (json, code) in [
            ("{}", Some("20004")),
            (r#"{"name":"A"}"#, Some("20005")),
            (r#"{"cpf":""}"#, Some("20005")),
            (r#"{"cpf":"11111111111"}"#, Some("20507")),
            (r#"{"curp":"HEGG560427MVZRRL05"}"#, Some("20507")),
            (r#"{"curp":"HEGG560427MVZRRL04"}"#, None),
            (r#"{"cpf":"529.982.247-25"}"#, None),
            (r#"{"code":"529.982.247-25","cpf":null}"#, None),
        ] {
            let parsed = draft(json).parse();
            assert_eq!(
                parsed
                    .err()
                    .and_then(|v| v.iter().next().and_then(Violation::code)),
                code,
                "{json}"
            );
        }
    }

    /// A code is read as its declared kind, and one of the other kind is distinguished from a
    /// mistyped one.
    #[test]
    fn cpf_and_curp_are_held_apart() {
        let rule = |json| {
            draft(json)
                .parse()
                .unwrap_err()
                .iter()
                .next()
                .unwrap()
                .rule()
        };
        assert_eq!(rule(r#"{"curp":"52998224725"}"#), Rule::CodeIsCpf);
        assert_eq!(rule(r#"{"cpf":"HEGG560427MVZRRL04"}"#), Rule::CodeIsCurp);
        assert_eq!(rule(r#"{"curp":"52998224726"}"#), Rule::CodeCheckDigits);
        let twice = SubjectDraft {
            code: Some("52998224725".to_owned().into()),
            cpf: Some("52998224725".to_owned().into()),
            ..SubjectDraft::default()
        };
        let found = twice.parse().unwrap_err();
        assert_eq!(
            found.iter().next().map(Violation::rule),
            Some(Rule::CodeTwice)
        );
    }

    #[test]
    fn a_misspelt_or_doubled_member_is_refused() {
        for json in [
            r#"{"code":"1","mail":"a@b"}"#,
            r#"{"code":"1","code":"2"}"#,
            r#"{"cpf":"1","curp":"2"}"#,
            r#"["52998224725","Name"]"#,
        ] {
            assert!(
                serde_json::from_str::<SubjectDraft>(json).is_err(),
                "{json}"
            );
        }
        assert!(
            draft(r#"{"code":"1","name":null,"curp":null}"#)
                .name
                .is_none()
        );
    }

    /// Bad input loses nothing: what identity verification needs is reported together with the
    /// rest.
    #[test]
    fn a_missing_name_is_told_with_the_rest() {
        let found = draft(r#"{"code":"1","phone":"2"}"#)
            .parse_named()
            .unwrap_err();
        let paths: Vec<_> = found.iter().map(Violation::path).collect();
        assert_eq!(paths, ["subject.code", "subject.phone", "subject.name"]);
        let found = draft("{}").parse_named().unwrap_err();
        assert_eq!(
            found.iter().map(Violation::code).collect::<Vec<_>>(),
            [Some("20004")]
        );
        assert!(
            draft(r#"{"code":"52998224725","name":"A"}"#)
                .parse_named()
                .is_ok()
        );
    }

    /// Nothing personal leaks: whatever JSON value stands where a text should, no error repeats it.
    #[test]
    fn errors_repeat_nothing() {
        fn error<T: for<'a> Deserialize<'a>>(json: &str) -> String {
            serde_json::from_str::<T>(json)
                .err()
                .map_or_else(String::new, |error| error.to_string())
        }
        for value in [
            "52998224",
            "-52998224",
            "52998224.5",
            "\"52998224\"",
            "[52998224]",
            r#"{"52998224":52998224}"#,
        ] {
            for json in [
                value.to_owned(),
                format!(r#"{{"code":{value}}}"#),
                format!(r#"{{"52998224":{value}}}"#),
            ] {
                for error in [
                    error::<Cpf>(&json),
                    error::<Curp>(&json),
                    error::<SubjectCode>(&json),
                    error::<PersonName>(&json),
                    error::<Email>(&json),
                    error::<Phone>(&json),
                    error::<Gender>(&json),
                    error::<BirthDate>(&json),
                    error::<ClientReference>(&json),
                    error::<Subject>(&json),
                    error::<SubjectDraft>(&json),
                ] {
                    assert!(!error.contains("52998224"), "{error}");
                }
            }
        }
    }

    /// Nothing personal leaks, and a stored subject parses back unchanged.
    #[test]
    fn redacted_and_stored() {
        let subject = draft(r#"{"code":"52998224725","name":"Marker Person","email":"marker@example.com","phone":"5511900000000"}"#)
            .parse()
            .unwrap();
        let shown = format!("{subject:?}").to_lowercase();
        assert!(!shown.contains("marker") && !shown.contains("5299") && !shown.contains("5511"));
        let stored = serde_json::to_string(&subject).unwrap();
        assert_eq!(serde_json::from_str::<Subject>(&stored).unwrap(), subject);
    }
}
