//! How real input files look, and which rows are read from them.
//!
//! Must not show the values of a row, even if the row is refused.

use std::fmt::Write as _;

use super::*;
use crate::batch::input::source::MAX_ROW;

const HEADER: &str = "reference,cpf,name,email,phone,selfie\n";
const GOOD: &str = "529.982.247-25,Test Subject,,,a.jpg";

/// Each row as `line reference`, followed by its refused fields; a last line for the error that
/// ended the reading.
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

/// Files as people write them: good rows are read, each bad row is reported by its line and field,
/// and reading continues.
#[test]
fn csv_is_read_row_by_row() {
    for (rows, expected) in [
        (String::new(), ""),
        (format!("a,{GOOD}\nb,{GOOD}"), "2 a|3 b|"),
        (format!("a,{GOOD}\r\n\r\n\nb,{GOOD}\r\n"), "2 a|5 b|"),
        (format!(" a , {GOOD} \n"), "2 a|"),
        // A newline inside quotes belongs to the row: the row is refused for it, and line numbers
        // stay correct.
        (
            format!("a,52998224725,\"Test\nMarker\",,,a.jpg\nb,{GOOD}\n"),
            "2 a name|4 b|",
        ),
        (format!("\"a,\"\"1\"\"\",{GOOD}\n"), "2 a,\"1\"|"),
        (
            format!("a,{GOOD}\na,{GOOD}\nb,{GOOD}\n"),
            "2 a|3 a reference|4 b|",
        ),
        (format!(",{GOOD}\nb,{GOOD}\n"), "2 - reference|3 b|"),
        (format!("52998224725,{GOOD}\n"), "2 - reference|"),
        (
            format!("a,{GOOD},more\nb,{GOOD}\nc,d\nb,d\ne\n\"f\",d\n"),
            "2 a row|3 b|4 c row|5 b reference row|6 e row|7 f row|",
        ),
        // Spreadsheets leave rows that consist of separators.
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
    // After another column the text may not be a reference.
    let moved = "cpf,reference,name,selfie\n52998224725,a,Test,Subject,b.jpg\n52998224725,a,Test\n";
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
        "INPUT: has a name without a known ending"
    );
}

/// An unclosed quote ends with its own row: no row is built from two, and no complete row is lost.
#[test]
fn an_open_quote_ends_with_its_row() {
    const OPEN: &str = "529.982.247-25,\"Test Subject,,,a.jpg";
    for (rows, expected) in [
        (format!("a,{OPEN}\nb,{GOOD}\n"), "2 a name|3 b|"),
        (format!("a,{OPEN}\r\nb,{GOOD}\r\n"), "2 a name|3 b|"),
        (format!("a,{GOOD}\nb,{OPEN}\n"), "2 a|3 b name|"),
        (format!("a,{GOOD}\nb,{OPEN}"), "2 a|3 b name|"),
        // The quote of the next row would close it.
        (
            format!("a,{OPEN}\nb,52998224725,\"Marker\",,,a.jpg\nc,{GOOD}\n"),
            "2 a name|3 b|4 c|",
        ),
        (
            format!("a,{OPEN}\nb,52998224725,\"Marker, M.\",,,a.jpg\nc,{GOOD}\n"),
            "2 a name|3 b|4 c|",
        ),
        (
            format!("a,{OPEN}\nb,{OPEN}\nc,{OPEN}\nd,{GOOD}\n"),
            "2 a name|3 b name|4 c name|5 d|",
        ),
        // In the complete row, `Marker"` is a name that contains a quote.
        (
            format!("a,{OPEN}\nb,52998224725,Marker\",,,a.jpg\nc,{GOOD}\n"),
            "2 a name|3 b|4 c|",
        ),
        (format!("\"a,{GOOD}\nb,{GOOD}\n"), "2 a reference|3 b|"),
        (
            format!("a,52998224725,Test Subject,,,\"a.jpg\nb,{GOOD}\n"),
            "2 a selfie|3 b|",
        ),
        (
            format!("a,{OPEN}\nb,,Marker,,,a.jpg\nc,,Marker\",,,b.jpg\nd,{GOOD}\n"),
            "2 a name|3 b subject.code|4 c subject.code|5 d|",
        ),
        // A wrong check digit does not hide a row, and a row without a number is no person's.
        (
            format!("a,{OPEN}\nb,52998224726,Marker,,,a.jpg\nc,{GOOD}\n"),
            "2 a name|3 b subject.code|4 c|",
        ),
        (
            format!("a,52998224725,\"Marker\nMarker,,,a.jpg\nb,{GOOD}\n"),
            "2 a name|4 b|",
        ),
        (
            format!("a,52998224725,\"Marker\" M.,x,,,a.jpg\nb,{GOOD}\n"),
            "2 a name|3 b|",
        ),
    ] {
        assert_eq!(csv(&rows), expected, "{rows}");
    }
    let many = format!("a,{OPEN}\n") + &format!("x,{GOOD}\n").repeat(3);
    assert_eq!(csv(&many), "2 a name|3 x|4 x reference|5 x reference|");
    let long = format!(
        "a,{}\n{}",
        "x".repeat(2 * MAX_ROW),
        format_args!("b,{GOOD}")
    );
    assert_eq!(csv(&long), "2 a row|3 b|");
    let swallowed = format!("a,{OPEN}\n") + &"Marker\n".repeat(MAX_ROW) + &format!("b,{GOOD}\n");
    assert_eq!(csv(&swallowed), format!("2 a name|{} b|", MAX_ROW + 3));
    assert_eq!(
        read("in.csv", b"reference,\"cpf,name,selfie\na,5,x,y\n"),
        "the header, column 2: opens a double quote that is not closed before the row ends"
    );
}

