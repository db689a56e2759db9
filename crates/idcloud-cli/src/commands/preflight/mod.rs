//! `idcloud preflight`: would IDCloud take this selfie?
//!
//! Must not send anything, nor hold more than one file at a time.

pub(crate) mod args;

mod subject;
mod walk;

use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

use idcloud_http::{Clock as _, SystemClock};
use idcloud_model::{Image, Selfie};
use serde::Serialize;

use self::subject::SubjectVerdict;
use self::walk::files;
use crate::commands::preflight::args::PreflightArgs;
use crate::failure::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::input::selfie;
use crate::input::{Stdin, is_stdin, only_one_reads_stdin};
use crate::output::Output;
use crate::output::sanitize::harmless;
use crate::output::style::Style;

/// Runs the command.
pub(crate) fn run(
    args: &PreflightArgs,
    stdin: &mut Stdin<'_>,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let now = SystemClock::new().now();
    let mut seen = Seen::default();
    only_one_reads_stdin(
        &[("--subject", args.subject.as_deref())]
            .into_iter()
            .chain(args.files.iter().map(|file| ("FILE", Some(file.as_path()))))
            .filter(|_| args.subject.as_deref().is_some_and(is_stdin))
            .collect::<Vec<_>>(),
    )
    .map_err(|refusal| Failure::usage(vec![refusal]))?;
    if let Some(path) = &args.subject {
        let verdict = match crate::input::subject::document(path, stdin) {
            Ok(draft) => SubjectVerdict::of(&draft, args.reveal),
            Err(refusal) => SubjectVerdict::refused(&[refusal]),
        };
        if !verdict.is_accepted() {
            seen.subject_refused = true;
            seen.code = verdict.code();
        }
        output
            .line(&verdict, |to, style| verdict.write(to, style))
            .map_err(|_| Failure::closed())?;
    }
    for given in &args.files {
        files(given, &mut |path, refusal| {
            let verdict = match refusal {
                Some(refusal) => Verdict::refused(path, &[refusal]),
                None => Verdict::of(path, stdin, now),
            };
            seen.add(&verdict);
            output.line(&verdict, |to, style| verdict.write(to, style))
        })
        .map_err(|_| Failure::closed())?;
    }
    seen.outcome()
}

/// How many files were checked, and how many of them IDCloud would refuse.
#[derive(Default)]
struct Seen {
    files: usize,
    refused: usize,
    /// Whether a person was checked, and would be refused.
    subject_refused: bool,
    code: Option<Box<str>>,
}

impl Seen {
    fn add(&mut self, verdict: &Verdict) {
        self.files += 1;
        if !verdict.accepted {
            self.refused += 1;
            let code = verdict.violations.iter().find_map(|one| one.code.clone());
            self.code = self.code.take().or(code);
        }
    }

    fn outcome(self) -> Result<Exit, Failure> {
        let files = match (self.files, self.refused) {
            (_, 0) => None,
            (1, _) => Some("the file".to_owned()),
            (files, refused) => Some(format!("{refused} of {files} files")),
        };
        let message = match (self.subject_refused, files) {
            (false, None) => return Ok(Exit::Answered),
            (false, Some(files)) => format!("IDCloud would refuse {files}"),
            (true, None) => "IDCloud would refuse the person".to_owned(),
            (true, Some(files)) => format!("IDCloud would refuse the person and {files}"),
        };
        Err(Failure {
            code: self.code,
            help: Some("The rules that are broken stand beside each file.".into()),
            ..Failure::refused_offline(Vec::new()).with_message(message)
        })
    }
}

/// The check's result for one file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    /// The path as the user gave it: the only place where a path is printed.
    ///
    /// Elsewhere a path is left out, because files are named after people. Remedies that name a key
    /// file are the exception: its name is the owner's own.
    file: String,
    accepted: bool,
    kind: Option<&'static str>,
    format: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    /// The length in base64 characters, which IDCloud's limit counts.
    base64_length: Option<usize>,
    violations: Vec<Broken>,
}

/// A rule that a file or a person breaks.
#[derive(Serialize)]
struct Broken {
    rule: String,
    code: Option<Box<str>>,
    remedy: String,
}

impl Broken {
    fn of(refusal: &Refusal) -> Self {
        Self {
            rule: refusal.rule.clone(),
            code: refusal.code.clone(),
            remedy: refusal.remedy.clone(),
        }
    }
}

impl Verdict {
    fn of(path: &Path, stdin: &mut Stdin<'_>, now: SystemTime) -> Self {
        match selfie::selfie(path, stdin, now) {
            Err(refusals) => Self::refused(path, &refusals),
            Ok(selfie) => {
                let accepted = Self {
                    accepted: true,
                    kind: Some(selfie.kind().as_str()),
                    ..Self::refused(path, &[])
                };
                match &selfie {
                    Selfie::Image(image) => accepted.showing(image),
                    _ => accepted,
                }
            }
        }
    }

    fn refused(path: &Path, refusals: &[Refusal]) -> Self {
        Self {
            file: path.to_string_lossy().into_owned(),
            accepted: false,
            kind: None,
            format: None,
            width: None,
            height: None,
            base64_length: None,
            violations: refusals.iter().map(Broken::of).collect(),
        }
    }

    fn showing(self, image: &Image) -> Self {
        let dimensions = image.dimensions();
        Self {
            format: Some(image.format().as_str().to_ascii_lowercase()),
            width: Some(dimensions.width),
            height: Some(dimensions.height),
            base64_length: Some(image.bytes().len().div_ceil(3) * 4),
            ..self
        }
    }

    fn write(&self, to: &mut dyn Write, style: Style) -> io::Result<()> {
        write!(to, "{}: ", harmless(&self.file))?;
        if !self.accepted {
            write!(to, "{}", style.error("refused"))?;
            for (at, broken) in self.violations.iter().enumerate() {
                let between = if at == 0 { ":" } else { " |" };
                write!(to, "{between} ")?;
                if let Some(code) = &broken.code {
                    write!(to, "{code} ")?;
                }
                write!(to, "{}; {}", broken.rule, broken.remedy)?;
            }
            return writeln!(to);
        }
        write!(to, "{}", style.good("ok"))?;
        match (&self.format, self.width, self.height, self.base64_length) {
            (Some(format), Some(width), Some(height), Some(length)) => writeln!(
                to,
                " (image, {format}, {width} x {height}, {length} characters of base64)"
            ),
            _ => writeln!(to, " (capture token; only IDCloud can check what is in it)"),
        }
    }
}
