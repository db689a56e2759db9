//! Converts the flags of `simulator serve` into the configuration: budget, latency, faults,
//! webhook, control.
//!
//! Must not take a secret from the command line, nor show one.

use std::num::NonZeroU32;
use std::path::Path;

use http::Uri;
use idcloud_simulator::{
    CaptureMarking, Config, Counting, Notices, RateLimit, Webhook, WebhookAuth, WebhookAuthError,
};
use zeroize::Zeroizing;

use crate::commands::simulator::args::CapturesArg;
use crate::commands::simulator::args::CountingArg;
use crate::commands::simulator::args::NoticesArg;
use crate::commands::simulator::args::ServeArgs;
use crate::failure::Refusal;
use crate::files::kept_files::KeptFiles;
use crate::input;

/// Limit of a credentials file in bytes: it has one line.
const MAX_SECRET: u64 = 16 * 1024;

/// The configuration with the flags applied.
pub(super) fn configure(config: Config, args: &ServeArgs, rate: u16) -> Config {
    let counting = match args.counting {
        CountingArg::Sliding => Counting::SlidingWindow,
        CountingArg::Fixed => Counting::FixedWindow,
        CountingArg::Bucket => Counting::TokenBucket,
    };
    let captures = match args.captures {
        CapturesArg::BeforeProcessing => CaptureMarking::BeforeProcessing,
        CapturesArg::WithProcess => CaptureMarking::WithProcess,
        CapturesArg::AfterAnswer => CaptureMarking::AfterAnswer,
    };
    let limit = NonZeroU32::new(rate.into()).map(|rate| RateLimit::new(rate, counting));
    args.faults.iter().fold(
        config
            .with_rate_limit(limit)
            .with_dialect(args.dialect)
            .with_latency(args.latency)
            .with_captures_marked(captures),
        |config, rule| config.with_fault(rule.clone()),
    )
}

/// The files that the command reads; credentials must not replace them.
pub(super) fn kept(args: &ServeArgs) -> KeptFiles {
    [
        ("--webhook-auth-file", &args.webhook_auth_file),
        ("--control-token-file", &args.control_token_file),
    ]
    .into_iter()
    .filter_map(|(label, path)| Some((label, path.as_deref()?)))
    .fold(KeptFiles::default(), |kept, (label, path)| {
        kept.with(label, path)
    })
}

/// The webhook, if there is one.
pub(super) fn webhook(args: &ServeArgs) -> Result<Option<Webhook>, Refusal> {
    let Some(url) = &args.webhook else {
        return Ok(None);
    };
    let url = plain_http(url.clone(), "--webhook")?;
    let auth = match &args.webhook_auth_file {
        Some(path) => {
            let auth = auth(&secret("--webhook-auth-file", "the credentials", path)?)?;
            auth.check().map_err(cannot_be_sent)?;
            auth
        }
        None => WebhookAuth::None,
    };
    let notices = match args.webhook_notices {
        NoticesArg::Finished => Notices::Finished,
        NoticesArg::EveryChange => Notices::EveryChange,
    };
    Ok(Some(
        Webhook::new(url).with_auth(auth).with_notices(notices),
    ))
}

/// The token that allows other machines to use the control endpoints, if there is one.
pub(super) fn control_token(args: &ServeArgs) -> Result<Option<Zeroizing<String>>, Refusal> {
    const FLAG: &str = "--control-token-file";
    let Some(path) = &args.control_token_file else {
        return Ok(None);
    };
    let token = secret(FLAG, "the token", path)?;
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refusal::new(
            FLAG,
            "does not hold one token",
            "write one line of letters, digits and punctuation into it",
        ));
    }
    Ok(Some(token))
}

fn secret(flag: &str, what: &str, path: &Path) -> Result<Zeroizing<String>, Refusal> {
    let bytes = input::read_secret(flag, what, path, MAX_SECRET)?;
    input::text(flag, &bytes).map(|text| Zeroizing::new(text.trim().to_owned()))
}

fn auth(text: &str) -> Result<WebhookAuth, Refusal> {
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    let words: Vec<&str> = rest.split_whitespace().collect();
    match (kind, rest.trim(), words.as_slice()) {
        ("none", "", _) => Ok(WebhookAuth::None),
        ("basic", pair, _) if pair.contains(':') => {
            let (user, password) = pair.split_once(':').unwrap_or((pair, ""));
            Ok(WebhookAuth::Basic {
                user: user.to_owned(),
                password: password.to_owned(),
            })
        }
        ("api-key", value, _) if !value.is_empty() => Ok(WebhookAuth::ApiKey(value.to_owned())),
        ("oauth2", _, [url, id, secret]) => Ok(WebhookAuth::OAuth2 {
            token_url: url
                .parse()
                .map_err(|_| not_http("--webhook-auth-file"))
                .and_then(|url| plain_http(url, "--webhook-auth-file"))?,
            client_id: (*id).to_owned(),
            client_secret: (*secret).to_owned(),
        }),
        _ => Err(Refusal::new(
            "--webhook-auth-file",
            "holds no credentials of a known kind",
            "write one line: basic USER:PASSWORD, api-key HEADER:VALUE, api-key VALUE, or oauth2 TOKEN-URL CLIENT-ID CLIENT-SECRET",
        )),
    }
}

fn cannot_be_sent(error: WebhookAuthError) -> Refusal {
    Refusal::new(
        "--webhook-auth-file",
        "holds credentials that cannot be sent",
        error.to_string(),
    )
}

fn plain_http(url: Uri, flag: &str) -> Result<Uri, Refusal> {
    if url.scheme_str() == Some("http") && url.authority().is_some() {
        Ok(url)
    } else {
        Err(not_http(flag))
    }
}

fn not_http(flag: &str) -> Refusal {
    Refusal::new(
        flag,
        "is not an address over plain http",
        "give all of it, such as http://127.0.0.1:9000/notices",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_kind_of_credentials_is_read() {
        let read = |text: &str| auth(text).ok();
        assert!(matches!(read("none"), Some(WebhookAuth::None)));
        assert!(matches!(
            read("basic ann:p w:x"),
            Some(WebhookAuth::Basic { user, password }) if user == "ann" && password == "p w:x"
        ));
        assert!(matches!(
            read("api-key X-Key:a:b"),
            Some(WebhookAuth::ApiKey(value)) if value == "X-Key:a:b"
        ));
        assert!(matches!(
            read("oauth2 http://127.0.0.1:1/token me hush"),
            Some(WebhookAuth::OAuth2 { client_id, .. }) if client_id == "me"
        ));
        for wrong in [
            "",
            "basic",
            "basic ann",
            "api-key",
            "oauth2 me hush",
            "oauth2 https://a/t me hush",
            "magic x",
        ] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
