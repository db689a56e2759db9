//! The header of a CSV file: which column is which.
//!
//! Must not repeat an unknown name: in a file without a header, the first line holds a person's
//! data.

use csv::ByteRecord;

use crate::batch::input::column::{Column, Named};
use crate::batch::input::source;
use crate::failure::Refusal;
use crate::input::blanks;

/// The field that errors about the header name.
pub(crate) const FIELD: &str = "the header";

/// Whether these bytes can be the text of a header: UTF-8 without NUL.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'))
}

/// The refusal of a header that is not text.
pub(crate) fn not_text(bytes: &[u8]) -> Refusal {
    Refusal::new(
        FIELD,
        source::encoding(bytes),
        "save the file as CSV in UTF-8",
    )
}

/// The meaning of each column of the header; `None` for a column that is not read.
///
/// # Errors
/// Every rule that the header breaks.
pub(crate) fn columns(header: &ByteRecord) -> Result<Vec<Option<Column>>, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut columns: Vec<Option<Column>> = Vec::new();
    if !header.iter().all(is_text) {
        return Err(vec![not_text(header.as_slice())]);
    }
    for (position, name) in (1..).zip(header) {
        let name = blanks::trim(str::from_utf8(name).unwrap_or_default());
        let column = match Column::named(name) {
            Named::Known(column) => column,
            Named::Misspelt(column) => {
                let refusal = Refusal::new(
                    format!("column {position}"),
                    format!("looks like {}, spelt otherwise", column.as_str()),
                    format!("name it {}", column.as_str()),
                );
                refusals.push(blanks::named(refusal, name));
                column
            }
            Named::Unknown => {
                columns.push(None);
                continue;
            }
        };
        if columns.contains(&Some(column)) {
            refusals.push(Refusal::new(
                format!("column {position}"),
                format!("is {} again", column.as_str()),
                "keep one of the two",
            ));
        }
        columns.push(Some(column));
    }
    let has = |column| columns.contains(&Some(column));
    for column in [Column::Reference, Column::Name, Column::Selfie] {
        if !has(column) {
            refusals.push(missing(column.as_str(), header));
        }
    }
    if !has(Column::Cpf) && !has(Column::Curp) {
        refusals.push(missing("cpf", header));
    }
    if refusals.is_empty() {
        Ok(columns)
    } else {
        Err(refusals)
    }
}

fn missing(name: &str, header: &ByteRecord) -> Refusal {
    let semicolons = header.len() == 1 && header.iter().any(|text| text.contains(&b';'));
    let remedy = if semicolons {
        "separate the columns with commas, not with semicolons"
    } else {
        "begin the file with reference,cpf,name,email,phone,selfie"
    };
    Refusal::new(FIELD, format!("has no column {name}"), remedy)
}
