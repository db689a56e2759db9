//! A document: its kind and its content.
//!
//! Must not hold a real person's data: except for the number and name from the request, everything
//! is invented and says so.

use aws_lc_rs::digest;
use idcloud_model::{PersonName, SubjectCode, limits};
use serde_json::{Map, Value, json};

use crate::core::process::Process;
use crate::encoding::time_format::seconds;
use crate::{Dialect, Paper};

/// The kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    /// The state's identity card: two files, front and back.
    Rg,
    /// The driving licence: one file, opened.
    Cnh,
}

impl DocumentKind {
    pub(crate) const ALL: [Self; 2] = [Self::Rg, Self::Cnh];

    /// The kind that a document of `files` pictures counts as.
    pub(crate) const fn of_files(files: usize) -> Self {
        if files == 1 { Self::Cnh } else { Self::Rg }
    }

    /// The value of the lookup's `documentType` and the answer's `type`.
    pub(crate) const fn type_name(self, dialect: Dialect) -> &'static str {
        match (self, dialect) {
            (Self::Rg, Dialect::V2023) => "RG",
            (Self::Cnh, Dialect::V2023) => "CNH",
            (Self::Rg, _) => "unico.moja.dictionary.br.rg.v2.Rg",
            (Self::Cnh, _) => "unico.moja.dictionary.br.cnh.v2.Cnh",
        }
    }

    /// Whether a lookup for `query` finds it. An older page's sample asks for `BR_CPF`, which
    /// matches any kind.
    pub(crate) fn is_meant_by(self, query: &str) -> bool {
        matches!(
            (self, query),
            (_, "BR_CPF") | (Self::Rg, "BR_RG") | (Self::Cnh, "BR_CNH")
        )
    }
}

/// A document that was captured or used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) id: String,
    pub(crate) kind: DocumentKind,
    pub(crate) paper: Paper,
    pub(crate) files: usize,
}

impl Document {
    /// The document that a test subject has from the start.
    pub(crate) fn standing(code: &SubjectCode, kind: DocumentKind) -> Self {
        let name = format!("{}|{}", code.expose(), kind.type_name(Dialect::default()));
        let digest = digest::digest(&digest::SHA256, name.as_bytes());
        let mut bits = [0; 16];
        for (to, from) in bits.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        Self {
            id: crate::core::wire::ids::uuid_of(u128::from_be_bytes(bits)),
            kind,
            paper: Paper::Own,
            files: match kind {
                DocumentKind::Cnh => 1,
                DocumentKind::Rg => 2,
            },
        }
    }

    /// The member `document`: only its id until the process is complete.
    pub(crate) fn shown(&self, dialect: Dialect, complete: bool, process: &Process) -> Value {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        put("id", self.id.clone().into());
        if complete {
            put("type", self.kind.type_name(dialect).into());
            if self.paper != Paper::Unreadable {
                put("cpfMatch", (self.paper != Paper::OtherNumber).into());
                if dialect >= Dialect::V2025 {
                    put("faceMatch", (self.paper != Paper::OtherFace).into());
                }
                put("content", self.content(dialect, process));
            }
            put("fileUrls", self.file_urls(process).into());
        }
        Value::Object(members)
    }

    fn content(&self, dialect: Dialect, process: &Process) -> Value {
        let person = process.person();
        let name = person
            .name
            .as_ref()
            .map_or("Test Subject", PersonName::expose);
        let number = match self.paper {
            Paper::OtherNumber => "00000000000",
            _ => person.code.as_ref().map_or("", SubjectCode::expose),
        };
        let mut content = json!({
            "numero": "000000000",
            "cpfNumero": number,
            "nomeCivil": name,
            "filiacao": ["Simulated Parent One", "Simulated Parent Two"],
            "dataNascimento": "1990-05-12T00:00:00Z",
            "dataEmissao": "2020-01-01T00:00:00Z",
        });
        let more = match self.kind {
            DocumentKind::Rg => json!({
                "orgaoEmissor": "SIMULATED", "ufEmissor": "XX", "naturalidade": "Simulated Town",
            }),
            DocumentKind::Cnh => json!({
                "rgNumero": "000000000 SIMULATED XX", "categoria": "B", "renachNumero": "XX000000000",
                "dataHabilitacao": "2010-01-01T00:00:00Z", "dataExpiracao": "2030-01-01T00:00:00Z",
                "localEmissao": "Simulated Town XX",
            }),
        };
        if let (Value::Object(content), Value::Object(more)) = (&mut content, more) {
            content.extend(more);
        }
        // The parameter specification of that generation has a list.
        if dialect == Dialect::V2024 {
            Value::Array(vec![content])
        } else {
            content
        }
    }

    fn file_urls(&self, process: &Process) -> Vec<String> {
        let end = seconds(process.last_change()).saturating_add(limits::FILE_URL_LIFE.as_secs());
        (1..=self.files)
            .map(|file| {
                format!(
                    "https://documents.idcloud.invalid/{}/{file}?expires={end}&signature=simulated",
                    self.id
                )
            })
            .collect()
    }
}
