//! Rules that an input breaks, found here so that nothing is sent.
//!
//! Must not repeat the value; names the field, the rule and the remedy.

use std::borrow::Cow;
use std::fmt;

use crate::catalogue::language::{Language, Text};
use crate::{CatalogueEntry, ErrorCode};

/// One rule that an input breaks.
///
/// `Display` is one line: the field, the rule, the code that IDCloud would have answered with, and
/// the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    path: &'static str,
    rule: Rule,
    unseen: Option<char>,
}

impl Violation {
    /// A violation of `rule` at `path`, the member's place in the request, such as `subject.code`.
    pub(crate) const fn new(path: &'static str, rule: Rule) -> Self {
        Self {
            path,
            rule,
            unseen: None,
        }
    }

    /// Adds an invisible character that the value holds: the value looks right to the person who
    /// typed it.
    pub(crate) const fn with_unseen(mut self, unseen: Option<char>) -> Self {
        self.unseen = unseen;
        self
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

    /// The first invisible character of the value, if any: a zero-width space, a direction mark, a
    /// control.
    #[must_use]
    pub const fn unseen(&self) -> Option<char> {
        self.unseen
    }

    /// The rule that is broken, in `language`, without the value; an invisible character is named
    /// by its code point.
    #[must_use]
    pub fn meaning_in(&self, language: Language) -> Cow<'static, str> {
        let meaning = self.rule.meaning_in(language);
        let Some(unseen) = self.unseen.map(u32::from) else {
            return meaning.into();
        };
        match language {
            Language::Portuguese => {
                format!("{meaning}: há um caractere invisível, U+{unseen:04X}").into()
            }
            Language::English => {
                format!("{meaning}: a character that cannot be seen, U+{unseen:04X}, stands in it")
                    .into()
            }
        }
    }

    /// What to do about it, in `language`.
    #[must_use]
    pub const fn remedy_in(&self, language: Language) -> &'static str {
        match (self.unseen, language) {
            (None, _) => self.rule.remedy_in(language),
            (Some(_), Language::Portuguese) => "digite o valor outra vez em vez de copiá-lo",
            (Some(_), Language::English) => "type the value again instead of copying it",
        }
    }

    /// The code that IDCloud would have refused the request with; `None` if it publishes none.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        self.rule.code()
    }

    /// The catalogue's entry of [`code`](Self::code): IDCloud's messages, causes and remedies in
    /// every language.
    #[must_use]
    pub fn entry(&self) -> Option<&'static CatalogueEntry> {
        ErrorCode::parse(self.code()?)?.entry()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.meaning_in(Language::English))?;
        if let Some(code) = self.code() {
            write!(f, " (IDCloud code {code})")?;
        }
        write!(f, "; {}", self.remedy_in(Language::English))
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident $(= $code:literal)?: {
        en: $meaning:literal, $remedy:literal;
        pt: $meaning_pt:literal, $remedy_pt:literal;
    })+) => {
        /// The rules for inputs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $meaning] $(#[$doc])* $name,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The rule that is broken, in `language`, without the value.
            #[must_use]
            pub const fn meaning_in(self, language: Language) -> &'static str {
                match self {
                    $(Self::$name => Text { en: $meaning, pt: $meaning_pt }.in_language(language),)+
                }
            }

            /// What to do about it, in `language`.
            #[must_use]
            pub const fn remedy_in(self, language: Language) -> &'static str {
                match self {
                    $(Self::$name => Text { en: $remedy, pt: $remedy_pt }.in_language(language),)+
                }
            }

            /// The code that IDCloud would have answered with, if one is published.
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

impl Rule {
    /// The rule that is broken, in English, without the value.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        self.meaning_in(Language::English)
    }

    /// What to do about it, in English.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        self.remedy_in(Language::English)
    }
}

