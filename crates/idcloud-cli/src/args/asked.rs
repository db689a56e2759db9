//! The arguments that describe a process's request, as clap parses them: its answer does not.
//!
//! Must not guess a value that no flag gives.

use clap::{Args, ValueEnum};
use idcloud_flows::Flow;
use idcloud_model::{Capability, SelfieKind};

/// What a process was created for, and with what.
#[derive(Args)]
pub(crate) struct AskedArgs {
    /// The command that created the process; it decides what the answer is judged for
    #[arg(long = "as", value_name = "COMMAND", default_value = "onboard")]
    pub(crate) created_by: CreatedBy,
    /// What was sent: only with a capture token was liveness checked
    #[arg(long, value_name = "KIND")]
    selfie_kind: Option<SelfieArg>,
}

/// The commands that create processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CreatedBy {
    /// Identity verification, with whatever else the key has.
    Onboard,
    /// Liveness alone.
    Liveness,
    /// The 1:1 comparison.
    Compare,
    /// A document, captured or used again.
    Document,
}

/// What kind of selfie was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SelfieArg {
    /// A plain picture.
    Image,
    /// A token of the capture SDK.
    CaptureToken,
}

impl AskedArgs {
    /// The kind of the selfie that was sent; unknown without the flag.
    pub(crate) fn selfie(&self) -> SelfieKind {
        match self.selfie_kind {
            Some(SelfieArg::Image) => SelfieKind::Image,
            Some(SelfieArg::CaptureToken) => SelfieKind::CaptureToken,
            None => SelfieKind::Unknown,
        }
    }
}

impl CreatedBy {
    /// The flow of idcloud-flows.
    pub(crate) const fn flow(self) -> Flow {
        match self {
            Self::Onboard => Flow::Identity,
            Self::Liveness => Flow::Liveness,
            Self::Compare => Flow::Comparison,
            Self::Document => Flow::Document,
        }
    }

    /// Whether the command's answers can show this capability, whatever else its key has.
    ///
    /// The command's own capability is added to the declared ones and replaces none: they belong to
    /// the key, whatever was asked with it.
    pub(crate) fn tells_of(self, capability: Capability) -> bool {
        match self {
            Self::Onboard => true,
            Self::Compare if capability == Capability::Liveness => true,
            _ => capability == self.capability(),
        }
    }

    /// The capability that every key of the command has.
    pub(crate) const fn capability(self) -> Capability {
        match self {
            Self::Onboard => Capability::Identity,
            Self::Liveness => Capability::Liveness,
            Self::Compare => Capability::FaceMatch,
            Self::Document => Capability::Document,
        }
    }
}
