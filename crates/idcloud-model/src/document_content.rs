//! What was read from a document, by the names of its fields.
//!
//! Personal throughout: must never print itself, and must not lose a field that this version does not know.

use std::fmt;

use serde_json::{Map, Value};

/// What a document is, as far as its type tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DocumentKind {
    /// Registro Geral, the state's identity card.
    Rg,
    /// Carteira Nacional de Habilitação, the driving licence.
    Cnh,
    /// Carteira de Identidade Nacional, the national identity card.
    Cin,
    /// The passport.
    Passport,
    /// Another kind, or one that this version does not know.
    Other,
}

impl DocumentKind {
    /// Reads a type such as `unico.moja.dictionary.br.rg.v2.Rg`, or an old one such as `CNH`.
    pub(crate) fn of(kind: &str) -> Self {
        let is = |word: &str| kind.split('.').any(|part| part.eq_ignore_ascii_case(word));
        if is("rg") {
            Self::Rg
        } else if is("cnh") {
            Self::Cnh
        } else if is("cin") {
            Self::Cin
        } else if is("passaporte") || is("passport") {
            Self::Passport
        } else {
            Self::Other
        }
    }
}

/// The fields of a document. Personal data: none of them may be logged.
///
/// A field is found whether the answer spells it in camel case, in snake case or mixed, as the documents do (`dataNascimento`,
/// `data_emissao`, `titulo_eleitorNumero`), and whether the content is one object or a list of them.
#[derive(Clone, Copy)]
pub struct DocumentContent<'a> {
    content: &'a Value,
}

impl fmt::Debug for DocumentContent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentContent(redacted)")
    }
}

impl<'a> DocumentContent<'a> {
    pub(crate) const fn new(content: &'a Value) -> Self {
        Self { content }
    }

    /// The field of this name, in any of the spellings.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'a Value> {
        self.members()
            .find(|(key, _)| is_same_name(key, name))
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    /// The field of this name as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.field(name)?.as_str()
    }

    /// The names of the parents, `filiacao`.
    pub fn parents(&self) -> impl Iterator<Item = &'a str> {
        let parents = self.field("filiacao").and_then(Value::as_array);
        parents.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Every field, as it came.
    pub fn members(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let objects: &[Value] = match self.content {
            Value::Array(items) => items,
            single => std::slice::from_ref(single),
        };
        objects
            .iter()
            .filter_map(Value::as_object)
            .flat_map(Map::iter)
            .map(|(name, value)| (name.as_str(), value))
    }

    /// The fields that have no accessor here.
    pub fn other(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.members()
            .filter(|(name, _)| !FIELDS.iter().any(|known| is_same_name(name, known)))
    }
}

/// Whether two names differ only in case and underscores.
fn is_same_name(one: &str, other: &str) -> bool {
    let letters = |name: &str| -> Vec<u8> {
        name.bytes()
            .filter(|byte| *byte != b'_')
            .map(|byte| byte.to_ascii_lowercase())
            .collect()
    };
    letters(one) == letters(other)
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $field:literal;)+) => {
        /// The fields that the documents list, for any kind of document.
        const FIELDS: &[&str] = &["filiacao", $($field),+];

        impl<'a> DocumentContent<'a> {
            $(
                $(#[$doc])*
                #[doc = concat!("`", $field, "`")]
                #[must_use]
                pub fn $name(&self) -> Option<&'a str> {
                    self.text($field)
                }
            )+
        }
    };
}

fields! {
    /// The document's number (RG, CNH, passport):
    number = "numero";
    /// The number of the state's identity card (CNH, CIN):
    rg_number = "rgNumero";
    /// The CPF as printed (RG, CNH, CIN):
    cpf = "cpfNumero";
    /// The civil name (RG, CNH, CIN):
    civil_name = "nomeCivil";
    /// The social name (RG, CIN):
    social_name = "nomeSocial";
    /// The given name (passport):
    given_name = "nome";
    /// The family name (passport):
    family_name = "sobrenome";
    /// The date of birth, such as `1990-05-12T00:00:00Z`:
    birth_date = "dataNascimento";
    /// The date of the first licence (CNH):
    licence_date = "dataHabilitacao";
    /// The date until which the document is good (CNH, CIN, passport):
    expiry_date = "dataExpiracao";
    /// The date of issue:
    issue_date = "dataEmissao";
    /// The place of issue (CNH, CIN):
    issue_place = "localEmissao";
    /// The licence's category (CNH):
    category = "categoria";
    /// The number in the register of drivers (CNH):
    renach = "renachNumero";
    /// The issuing body (RG, CIN):
    issuer = "orgaoEmissor";
    /// The issuing state (RG):
    issuer_state = "ufEmissor";
    /// The issuing country (passport):
    issuer_country = "paisEmissor";
    /// The issuing authority (passport):
    authority = "autoridade";
    /// The place of birth (RG, CIN, passport):
    birth_place = "naturalidade";
    /// The nationality (CIN, passport):
    nationality = "nacionalidade";
    /// The professional card's number (RG):
    professional_card = "carteiraProfissionalNumero";
    /// The military certificate's number (RG):
    military_certificate = "certificadoMilitarNumero";
    /// The health card's number (RG):
    health_card = "cnsNumero";
    /// The social integration number (RG):
    social_integration = "nisPisPasepNumero";
    /// The employment card's number (RG):
    employment_card = "ctpsNumero";
    /// The employment card's series (RG):
    employment_card_series = "ctpsSerie";
    /// The employment card's state (RG):
    employment_card_state = "ctpsUf";
    /// The voter's registration (RG):
    voter_registration = "tituloEleitorNumero";
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds() {
        for (text, kind) in [
            ("unico.moja.dictionary.br.rg.v2.Rg", DocumentKind::Rg),
            ("unico.moja.dictionary.br.cnh.v2.Cnh", DocumentKind::Cnh),
            ("unico.moja.dictionary.br.cin.v1.Cin", DocumentKind::Cin),
            (
                "unico.moja.dictionary.br.passaporte.v1.Passaporte",
                DocumentKind::Passport,
            ),
            ("CNH", DocumentKind::Cnh),
            ("UNKNOWN", DocumentKind::Other),
            ("", DocumentKind::Other),
        ] {
            assert_eq!(DocumentKind::of(text), kind, "{text}");
        }
    }

    /// Every spelling of the documents is found, and nothing else is lost.
    #[test]
    fn spellings() {
        let object = json!({
            "numero": "1", "data_emissao": "2", "dataNascimento": "3", "titulo_eleitorNumero": "4",
            "filiacao": ["A", "B"], "novo_campo": {"x": 1}, "categoria": null
        });
        let list = json!([{"numero": "1", "data_emissao": "2"}, {"dataNascimento": "3", "titulo_eleitorNumero": "4",
            "filiacao": ["A", "B"], "novo_campo": {"x": 1}}]);
        for content in [&object, &list] {
            let read = DocumentContent::new(content);
            assert_eq!(
                [
                    read.number(),
                    read.issue_date(),
                    read.birth_date(),
                    read.voter_registration(),
                    read.category()
                ],
                [Some("1"), Some("2"), Some("3"), Some("4"), None]
            );
            assert_eq!(read.parents().collect::<Vec<_>>(), ["A", "B"]);
            assert_eq!(
                read.other().map(|(name, _)| name).collect::<Vec<_>>(),
                ["novo_campo"]
            );
            assert!(!format!("{read:?}").contains('A'));
        }
    }
}