rules! {
    SubjectMissing = "20004": {
        en: "the subject is missing", "give the person's CPF or CURP and name";
        pt: "a pessoa não foi informada", "informe o CPF ou a CURP e o nome da pessoa";
    }
    CodeMissing = "20005": {
        en: "the CPF or CURP is missing", "give the person's CPF (eleven digits) or CURP (eighteen characters)";
        pt: "falta o CPF ou a CURP", "informe o CPF (onze dígitos) ou a CURP (dezoito caracteres) da pessoa";
    }
    CodeForm = "20507": {
        en: "neither a CPF nor a CURP in form", "give eleven digits, 000.000.000-00, or the eighteen characters of a CURP";
        pt: "não tem a forma de um CPF nem de uma CURP", "informe onze dígitos, 000.000.000-00, ou os dezoito caracteres de uma CURP";
    }
    CodeRepeated = "20507": {
        en: "a CPF of eleven equal digits is never issued", "ask the person for the CPF again";
        pt: "não existe CPF com onze dígitos iguais", "peça o CPF à pessoa outra vez";
    }
    CodeCheckDigits = "20507": {
        en: "the check digits do not match", "look for a mistyped digit";
        pt: "os dígitos verificadores não conferem", "procure um dígito digitado errado";
    }
    CodeIsCurp: {
        en: "is a CURP, not a CPF", "give it as curp";
        pt: "é uma CURP, não um CPF", "informe-a como curp";
    }
    CodeIsCpf: {
        en: "is a CPF, not a CURP", "give it as cpf";
        pt: "é um CPF, não uma CURP", "informe-o como cpf";
    }
    CodeTwice: {
        en: "more than one of code, cpf and curp is given", "give one of the three";
        pt: "foi informado mais de um entre code, cpf e curp", "informe um dos três";
    }
    NameMissing = "20006": {
        en: "the name is missing or empty", "give the person's name";
        pt: "o nome falta ou está vazio", "informe o nome da pessoa";
    }
    NameForm: {
        en: "the name has control characters, or nothing that can be seen", "remove line breaks and other control characters, and give a name that can be read";
        pt: "o nome tem caracteres de controle, ou nada visível", "retire quebras de linha e outros caracteres de controle e informe um nome legível";
    }
    EmailForm: {
        en: "not an e-mail address", "give one address with one @ and no white space, or leave it out";
        pt: "não é um endereço de e-mail", "informe um só endereço, com um @ e sem espaços, ou omita o campo";
    }
    PhoneForm: {
        en: "neither a number with its country code nor a Brazilian one with its area code", "give +, country code and number without (0), such as +5511900000000, or a Brazilian area code and number, or leave it out";
        pt: "não é um número com código do país nem um número brasileiro com DDD", "informe +, código do país e número sem (0), como +5511900000000, ou DDD e número brasileiros, ou omita o campo";
    }
    GenderForm: {
        en: "neither M nor F", "give M or F, or leave it out";
        pt: "não é M nem F", "informe M ou F, ou omita o campo";
    }
    BirthDateForm: {
        en: "not an existing day as yyyy-MM-dd", "write it like 1990-12-31, or leave it out";
        pt: "não é um dia existente na forma aaaa-mm-dd", "escreva como 1990-12-31, ou omita o campo";
    }
    ClientReferenceForm: {
        en: "not 1 to 256 characters without white space", "shorten it or remove the spaces";
        pt: "não tem de 1 a 256 caracteres sem espaços", "encurte o texto ou retire os espaços";
    }
    SelfieMissing = "20009": {
        en: "the selfie is missing or empty", "give an image, its base64, or a capture token";
        pt: "a selfie falta ou está vazia", "informe uma imagem, o base64 dela ou um token de captura";
    }
    SelfieFormat = "20505": {
        en: "not a PNG, JPEG or WebP image, nor base64 of one, nor a capture token", "give the picture as PNG, JPEG or WebP, or the capture SDK's token as it came";
        pt: "não é uma imagem PNG, JPEG ou WebP, nem o base64 de uma, nem um token de captura", "envie a foto em PNG, JPEG ou WebP, ou o token do SDK de captura tal como veio";
    }
    ImageMissing: {
        en: "the picture is missing or empty", "give the picture as PNG, JPEG or WebP";
        pt: "a imagem falta ou está vazia", "envie a imagem em PNG, JPEG ou WebP";
    }
    ImageFormat = "20505": {
        en: "not a PNG, JPEG or WebP image", "give the picture as PNG, JPEG or WebP";
        pt: "não é uma imagem PNG, JPEG ou WebP", "envie a imagem em PNG, JPEG ou WebP";
    }
    ImageBroken = "20900": {
        en: "the image's header cannot be read", "save the picture again; the file may be cut short";
        pt: "o cabeçalho da imagem não pode ser lido", "salve a imagem outra vez; o arquivo pode estar incompleto";
    }
    ImageCutShort = "20900": {
        en: "the image ends early, or a length in it is wrong", "copy or export the whole picture again; the file seems to be cut short";
        pt: "a imagem termina antes do fim, ou um comprimento nela está errado", "copie ou exporte a foto inteira outra vez; o arquivo parece incompleto";
    }
    ImageDamaged = "20900": {
        en: "the image is damaged: a marker, a length or a checksum in it is wrong", "copy the picture again as a binary file, or save it again";
        pt: "a imagem está danificada: um marcador, um comprimento ou uma soma de verificação está errado", "copie a foto outra vez como arquivo binário, ou salve-a outra vez";
    }
    ImageOfApple = "20900": {
        en: "a PNG in Apple's own form (`CgBI`), which only Apple's programs can read", "export the picture as JPEG or as a standard PNG";
        pt: "é um PNG na forma própria da Apple (`CgBI`), que só programas da Apple leem", "exporte a foto em JPEG ou em PNG padrão";
    }
    Base64Blank = "20900": {
        en: "the base64 has a blank inside; a form or a URL turns each + into one", "encode the picture again and pass the text on as it is, or give the picture's file";
        pt: "o base64 tem um espaço no meio; um formulário ou uma URL troca cada + por um espaço", "codifique a foto outra vez e repasse o texto como está, ou envie o arquivo da foto";
    }
    Base64Percent = "20900": {
        en: "the base64 is percent-encoded, as in a URL or a form", "decode %2B, %2F and %3D first, or give the picture's file";
        pt: "o base64 está com codificação por cento, como em uma URL ou um formulário", "decodifique antes %2B, %2F e %3D, ou envie o arquivo da foto";
    }
    Base64Escape = "20900": {
        en: "the base64 is escaped, as in the source of a JSON text (`\\/`, `\\n`)", "read the JSON with a program and pass on the value, or give the picture's file";
        pt: "o base64 está com escapes, como no fonte de um texto JSON (`\\/`, `\\n`)", "leia o JSON com um programa e repasse o valor, ou envie o arquivo da foto";
    }
    Base64Characters = "20900": {
        en: "the base64 has a character inside that is none of base64's", "encode the picture again, or give the picture's file";
        pt: "o base64 tem no meio um caractere que não é de base64", "codifique a foto outra vez, ou envie o arquivo da foto";
    }
    Base64Alphabets = "20900": {
        en: "the base64 mixes two alphabets: + or / beside - or _", "encode the picture in one of the two, or give the picture's file";
        pt: "o base64 mistura dois alfabetos: + ou / ao lado de - ou _", "codifique a foto em um dos dois, ou envie o arquivo da foto";
    }
    Base64Padding = "20900": {
        en: "the base64 has = in the middle, or too few or too many at the end", "encode one whole picture again; two texts may have been joined, or one cut";
        pt: "o base64 tem = no meio, ou de menos ou de mais no fim", "codifique de novo uma única foto, por inteiro; o texto pode ser a junção de dois, ou ter sido cortado";
    }
    Base64CutShort = "20900": {
        en: "the base64 ends within a byte: it was cut short, or a character is lost", "encode the picture again and pass on the whole text, or give the picture's file";
        pt: "o base64 termina no meio de um byte: foi cortado, ou falta um caractere", "codifique a foto outra vez e repasse o texto inteiro, ou envie o arquivo da foto";
    }
    TextIsUtf16 = "20505": {
        en: "a text in UTF-16, as Windows' \"Unicode\" is", "save the text as UTF-8";
        pt: "é um texto em UTF-16, o \"Unicode\" do Windows", "salve o texto em UTF-8";
    }
    CaptureResult = "20505": {
        en: "the capture SDK's result without a capture token in its member encrypted", "give the SDK's whole result, or the text of its member encrypted; the picture in base64 is only a preview";
        pt: "é o resultado do SDK de captura sem token de captura no membro encrypted", "envie o resultado inteiro do SDK, ou o texto do membro encrypted; a foto em base64 é só uma prévia";
    }
    ImageTooLarge = "20506": {
        en: "the image is longer than 819,200 characters of base64 (614,400 bytes)", "save it as JPEG of quality 92";
        pt: "a imagem passa de 819.200 caracteres de base64 (614.400 bytes)", "salve-a como JPEG de qualidade 92";
    }
    ImageTooSmall = "20807": {
        en: "the image is smaller than 640 x 480 pixels", "take the picture again with at least 640 pixels on the longer and 480 on the shorter side";
        pt: "a imagem é menor que 640 x 480 pixels", "tire a foto outra vez com pelo menos 640 pixels no lado maior e 480 no menor";
    }
    CaptureTokenForm = "20900": {
        en: "not a capture token (three or five base64url parts with dots between)", "send the `encrypted` text of the capture SDK as it came";
        pt: "não é um token de captura (três ou cinco partes em base64url separadas por pontos)", "envie o texto `encrypted` do SDK de captura tal como veio";
    }
    CaptureTokenExpired = "10507": {
        en: "the capture token is more than ten minutes old", "capture again and send within ten minutes";
        pt: "o token de captura tem mais de dez minutos", "capture outra vez e envie em até dez minutos";
    }
    DocumentFiles: {
        en: "a document is captured in one file or two", "give one file (an open licence) or two (front and back)";
        pt: "um documento é capturado em um ou dois arquivos", "envie um arquivo (CNH aberta) ou dois (frente e verso)";
    }
}

