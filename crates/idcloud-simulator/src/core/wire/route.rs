//! The operation of a request.
//!
//! Must not depend on the host: a local server answers for both the API and the identity service.

use http::Method;

use crate::core::fault::FaultPoint;

/// The simulator's operations, by method and path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// `POST /oauth2/token`.
    Token,
    /// `POST /processes/v1`.
    Create,
    /// `GET /processes/v1/{id}` and, with details, `GET /processes/v2/{id}`.
    Process {
        /// The last part of the path: an id, or any other text.
        id: &'a str,
        /// Whether the second version is requested.
        details: bool,
    },
    /// The discovery document for OAuth libraries.
    Discovery,
    /// The keys that sign access tokens.
    KeySet,
    /// `GET /documents/v1`.
    Documents,
    /// The path exists, but only for this method.
    WrongMethod(&'static str),
    /// No such path.
    Nothing,
}

impl<'a> Route<'a> {
    /// The route of a request. A path that ends with `/processes/v1/` is a lookup without an id.
    pub(crate) fn of(method: &Method, path: &'a str) -> Self {
        if path == "/oauth2/token" {
            return if method == Method::POST {
                Self::Token
            } else {
                Self::WrongMethod("POST")
            };
        }
        let read = match path {
            "/documents/v1" => Some(Self::Documents),
            "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server" => {
                Some(Self::Discovery)
            }
            "/.well-known/jwks.json" => Some(Self::KeySet),
            _ => None,
        };
        if let Some(route) = read {
            return if method == Method::GET {
                route
            } else {
                Self::WrongMethod("GET")
            };
        }
        let (details, rest) = match (
            path.strip_prefix("/processes/v1"),
            path.strip_prefix("/processes/v2"),
        ) {
            (Some(""), _) => {
                return match *method {
                    Method::POST => Self::Create,
                    _ => Self::WrongMethod("POST"),
                };
            }
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Self::Nothing,
        };
        match rest.strip_prefix('/') {
            Some(id) if method == Method::GET => Self::Process { id, details },
            Some(_) => Self::WrongMethod("GET"),
            None => Self::Nothing,
        }
    }

    /// The point at which a fault can strike it.
    pub(crate) fn fault_point(self) -> Option<FaultPoint> {
        match self {
            Self::Token => Some(FaultPoint::Token),
            Self::Create => Some(FaultPoint::Create),
            Self::Process { details: false, .. } => Some(FaultPoint::Get),
            Self::Process { details: true, .. } => Some(FaultPoint::Details),
            Self::Documents => Some(FaultPoint::Documents),
            Self::Discovery | Self::KeySet | Self::WrongMethod(_) | Self::Nothing => None,
        }
    }

    /// The operation's name, for logs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Create => "create",
            Self::Process { details: false, .. } => "process",
            Self::Process { details: true, .. } => "process-details",
            Self::Documents => "documents",
            Self::Discovery => "discovery",
            Self::KeySet => "key-set",
            Self::WrongMethod(_) | Self::Nothing => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes() {
        let process = |id, details| Route::Process { id, details };
        for (method, path, expected) in [
            (Method::POST, "/oauth2/token", Route::Token),
            (Method::GET, "/oauth2/token", Route::WrongMethod("POST")),
            (Method::POST, "/processes/v1", Route::Create),
            (Method::GET, "/processes/v1", Route::WrongMethod("POST")),
            (Method::GET, "/processes/v1/", process("", false)),
            (Method::GET, "/processes/v1/abc", process("abc", false)),
            (Method::GET, "/processes/v2/abc", process("abc", true)),
            (
                Method::DELETE,
                "/processes/v1/abc",
                Route::WrongMethod("GET"),
            ),
            (Method::POST, "/processes/v2", Route::Nothing),
            (Method::GET, "/documents/v1", Route::Documents),
            (Method::GET, "/.well-known/jwks.json", Route::KeySet),
            (Method::POST, "/documents/v1", Route::WrongMethod("GET")),
            (Method::POST, "/processes/v11", Route::Nothing),
            (Method::GET, "/", Route::Nothing),
        ] {
            assert_eq!(Route::of(&method, path), expected, "{method} {path}");
        }
    }
}