/// A column that is not read may hold a text of several lines, with commas and quotes, as
/// spreadsheets write it.
#[test]
fn a_value_may_have_several_lines_where_it_is_not_read() {
    let header = "reference,cpf,name,selfie,\"the\nnote\"\n";
    let row = "52998224725,Test Subject,a.jpg";
    for (rows, expected) in [
        (
            format!("a,{row},\"one\ntwo, \"\"2\"\"\n\n,,,,three\"\nb,{row},\n"),
            "3 a|7 b|",
        ),
        (
            format!("a,{row},\"Rua M, 12, Centro, x, y\nRua N, 3, Centro, x, y\"\nb,{row},c\n"),
            "3 a|5 b|",
        ),
        (
            format!("a,{row},\"one\nb,{row},c\nc,{row},\"d\"\n"),
            "3 a column 5|4 b|5 c|",
        ),
    ] {
        let told = read("in.csv", format!("{header}{rows}").as_bytes());
        assert_eq!(told, expected, "{rows}");
    }
    // The number of one row with the name and selfie of another.
    let header = "reference,cpf,note,name,selfie\n";
    for (rows, expected) in [
        (
            "a,52998224725,\"x, y\nz\",Test,a.jpg\nb,52998224725,,Test,b.jpg\n",
            "2 a|4 b|",
        ),
        (
            "a,52998224725,\"x,Test,a.jpg\nb,,y\",Test,b.jpg\n",
            "2 a column 3|3 b subject.code|",
        ),
    ] {
        let told = read("in.csv", format!("{header}{rows}").as_bytes());
        assert_eq!(told, expected, "{rows}");
    }
}

/// Blanks and byte order marks at the ends of a value are dropped; an invisible character inside is
/// named by its code point.
#[test]
fn what_cannot_be_seen_is_dropped_at_the_ends_and_named_inside() {
    let rows = format!(
        "\u{feff}a,{GOOD}\n\u{feff}\"b\",{GOOD}\n\u{a0}c\u{a0},\u{feff}529.982.247-25\u{a0},Test,,,\u{a0}a.jpg\n"
    );
    assert_eq!(csv(&rows), "2 a|3 b|4 c|");
    let rows = format!(
        "\u{feff}{}\u{feff}\u{feff}{}",
        json("a"),
        json("\u{feff}b\u{a0}")
    );
    assert_eq!(read("in.jsonl", rows.as_bytes()), "1 a|2 b|");
    let twice = format!("\u{feff}\u{feff}{HEADER}a,{GOOD}\n");
    assert_eq!(read("in.csv", twice.as_bytes()), "2 a|");
    let header = "reference,cp\u{200b}f,name,email,phone,selfie,useCase,subsidiaryId\n";
    assert!(read("in.csv", header.as_bytes()).contains("U+200B"));
    let header = header.replace('\u{200b}', "");
    for (row, named) in [
        ("a\u{200b},5,T,,,s,,", "reference holds"),
        ("a,5\u{200b},T,,,s,,", "subject.code"),
        ("a,5,T,a\u{a0}@b.c,,s,,", "subject.email"),
        ("a,5,T,\u{200b}a@b.c,,s,,", "subject.email"),
        ("a,5,T,,+55\u{2060}1,s,,", "subject.phone"),
        ("a,5,T,,,s,,x\u{a0}y", "subsidiaryId"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("in.csv");
        std::fs::write(&path, format!("{header}{row}\n")).unwrap();
        let mut rows = Rows::open(&path, &RandomState::new()).unwrap();
        let refusals = rows.next().unwrap().unwrap().row.err().unwrap();
        let is_named = |refusal: &Refusal| {
            let sentence = refusal.sentence();
            sentence.contains(named) && sentence.contains("U+")
        };
        assert!(refusals.iter().any(is_named), "{row}: {refusals:?}");
    }
}

/// Every row of the output has its reference, if one can be read.
#[test]
fn a_row_that_cannot_be_read_has_its_reference() {
    for (row, expected) in [
        ("{\"reference\":1}", "1 1 reference|"),
        ("{\"reference\":-7,\"cpf\":1}", "1 -7 reference|"),
        ("{\"reference\":52998224725}", "1 - reference|"),
        ("{\"reference\":true}", "1 - reference|"),
        ("{\"Reference\":\"e\"}", "1 e reference|"),
        ("{\"REFERENCE\":5,\"cpf\":[]}", "1 5 reference|"),
        (
            "{\"Reference\":\"other\",\"reference\":\"f\"}",
            "1 f reference|",
        ),
        ("{\"reference\":\"g\",", "1 g row|"),
        ("{\"reference\":\"h\",\"name\":\"\0\"}", "1 h row|"),
        ("{\"reference\":{\"reference\":\"i\"}}", "1 - reference|"),
    ] {
        assert_eq!(read("in.jsonl", row.as_bytes()), expected, "{row}");
    }
    let long = format!(
        "{{\"reference\":\"a\",\"name\":\"{}\"}}\n",
        "x".repeat(2 * MAX_ROW)
    );
    assert_eq!(read("in.jsonl", long.as_bytes()), "1 a row|");
}

#[test]
fn lines_that_are_too_long_are_passed_over() {
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
        // The reference may follow the refused value, and is still reported.
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
