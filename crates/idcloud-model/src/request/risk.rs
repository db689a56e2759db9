//! Fraud risk classification of a person identified by an e-mail address, a telephone number or
//! another document.
//!
//! Must not be taken for a request about an identity: nothing about such a code is verified.

use super::Body;
use super::body::Writer;
use super::context::{Context, with_context};
use crate::{BirthDate, ClientReference, Email, Gender, PersonName, Phone, RiskCode, Selfie};

/// A request for fraud risk classification of a person without a known CPF or CURP (page of that
/// capability).
///
/// For a person with a CPF or CURP use an [`IdentityRequest`](super::IdentityRequest). The page
/// strongly recommends the members that are optional here, and the caller's own name for the person
/// ([`with_client_reference`](Self::with_client_reference)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskRequest {
    code: RiskCode,
    selfie: Selfie,
    name: Option<PersonName>,
    email: Option<Email>,
    phone: Option<Phone>,
    gender: Option<Gender>,
    birth_date: Option<BirthDate>,
    context: Context,
}

with_context!(RiskRequest);

macro_rules! members {
    ($($(#[$doc:meta])* $name:ident: $type:ty, $with:ident;)+) => {
        impl RiskRequest {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $with(mut self, value: $type) -> Self {
                    self.$name = Some(value);
                    self
                }
            )+
        }
    };
}

members! {
    /// The same request with the person's name.
    name: PersonName, with_name;
    /// The same request with the person's e-mail address.
    email: Email, with_email;
    /// The same request with the person's phone number.
    phone: Phone, with_phone;
    /// The same request with the person's gender.
    gender: Gender, with_gender;
    /// The same request with the person's birth date.
    birth_date: BirthDate, with_birth_date;
}

impl RiskRequest {
    /// A request about the person of `code`.
    #[must_use]
    pub fn new(code: RiskCode, selfie: impl Into<Selfie>) -> Self {
        Self {
            code,
            selfie: selfie.into(),
            name: None,
            email: None,
            phone: None,
            gender: None,
            birth_date: None,
            context: Context::NONE,
        }
    }

    /// The person's code.
    #[must_use]
    pub const fn code(&self) -> &RiskCode {
        &self.code
    }

    /// The selfie.
    #[must_use]
    pub const fn selfie(&self) -> &Selfie {
        &self.selfie
    }

    pub(super) fn body(&self) -> Body {
        self.written(Writer::new())
    }

    /// The body without the caller's name for the request.
    pub(super) fn first_form(&self) -> Body {
        self.written(Writer::of_first_form())
    }

    fn written(&self, mut writer: Writer) -> Body {
        let client_reference = writer.of_submission(&self.context);
        writer.object("subject", |writer| {
            writer.text("code", self.code.expose());
            writer.optional("name", self.name.as_ref().map(PersonName::expose));
            writer.optional("email", self.email.as_ref().map(Email::expose));
            writer.optional("phone", self.phone.as_ref().map(Phone::expose));
            writer.optional("gender", self.gender.as_ref().map(Gender::expose));
            writer.optional("birthDate", self.birth_date.as_ref().map(BirthDate::expose));
            writer.optional(
                "clientReference",
                client_reference.map(ClientReference::expose),
            );
        });
        self.context.write(&mut writer);
        writer.selfie(&self.selfie);
        writer.finish()
    }
}
