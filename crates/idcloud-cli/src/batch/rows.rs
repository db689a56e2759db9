//! The rows of a batch, each with its place in the input and the reference that nobody had before it.
//!
//! Never takes a reference twice, and keeps eight bytes of each.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;

use idcloud_flows::journal::Reference;

use super::row::{self, Row};
use super::source::{Entry, Source};
use super::version::Version;
use crate::failure::Refusal;

/// One row of the input.
pub(crate) struct Line {
    /// Its place among the rows, from 0.
    pub(crate) index: usize,
    /// The line that it begins on, from 1.
    pub(crate) begins: u64,
    /// A keyed hash of all that stands in it: the same row has it again when the input is read once more in this run.
    pub(crate) identity: u64,
    /// Its reference, where it has one that may be shown.
    pub(crate) reference: Option<Reference>,
    /// What it asks for, or every rule that it breaks.
    pub(crate) row: Result<Row, Vec<Refusal>>,
}

/// Reads an input from its beginning.
pub(crate) struct Rows {
    source: Source,
    next: usize,
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Rows {
    /// Opens the input. Readings with one `hasher` know the rows of each other again.
    ///
    /// # Errors
    /// As for [`Source::open`].
    pub(crate) fn open(path: &Path, hasher: &RandomState) -> Result<Self, Vec<Refusal>> {
        Ok(Self {
            source: Source::open(path)?,
            next: 0,
            seen: HashSet::new(),
            hasher: hasher.clone(),
        })
    }

    /// Which columns of the header are not read, counted from 1.
    pub(crate) fn ignored(&self) -> Vec<usize> {
        self.source.ignored()
    }

    /// What the file was when it was opened.
    pub(crate) const fn version(&self) -> &Version {
        self.source.version()
    }

    /// The next row, or nothing at the end.
    ///
    /// # Errors
    /// The file cannot be read any further.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, Refusal> {
        let Some(entry) = self.source.next()? else {
            return Ok(None);
        };
        let index = self.next;
        self.next += 1;
        let Entry { fields, broken, .. } = entry;
        let identity = self.hasher.hash_one((&fields, broken.is_some()));
        let (reference, row) = match (row::reference(&fields), broken) {
            (Err(_), Some(broken)) => (None, Err(vec![broken])),
            (Err(refusal), None) => (None, Err(with(refusal, Row::read(fields)))),
            (Ok(reference), broken) if !self.is_new(&reference) => {
                let repeated = Refusal::new(
                    "reference",
                    "stands in an earlier row",
                    "give each row a reference of its own, or take the row out",
                );
                (
                    Some(reference),
                    Err(std::iter::once(repeated).chain(broken).collect()),
                )
            }
            (Ok(reference), Some(broken)) => (Some(reference), Err(vec![broken])),
            (Ok(reference), None) => (Some(reference), Row::read(fields)),
        };
        Ok(Some(Line {
            index,
            begins: entry.line,
            identity,
            reference,
            row,
        }))
    }

    /// Eight keyed bytes of a million references collide once in 40 million files.
    fn is_new(&mut self, reference: &Reference) -> bool {
        self.seen.insert(self.hasher.hash_one(reference.as_str()))
    }
}