/// Every violation of an input, in the order of its members. Never empty.
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

/// Merges the violations of several inputs, so that all are reported at once. `None` if there are
/// none.
impl Violations {
    /// The violations of `all`, or `None` if there are none.
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

    /// Readers of Portuguese get the same texts, translated.
    #[test]
    fn every_rule_speaks_both_languages() {
        for rule in Rule::ALL {
            assert_eq!(rule.meaning(), rule.meaning_in(Language::English));
            assert_eq!(rule.remedy(), rule.remedy_in(Language::English));
            for (en, pt) in [
                (rule.meaning(), rule.meaning_in(Language::Portuguese)),
                (rule.remedy(), rule.remedy_in(Language::Portuguese)),
            ] {
                assert!(pt.len() > 5 && pt != en && !pt.contains('\n'), "{pt}");
            }
        }
    }

    /// No code is invented: each is in the catalogue, and rules without a published one have none.
    #[test]
    fn codes_are_those_of_the_catalogue() {
        for rule in Rule::ALL {
            let violation = Violation::new("subject.code", *rule);
            let entry = violation.entry().map(CatalogueEntry::code);
            assert_eq!(
                entry.as_ref().map(ErrorCode::as_str),
                violation.code(),
                "{rule:?}"
            );
        }
        assert_eq!(Rule::DocumentFiles.code(), None);
        assert_eq!(Rule::ImageMissing.code(), None);
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
