//! Caches parsed origins (scheme, host, port) as reqwest URLs.
//!
//! Must not let one address stand for another: a cached URL equals the one that parsing would give.
//!
//! Parsing a host (a numeric address, an international name) is the most expensive part of parsing
//! a URL, and a client uses two hosts for all its requests.

use std::sync::{PoisonError, RwLock};

use http::Uri;
use reqwest::Url;

use crate::transport::error::{TransportError, TransportErrorKind};

/// The most origins that are cached; others are parsed each time.
const MOST: usize = 8;

/// The cached origins.
#[derive(Default)]
pub(crate) struct UrlCache(RwLock<Vec<Origin>>);

struct Origin {
    scheme: Box<str>,
    authority: Box<str>,
    url: Url,
}

impl UrlCache {
    /// The address as a reqwest URL.
    pub(crate) fn url(&self, uri: &Uri) -> Result<Url, TransportError> {
        if let Some(mut url) = self.known(uri) {
            url.set_path(uri.path());
            url.set_query(uri.query());
            return Ok(url);
        }
        let url = Url::parse(&uri.to_string()).map_err(|error| {
            TransportError::new(TransportErrorKind::InvalidRequest).with_source(error)
        })?;
        self.remember(uri, &url);
        Ok(url)
    }

    fn known(&self, uri: &Uri) -> Option<Url> {
        let origins = self.0.read().unwrap_or_else(PoisonError::into_inner);
        origins
            .iter()
            .find(|origin| origin.is_of(uri))
            .map(|origin| origin.url.clone())
    }

    fn remember(&self, uri: &Uri, url: &Url) {
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return;
        };
        let mut url = url.clone();
        url.set_path("");
        url.set_query(None);
        let mut origins = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if origins.len() < MOST && !origins.iter().any(|origin| origin.is_of(uri)) {
            origins.push(Origin {
                scheme: scheme.into(),
                authority: authority.as_str().into(),
                url,
            });
        }
    }
}

impl Origin {
    /// Byte by byte: equal text before the path parses alike.
    fn is_of(&self, uri: &Uri) -> bool {
        uri.scheme_str() == Some(&*self.scheme)
            && uri
                .authority()
                .is_some_and(|authority| authority.as_str() == &*self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cached origin gives the same URL as parsing the whole address.
    #[test]
    fn remembered_addresses_are_the_same_addresses() {
        let origins = UrlCache::default();
        for origin in [
            "http://127.0.0.1:8080",
            "http://127.0.0.1:80",
            "http://127.1",
            "https://api.id.unico.app",
            "https://API.id.unico.app",
            "https://api.id.unico.app:443",
            "https://api.id.unico.app:8443",
            "https://user@api.id.unico.app",
            "https://[::1]:9",
        ] {
            for rest in [
                "",
                "/",
                "?a=b",
                "/processes/v1",
                "/processes/v1/2b034568-dfaf-463f-94fb-18ed93c312e8",
                "/documents/v1?code=52998224725&type=CNH",
                "/a/../b/./c//d?x=/../y&z=%20%zz'\"",
                "//double",
                "/%2e%2e/x",
                "/a;b=c@d:e?",
                "/processes/v1",
            ] {
                let Ok(uri) = format!("{origin}{rest}").parse::<Uri>() else {
                    continue;
                };
                for _ in 0..2 {
                    let url = origins.url(&uri).unwrap();
                    assert_eq!(url, Url::parse(&uri.to_string()).unwrap());
                }
            }
        }
        assert_eq!(origins.0.read().unwrap().len(), MOST);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let origins = UrlCache::default();
        for bad in ["/relative", "http://999.999.999.999/"] {
            let error = origins.url(&bad.parse().unwrap()).unwrap_err();
            assert_eq!(error.kind(), TransportErrorKind::InvalidRequest, "{bad}");
        }
        assert!(origins.0.read().unwrap().is_empty());
    }
}
