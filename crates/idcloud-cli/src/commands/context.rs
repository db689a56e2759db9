//! The context of a create, from its flags.
//!
//! Must not repeat a value of a flag.

use idcloud_model::SubsidiaryId;
use idcloud_model::request::UseCase;

use crate::args::create::ContextArgs;
use crate::failure::Refusal;

/// The use case and the branch, if they were given.
pub(super) struct Context {
    use_case: Option<UseCase>,
    subsidiary_id: Option<SubsidiaryId>,
}

impl Context {
    /// Reads the flags.
    ///
    /// # Errors
    /// Every rule that is broken, at once.
    pub(super) fn read(args: &ContextArgs) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let use_case = args.use_case.as_deref().and_then(|text| {
            let refused = |error: idcloud_model::request::UseCaseError| {
                let remedy = "shorten it, or leave --use-case out";
                refusals.push(Refusal::new("useCase", error.to_string(), remedy));
            };
            text.parse().map_err(refused).ok()
        });
        let subsidiary_id = args.subsidiary_id.as_deref().and_then(|text| {
            let refused = |error: idcloud_model::IdError| {
                let remedy = "copy the branch's id as Unico gave it, or leave --subsidiary-id out";
                refusals.push(Refusal::new("subsidiaryId", error.to_string(), remedy));
            };
            text.parse().map_err(refused).ok()
        });
        if !refusals.is_empty() {
            return Err(refusals);
        }
        Ok(Self {
            use_case,
            subsidiary_id,
        })
    }

    /// Adds the given values to the request.
    pub(super) fn apply<R>(
        self,
        request: R,
        with_use_case: impl FnOnce(R, UseCase) -> R,
        with_subsidiary_id: impl FnOnce(R, SubsidiaryId) -> R,
    ) -> R {
        let request = match self.use_case {
            Some(use_case) => with_use_case(request, use_case),
            None => request,
        };
        match self.subsidiary_id {
            Some(id) => with_subsidiary_id(request, id),
            None => request,
        }
    }
}
