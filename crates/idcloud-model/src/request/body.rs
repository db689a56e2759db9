//! A create's body in pieces, so that the sender can encode the picture straight into place.
//!
//! Must not send null or an empty member: only members that are present.

use std::fmt;

use bytes::Bytes;
use zeroize::Zeroizing;

use super::context::Context;
use crate::{
    BirthDate, CaptureToken, ClientReference, DuiType, Email, Gender, Image, Phone, Selfie, Subject,
};

/// One piece of a body.
#[derive(Clone)]
#[non_exhaustive]
pub enum Segment {
    /// JSON, verbatim.
    Json(Zeroizing<String>),
    /// Bytes to be written as standard padded base64.
    Base64(Bytes),
    /// A capture token, verbatim; its characters need no escape in JSON.
    CaptureToken(CaptureToken),
}

impl Segment {
    /// The piece's length in the body, in bytes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Json(json) => json.len(),
            Self::Base64(bytes) => bytes.len().div_ceil(3) * 4,
            Self::CaptureToken(token) => token.expose().len(),
        }
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Json(_) => "Json",
            Self::Base64(_) => "Base64",
            Self::CaptureToken(_) => "CaptureToken",
        };
        write!(f, "{kind}({} bytes, redacted)", self.encoded_len())
    }
}

/// The pieces of a body, in order.
#[derive(Debug, Clone)]
pub struct Body(Vec<Segment>);

impl Body {
    /// The pieces.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The body's exact length in bytes: its `Content-Length`.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        self.0.iter().map(Segment::encoded_len).sum()
    }
}

/// Room for a subject and the ids around it, so that a growing buffer leaves no partial copy
/// behind.
const USUAL_HEAD: usize = 1024;

/// Writes one JSON object, member by member.
pub(super) struct Writer {
    /// Whether to write only the members and forms of this library's first version.
    first_form: bool,
    done: Vec<Segment>,
    json: Zeroizing<String>,
    needs_comma: bool,
}

impl Writer {
    /// Writes the body that is sent.
    pub(super) fn new() -> Self {
        Self::of_form(false)
    }

    /// Writes the body that fingerprints are computed from: without the members that later versions
    /// add or normalize.
    pub(super) fn of_first_form() -> Self {
        Self::of_form(true)
    }

    fn of_form(first_form: bool) -> Self {
        let mut json = Zeroizing::new(String::with_capacity(USUAL_HEAD));
        json.push('{');
        Self {
            first_form,
            done: Vec::new(),
            json,
            needs_comma: false,
        }
    }

    /// Ends the object and the body.
    pub(super) fn finish(mut self) -> Body {
        self.json.push('}');
        self.done.push(Segment::Json(self.json));
        Body(self.done)
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.string(value);
    }

    pub(super) fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    pub(super) fn object(&mut self, name: &str, members: impl FnOnce(&mut Self)) {
        self.name(name);
        self.nested(members);
    }

    /// An array of objects.
    pub(super) fn array<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        member: impl Fn(&mut Self, T),
    ) {
        self.name(name);
        self.json.push('[');
        self.needs_comma = false;
        for item in items {
            self.comma();
            self.nested(|writer| member(writer, item));
        }
        self.json.push(']');
        self.needs_comma = true;
    }

    /// The caller's name for the submission; the first form has none.
    pub(super) fn of_submission<'a>(&self, context: &'a Context) -> Option<&'a ClientReference> {
        let name = context.client_reference.as_ref();
        name.filter(|_| !self.first_form)
    }

    pub(super) fn subject(&mut self, subject: &Subject, context: &Context) {
        self.subject_of_kind(subject, context, None);
    }

    /// Writes the subject, with the kind of the code if one is given.
    pub(super) fn subject_of_kind(
        &mut self,
        subject: &Subject,
        context: &Context,
        kind: Option<&DuiType>,
    ) {
        let first_form = self.first_form;
        let kind = kind.filter(|_| !first_form);
        let name = subject.name().map(|name| {
            if first_form {
                name.as_given()
            } else {
                name.expose()
            }
        });
        // A name set for the submission takes precedence over the person's own.
        let of_submission = self.of_submission(context);
        let client_reference = of_submission.or_else(|| subject.client_reference());
        self.object("subject", |writer| {
            writer.text("code", subject.code().expose());
            writer.optional("duiType", kind.and_then(DuiType::as_str));
            writer.optional("name", name);
            writer.optional("email", subject.email().map(Email::expose));
            writer.optional("phone", subject.phone().map(Phone::expose));
            writer.optional("gender", subject.gender().map(Gender::expose));
            writer.optional("birthDate", subject.birth_date().map(BirthDate::expose));
            writer.optional(
                "clientReference",
                client_reference.map(ClientReference::expose),
            );
        });
    }

    pub(super) fn selfie(&mut self, selfie: &Selfie) {
        match selfie {
            Selfie::Image(image) => self.image("imageBase64", image),
            Selfie::CaptureToken(token) => self.capture_token(token),
        }
    }

    pub(super) fn capture_token(&mut self, token: &CaptureToken) {
        self.name("imageBase64");
        self.quoted(Segment::CaptureToken(token.clone()));
    }

    pub(super) fn image(&mut self, name: &str, image: &Image) {
        self.name(name);
        self.quoted(Segment::Base64(image.bytes().clone()));
    }

    fn quoted(&mut self, segment: Segment) {
        self.json.push('"');
        let head = std::mem::take(&mut self.json);
        self.done.push(Segment::Json(head));
        self.done.push(segment);
        self.json.push('"');
    }

    fn nested(&mut self, members: impl FnOnce(&mut Self)) {
        self.json.push('{');
        self.needs_comma = false;
        members(self);
        self.json.push('}');
        self.needs_comma = true;
    }

    fn name(&mut self, name: &str) {
        self.comma();
        self.string(name);
        self.json.push(':');
    }

    fn comma(&mut self) {
        if std::mem::replace(&mut self.needs_comma, true) {
            self.json.push(',');
        }
    }

    /// Writes a JSON string (RFC 8259): quotes, backslashes and control characters escaped,
    /// everything else unchanged.
    fn string(&mut self, value: &str) {
        self.json.push('"');
        for c in value.chars() {
            match c {
                '"' => self.json.push_str("\\\""),
                '\\' => self.json.push_str("\\\\"),
                control if u32::from(control) < 0x20 => {
                    self.json.push_str("\\u00");
                    for nibble in [u32::from(control) >> 4, u32::from(control) & 0xf] {
                        self.json.extend(char::from_digit(nibble, 16));
                    }
                }
                other => self.json.push(other),
            }
        }
        self.json.push('"');
    }
}
