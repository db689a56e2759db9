//! Made by `cargo xtask codegen` from `spec/`.
//!
//! Never edited by hand: change the spec and run it again.

use crate::catalogue::error_code::{Actor, CatalogueEntry, Endpoint, ErrorCode, RetryClass};
use crate::catalogue::language::Text;

/// The codes that are documented.
impl ErrorCode {
    /// `10502`: The access token is past its life of one hour.
    pub const ACCESS_TOKEN_EXPIRED: Self = Self::known("10502");
    /// `10501`: The access token was not accepted.
    pub const ACCESS_TOKEN_INVALID: Self = Self::known("10501");
    /// `20002`: The request has no API key.
    pub const API_KEY_MISSING: Self = Self::known("20002");
    /// `10201`: The API key is not known in this environment.
    pub const API_KEY_UNKNOWN: Self = Self::known("10201");
    /// `20001`: The request has no access token.
    pub const AUTHORIZATION_MISSING: Self = Self::known("20001");
    /// `20900`: The selfie's text is not base64, or what it encodes is no image.
    pub const BASE64_INVALID: Self = Self::known("20900");
    /// `20502`: The tenant is not set up completely on IDCloud's side.
    pub const BIOMETRICS_NOT_CONFIGURED: Self = Self::known("20502");
    /// `20003`: The body is empty or is not JSON.
    pub const BODY_INVALID: Self = Self::known("20003");
    /// `10506`: The API key takes captures of Unico's SDK only, and this was not one.
    pub const BUNDLE_INVALID: Self = Self::known("10506");
    /// `10507`: The capture token is older than ten minutes.
    pub const CAPTURE_TOKEN_EXPIRED: Self = Self::known("10507");
    /// `10508`: The capture token was sent before; each one can be used one time only.
    pub const CAPTURE_TOKEN_USED: Self = Self::known("10508");
    /// `20505`: The selfie is in no format that IDCloud reads.
    pub const IMAGE_FORMAT: Self = Self::known("20505");
    /// `20009`: The request has no selfie.
    pub const IMAGE_MISSING: Self = Self::known("20009");
    /// `20506`: The selfie is too large.
    pub const IMAGE_TOO_LARGE: Self = Self::known("20506");
    /// `20807`: The selfie has too few pixels.
    pub const IMAGE_TOO_SMALL: Self = Self::known("20807");
    /// `99999`: IDCloud failed inside.
    pub const INTERNAL_FAILURE: Self = Self::known("99999");
    /// `510`: IDCloud failed inside, or could not digest a parameter.
    pub const INTERNAL_FAILURE_OR_PARAMETER: Self = Self::known("510");
    /// `30017`: Either the access token is garbled, or the account may not do this: the documents give the code both meanings.
    pub const NOT_PERMITTED: Self = Self::known("30017");
    /// `1.2.11`: The service account is switched off.
    pub const OAUTH_ACCOUNT_INACTIVE: Self = Self::known("1.2.11");
    /// `1.2.18`: The service account is locked for a while.
    pub const OAUTH_ACCOUNT_LOCKED: Self = Self::known("1.2.18");
    /// `1.2.14`: The service account lacks the permissions that it asks for.
    pub const OAUTH_ACCOUNT_NOT_PERMITTED: Self = Self::known("1.2.14");
    /// `1.3.1`: The service account may not be used from this network address.
    pub const OAUTH_ADDRESS_RESTRICTED: Self = Self::known("1.3.1");
    /// `1.0.14`: The application is switched off.
    pub const OAUTH_APPLICATION_INACTIVE: Self = Self::known("1.0.14");
    /// `1.2.4`: The assertion's `exp` lies in the past.
    pub const OAUTH_ASSERTION_EXPIRED: Self = Self::known("1.2.4");
    /// `1.2.20`: The assertion could not be decoded.
    pub const OAUTH_ASSERTION_UNDECODABLE: Self = Self::known("1.2.20");
    /// `1.2.21`: The assertion could not be decoded, or another key signed it: the documents give the code both meanings.
    pub const OAUTH_ASSERTION_UNDECODABLE_OR_WRONG_KEY: Self = Self::known("1.2.21");
    /// `1.2.5`: The assertion could not be verified.
    pub const OAUTH_ASSERTION_UNVERIFIABLE: Self = Self::known("1.2.5");
    /// `1.2.7`: The assertion was used before; each one can be used one time only.
    pub const OAUTH_ASSERTION_USED: Self = Self::known("1.2.7");
    /// `1.2.22`: The assertion has claims that are not allowed.
    pub const OAUTH_CLAIM_FORBIDDEN: Self = Self::known("1.2.22");
    /// `1.2.19`: The service account may not act for a user.
    pub const OAUTH_IMPERSONATION: Self = Self::known("1.2.19");
    /// `1.2.6`: The private key is no longer accepted.
    pub const OAUTH_KEY_REPLACED: Self = Self::known("1.2.6");
    /// `1.1.1`: The assertion names no `scope`.
    pub const OAUTH_SCOPE_MISSING: Self = Self::known("1.1.1");
    /// `1.0.1`: The tenant in `iss` is not the one that the key was issued for.
    pub const OAUTH_TENANT_UNKNOWN: Self = Self::known("1.0.1");
    /// `1.3.2`: The service account may not be used at this date or hour.
    pub const OAUTH_TIME_RESTRICTED: Self = Self::known("1.3.2");
    /// `20023`: The process id is absent or is not an id.
    pub const PROCESS_ID_MISSING: Self = Self::known("20023");
    /// `50001`: No process with this id can be seen with these credentials.
    pub const PROCESS_NOT_FOUND: Self = Self::known("50001");
    /// `40004`: Nothing is published: the code stands only in the sample of an error answer.
    pub const SAMPLE_PLACEHOLDER: Self = Self::known("40004");
    /// `20503`: A failure on IDCloud's side; what was published of it is cut off.
    pub const SERVER_CONFIGURATION: Self = Self::known("20503");
    /// `20507`: The CPF or CURP is malformed, or nobody has it.
    pub const SUBJECT_CODE_INVALID: Self = Self::known("20507");
    /// `20005`: The person's CPF or CURP is absent.
    pub const SUBJECT_CODE_MISSING: Self = Self::known("20005");
    /// `20004`: The request does not say whom it is about.
    pub const SUBJECT_MISSING: Self = Self::known("20004");
    /// `20006`: The person's name is absent.
    pub const SUBJECT_NAME_MISSING: Self = Self::known("20006");
    /// `10700`: The access token could not be validated, for whatever reason.
    pub const TOKEN_VALIDATION_FAILED: Self = Self::known("10700");
}

