//! The texts that fuzz inputs start from.
//!
//! Must not hold a real person's data: the people are invented, and `Markername` must not be shown.
//! Characters up to U+00FF stand for bytes.

pub(super) const ANSWERS: &[&str] = &[
    r#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":3,"unicoId":{"result":"yes"},"liveness":1}"#,
    r#"{"Id":"80371B2A-3AC7-432E-866D-57FE37896AC6","Status":"3","UnicoId":{"Result":"Inconclusive"},"Score":"90"}"#,
    r#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","authenticated":true}"#,
    r#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":3,"idCloud":{"result":"approved"},"identityFraudsters":{"result":"Markername"},"government":{"serpro":-1},"riskLevel":{"result":"approved"},"biometryToken":{"result":"true"},"score":-100,"document":{"id":"d","content":{"n":"Markername"},"cpfMatch":true}}"#,
    r#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":5}"#,
];
pub(super) const ERRORS: &[&str] = &[
    r#"{"error":{"code":"20507","description":"Markername"}}"#,
    r#"{"Error":{"Code":20507,"Description":"Markername"}}"#,
    r#"{"error":"invalid_grant","error_description":"1.2.4 Markername"}"#,
    "<html>Markername</html>",
];
pub(super) const PICTURES: &[&str] = &[
    "\u{0089}PNG\r\n\u{001a}\n\0\0\0\rIHDR\0\0\u{0002}\u{00d0}\0\0\u{0003}\u{00c0}\u{0008}\u{0002}",
    "RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\u{009d}\u{0001}*\u{0080}\u{0002}\u{00e0}\u{0001}",
    "\u{00ff}\u{00d8}\u{00ff}\u{00e0}\0\u{0010}JFIF\0\u{0001}\u{0001}\0\0\u{0001}\0\u{0001}\0\0\u{00ff}\u{00c0}\0\u{0011}\u{0008}\u{0003}\u{00c0}\u{0002}\u{00d0}\u{0003}",
];
pub(super) const TOKENS: &[&str] = &[
    "eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjE3NjcyMjU2MDAsImV4cCI6MTc2NzIyNjIwMH0.Markername",
    "a.b.c",
];
pub(super) const KEYS: &[&str] = &[
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQMarkername\n-----END PRIVATE KEY-----\n",
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMarkername\n-----END RSA PRIVATE KEY-----\n",
];
pub(super) const STORED: &[&str] = &[
    r#"{"version":1,"processId":"80371b2a-3ac7-432e-866d-57fe37896ac6","flow":"identity","reference":"Markername","status":"processing","asked":{"capabilities":["identity"],"selfie":"image","seenPending":true},"policy":{"approveFrom":50,"requireLiveness":false,"minSerpro":null},"environment":"local","issuer":"a@b.iam.acesso.io","submittedAtUnix":1767225600,"simulated":true}"#,
];
pub(super) const REFERENCES: &[&str] = &["order-1041 Markername", "529.982.247-25", " "];
