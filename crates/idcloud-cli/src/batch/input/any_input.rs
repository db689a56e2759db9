//! Property tests of the readers with random inputs: commas, quotes, line ends, names, numbers, and
//! bytes that are not UTF-8.
//!
//! Every test run tries some. `cargo xtask fuzz` sets `IDCLOUD_FUZZ_SECONDS` and tries inputs for
//! that long. To repeat an input, set `IDCLOUD_FUZZ_INPUT` to its bytes in hexadecimal digits.

use std::fmt::Write as _;
use std::time::Duration;

use idcloud_http::{Clock as _, SystemClock};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use crate::batch::input::csv_rows::CsvRows;
use crate::batch::input::json_rows::JsonRows;
use crate::batch::input::row::{self, Row};
use crate::batch::input::source::Entry;
use crate::failure::Refusal;

/// A personal value that no refusal may show.
const MARKER: &str = "Markername";

const HEADERS: &[&str] = &[
    "reference,cpf,name,email,phone,selfie\n",
    "\u{feff}reference,curp,name,selfie,useCase,subsidiaryId\r\n",
    "selfie,name,branch,cpf,reference\n",
    "",
];

const PARTS: &[&str] = &[
    ",",
    ",",
    ",",
    ",",
    ",",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "\"",
    "\"\"",
    "\"\n\"",
    " ",
    ";",
    "\t",
    "\0",
    "order-1",
    "order-2",
    "52998224725",
    "529.982.247-25",
    "HEGG560427MVZRRL04",
    "Markername",
    "Markername@example.com",
    "+5511999990000",
    "selfie.jpg",
    "-",
    "é",
    "\u{feff}",
    "{",
    "}",
    ":",
    "\"reference\":\"order-3\"",
    "\"cpf\":\"52998224725\"",
    "\"name\":\"Markername\"",
    "\"selfie\":\"a.jpg\"",
    "\\u0000",
    "\\",
    "null",
    "[",
    "]",
];

/// Random inputs, as the bytes of a file.
fn inputs() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        30 => select(PARTS).prop_map(|part| part.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
    ];
    (select(HEADERS), vec(part, 0..60)).prop_map(|(header, parts)| {
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend(parts.concat());
        bytes
    })
}

/// Reads an input as CSV and as JSON lines. Rows must come in the order of their lines, nothing may
/// follow the end, and no refusal may show a value of a row.
fn read(input: &[u8]) -> Result<(), String> {
    match CsvRows::open(input) {
        Ok(mut rows) => {
            // Reading the ignored columns twice gives the same result.
            if rows.ignored().count() != rows.ignored().count() {
                return Err("the header changes".to_owned());
            }
            rows_of(input, || rows.next())?;
        }
        Err(refusals) => hidden(&refusals)?,
    }
    let mut rows = JsonRows::open(input);
    rows_of(input, || rows.next())
}

fn rows_of(
    input: &[u8],
    mut next: impl FnMut() -> Result<Option<Entry>, Refusal>,
) -> Result<(), String> {
    let lines = input.split(|byte| *byte == b'\n').count();
    let mut before = 0;
    loop {
        let entry = match next() {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            Err(refusal) => return hidden(&[refusal]),
        };
        if entry.line <= before || entry.line > u64::try_from(lines).unwrap() {
            return Err(format!("line {} after {before}, of {lines}", entry.line));
        }
        before = entry.line;
        if let Some(refusal) = entry.broken {
            hidden(&[refusal])?;
        }
        if let Err(refusal) = row::reference(&entry.fields) {
            hidden(&[refusal])?;
        }
        if let Err(refusals) = Row::read(entry.fields) {
            hidden(&refusals)?;
        }
    }
    match next() {
        Ok(None) => Ok(()),
        _ => Err("there are rows after the end".to_owned()),
    }
}

fn hidden(refusals: &[Refusal]) -> Result<(), String> {
    let shown = format!("{refusals:?}");
    if refusals.is_empty() {
        return Err("refused without a reason".to_owned());
    }
    if shown.contains(MARKER) || shown.contains("5299") {
        return Err("a refusal shows what it refuses".to_owned());
    }
    Ok(())
}

fn hex(input: &[u8]) -> String {
    let mut text = String::new();
    for byte in input {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

fn from_hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// No personal value leaks, and no row is lost or returned twice, whatever the file holds.
#[test]
fn any_input_is_read_or_refused() {
    if let Ok(input) = std::env::var("IDCLOUD_FUZZ_INPUT") {
        assert_eq!(read(&from_hex(&input)), Ok(()));
        return;
    }
    let seconds = std::env::var("IDCLOUD_FUZZ_SECONDS").ok();
    let seconds = seconds.map_or(0, |seconds| seconds.parse().unwrap());
    let clock = SystemClock::new();
    let end = clock.instant() + Duration::from_secs(seconds);
    let mut tried = 0_u64;
    while tried == 0 || clock.instant() < end {
        let config = Config {
            failure_persistence: None,
            ..Config::default()
        };
        tried += u64::from(config.cases);
        let found = TestRunner::new(config)
            .run(&inputs(), |input| read(&input).map_err(TestCaseError::fail));
        match found {
            Ok(()) => {}
            Err(TestError::Fail(reason, input)) => panic!(
                "{reason}\n  input: {}\n  again: cargo xtask fuzz --target rows --input {}",
                input.escape_ascii(),
                hex(&input)
            ),
            Err(TestError::Abort(reason)) => panic!("given up: {reason}"),
        }
    }
    println!("rows: {tried} inputs read or refused");
}

/// The generated parts include rows that are good: otherwise only refusals would be tested.
#[test]
fn a_good_row_is_read() {
    let text = format!("{}order-1,52998224725,Markername,,,a.jpg\n", HEADERS[0]);
    let mut rows = CsvRows::open(text.as_bytes()).unwrap();
    let fields = rows.next().unwrap().unwrap().fields;
    assert!(Row::read(fields).is_ok());
    assert_eq!(read(text.as_bytes()), Ok(()));
    let input = b"a\xff";
    assert_eq!(from_hex(&hex(input)), input);
}
