//! The columns of a batch's input.
//!
//! Must not repeat an unknown name: in a file without a header, the first line holds a person's
//! data.

/// A column of CSV, or a key of JSON lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Reference,
    Cpf,
    Curp,
    Name,
    Email,
    Phone,
    Selfie,
    UseCase,
    SubsidiaryId,
}

/// The meaning of a name in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A known column.
    Known(Column),
    /// A known column in another spelling.
    ///
    /// It is refused: `use_case` in place of `useCase` would be left out of a billed request.
    Misspelt(Column),
    /// A column that a batch does not read.
    ///
    /// It is ignored, and reported by its place alone: a customer's own column does no harm, and in
    /// a file without a header a person stands there.
    Unknown,
}

impl Column {
    /// Every column, in the order of the documented header.
    pub(crate) const ALL: [Self; 9] = [
        Self::Reference,
        Self::Cpf,
        Self::Curp,
        Self::Name,
        Self::Email,
        Self::Phone,
        Self::Selfie,
        Self::UseCase,
        Self::SubsidiaryId,
    ];

    /// The name in the input.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Cpf => "cpf",
            Self::Curp => "curp",
            Self::Name => "name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Selfie => "selfie",
            Self::UseCase => "useCase",
            Self::SubsidiaryId => "subsidiaryId",
        }
    }

    /// The column that a name stands for.
    pub(crate) fn named(name: &str) -> Named {
        if let Some(column) = Self::ALL.into_iter().find(|column| column.as_str() == name) {
            return Named::Known(column);
        }
        let plain = plain(name);
        match Self::ALL
            .into_iter()
            .find(|column| self::plain(column.as_str()) == plain)
        {
            Some(column) => Named::Misspelt(column),
            None => Named::Unknown,
        }
    }
}

/// A name without the differences in spelling that people make.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_meant_is_told_from_one_that_was_not() {
        for (name, expected) in [
            ("reference", Named::Known(Column::Reference)),
            ("useCase", Named::Known(Column::UseCase)),
            ("use_case", Named::Misspelt(Column::UseCase)),
            ("CPF", Named::Misspelt(Column::Cpf)),
            ("Subsidiary ID", Named::Misspelt(Column::SubsidiaryId)),
            ("branch", Named::Unknown),
            ("", Named::Unknown),
        ] {
            assert_eq!(Column::named(name), expected, "{name}");
        }
    }
}
