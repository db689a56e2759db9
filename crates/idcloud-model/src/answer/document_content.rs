//! The fields that were read from a document, by name.
//!
//! Must not be printed, because they are personal, nor lose a field that this version does not
//! know.

use std::fmt;

use serde_json::{Map, Value};

/// The kind of a document, as far as its type says.
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
    /// Parses a type in any of the documented forms: `unico.moja.dictionary.br.rg.v2.Rg` of
    /// answers, `BR_CNH` of lookups, `CNH` of the first generation.
    ///
    /// ```
    /// use idcloud_model::DocumentKind;
    ///
    /// assert_eq!(DocumentKind::from_type("BR_CNH"), DocumentKind::Cnh);
    /// assert_eq!(DocumentKind::from_type("unico.moja.dictionary.br.rg.v2.Rg"), DocumentKind::Rg);
    /// ```
    #[must_use]
    pub fn from_type(name: &str) -> Self {
        let name = name.trim();
        let word = match name.get(..3) {
            Some(country) if country.eq_ignore_ascii_case("BR_") => name.get(3..).unwrap_or(name),
            _ => name,
        };
        let is = |known: &str| word.split('.').any(|part| part.eq_ignore_ascii_case(known));
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
/// A field is found in camel case, in snake case or mixed, as the documents spell it
/// (`dataNascimento`, `data_emissao`, `titulo_eleitorNumero`), and in a single object or a list of
/// them. Accessors return text; [`field`](Self::field) and [`other`](Self::other) return a field of
/// another type, such as a number.
///
/// Source: the fields are listed on the result page of hosted journeys, which use the same document
/// reader; the document types on the document capture and reuse page and in the parameter
/// specification.
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

    /// The field of this name, in any spelling and of any type; null counts as absent.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'a Value> {
        self.named(name).find(|value| !value.is_null())
    }

    /// The field of this name as text; `None` if it has another type.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.named(name).find_map(Value::as_str)
    }

    /// The names of the parents, `filiacao`: a list, or a single name.
    pub fn parents(&self) -> impl Iterator<Item = &'a str> {
        self.field(PARENTS)
            .map(one_or_more)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    }

    /// The values under this name.
    fn named(&self, name: &str) -> impl Iterator<Item = &'a Value> {
        self.members()
            .filter(move |(key, _)| is_same_name(key, name))
            .map(|(_, value)| value)
    }

    /// Every field, unchanged.
    pub fn members(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        one_or_more(self.content)
            .iter()
            .filter_map(Value::as_object)
            .flat_map(Map::iter)
            .map(|(name, value)| (name.as_str(), value))
    }

    /// The fields that no accessor returns: those without one, and those of another type than text.
    /// Null counts as absent.
    pub fn other(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.members().filter(|(name, value)| {
            let read = if is_same_name(name, PARENTS) {
                one_or_more(value).iter().all(Value::is_string)
            } else {
                value.is_string() && FIELDS.iter().any(|known| is_same_name(name, known))
            };
            !read && !value.is_null()
        })
    }
}

/// The field that holds the parents' names.
const PARENTS: &str = "filiacao";

/// The elements of a list, or the single value instead of one.
fn one_or_more(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        single => std::slice::from_ref(single),
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
        const FIELDS: &[&str] = &[$($field),+];

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
    /// The date of expiry (CNH, CIN, passport):
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
            ("BR_RG", DocumentKind::Rg),
            ("br_cnh", DocumentKind::Cnh),
            ("BR_CIN", DocumentKind::Cin),
            ("BR_PASSPORT", DocumentKind::Passport),
            ("BR_CPF", DocumentKind::Other),
            ("AR_DNI", DocumentKind::Other),
            ("é", DocumentKind::Other),
            ("UNKNOWN", DocumentKind::Other),
            ("", DocumentKind::Other),
        ] {
            assert_eq!(DocumentKind::from_type(text), kind, "{text}");
        }
    }

    /// Every documented spelling is found, and no other field is lost.
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

    /// Nothing is lost: a field that no accessor returns is among the others.
    #[test]
    fn other_types() {
        let content = json!({
            "numero": 123, "categoria": "B", "cpfNumero": null, "filiacao": "A", "nomeCivil": ["N"],
            "data_emissao": false, "dataEmissao": "2"
        });
        let read = DocumentContent::new(&content);
        assert_eq!(read.number(), None);
        assert_eq!(read.field("numero"), Some(&json!(123)));
        assert_eq!(read.category(), Some("B"));
        assert_eq!(read.issue_date(), Some("2"));
        assert_eq!(read.parents().collect::<Vec<_>>(), ["A"]);
        let mut other: Vec<_> = read.other().map(|(name, _)| name).collect();
        other.sort_unstable();
        assert_eq!(other, ["data_emissao", "nomeCivil", "numero"]);

        let content = json!({"filiacao": ["A", 7]});
        let read = DocumentContent::new(&content);
        assert_eq!(read.parents().collect::<Vec<_>>(), ["A"]);
        assert_eq!(read.other().count(), 1);
    }
}
