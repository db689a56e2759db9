//! The error codes that this simulator answers with: each with its HTTP status and IDCloud's own
//! message.
//!
//! Must not carry anything of the request that it refuses.

use http::StatusCode;

/// A request refused by a rule.
///
/// The messages are wire values, exactly as IDCloud sends them (Onboarding page, error tables),
/// some in Portuguese and some in English. Clients should match on the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// HTTP status of the answer.
    pub(crate) status: StatusCode,
    /// IDCloud's code, a string on the wire.
    pub(crate) code: &'static str,
    /// IDCloud's message.
    pub(crate) description: &'static str,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $code:literal, $description:literal;)*) => {
        impl Refusal {
            $(
                $(#[$doc])*
                pub(crate) const $name: Self = Self {
                    status: StatusCode::$status,
                    code: $code,
                    description: $description,
                };
            )*

            /// Every refusal.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

refusals! {
    /// No `Authorization` header.
    NO_AUTHORIZATION = BAD_REQUEST, "20001", "O parâmetro authtoken não foi informado";
    /// No `APIKEY` header.
    NO_API_KEY = BAD_REQUEST, "20002", "O parâmetro APIKey não foi informado";
    /// The API key does not exist, or belongs to another tenant.
    UNKNOWN_API_KEY = FORBIDDEN, "10201", "O AppKey informado é inválido.";
    /// The access token was not issued here, or is not sent as a bearer.
    INVALID_TOKEN = FORBIDDEN, "10501", "O token informado é inválido.";
    /// The key lacks the capability for the request.
    NOT_PERMITTED = FORBIDDEN, "30017", "O usuário não tem permissão para executar está ação.";
    /// The access token has expired after its hour.
    EXPIRED_TOKEN = FORBIDDEN, "10502", "O token informado está expirado.";
    /// The access token is not a JWT.
    MALFORMED_TOKEN = FORBIDDEN, "30017", "Jwt header is an invalid JSON.";
    /// No body, not the expected JSON, or without a member whose absence has no code of its own.
    BAD_BODY = BAD_REQUEST, "20003", "The request body is missing or invalid.";
    /// No `subject`.
    NO_SUBJECT = BAD_REQUEST, "20004", "O parâmetro subject não foi informado.";
    /// No `subject.code`.
    NO_CODE = BAD_REQUEST, "20005", "O parâmetro subject.code não foi informado.";
    /// No `subject.name`.
    NO_NAME = BAD_REQUEST, "20006", "O parâmetro subject.name não foi informado.";
    /// No selfie.
    NO_IMAGE = BAD_REQUEST, "20009", "O parâmetro imagebase64 não foi informado.";
    /// Base64 of something other than a PNG, a JPEG or a WebP, or with a prefix.
    NOT_AN_IMAGE = BAD_REQUEST, "20505", "O base64 informado não é suportado. Os formatos aceitos são png, jpeg e webp.";
    /// More than 800 KB of base64.
    IMAGE_TOO_LARGE = BAD_REQUEST, "20506", "O base64 informado é muito grande. O tamanho máximo suportado é até 800kb.";
    /// A CPF or CURP with wrong digits or in the wrong form.
    INVALID_CODE = BAD_REQUEST, "20507", "O parâmetro subject.code é inválido.";
    /// Fewer than 640 x 480 pixels.
    IMAGE_TOO_SMALL = BAD_REQUEST, "20807", "A imagem precisa estar no padrão HD ou possuir uma resolução superior a 640 x 480.";
    /// Not base64 at all, or a picture with a broken header.
    INVALID_IMAGE = BAD_REQUEST, "20900", "O base64 informado não é válido.";
    /// A capture that no SDK made, or a plain image although the key demands a capture.
    INVALID_CAPTURE = BAD_REQUEST, "10506", "The bundle is invalid.";
    /// A capture older than ten minutes.
    EXPIRED_CAPTURE = BAD_REQUEST, "10507", "The JWT with the captured face is expired.";
    /// A capture that was sent before.
    USED_CAPTURE = BAD_REQUEST, "10508", "The JWT with the captured face has already been used.";
    /// A lookup without a process id, or with an invalid one.
    NO_PROCESS_ID = BAD_REQUEST, "20023", "O parâmetro processId não foi informado.";
    /// No such process, or another tenant's; also for a process that a create refers to.
    UNKNOWN_PROCESS = NOT_FOUND, "50001", "O processo informado não foi encontrado.";
    /// A fault of the server itself.
    INTERNAL = INTERNAL_SERVER_ERROR, "99999", "Internal failure! Try again later";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No code stands for two refusals, except the one with two documented meanings.
    #[test]
    fn codes_are_distinct() {
        let mut codes: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.code).collect();
        codes.sort_unstable();
        let twice: Vec<_> = codes.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert_eq!(twice, [["30017", "30017"]]);
    }
}
