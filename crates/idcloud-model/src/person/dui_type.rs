//! The kind of number that a subject's code is.
//!
//! Must not differ from the code that is sent: a number under another kind's name would be another
//! person's.

use crate::SubjectCode;
use crate::unknown::open_enum;

open_enum! {
    /// `subject.duiType`, which the newest contract requires of document creates and nothing else.
    ///
    /// Source: page of `POST /processes/v1` for documents of the newest contract; the overview of
    /// the same site takes CPF and CURP only.
    DuiType {
        /// Brazil: CPF.
        BrCpf = "DUI_TYPE_BR_CPF",
        /// Mexico: CURP.
        MxCurp = "DUI_TYPE_MX_CURP",
        /// United States: social security number.
        UsSsn = "DUI_TYPE_US_SSN",
        /// Nigeria: national identification number.
        NgNin = "DUI_TYPE_NG_NIN",
        /// Argentina: DNI.
        ArDni = "DUI_TYPE_AR_DNI",
        /// Indonesia: NIK.
        IdNik = "DUI_TYPE_ID_NIK",
    }
}

impl DuiType {
    /// The kind of `code`.
    #[must_use]
    pub const fn of(code: &SubjectCode) -> Self {
        match code {
            SubjectCode::Cpf(_) => Self::BrCpf,
            SubjectCode::Curp(_) => Self::MxCurp,
        }
    }
}
