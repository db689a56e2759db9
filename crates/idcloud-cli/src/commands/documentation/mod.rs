//! `idcloud completions` and `idcloud man`: shell completions and manual pages, generated from
//! clap's definitions.
//!
//! Must not read a setting, nor write outside the named directory.

pub(crate) mod args;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};

use crate::commands::command_line::Cli;
use crate::commands::documentation::args::CompletionsArgs;
use crate::commands::documentation::args::ManArgs;
use crate::failure::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::files::made_here::{MANUAL, Made, refuse_foreign};
use crate::files::replacement::{Readers, Replacement};
use crate::output::Output;

const NAME: &str = "idcloud";

/// Prints the completions of one shell.
pub(crate) fn completions(
    args: &CompletionsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut script);
    output.text(&script).map_err(|_| Failure::closed())?;
    Ok(Exit::Answered)
}

/// Prints the program's page, or writes a page for each command.
pub(crate) fn man(args: &ManArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let mut program = Cli::command();
    program.build();
    let Some(directory) = &args.output_dir else {
        let page = page(program).map_err(|_| Failure::fault("the page could not be written"))?;
        output.text(&page).map_err(|_| Failure::closed())?;
        return Ok(Exit::Answered);
    };
    let mut pages = Vec::new();
    collect(&program, directory, &mut pages);
    for (path, _) in &pages {
        refuse_foreign("--output-dir", path, Made::Manual)
            .map_err(|refusal| Failure::usage(vec![refusal]))?;
    }
    let write = || {
        std::fs::create_dir_all(directory)?;
        pages.iter().try_for_each(|(path, page)| write(path, page))
    };
    write().map_err(|error: io::Error| {
        let rule = match error.kind() {
            io::ErrorKind::PermissionDenied => "writing there is not allowed",
            _ => "cannot be written",
        };
        Failure::usage(vec![Refusal::new(
            "--output-dir",
            rule,
            "choose a directory of your own",
        )])
    })?;
    Ok(Exit::Answered)
}

/// The pages of a command and its subcommands, and the path of each.
fn collect(command: &Command, directory: &Path, pages: &mut Vec<(PathBuf, Command)>) {
    // Its full name, `idcloud process get`, joined as `idcloud-process-get`.
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    pages.push((directory.join(format!("{name}.1")), command.clone()));
    for inner in command.get_subcommands() {
        collect(inner, directory, pages);
    }
}

fn write(path: &Path, command: &Command) -> io::Result<()> {
    let mut file = Replacement::begin_for(path, Readers::Anyone)?;
    file.write_all(&page(command.clone())?)?;
    file.commit()
}

fn page(command: Command) -> io::Result<Vec<u8>> {
    let mut page = MANUAL.as_bytes().to_vec();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}
