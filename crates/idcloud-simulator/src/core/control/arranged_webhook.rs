//! A webhook in the JSON of the rules.
//! Must not use anything but plain HTTP: receivers are on this machine or next to it.

use http::Uri;
use serde::Deserialize;

use super::rules::{RulesError, span};
use crate::{Notices, Webhook, WebhookAuth};

/// Its tenant, its address, and the form of its notices.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ArrangedWebhook {
    tenant_id: Option<String>,
    url: String,
    auth: Option<Auth>,
    notices: Option<Told>,
    flow: Option<String>,
    attempts: Option<u32>,
    first_wait: Option<String>,
    longest_wait: Option<String>,
    timeout: Option<String>,
    in_flight: Option<usize>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Told {
    Finished,
    EveryChange,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
enum Auth {
    None,
    Basic {
        user: String,
        password: String,
    },
    ApiKey {
        value: String,
    },
    #[serde(rename = "oauth2")]
    OAuth2 {
        token_url: String,
        client_id: String,
        client_secret: String,
    },
}

impl ArrangedWebhook {
    pub(super) fn parse(self) -> Result<(Option<String>, Webhook), RulesError> {
        let mut webhook = Webhook::new(address(&self.url)?);
        if let Some(auth) = self.auth {
            let auth = auth.parse()?;
            auth.check().map_err(RulesError::Credential)?;
            webhook = webhook.with_auth(auth);
        }
        if let Some(notices) = self.notices {
            webhook = webhook.with_notices(match notices {
                Told::Finished => Notices::Finished,
                Told::EveryChange => Notices::EveryChange,
            });
        }
        if let Some(flow) = self.flow {
            webhook = webhook.with_flow(flow);
        }
        if let Some(timeout) = span(self.timeout)? {
            webhook = webhook.with_timeout(timeout);
        }
        if let Some(most) = self.in_flight {
            webhook = webhook.with_in_flight(most);
        }
        let attempts = self.attempts.unwrap_or(webhook.attempts);
        let first = span(self.first_wait)?.unwrap_or(webhook.first_wait);
        let longest = span(self.longest_wait)?.unwrap_or(webhook.longest_wait);
        Ok((
            self.tenant_id,
            webhook.with_attempts(attempts, first, longest),
        ))
    }
}

impl Auth {
    fn parse(self) -> Result<WebhookAuth, RulesError> {
        Ok(match self {
            Self::None => WebhookAuth::None,
            Self::Basic { user, password } => WebhookAuth::Basic { user, password },
            Self::ApiKey { value } => WebhookAuth::ApiKey(value),
            Self::OAuth2 {
                token_url,
                client_id,
                client_secret,
            } => WebhookAuth::OAuth2 {
                token_url: address(&token_url)?,
                client_id,
                client_secret,
            },
        })
    }
}

fn address(text: &str) -> Result<Uri, RulesError> {
    text.parse()
        .ok()
        .filter(|uri: &Uri| uri.scheme_str() == Some("http") && uri.authority().is_some())
        .ok_or(RulesError::Url)
}
