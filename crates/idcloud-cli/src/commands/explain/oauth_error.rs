//! The error words of OAuth (RFC 6749, section 5.2), which the token endpoint returns for errors
//! without a code.
//!
//! Must not repeat a description: it may quote the assertion.

use idcloud_model::{Language, RetryClass};
use serde_json::Value;

use super::code::CodeObject;
use crate::output::render_text::pick;

/// The endpoint that returns them.
const ENDPOINT: &str = "POST /oauth2/token";

/// A word of an OAuth error answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OAuthError {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    InvalidScope,
    AccessDenied,
    ServerError,
    TemporarilyUnavailable,
    /// A word outside the standard.
    Other,
}

impl OAuthError {
    const KNOWN: [Self; 9] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::InvalidScope,
        Self::AccessDenied,
        Self::ServerError,
        Self::TemporarilyUnavailable,
    ];

    /// The error that a word names.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        let word = word.trim();
        Self::KNOWN.into_iter().find(|known| known.word() == word)
    }

    /// The error in an answer: a text under `error`, without IDCloud's envelope.
    pub(super) fn of_answer(answer: &Value) -> Option<Self> {
        let word = answer.get("error")?.as_str()?.trim();
        let is_word = !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        is_word.then(|| Self::of_word(word).unwrap_or(Self::Other))
    }

    const fn word(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::Other => "oauth_error",
        }
    }

    /// The explanation, as for a code.
    pub(super) fn object(self, language: Language) -> CodeObject {
        let say = |(english, portuguese)| pick(language, english, portuguese);
        let (retry, statuses): (RetryClass, &[u16]) = match self {
            Self::ServerError | Self::TemporarilyUnavailable => {
                (RetryClass::ReadsOnly, &[500, 503])
            }
            Self::InvalidClient => (RetryClass::Never, &[401, 400]),
            Self::AccessDenied | Self::UnauthorizedClient => (RetryClass::Never, &[400, 401, 403]),
            _ => (RetryClass::Never, &[400, 401]),
        };
        CodeObject::of_word(
            self.word(),
            self.texts().map(say),
            retry,
            ENDPOINT,
            statuses,
        )
    }

    /// Meaning, cause and remedy, each in English and Portuguese.
    const fn texts(self) -> Texts {
        match self {
            Self::InvalidRequest => INVALID_REQUEST,
            Self::InvalidClient => INVALID_CLIENT,
            Self::InvalidGrant => INVALID_GRANT,
            Self::UnauthorizedClient => UNAUTHORIZED_CLIENT,
            Self::UnsupportedGrantType => UNSUPPORTED_GRANT_TYPE,
            Self::InvalidScope => INVALID_SCOPE,
            Self::AccessDenied => ACCESS_DENIED,
            Self::ServerError => SERVER_ERROR,
            Self::TemporarilyUnavailable => TEMPORARILY_UNAVAILABLE,
            Self::Other => OTHER,
        }
    }
}

/// Meaning, cause and remedy, each in English and Portuguese.
type Texts = [(&'static str, &'static str); 3];

