//! `idcloud explain`: the meaning of a code, an answer, a notification or a capture token.
//!
//! Must not send anything, nor take an answer for more than it proves: flags give what was
//! requested.

pub(crate) mod args;
pub(crate) mod detect;

mod capture_token;
mod code;
mod notification;
mod oauth_error;
mod token_answer;

use std::path::Path;

use idcloud_http::{Clock as _, SystemClock};
use idcloud_model::{Asked, Capabilities, ErrorCode, Language, Policy, Process, decide};

use self::capture_token::TokenObject;
use self::code::CodeObject;
use self::detect::Recognised;
use self::notification::NotificationObject;
use self::oauth_error::OAuthError;
use self::token_answer::TokenAnswerObject;
use crate::commands::explain::args::ExplainArgs;
use crate::config;
use crate::config::settings::{Setting, Settings};
use crate::failure::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::input::{self, Stdin};
use crate::output::Output;
use crate::output::render_text;
use crate::output::result_object::{Context, ResultObject};
use crate::verify::outcome;

/// Limit of the input in bytes: far above any answer.
const MAX_FILE: u64 = 16 * 1024 * 1024;

const FIELD: &str = "input";

/// Runs the command.
pub(crate) fn run(
    args: &ExplainArgs,
    settings: &Settings,
    stdin: &mut Stdin<'_>,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let language = Language::from(args.lang);
    let offline = |refusal| Failure::refused_offline(vec![refusal]);
    match recognise(args, stdin).map_err(offline)? {
        Recognised::Code(code) => {
            let object = CodeObject::of(&code, language).ok_or_else(|| unknown_code(&code))?;
            output.result(&object, |to, style| object.write(language, to, style))
        }
        Recognised::Notification(notification) => {
            let object = NotificationObject::of(&notification, language);
            output.result(&object, |to, style| object.write(language, to, style))
        }
        Recognised::CaptureToken(token) => {
            let object = TokenObject::of(&token, SystemClock::new().now(), language);
            output.result(&object, |to, style| object.write(language, to, style))
        }
        Recognised::OAuthError(error) => {
            let object = error.object(language);
            output.result(&object, |to, style| object.write(language, to, style))
        }
        Recognised::TokenAnswer(answer) => {
            let object = TokenAnswerObject::of(answer, language);
            output.result(&object, |to, style| object.write(language, to, style))
        }
        Recognised::Process(process) => {
            let object = judged(&process, args, settings, language)?;
            output
                .result(&object, |to, style| {
                    render_text::write(&object, language, to, style)
                })
                .map_err(|_| Failure::closed())?;
            return Ok(exit_of(&object, settings.exit_verdict));
        }
    }
    .map_err(|_| Failure::closed())?;
    Ok(Exit::Answered)
}

fn recognise(args: &ExplainArgs, stdin: &mut Stdin<'_>) -> Result<Recognised, Refusal> {
    if let Some(code) = args.what.to_str().and_then(ErrorCode::parse) {
        return Ok(Recognised::Code(code));
    }
    if let Some(error) = args.what.to_str().and_then(OAuthError::of_word) {
        return Ok(Recognised::OAuthError(error));
    }
    let path = Path::new(&args.what);
    if !input::is_stdin(path) && !path.exists() {
        let rule = "is neither an error code nor a file that is there";
        let remedy = "give a code such as 20507, or check the path";
        return Err(Refusal::new(FIELD, rule, remedy));
    }
    let bytes = input::read(FIELD, path, stdin, MAX_FILE)?;
    detect::recognise(&bytes)
        .map_err(|unknown| Refusal::new(FIELD, unknown.rule(), unknown.remedy()))
}

/// The judgement of the process's answer, as far as the flags give what was requested.
fn judged(
    process: &Process,
    args: &ExplainArgs,
    settings: &Settings,
    language: Language,
) -> Result<ResultObject, Failure> {
    let created_by = args.asked.created_by;
    let usage = |refusal| Failure::usage(vec![refusal]);
    let mut capabilities =
        config::capabilities(&settings.layers, Some(created_by.capability())).map_err(usage)?;
    // Capabilities from variables and the profile describe a key, but not necessarily the key of
    // this answer.
    if settings.layers.flags.value(Setting::Capabilities).is_none() {
        let related = capabilities.iter().filter(|one| created_by.tells_of(*one));
        capabilities = Capabilities::try_from_iter(related).unwrap_or(capabilities);
    }
    let asked = Asked::new(capabilities, args.asked.selfie());
    let context = Context {
        environment: None,
        simulated: None,
        reveal: args.reveal,
    };
    Ok(match process {
        Process::Pending(process) => ResultObject::waiting(context, process, asked, language),
        Process::Final(process) => {
            let verdict = decide(process, &asked, &Policy::default());
            ResultObject::judged(context, process, asked, verdict, language)
        }
    })
}

/// An explanation exits with 0 for any verdict, unless the caller asks for the verdict's exit code.
fn exit_of(object: &ResultObject, by_verdict: bool) -> Exit {
    if by_verdict {
        outcome::by_word(object.decision)
    } else {
        Exit::Answered
    }
}

fn unknown_code(code: &ErrorCode) -> Failure {
    let refusal = Refusal::new(
        FIELD,
        format!("code {code} is not documented, or not known to this version"),
        "compare it with docs/reference/error-codes.md, and ask Unico's support",
    );
    Failure {
        code: Some(code.as_str().into()),
        ..Failure::refused_offline(vec![refusal])
    }
}
