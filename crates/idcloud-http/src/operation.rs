//! The operations of the API, and how each may be repeated.
//!
//! Must not call an operation a read that creates something.

use std::fmt;

/// One operation of the IDCloud API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `POST /oauth2/token` on the identity host: an assertion for an access token.
    Token,
    /// `POST /processes/v1`: creates a billable process.
    CreateProcess,
    /// `GET /processes/v1/{id}`: a process as it stands.
    Process,
    /// `GET /processes/v2/{id}`: the same, with additional information.
    ProcessDetails,
    /// `GET /documents/v1`: documents of a subject that can be reused.
    ReusableDocuments,
}

/// How an operation may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OperationKind {
    /// A token exchange: repeatable with a new assertion.
    Token,
    /// A create: billable, irreversible, and never repeated on a guess.
    Create,
    /// A lookup: free of side effects.
    Read,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 5] = [
        Self::Token,
        Self::CreateProcess,
        Self::Process,
        Self::ProcessDetails,
        Self::ReusableDocuments,
    ];

    /// The operation's stable name, as spans and errors show it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::CreateProcess => "create_process",
            Self::Process => "process",
            Self::ProcessDetails => "process_details",
            Self::ReusableDocuments => "reusable_documents",
        }
    }

    /// How the operation may be repeated.
    #[must_use]
    pub const fn kind(self) -> OperationKind {
        match self {
            Self::Token => OperationKind::Token,
            Self::CreateProcess => OperationKind::Create,
            Self::Process | Self::ProcessDetails | Self::ReusableDocuments => OperationKind::Read,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