/// A refusal, and those that the rest of the row deserves.
fn with(refusal: Refusal, row: Result<Row, Vec<Refusal>>) -> Vec<Refusal> {
    let mut refusals = vec![refusal];
    refusals.extend(row.err().into_iter().flatten());
    refusals
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::batch::source::MAX_ROW;

    const HEADER: &str = "reference,cpf,name,email,phone,selfie\n";
    const GOOD: &str = "529.982.247-25,Test Subject,,,a.jpg";

    /// Each row as `line reference`, and the fields at fault where it has any; a last line for what ends the reading.
    fn read(name: &str, content: &[u8]) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        let mut told = String::new();
        let mut rows = match Rows::open(&path, &RandomState::new()) {
            Ok(rows) => rows,
            Err(refusals) => {
                let all: Vec<_> = refusals
                    .iter()
                    .map(|r| format!("{}: {}", r.field, r.rule))
                    .collect();
                return all.join("; ");
            }
        };
        let mut index = 0;
        loop {
            let line = match rows.next() {
                Ok(Some(line)) => line,
                Ok(None) => return told,
                Err(refusal) => {
                    let _ = write!(told, "{}: {}", refusal.field, refusal.rule);
                    return told;
                }
            };
            assert_eq!(line.index, index);
            index += 1;
            let reference = line
                .reference
                .as_ref()
                .map_or("-", |reference| reference.as_str());
            let _ = write!(told, "{} {reference}", line.begins);
            for refusal in line.row.err().into_iter().flatten() {
                let shown = format!("{refusal:?}");
                assert!(
                    !shown.contains("5299") && !shown.contains("Marker"),
                    "{shown}"
                );
                let _ = write!(told, " {}", refusal.field);
            }
            told.push('|');
        }
    }

    fn csv(rows: &str) -> String {
        read("in.csv", format!("{HEADER}{rows}").as_bytes())
    }

    /// What people's files look like: the good rows are read, each bad one is told by its line and field, and the rest goes on.
    #[test]
    fn csv_is_read_row_by_row() {
        for (rows, expected) in [
            (String::new(), ""),
            (format!("a,{GOOD}\nb,{GOOD}"), "2 a|3 b|"),
            (format!("a,{GOOD}\r\n\r\n\nb,{GOOD}\r\n"), "2 a|5 b|"),
            (format!(" a , {GOOD} \n"), "2 a|"),
            // A newline inside quotes belongs to the row: the row is refused for it, and lines are counted on.
            (
                format!("a,52998224725,\"Test\nMarker\",,,a.jpg\nb,{GOOD}\n"),
                "2 a subject.name|4 b|",
            ),
            (format!("\"a,\"\"1\"\"\",{GOOD}\n"), "2 a,\"1\"|"),
            (
                format!("a,{GOOD}\na,{GOOD}\nb,{GOOD}\n"),
                "2 a|3 a reference|4 b|",
            ),
            (format!(",{GOOD}\nb,{GOOD}\n"), "2 - reference|3 b|"),
            (format!("52998224725,{GOOD}\n"), "2 - reference|"),
            (
                format!("a,{GOOD},more\nb,{GOOD}\nc,d\nb,d\n"),
                "2 a row|3 b|4 c row|5 b reference row|",
            ),
            // Spreadsheets leave rows of nothing but separators.
            (
                format!(",,,,,\na,{GOOD}\n , ,\u{a0},,,\n\"\",,\n;;;;;\n;\t;\n,,\n"),
                "3 a|",
            ),
            (
                "a,529.982.247-26,,Marker,1,\nb,,Marker,,,a.jpg\n".into(),
                "2 a subject.code subject.email subject.phone subject.name selfie|3 b subject.code|",
            ),
            ("a,52998224725,Test Subject,,,-\n".into(), "2 a selfie|"),
        ] {
            assert_eq!(csv(&rows), expected, "{rows}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_spoil_their_own_row_alone() {
        let mut bytes = format!("{HEADER}a,52998224725,Jos").into_bytes();
        bytes.extend(b"\xe9 Marker,,,a.jpg\n");
        bytes.extend(format!("b,{GOOD}\n").bytes());
        assert_eq!(read("in.csv", &bytes), "2 a name|3 b|");
        // Behind another column a reference may not be one.
        let moved =
            "cpf,reference,name,selfie\n52998224725,a,Test,Subject,b.jpg\n52998224725,a,Test\n";
        assert_eq!(read("in.csv", moved.as_bytes()), "2 - row|3 - row|");
        let mut bytes = b"{\"reference\":\"a\xe9\"}\n".to_vec();
        bytes.extend(json("b").bytes());
        bytes.extend(b"{\"name\":\"Jos\xe9\",\"reference\":\"c\"}\n");
        assert_eq!(read("in.jsonl", &bytes), "1 - row|2 b|3 c row|");
        let utf16 = |text: &str| -> Vec<u8> {
            let units = format!("\u{feff}{text}");
            units.encode_utf16().flat_map(u16::to_le_bytes).collect()
        };
        assert_eq!(
            read("in.csv", &utf16(&format!("{HEADER}a,{GOOD}\n"))),
            "the header: is in UTF-16, which Windows calls Unicode"
        );
        let rows = read("in.jsonl", &utf16(&json("a")));
        assert!(rows.starts_with("1 - row|"), "{rows}");
    }

    #[test]
    fn a_header_is_taken_or_refused_whole() {
        let bom = format!("\u{feff}{HEADER}a,{GOOD}\n");
        assert_eq!(read("in.csv", bom.as_bytes()), "2 a|");
        for (header, expected) in [
            ("reference,cpf,name,selfie", ""),
            ("reference,curp,name,selfie,branch,useCase,subsidiaryId", ""),
            (
                "",
                "the header: has no column reference; the header: has no column name; the header: has no column selfie; the header: has no column cpf",
            ),
            ("reference,cpf,name", "the header: has no column selfie"),
            (
                "reference,cpf,name,selfie,use_case",
                "column 5: looks like useCase, spelt otherwise",
            ),
            (
                "reference,CPF,name,selfie",
                "column 2: looks like cpf, spelt otherwise",
            ),
            ("reference,cpf,name,selfie,cpf", "column 5: is cpf again"),
            (
                "order-1,52998224725,Marker,a.jpg",
                "the header: has no column reference; the header: has no column name; the header: has no column selfie; the header: has no column cpf",
            ),
        ] {
            assert_eq!(read("in.csv", header.as_bytes()), expected, "{header}");
        }
        assert_eq!(
            read("in.csv", b"\xff\xfer\0e\0f\0"),
            "the header: is in UTF-16, which Windows calls Unicode"
        );
        assert_eq!(
            read("in.txt", b""),
            "INPUT: has a name that does not tell what it holds"
        );
    }

    /// A quote that is left open would swallow the file row by row; nothing is sent of a file that cannot be read to its end.
    #[test]
    fn an_open_quote_ends_the_reading() {
        let rows = format!("a,{GOOD}\nb,529.982.247-25,\"Test")
            + &format!("x,{GOOD}\n").repeat(MAX_ROW / 4);
        assert_eq!(csv(&rows), "2 a|line 3: begins a row of more than 64 kB");
        let long = format!("{}{}{}", json("a"), "x".repeat(3 * MAX_ROW), "\n") + &json("b");
        assert_eq!(read("in.jsonl", long.as_bytes()), "1 a|2 - row|3 b|");
    }

    fn json(reference: &str) -> String {
        format!(
            "{{\"reference\":\"{reference}\",\"cpf\":\"52998224725\",\"name\":\"Test Subject\",\"selfie\":\"a.jpg\"}}\n"
        )
    }

    #[test]
    fn json_lines_are_read_row_by_row() {
        let good = json("a");
        for (rows, expected) in [
            (format!("\u{feff}{good}\r\n\n{}", json("b")), "1 a|4 b|"),
            (format!("{good}{good}"), "1 a|2 a reference|"),
            (
                good.replace("\"name\"", "\"note\":{\"x\":[1]},\"email\":null,\"name\""),
                "1 a|",
            ),
            (good.replace("\"52998224725\"", "52998224725"), "1 a cpf|"),
            (
                good.replace("\"Test Subject\"", "[\"Marker\"]"),
                "1 a name|",
            ),
            (good.replace("cpf", "CPF"), "1 a cpf|"),
            (
                good.replace("\"name\"", "\"cpf\":\"52998224725\",\"name\""),
                "1 a cpf|",
            ),
            // The reference may stand behind what is refused, and is told.
            (
                "{\"cpf\":5,\"name\":1,\"reference\":\"z\"}\n".into(),
                "1 z cpf|",
            ),
            (
                format!("{}\n{}", good.trim_end().trim_end_matches('}'), json("b")),
                "1 a row|2 b|",
            ),
            (format!("{} {{}}\n", good.trim_end()), "1 a row|"),
            (
                "[\"52998224725\"]\n\"Marker\"\nnull\n".into(),
                "1 - row|2 - row|3 - row|",
            ),
        ] {
            assert_eq!(read("in.jsonl", rows.as_bytes()), expected, "{rows}");
        }
    }

    #[test]
    fn a_code_stands_under_its_own_name() {
        let header = "reference,cpf,curp,name,selfie\n";
        for (row, expected) in [
            ("a,,HEGG560427MVZRRL04,Test Subject,a.jpg", "2 a|"),
            (
                "a,HEGG560427MVZRRL04,,Test Subject,a.jpg",
                "2 a subject.code|",
            ),
            (
                "a,52998224725,HEGG560427MVZRRL04,Test Subject,a.jpg",
                "2 a subject.code|",
            ),
        ] {
            assert_eq!(
                read("in.csv", format!("{header}{row}\n").as_bytes()),
                expected,
                "{row}"
            );
        }
    }
}
