//! The requests and answers of every side: one create with an image of exactly 600,000 bytes, one
//! lookup.
//!
//! Must not hold a real person's data: the number is invented, and the image is a header with
//! filling.

use bytes::Bytes;
use idcloud_model::request::{CreateRequest, IdentityRequest, Segment};
use idcloud_model::{Image, ProcessId, SubjectDraft};

use crate::Failure;

/// The size of the image for which the figures are stated.
pub const IMAGE_BYTES: usize = 600_000;

/// A number with valid check digits that belongs to no known person.
pub const CODE: &str = "52998224725";
/// A name.
pub const NAME: &str = "Test Subject";
/// The process in the answer to creates and in lookups.
pub const PROCESS_ID: &str = "2b034568-dfaf-463f-94fb-18ed93c312e8";
/// The value of the header `apikey`.
pub const API_KEY: &str = "00000000-0000-0000-0000-000000000000";
/// The length of real access tokens.
pub const TOKEN_LENGTH: usize = 800;

/// A complete onboarding answer, as it is after the risk score.
pub const ANSWER: &str = r#"{"id":"2b034568-dfaf-463f-94fb-18ed93c312e8","status":3,"unicoId":{"result":"inconclusive"},"identityFraudsters":{"result":"inconclusive"},"score":90,"government":{"serpro":50},"liveness":1}"#;

/// The header `authorization` of the sides that do not fetch a token.
#[must_use]
pub fn authorization() -> String {
    format!("Bearer {}", "t".repeat(TOKEN_LENGTH))
}

/// The id that lookups ask for.
///
/// # Errors
/// None, unless the model stops reading ids.
pub fn process_id() -> Result<ProcessId, Failure> {
    Ok(PROCESS_ID.parse()?)
}

/// The create that every side sends.
///
/// # Errors
/// None, unless the model refuses the sample.
pub fn create() -> Result<CreateRequest, Failure> {
    create_of(IMAGE_BYTES)
}

/// A create with an image of `length` bytes.
///
/// # Errors
/// None, unless the model refuses the sample.
pub fn create_of(length: usize) -> Result<CreateRequest, Failure> {
    Ok(identity_of(length)?.into())
}

/// The same, as an identity request.
///
/// # Errors
/// None, unless the model refuses the sample.
pub fn identity_of(length: usize) -> Result<IdentityRequest, Failure> {
    let draft = SubjectDraft {
        code: Some(CODE.to_owned().into()),
        name: Some(NAME.to_owned().into()),
        ..SubjectDraft::default()
    };
    let image = Image::parse(jpeg(length))?;
    Ok(IdentityRequest::new(draft.parse()?, image)?)
}

/// The create's body: the part before the image's base64, the image, and the part after it.
///
/// # Errors
/// None, unless the model builds bodies in another way.
pub fn pieces(create: &CreateRequest) -> Result<(String, Bytes, String), Failure> {
    let body = create.body();
    match body.segments() {
        [
            Segment::Json(head),
            Segment::Base64(image),
            Segment::Json(tail),
        ] => Ok((head.to_string(), image.clone(), tail.to_string())),
        _ => Err("the body is not JSON, image, JSON".into()),
    }
}

/// A JPEG of 720 x 960 pixels with the headers that cameras write (JFIF, quantization tables,
/// frame), and meaningless data, of `length` bytes in total.
#[must_use]
pub fn jpeg(length: usize) -> Bytes {
    let mut bytes = b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    for table in 0..2 {
        bytes.extend(b"\xff\xdb\x00\x43");
        bytes.push(table);
        bytes.extend([1; 64]);
    }
    bytes.extend(b"\xff\xc0\x00\x11\x08\x03\xc0\x02\xd0\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01");
    bytes.extend(b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00");
    bytes.resize(length.saturating_sub(2), 0x55);
    bytes.extend(b"\xff\xd9");
    bytes.into()
}
