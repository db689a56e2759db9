//! The fuzz targets: each reads an input as the client, or the simulator, would.
//!
//! Must not judge a result, except by properties that hold for every input.

use std::fmt::Debug;
use std::time::SystemTime;

use bytes::Bytes;
use idcloud_flows::Pending;
use idcloud_flows::journal::{Record, Reference};
use idcloud_http::ServiceAccount;
use idcloud_model::{
    Asked, Capabilities, CaptureToken, ErrorAnswer, Image, Policy, Process, Selfie, SelfieKind,
    decide,
};

use super::base64_text;
use super::seeds::{ANSWERS, ERRORS, KEYS, PICTURES, REFERENCES, STORED, TOKENS};
use super::simulated;
use super::webhook_request;

/// No output about any input may show this.
pub(super) const MARKER: &str = "Markername";

/// A reader of external inputs.
pub(super) struct Target {
    /// Its name on the command line.
    pub(super) name: &'static str,
    /// The texts that inputs start from.
    pub(super) texts: &'static [&'static str],
    /// Reads an input.
    pub(super) read: Read,
}

/// How a target reads an input.
pub(super) enum Read {
    /// Returns every text about the input.
    Shown(fn(&[u8]) -> String),
    /// Returns the same, or the property that does not hold.
    Checked(fn(&[u8]) -> Result<String, String>),
}

/// CSV rows are missing here: only the command line's own tests can reach their reader.
pub(super) const TARGETS: &[Target] = &[
    target("answers", ANSWERS, Read::Shown(answer)),
    target("error-envelopes", ERRORS, Read::Shown(error)),
    target(
        "webhook-requests",
        webhook_request::TEXTS,
        Read::Checked(webhook_request::read),
    ),
    target("image-headers", PICTURES, Read::Checked(picture)),
    target(
        "base64",
        base64_text::TEXTS,
        Read::Checked(base64_text::read),
    ),
    target("capture-tokens", TOKENS, Read::Shown(token)),
    target("private-keys", KEYS, Read::Shown(key)),
    target("pending-processes", STORED, Read::Shown(stored)),
    target("references", REFERENCES, Read::Shown(reference)),
    target(
        "simulator",
        simulated::TEXTS,
        Read::Checked(simulated::read),
    ),
];

const fn target(name: &'static str, texts: &'static [&'static str], read: Read) -> Target {
    Target { name, texts, read }
}

fn shown<T: Debug>(value: &T) -> String {
    format!("{value:?}")
}

fn answer(input: &[u8]) -> String {
    let read = Process::from_json(input);
    let mut text = shown(&read);
    if let Ok(Process::Final(process)) = &read {
        for kind in [
            SelfieKind::Image,
            SelfieKind::CaptureToken,
            SelfieKind::Unknown,
        ] {
            let asked = Asked::new(Capabilities::NONE, kind);
            text.push_str(&shown(&decide(process, &asked, &Policy::default())));
        }
    }
    text
}

fn error(input: &[u8]) -> String {
    shown(&ErrorAnswer::from_body(input))
}

fn picture(input: &[u8]) -> Result<String, String> {
    let input = Bytes::copy_from_slice(input);
    let parsed = Image::parse(input.clone());
    if let Ok(image) = &parsed
        && *image.bytes() != input
    {
        return Err("a picture's file was changed".to_owned());
    }
    let selfie = Selfie::from_input(input, SystemTime::UNIX_EPOCH);
    Ok(format!("{parsed:?} {selfie:?}"))
}

fn token(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    shown(&CaptureToken::parse(&text, SystemTime::UNIX_EPOCH))
}

fn key(input: &[u8]) -> String {
    shown(&ServiceAccount::from_pem("account", "tenant", input))
}

fn stored(input: &[u8]) -> String {
    let pending = serde_json::from_slice::<Pending>(input).ok();
    let record = serde_json::from_slice::<Record>(input).ok();
    format!("{pending:?} {record:?}")
}

fn reference(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    shown(&text.parse::<Reference>())
}