/// Every documented code, sorted by its text.
pub(crate) static ERROR_CODES: &[CatalogueEntry] = &[
    CatalogueEntry {
        code: "1.0.1",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.0.1",
            "Authentication failed (1.0.1)",
        ],
        meaning: Text {
            en: "The tenant in `iss` is not the one that the key was issued for.",
            pt: "O tenant em `iss` não é aquele para o qual a chave foi emitida.",
        },
        cause: Text {
            en: "A mistyped tenant id, or the tenant of the other environment.",
            pt: "Um id de tenant digitado errado, ou o tenant do outro ambiente.",
        },
        remedy: Text {
            en: "Copy the tenant id from the payload that came with the private key.",
            pt: "Copie o id do tenant do payload que veio com a chave privada.",
        },
        retry: RetryClass::Never,
        actor: Actor::Operator,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.0.14",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.0.14",
            "Authentication failed (1.0.14)",
        ],
        meaning: Text {
            en: "The application is switched off.",
            pt: "A aplicação está desativada.",
        },
        cause: Text {
            en: "It was not activated yet, or was deactivated by Unico.",
            pt: "Ainda não foi ativada, ou foi desativada pela Unico.",
        },
        remedy: Text {
            en: "Ask Unico's project manager to activate it.",
            pt: "Peça ao gerente de projeto da Unico que a ative.",
        },
        retry: RetryClass::Never,
        actor: Actor::Unico,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.1.1",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.1.1",
            "Authentication failed (1.1.1)",
        ],
        meaning: Text {
            en: "The assertion names no `scope`.",
            pt: "A asserção não traz `scope`.",
        },
        cause: Text {
            en: "The claim was left out when the assertion was built.",
            pt: "O campo ficou de fora quando a asserção foi montada.",
        },
        remedy: Text {
            en: "Put `scope` into the assertion; `*` asks for everything that the account may do. This client always does.",
            pt: "Inclua `scope` na asserção; `*` pede tudo o que a conta pode fazer. Este cliente sempre inclui.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.2.11",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.2.11",
            "Authentication failed (1.2.11)",
        ],
        meaning: Text {
            en: "The service account is switched off.",
            pt: "A conta de serviço está desativada.",
        },
        cause: Text {
            en: "It was not activated yet, or was deactivated by Unico.",
            pt: "Ainda não foi ativada, ou foi desativada pela Unico.",
        },
        remedy: Text {
            en: "Ask Unico's project manager to activate it.",
            pt: "Peça ao gerente de projeto da Unico que a ative.",
        },
        retry: RetryClass::Never,
        actor: Actor::Unico,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.2.14",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.2.14",
            "Authentication failed (1.2.14)",
        ],
        meaning: Text {
            en: "The service account lacks the permissions that it asks for.",
            pt: "A conta de serviço não tem as permissões que solicita.",
        },
        cause: Text {
            en: "The permissions were never granted, or `scope` asks for more than the account has.",
            pt: "As permissões nunca foram concedidas, ou `scope` pede mais do que a conta tem.",
        },
        remedy: Text {
            en: "Ask Unico's project manager to grant them.",
            pt: "Peça ao gerente de projeto da Unico que as conceda.",
        },
        retry: RetryClass::Never,
        actor: Actor::Unico,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.2.18",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.2.18",
            "Authentication failed (1.2.18)",
        ],
        meaning: Text {
            en: "The service account is locked for a while.",
            pt: "A conta de serviço está bloqueada por um tempo.",
        },
        cause: Text {
            en: "Too many refused assertions in a row.",
            pt: "Asserções recusadas demais em sequência.",
        },
        remedy: Text {
            en: "Stop every program that uses these credentials, find out why they were refused, wait, then start one of them. Ask Unico if the lock stays.",
            pt: "Pare todos os programas que usam estas credenciais, descubra por que foram recusadas, espere e inicie um deles. Fale com a Unico se o bloqueio continuar.",
        },
        retry: RetryClass::Never,
        actor: Actor::Operator,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.2.19",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.2.19",
            "Authentication failed (1.2.19)",
        ],
        meaning: Text {
            en: "The service account may not act for a user.",
            pt: "A conta de serviço não pode agir em nome de um usuário.",
        },
        cause: Text {
            en: "The assertion has a `sub` claim.",
            pt: "A asserção tem o campo `sub`.",
        },
        remedy: Text {
            en: "Leave `sub` out. This client never sends it.",
            pt: "Retire `sub`. Este cliente nunca o envia.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.2.20",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.2.20",
            "Authentication failed (1.2.20)",
        ],
        meaning: Text {
            en: "The assertion could not be decoded.",
            pt: "A asserção não pôde ser decodificada.",
        },
        cause: Text {
            en: "A claim with a wrong name or type, a claim too many, or a text that was cut on the way.",
            pt: "Um campo com nome ou tipo errado, um campo a mais, ou um texto cortado no caminho.",
        },
        remedy: Text {
            en: "Build it with exactly `iss`, `aud`, `scope`, `iat` and `exp`, the times as whole seconds. This client does; look at what stands between it and the server.",
            pt: "Monte-a com exatamente `iss`, `aud`, `scope`, `iat` e `exp`, com os tempos em segundos inteiros. Este cliente faz isso; verifique o que há entre ele e o servidor.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.2.21",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.2.21",
            "Authentication failed (1.2.21)",
        ],
        meaning: Text {
            en: "The assertion could not be decoded, or another key signed it: the documents give the code both meanings.",
            pt: "A asserção não pôde ser decodificada, ou outra chave a assinou: a documentação dá ao código os dois sentidos.",
        },
        cause: Text {
            en: "Mostly the private key of another account or environment; else a claim with a wrong name or type.",
            pt: "Em geral a chave privada de outra conta ou ambiente; senão, um campo com nome ou tipo errado.",
        },
        remedy: Text {
            en: "Check first that the private key is the one of this account in this environment.",
            pt: "Confira primeiro se a chave privada é a desta conta neste ambiente.",
        },
        retry: RetryClass::Never,
        actor: Actor::Operator,
        source: "Authentication page; the newest contract gives it another meaning",
    },
    CatalogueEntry {
        code: "1.2.22",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.2.22",
            "Authentication failed (1.2.22)",
        ],
        meaning: Text {
            en: "The assertion has claims that are not allowed.",
            pt: "A asserção tem campos que não são permitidos.",
        },
        cause: Text {
            en: "A JWT library added `jti`, `nbf` or the like by itself.",
            pt: "Uma biblioteca de JWT acrescentou `jti`, `nbf` ou semelhante por conta própria.",
        },
        remedy: Text {
            en: "Send `iss`, `aud`, `scope`, `iat` and `exp`, and nothing else. This client does.",
            pt: "Envie `iss`, `aud`, `scope`, `iat` e `exp`, e nada mais. Este cliente faz isso.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.2.4",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.2.4",
            "Authentication failed (1.2.4)",
        ],
        meaning: Text {
            en: "The assertion's `exp` lies in the past.",
            pt: "O `exp` da asserção está no passado.",
        },
        cause: Text {
            en: "This machine's clock is wrong, or the assertion waited before it was sent.",
            pt: "O relógio desta máquina está errado, ou a asserção esperou antes do envio.",
        },
        remedy: Text {
            en: "Set the clock. Where this client measured the difference, it signs once more with the corrected time.",
            pt: "Acerte o relógio. Quando este cliente mediu a diferença, assina mais uma vez com a hora corrigida.",
        },
        retry: RetryClass::NewAssertion,
        actor: Actor::Operator,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.2.5",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.2.5",
            "Authentication failed (1.2.5)",
        ],
        meaning: Text {
            en: "The assertion could not be verified.",
            pt: "A asserção não pôde ser verificada.",
        },
        cause: Text {
            en: "The signature does not fit the account's key, or a claim such as `aud` has the wrong value.",
            pt: "A assinatura não corresponde à chave da conta, ou um campo como `aud` tem valor errado.",
        },
        remedy: Text {
            en: "Check that key, account name and identity URL belong together; `aud` is the identity URL without a slash at its end.",
            pt: "Confira se chave, nome da conta e URL de identidade são do mesmo conjunto; `aud` é a URL de identidade sem barra no final.",
        },
        retry: RetryClass::Never,
        actor: Actor::Operator,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.2.6",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.2.6",
            "Authentication failed (1.2.6)",
        ],
        meaning: Text {
            en: "The private key is no longer accepted.",
            pt: "A chave privada não é mais aceita.",
        },
        cause: Text {
            en: "New credentials were issued for the account, or the key was withdrawn.",
            pt: "Novas credenciais foram emitidas para a conta, ou a chave foi revogada.",
        },
        remedy: Text {
            en: "Use the newest key, or ask Unico for new credentials.",
            pt: "Use a chave mais recente, ou peça novas credenciais à Unico.",
        },
        retry: RetryClass::Never,
        actor: Actor::Operator,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.2.7",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.2.7",
            "Authentication failed (1.2.7)",
        ],
        meaning: Text {
            en: "The assertion was used before; each one can be used one time only.",
            pt: "A asserção já foi usada; cada uma vale uma única vez.",
        },
        cause: Text {
            en: "It was sent again, or two programs signed the same claims within one second, which gives the same text.",
            pt: "Foi reenviada, ou dois programas assinaram os mesmos campos no mesmo segundo, o que produz o mesmo texto.",
        },
        remedy: Text {
            en: "This client signs a new one, with another `exp`, and tries once more.",
            pt: "Este cliente assina outra, com `exp` diferente, e tenta mais uma vez.",
        },
        retry: RetryClass::NewAssertion,
        actor: Actor::Nobody,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.3.1",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.3.1",
            "Authentication failed (1.3.1)",
        ],
        meaning: Text {
            en: "The service account may not be used from this network address.",
            pt: "A conta de serviço não pode ser usada a partir deste endereço de rede.",
        },
        cause: Text {
            en: "The account has a list of allowed addresses, and this machine's outgoing address is not on it.",
            pt: "A conta tem uma lista de endereços permitidos, e o endereço de saída desta máquina não está nela.",
        },
        remedy: Text {
            en: "Tell Unico the outgoing address, or send through one that is on the list.",
            pt: "Informe à Unico o endereço de saída, ou envie por um que esteja na lista.",
        },
        retry: RetryClass::Never,
        actor: Actor::Operator,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "1.3.2",
        http_status: &[401],
        endpoints: &[Endpoint::Token],
        messages: &[
            "Falha na autenticação 1.3.2",
            "Authentication failed (1.3.2)",
        ],
        meaning: Text {
            en: "The service account may not be used at this date or hour.",
            pt: "A conta de serviço não pode ser usada nesta data ou hora.",
        },
        cause: Text {
            en: "The account is limited to certain days or hours.",
            pt: "A conta é limitada a certos dias ou horários.",
        },
        remedy: Text {
            en: "Ask Unico to lift the restriction, or send inside the allowed hours.",
            pt: "Peça à Unico que retire a restrição, ou envie dentro do horário permitido.",
        },
        retry: RetryClass::Never,
        actor: Actor::Operator,
        source: "Authentication page",
    },
    CatalogueEntry {
        code: "10201",
        http_status: &[403],
        endpoints: &[
            Endpoint::CreateProcess,
            Endpoint::Process,
            Endpoint::ProcessDetails,
            Endpoint::ReusableDocuments,
        ],
        messages: &["O AppKey informado é inválido."],
        meaning: Text {
            en: "The API key is not known in this environment.",
            pt: "A chave de API não existe neste ambiente.",
        },
        cause: Text {
            en: "The APIKEY header is missing or mistyped, or the key of one environment was sent to the other: test and production share no keys.",
            pt: "O cabeçalho APIKEY está ausente ou errado, ou a chave de um ambiente foi enviada ao outro: homologação e produção não compartilham chaves.",
        },
        remedy: Text {
            en: "Compare the key with the one that Unico issued for this environment. Every request will be refused until it is right.",
            pt: "Compare a chave com a que a Unico emitiu para este ambiente. Toda requisição será recusada até a correção.",
        },
        retry: RetryClass::Never,
        actor: Actor::Operator,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "10501",
        http_status: &[403, 401],
        endpoints: &[
            Endpoint::CreateProcess,
            Endpoint::Process,
            Endpoint::ProcessDetails,
            Endpoint::ReusableDocuments,
        ],
        messages: &["O token informado é inválido."],
        meaning: Text {
            en: "The access token was not accepted.",
            pt: "O token de acesso não foi aceito.",
        },
        cause: Text {
            en: "The token was cut, changed, revoked, or obtained from the other environment's identity server.",
            pt: "O token foi cortado, alterado, revogado ou obtido no servidor de identidade do outro ambiente.",
        },
        remedy: Text {
            en: "This client fetches a new token and tries once more. If it is refused again, check that the identity URL and the API URL belong to the same environment.",
            pt: "Este cliente busca um token novo e tenta mais uma vez. Se a recusa persistir, confira se a URL de identidade e a da API são do mesmo ambiente.",
        },
        retry: RetryClass::FreshToken,
        actor: Actor::Nobody,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "10502",
        http_status: &[403, 401],
        endpoints: &[
            Endpoint::CreateProcess,
            Endpoint::Process,
            Endpoint::ProcessDetails,
            Endpoint::ReusableDocuments,
        ],
        messages: &["O token informado está expirado."],
        meaning: Text {
            en: "The access token is past its life of one hour.",
            pt: "O token de acesso passou da sua validade de uma hora.",
        },
        cause: Text {
            en: "The request waited too long, or this machine's clock runs behind.",
            pt: "A requisição esperou demais, ou o relógio desta máquina está atrasado.",
        },
        remedy: Text {
            en: "This client fetches a new token and tries once more. If that happens often, check the clock.",
            pt: "Este cliente busca um token novo e tenta mais uma vez. Se isso for frequente, confira o relógio.",
        },
        retry: RetryClass::FreshToken,
        actor: Actor::Nobody,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "10506",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["The bundle is invalid.", "O bundle informado é inválido."],
        meaning: Text {
            en: "The API key takes captures of Unico's SDK only, and this was not one.",
            pt: "A chave de API só aceita capturas do SDK da Unico, e esta não é uma delas.",
        },
        cause: Text {
            en: "The key has a security method switched on and a plain image was sent, or the SDK was built with the bundle of another application.",
            pt: "A chave tem um método de segurança ativo e foi enviada uma imagem comum, ou o SDK foi configurado com o bundle de outro aplicativo.",
        },
        remedy: Text {
            en: "Send the SDK's encrypted output, from an application that is registered for this key; or ask Unico for a key without the security method.",
            pt: "Envie a saída criptografada do SDK, de um aplicativo registrado para esta chave; ou peça à Unico uma chave sem o método de segurança.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "10507",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["The JWT with the captured face is expired."],
        meaning: Text {
            en: "The capture token is older than ten minutes.",
            pt: "O token de captura tem mais de dez minutos.",
        },
        cause: Text {
            en: "Too much time passed between the capture and this request: a queue, a retry, or a person who left the screen open.",
            pt: "Passou tempo demais entre a captura e esta requisição: uma fila, uma repetição ou alguém que deixou a tela aberta.",
        },
        remedy: Text {
            en: "Have the person take a new selfie with the SDK and send it at once.",
            pt: "Peça à pessoa uma nova selfie pelo SDK e envie-a imediatamente.",
        },
        retry: RetryClass::NewCapture,
        actor: Actor::Person,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "10508",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["The JWT with the captured face has already been used."],
        meaning: Text {
            en: "The capture token was sent before; each one can be used one time only.",
            pt: "O token de captura já foi enviado antes; cada um vale uma única vez.",
        },
        cause: Text {
            en: "The same capture was submitted twice. After an attempt without an answer it suggests that the first one arrived, but does not prove that a process exists.",
            pt: "A mesma captura foi enviada duas vezes. Após uma tentativa sem resposta, sugere que a primeira chegou, mas não prova que exista um processo.",
        },
        remedy: Text {
            en: "Look for the first attempt in your own records before asking for a new selfie: a new capture makes a new billable process.",
            pt: "Procure a primeira tentativa nos seus registros antes de pedir nova selfie: uma nova captura gera um novo processo cobrado.",
        },
        retry: RetryClass::NewCapture,
        actor: Actor::Person,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "10700",
        http_status: &[500],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["Falha Interna!"],
        meaning: Text {
            en: "The access token could not be validated, for whatever reason.",
            pt: "O token de acesso não pôde ser validado, seja qual for o motivo.",
        },
        cause: Text {
            en: "Mostly an expired or broken token, in spite of a status that speaks of a server error.",
            pt: "Na maioria das vezes um token expirado ou corrompido, apesar do status que fala em erro do servidor.",
        },
        remedy: Text {
            en: "This client fetches a new token and tries once more. If it comes back, check the credentials with `idcloud doctor`.",
            pt: "Este cliente busca um token novo e tenta mais uma vez. Se voltar a ocorrer, confira as credenciais com `idcloud doctor`.",
        },
        retry: RetryClass::FreshToken,
        actor: Actor::Nobody,
        source: "IDLive error list (first generation)",
    },
    CatalogueEntry {
        code: "20001",
        http_status: &[400],
        endpoints: &[
            Endpoint::CreateProcess,
            Endpoint::Process,
            Endpoint::ProcessDetails,
            Endpoint::ReusableDocuments,
        ],
        messages: &[
            "O parâmetro authtoken não foi informado",
            "O parâmetro authtoken não foi informado.",
        ],
        meaning: Text {
            en: "The request has no access token.",
            pt: "A requisição não traz token de acesso.",
        },
        cause: Text {
            en: "The Authorization header is absent; a proxy or gateway on the way may have dropped it.",
            pt: "Falta o cabeçalho Authorization; um proxy ou gateway no caminho pode tê-lo removido.",
        },
        remedy: Text {
            en: "This client always sends the header: look at what stands between it and IDCloud.",
            pt: "Este cliente sempre envia o cabeçalho: verifique o que há entre ele e o IDCloud.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "20002",
        http_status: &[400],
        endpoints: &[
            Endpoint::CreateProcess,
            Endpoint::Process,
            Endpoint::ProcessDetails,
            Endpoint::ReusableDocuments,
        ],
        messages: &["O parâmetro APIKey não foi informado."],
        meaning: Text {
            en: "The request has no API key.",
            pt: "A requisição não traz chave de API.",
        },
        cause: Text {
            en: "The APIKEY header is absent or empty; a proxy or gateway on the way may have dropped it.",
            pt: "O cabeçalho APIKEY está ausente ou vazio; um proxy ou gateway no caminho pode tê-lo removido.",
        },
        remedy: Text {
            en: "This client always sends the header: look at what stands between it and IDCloud.",
            pt: "Este cliente sempre envia o cabeçalho: verifique o que há entre ele e o IDCloud.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "20003",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["The request body is missing or invalid."],
        meaning: Text {
            en: "The body is empty or is not JSON.",
            pt: "O corpo está vazio ou não é JSON.",
        },
        cause: Text {
            en: "The body was lost, cut or re-encoded on the way, or carries a member of the wrong type.",
            pt: "O corpo foi perdido, cortado ou recodificado no caminho, ou tem um campo de tipo errado.",
        },
        remedy: Text {
            en: "Send one JSON object with `Content-Type: application/json` and its exact `Content-Length`.",
            pt: "Envie um único objeto JSON com `Content-Type: application/json` e o `Content-Length` exato.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "20004",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["O parâmetro subject não foi informado."],
        meaning: Text {
            en: "The request does not say whom it is about.",
            pt: "A requisição não diz de quem se trata.",
        },
        cause: Text {
            en: "The member `subject` is absent, and the key's capabilities need it.",
            pt: "Falta o campo `subject`, exigido pelas capacidades da chave.",
        },
        remedy: Text {
            en: "Add `subject` with the person's number and name.",
            pt: "Inclua `subject` com o número e o nome da pessoa.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "20005",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["O parâmetro subject.code não foi informado."],
        meaning: Text {
            en: "The person's CPF or CURP is absent.",
            pt: "Falta o CPF ou a CURP da pessoa.",
        },
        cause: Text {
            en: "`subject.code` was left out or is empty.",
            pt: "`subject.code` não foi enviado ou está vazio.",
        },
        remedy: Text {
            en: "Send the CPF (11 digits) or CURP (18 characters), without dots or dashes.",
            pt: "Envie o CPF (11 dígitos) ou a CURP (18 caracteres), sem pontos nem traços.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "20006",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["O parâmetro subject.name não foi informado."],
        meaning: Text {
            en: "The person's name is absent.",
            pt: "Falta o nome da pessoa.",
        },
        cause: Text {
            en: "`subject.name` was left out or is empty.",
            pt: "`subject.name` não foi enviado ou está vazio.",
        },
        remedy: Text {
            en: "Send the name as the person gave it. Some pages call it optional; this client always wants it for identity verification.",
            pt: "Envie o nome como a pessoa o informou. Algumas páginas o dão como opcional; este cliente sempre o exige na verificação de identidade.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "20009",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["O parâmetro imagebase64 não foi informado."],
        meaning: Text {
            en: "The request has no selfie.",
            pt: "A requisição não traz selfie.",
        },
        cause: Text {
            en: "`imageBase64` was left out or is empty; an empty file has the same effect.",
            pt: "`imageBase64` não foi enviado ou está vazio; um arquivo vazio tem o mesmo efeito.",
        },
        remedy: Text {
            en: "Send the selfie as base64, or the SDK's capture token, in `imageBase64`.",
            pt: "Envie a selfie em base64, ou o token de captura do SDK, em `imageBase64`.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "20023",
        http_status: &[400],
        endpoints: &[Endpoint::Process, Endpoint::ProcessDetails],
        messages: &["O parâmetro processId não foi informado."],
        meaning: Text {
            en: "The process id is absent or is not an id.",
            pt: "O id do processo está ausente ou não é um id.",
        },
        cause: Text {
            en: "The path ends without an id, or with something that is not a UUID.",
            pt: "O caminho termina sem id, ou com algo que não é um UUID.",
        },
        remedy: Text {
            en: "Use the id exactly as the create answered it.",
            pt: "Use o id exatamente como a criação o devolveu.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "20502",
        http_status: &[500],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["A URI de biometria não foi definida no banco de dados"],
        meaning: Text {
            en: "The tenant is not set up completely on IDCloud's side.",
            pt: "A conta não está totalmente configurada do lado do IDCloud.",
        },
        cause: Text {
            en: "No biometrics service is configured for the tenant.",
            pt: "Não há serviço de biometria configurado para a conta.",
        },
        remedy: Text {
            en: "Nothing in the request can mend it: ask Unico's project manager.",
            pt: "Nada na requisição resolve: fale com o gerente de projeto da Unico.",
        },
        retry: RetryClass::ReadsOnly,
        actor: Actor::Unico,
        source: "IDLive error list (first generation)",
    },
    CatalogueEntry {
        code: "20503",
        http_status: &[500],
        endpoints: &[Endpoint::CreateProcess],
        messages: &[],
        meaning: Text {
            en: "A failure on IDCloud's side; what was published of it is cut off.",
            pt: "Falha do lado do IDCloud; o que foi publicado a respeito está cortado.",
        },
        cause: Text {
            en: "Not known. It is listed beside the codes for an incomplete server set-up.",
            pt: "Desconhecida. Aparece na lista ao lado dos códigos de configuração incompleta do servidor.",
        },
        remedy: Text {
            en: "Do not repeat the create by yourself: a process may exist. Take the case to Unico's support with the time and the process's data.",
            pt: "Não repita a criação por conta própria: pode já existir um processo. Leve o caso ao suporte da Unico com o horário e os dados do processo.",
        },
        retry: RetryClass::ReadsOnly,
        actor: Actor::Unico,
        source: "IDLive error list (first generation), of which the rest could not be read",
    },
    CatalogueEntry {
        code: "20505",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess],
        messages: &[
            "O base64 informado não é suportado. Os formatos aceitos são png, jpeg e webp.",
        ],
        meaning: Text {
            en: "The selfie is in no format that IDCloud reads.",
            pt: "A selfie não está em um formato que o IDCloud leia.",
        },
        cause: Text {
            en: "It is not a PNG, JPEG or WebP, or a `data:` prefix stands before the base64.",
            pt: "Não é PNG, JPEG nem WebP, ou há um prefixo `data:` antes do base64.",
        },
        remedy: Text {
            en: "Convert the picture to JPEG and send bare base64.",
            pt: "Converta a imagem para JPEG e envie o base64 puro.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "20506",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["O base64 informado é muito grande. O tamanho máximo suportado é até 800kb."],
        meaning: Text {
            en: "The selfie is too large.",
            pt: "A selfie é grande demais.",
        },
        cause: Text {
            en: "Its base64 has more than 819,200 characters, which is about 614,400 bytes of image.",
            pt: "Seu base64 tem mais de 819.200 caracteres, cerca de 614.400 bytes de imagem.",
        },
        remedy: Text {
            en: "Re-encode it as JPEG of quality 92, or at fewer pixels; 640 × 480 is enough.",
            pt: "Recodifique em JPEG com qualidade 92, ou com menos pixels; 640 × 480 basta.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "20507",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess, Endpoint::ReusableDocuments],
        messages: &["O parâmetro subject.code é inválido."],
        meaning: Text {
            en: "The CPF or CURP is malformed, or nobody has it.",
            pt: "O CPF ou a CURP está malformado ou não pertence a ninguém.",
        },
        cause: Text {
            en: "Wrong check digits, a wrong length, or a number that is well formed and was never issued.",
            pt: "Dígitos verificadores errados, tamanho errado, ou um número bem formado que nunca foi emitido.",
        },
        remedy: Text {
            en: "Ask the person for the number again.",
            pt: "Peça o número à pessoa novamente.",
        },
        retry: RetryClass::Never,
        actor: Actor::Person,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "20807",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess],
        messages: &[
            "A imagem precisa estar no padrão HD ou possuir uma resolução superior a 640 x 480.",
        ],
        meaning: Text {
            en: "The selfie has too few pixels.",
            pt: "A selfie tem pixels de menos.",
        },
        cause: Text {
            en: "Its longer side is under 640 pixels or its shorter side is under 480.",
            pt: "O lado maior tem menos de 640 pixels ou o menor tem menos de 480.",
        },
        remedy: Text {
            en: "Capture at a higher resolution. Enlarging the picture afterwards adds pixels, not evidence.",
            pt: "Capture em resolução maior. Ampliar a imagem depois acrescenta pixels, não evidência.",
        },
        retry: RetryClass::Never,
        actor: Actor::Person,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "20900",
        http_status: &[400],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["O base64 informado não é válido."],
        meaning: Text {
            en: "The selfie's text is not base64, or what it encodes is no image.",
            pt: "O texto da selfie não é base64, ou o que ele codifica não é uma imagem.",
        },
        cause: Text {
            en: "Line breaks, another alphabet, a cut text, or something that looks like an attack.",
            pt: "Quebras de linha, outro alfabeto, texto cortado ou algo que parece um ataque.",
        },
        remedy: Text {
            en: "Encode the picture's bytes once, in standard base64 with padding and no line breaks.",
            pt: "Codifique os bytes da imagem uma única vez, em base64 padrão com padding e sem quebras de linha.",
        },
        retry: RetryClass::Never,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "30017",
        http_status: &[403],
        endpoints: &[
            Endpoint::CreateProcess,
            Endpoint::Process,
            Endpoint::ProcessDetails,
            Endpoint::ReusableDocuments,
        ],
        messages: &[
            "Jwt header is an invalid JSON.",
            "O usuário não tem permissão para executar está ação.",
        ],
        meaning: Text {
            en: "Either the access token is garbled, or the account may not do this: the documents give the code both meanings.",
            pt: "Ou o token de acesso está corrompido, ou a conta não pode fazer isto: a documentação dá ao código os dois sentidos.",
        },
        cause: Text {
            en: "Stray characters in the token, or a service account without the permission.",
            pt: "Caracteres estranhos no token, ou uma conta de serviço sem a permissão.",
        },
        remedy: Text {
            en: "This client tries once with a new token, unless the token was new already. If that is refused too, ask Unico for the permission.",
            pt: "Este cliente tenta uma vez com um token novo, a menos que já fosse novo. Se também for recusado, peça a permissão à Unico.",
        },
        retry: RetryClass::FreshToken,
        actor: Actor::Operator,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "40004",
        http_status: &[],
        endpoints: &[Endpoint::CreateProcess],
        messages: &[],
        meaning: Text {
            en: "Nothing is published: the code stands only in the sample of an error answer.",
            pt: "Nada foi publicado: o código aparece apenas em um exemplo de resposta de erro.",
        },
        cause: Text {
            en: "Not known.",
            pt: "Desconhecida.",
        },
        remedy: Text {
            en: "Keep the answer's HTTP status and time, and ask Unico's support what the code stands for.",
            pt: "Guarde o status HTTP e o horário da resposta, e pergunte ao suporte da Unico o que o código significa.",
        },
        retry: RetryClass::Never,
        actor: Actor::Unico,
        source: "Biometric token page (first generation), as a placeholder in a sample",
    },
    CatalogueEntry {
        code: "50001",
        http_status: &[404],
        endpoints: &[Endpoint::Process, Endpoint::ProcessDetails],
        messages: &["O processo informado não foi encontrado."],
        meaning: Text {
            en: "No process with this id can be seen with these credentials.",
            pt: "Nenhum processo com este id é visível com estas credenciais.",
        },
        cause: Text {
            en: "It belongs to another tenant or environment, or was created a moment ago and is not readable yet.",
            pt: "Pertence a outra conta ou ambiente, ou foi criado há instantes e ainda não pode ser lido.",
        },
        remedy: Text {
            en: "Within 30 seconds of the create this client asks again. Later, check the id and the environment; it is no proof that the create never ran.",
            pt: "Até 30 segundos após a criação, este cliente consulta de novo. Depois disso, confira o id e o ambiente; não é prova de que a criação não ocorreu.",
        },
        retry: RetryClass::Later,
        actor: Actor::Developer,
        source: "Onboarding page (Portuguese)",
    },
    CatalogueEntry {
        code: "510",
        http_status: &[500],
        endpoints: &[Endpoint::CreateProcess],
        messages: &["Falha interna!"],
        meaning: Text {
            en: "IDCloud failed inside, or could not digest a parameter.",
            pt: "Falha dentro do IDCloud, ou um parâmetro que ele não conseguiu processar.",
        },
        cause: Text {
            en: "An outage on IDCloud's side or a member of the body with an unexpected type; the code does not tell the two apart.",
            pt: "Instabilidade no IDCloud ou um campo do corpo com tipo inesperado; o código não distingue os dois casos.",
        },
        remedy: Text {
            en: "Do not repeat the create by yourself: a process may exist. Check the body's types; if they are right, take the case to Unico's support.",
            pt: "Não repita a criação por conta própria: pode já existir um processo. Confira os tipos do corpo; se estiverem corretos, leve o caso ao suporte da Unico.",
        },
        retry: RetryClass::ReadsOnly,
        actor: Actor::Developer,
        source: "IDLive error list (first generation)",
    },
    CatalogueEntry {
        code: "99999",
        http_status: &[500],
        endpoints: &[
            Endpoint::CreateProcess,
            Endpoint::Process,
            Endpoint::ProcessDetails,
            Endpoint::ReusableDocuments,
        ],
        messages: &["Internal failure! Try again later"],
        meaning: Text {
            en: "IDCloud failed inside.",
            pt: "O IDCloud falhou internamente.",
        },
        cause: Text {
            en: "An outage or a fault on IDCloud's side.",
            pt: "Instabilidade ou falha do lado do IDCloud.",
        },
        remedy: Text {
            en: "Reads are repeated by this client. A create is not, because a process may exist in spite of the answer: look for it before you send again.",
            pt: "Leituras são repetidas por este cliente. Uma criação não, pois pode existir um processo apesar da resposta: procure-o antes de reenviar.",
        },
        retry: RetryClass::ReadsOnly,
        actor: Actor::Nobody,
        source: "Onboarding page (Portuguese)",
    },
];
