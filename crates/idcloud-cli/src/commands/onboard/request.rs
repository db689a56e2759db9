//! What `idcloud onboard` is to send, from its flags and files.
//!
//! Never stops at the first mistake: whoever corrects one should not meet the next only then.

use std::time::SystemTime;

use idcloud_model::SubsidiaryId;
use idcloud_model::request::{IdentityRequest, UseCase};

use crate::args::OnboardArgs;
use crate::failure::{Failure, Refusal};
use crate::input::Stdin;
use crate::selfie_input;
use crate::subject_input;

/// Reads and checks everything that is to be sent.
pub(super) fn request(
    args: &mut OnboardArgs,
    stdin: &mut Stdin<'_>,
    now: SystemTime,
) -> Result<IdentityRequest, Failure> {
    let mut refusals = Vec::new();
    let mut keep = |mut more: Vec<Refusal>| refusals.append(&mut more);
    let subject = subject_input::subject(args, stdin).map_err(&mut keep).ok();
    let selfie = selfie_input::selfie(&args.selfie, stdin, now)
        .map_err(&mut keep)
        .ok();
    let use_case = args
        .use_case
        .as_deref()
        .map(str::parse::<UseCase>)
        .transpose()
        .map_err(|error| {
            keep(vec![Refusal::new(
                "useCase",
                error.to_string(),
                "shorten it, or leave --use-case out",
            )]);
        });
    let subsidiary_id = args
        .subsidiary_id
        .as_deref()
        .map(str::parse::<SubsidiaryId>)
        .transpose()
        .map_err(|error| {
            let remedy = "copy the branch's id as Unico gave it, or leave --subsidiary-id out";
            keep(vec![Refusal::new(
                "subsidiaryId",
                error.to_string(),
                remedy,
            )]);
        });
    let (Some(subject), Some(selfie), Ok(use_case), Ok(subsidiary_id)) =
        (subject, selfie, use_case, subsidiary_id)
    else {
        return Err(Failure::refused_here(refusals));
    };
    let mut request = IdentityRequest::new(subject, selfie).map_err(|violations| {
        Failure::refused_here(violations.iter().map(Refusal::from).collect())
    })?;
    if let Some(use_case) = use_case {
        request = request.with_use_case(use_case);
    }
    if let Some(id) = subsidiary_id {
        request = request.with_subsidiary_id(id);
    }
    Ok(request)
}
