//! The person to verify: numbers, names, contacts.
//!
//! Must not show a value of a person in `Debug` or an error.

pub(crate) mod birth_date;
pub(crate) mod contact;
pub(crate) mod cpf;
pub(crate) mod curp;
pub(crate) mod dui_type;
pub(crate) mod personal;
pub(crate) mod personal_number;
#[cfg(feature = "pseudonym")]
pub(crate) mod pseudonym;
pub(crate) mod risk_code;
pub(crate) mod subject;
pub(crate) mod typed_marks;