const INVALID_REQUEST: Texts = [
    (
        "The token request is not in form.",
        "O pedido de token está fora da forma.",
    ),
    (
        "A parameter is missing, repeated or unreadable, or the body is not sent as a form.",
        "Falta um parâmetro, ele se repete ou não pode ser lido, ou o corpo não foi enviado como formulário.",
    ),
    (
        "Send grant_type and assertion as application/x-www-form-urlencoded, once each.",
        "Envie grant_type e assertion como application/x-www-form-urlencoded, uma vez cada.",
    ),
];
const INVALID_CLIENT: Texts = [
    (
        "The service account is not known or not accepted.",
        "A conta de serviço não é conhecida ou não foi aceita.",
    ),
    (
        "iss names an account or tenant that does not exist in this environment; UAT and production share none.",
        "iss indica uma conta ou um tenant que não existe neste ambiente; UAT e produção não compartilham nenhum.",
    ),
    (
        "Compare account, tenant id and environment with what Unico gave; idcloud doctor looks for mix-ups.",
        "Compare conta, id do tenant e ambiente com o que a Unico forneceu; idcloud doctor procura trocas.",
    ),
];
const INVALID_GRANT: Texts = [
    (
        "The assertion is not accepted.",
        "A asserção não foi aceita.",
    ),
    (
        "It is expired, used before, signed by another key, meant for another aud, or issued under another name.",
        "Ela expirou, já foi usada, foi assinada com outra chave, destina-se a outro aud ou tem outro emissor.",
    ),
    (
        "Run idcloud doctor: it compares the clock, the key, iss and aud. Sign a new assertion for each request.",
        "Execute idcloud doctor: ele compara o relógio, a chave, iss e aud. Assine uma nova asserção para cada pedido.",
    ),
];
const UNAUTHORIZED_CLIENT: Texts = [
    (
        "The account may not ask for a token in this way.",
        "A conta não pode pedir um token desta forma.",
    ),
    (
        "The service account lacks the permission, or is not active.",
        "A conta de serviço não tem a permissão ou não está ativa.",
    ),
    (
        "Ask Unico's project manager to look at the account.",
        "Peça ao gerente de projeto da Unico que verifique a conta.",
    ),
];
const UNSUPPORTED_GRANT_TYPE: Texts = [
    (
        "The grant type is not supported.",
        "O tipo de concessão não é aceito.",
    ),
    (
        "grant_type is not urn:ietf:params:oauth:grant-type:jwt-bearer, or it was not encoded for a form.",
        "grant_type não é urn:ietf:params:oauth:grant-type:jwt-bearer, ou não foi codificado para um formulário.",
    ),
    (
        "Send exactly this grant type, percent-encoded.",
        "Envie exatamente este tipo, com codificação por cento.",
    ),
];
const INVALID_SCOPE: Texts = [
    ("The scope is not accepted.", "O escopo não foi aceito."),
    (
        "scope is missing from the assertion, or asks for more than the account has.",
        "scope falta na asserção, ou pede mais do que a conta tem.",
    ),
    (
        "Put scope * into the assertion.",
        "Ponha scope * na asserção.",
    ),
];
const ACCESS_DENIED: Texts = [
    ("Access is denied.", "O acesso foi negado."),
    (
        "A rule of the account stands against it: an address, a time, or a permission.",
        "Uma regra da conta o impede: um endereço, um horário ou uma permissão.",
    ),
    (
        "Ask Unico which restrictions the account has.",
        "Pergunte à Unico que restrições a conta tem.",
    ),
];
const SERVER_ERROR: Texts = [
    (
        "The identity server failed.",
        "O servidor de identidade falhou.",
    ),
    (
        "IDCloud usually says more in error_description, by a code such as 1.2.7; here it has none.",
        "O IDCloud costuma dizer mais em error_description, por um código como 1.2.7; aqui não há nenhum.",
    ),
    (
        "Ask again with a new assertion; if it stays so, ask Unico's support.",
        "Peça outra vez com uma nova asserção; se continuar, procure o suporte da Unico.",
    ),
];
const TEMPORARILY_UNAVAILABLE: Texts = [
    (
        "The identity server is overloaded or being maintained.",
        "O servidor de identidade está sobrecarregado ou em manutenção.",
    ),
    (
        "It answers nobody for the moment.",
        "No momento ele não atende ninguém.",
    ),
    (
        "Ask again a little later, with a new assertion.",
        "Peça outra vez um pouco depois, com uma nova asserção.",
    ),
];
const OTHER: Texts = [
    (
        "An OAuth error under a word that no standard has.",
        "Um erro OAuth com uma palavra que nenhuma norma tem.",
    ),
    (
        "The identity server, or something in between, refused the token request.",
        "O servidor de identidade, ou algo no caminho, recusou o pedido de token.",
    ),
    (
        "Look at who answered (headers, address), and run idcloud doctor.",
        "Veja quem respondeu (cabeçalhos, endereço) e execute idcloud doctor.",
    ),
];

#[cfg(test)]
mod tests {
    use idcloud_model::ErrorAnswer;

    use super::*;

    /// Each word of the standards is known in both languages, and an envelope of IDCloud's is not
    /// taken for one.
    #[test]
    fn words() {
        for known in OAuthError::KNOWN {
            let answer = serde_json::json!({"error": known.word(), "error_description": "x"});
            assert_eq!(OAuthError::of_answer(&answer), Some(known));
            let answer = serde_json::json!({"error": known.word()}).to_string();
            assert!(ErrorAnswer::from_body(answer.as_bytes()).is_oauth_error());
            assert!(known.texts().iter().all(|(en, pt)| en != pt));
        }
        for (answer, expected) in [
            (r#"{"error":"consent_required"}"#, Some(OAuthError::Other)),
            (r#"{"error":{"code":"20507"}}"#, None),
            (r#"{"error":"a whole sentence"}"#, None),
            (r#"{"error":""}"#, None),
            (r#"{"id":"x"}"#, None),
            ("[1]", None),
        ] {
            let answer = serde_json::from_str(answer).unwrap();
            assert_eq!(OAuthError::of_answer(&answer), expected, "{answer}");
        }
    }
}
