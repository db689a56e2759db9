//! What is wrong with an input, found here so that nothing is sent.
//!
//! A violation must name the field, the rule and the remedy, and never repeat the value.

use std::fmt;

/// One rule that an input breaks.
///
/// `Display` is one line: the field, the rule, the code with which IDCloud would have refused it, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    path: &'static str,
    rule: Rule,
}

impl Violation {
    /// A violation of `rule` at `path`, the member's place in the request, such as `subject.code`.
    pub(crate) const fn new(path: &'static str, rule: Rule) -> Self {
        Self { path, rule }
    }

    /// The member's place in the request, such as `subject.code`.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The rule.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The code with which IDCloud would have refused the request; `None` where it publishes none.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        self.rule.code()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.rule.meaning())?;
        if let Some(code) = self.code() {
            write!(f, " (IDCloud code {code})")?;
        }
        write!(f, "; {}", self.rule.remedy())
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident $(= $code:literal)?: $meaning:literal, $remedy:literal;)+) => {
        /// The rules that inputs are held to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $meaning] $(#[$doc])* $name,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// What is wrong, in English, without the value.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning),+ }
            }

            /// What to do about it, in English.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy),+ }
            }

            /// The code with which IDCloud would have answered, where one is published.
            #[must_use]
            #[expect(unused_assignments, unused_mut, reason = "a rule without a code has nothing to assign")]
            pub const fn code(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => {
                        let mut code = None;
                        $(code = Some($code);)?
                        code
                    })+
                }
            }
        }
    };
}

rules! {
    SubjectMissing = "20004": "the subject is missing", "give the person's CPF or CURP and name";
    CodeMissing = "20005": "the CPF or CURP is missing", "give the person's CPF (eleven digits) or CURP (eighteen characters)";
    CodeForm = "20507": "neither a CPF nor a CURP in form", "give eleven digits, 000.000.000-00, or the eighteen characters of a CURP";
    CodeRepeated = "20507": "a CPF of eleven equal digits is never issued", "ask the person for the CPF again";
    CodeCheckDigits = "20507": "the check digits do not match", "look for a mistyped digit";
    NameMissing = "20006": "the name is missing or empty", "give the person's name";
    NameForm: "the name has control characters", "remove line breaks and other control characters";
    EmailForm: "not an e-mail address", "give one address with one @ and no white space, or leave it out";
    PhoneForm: "not 12 or 13 digits", "give country code, area code and number, such as 5511900000000, or leave it out";
    GenderForm: "neither M nor F", "give M or F, or leave it out";
    BirthDateForm: "not an existing day as yyyy-MM-dd", "write it like 1990-12-31, or leave it out";
    ClientReferenceForm: "not 1 to 256 characters without white space", "shorten it or remove the spaces";
    SelfieMissing = "20009": "the selfie is missing or empty", "give an image, its base64, or a capture token";
    ImageFormat = "20505": "not a PNG, JPEG or WebP image, nor base64 of one, nor a capture token", "give the picture as PNG, JPEG or WebP";
    ImageBroken = "20900": "the image's header cannot be read", "save the picture again; the file may be cut short";
    ImageTooLarge = "20506": "the image is longer than 819,200 characters of base64 (614,400 bytes)", "save it as JPEG of quality 92";
    ImageTooSmall = "20807": "the image is smaller than 640 x 480 pixels", "take the picture again with at least 640 pixels on the longer and 480 on the shorter side";
    CaptureTokenForm = "20900": "not a capture token (three or five base64url parts with dots between)", "send the `encrypted` text of the capture SDK as it came";
    CaptureTokenExpired = "10507": "the capture token is more than ten minutes old", "capture again and send within ten minutes";
    CaptureTokenRequired: "a plain image cannot prove liveness", "capture with Unico's SDK and send its capture token";
    DocumentFiles = "20009": "a document is captured in one file or two", "give one file (an open licence) or two (front and back)";
}

/// Everything that is wrong with an input, in the order of its members. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// The violations.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }

    pub(crate) fn one(path: &'static str, rule: Rule) -> Self {
        Self(vec![Violation::new(path, rule)])
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Joins what is wrong in several inputs, so that all of it is told at once. `None` when nothing is.
impl Violations {
    /// All violations of `all`, or `None` when there are none.
    pub fn collect(all: impl IntoIterator<Item = Violation>) -> Option<Self> {
        let all: Vec<_> = all.into_iter().collect();
        (!all.is_empty()).then_some(Self(all))
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, violation) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" | ")?;
            }
            violation.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_says_what_and_how_in_one_line() {
        for rule in Rule::ALL {
            let line = Violation::new("subject.code", *rule).to_string();
            assert!(
                line.starts_with("subject.code: ") && !line.contains('\n'),
                "{line}"
            );
            assert!(!rule.meaning().is_empty() && !rule.remedy().is_empty());
        }
    }

    #[test]
    fn all_are_listed() {
        let all = Violations::collect([
            Violation::new("subject.code", Rule::CodeMissing),
            Violation::new("subject.name", Rule::NameMissing),
        ])
        .unwrap();
        assert_eq!(
            all.to_string(),
            "subject.code: the CPF or CURP is missing (IDCloud code 20005); give the person's CPF (eleven digits) or CURP (eighteen characters) \
             | subject.name: the name is missing or empty (IDCloud code 20006); give the person's name"
        );
        assert!(Violations::collect([]).is_none());
    }
}
