//! `idcloud completions` and `idcloud man`: what clap knows of the program, for shells and for readers.
//!
//! Never reads a setting, and never writes beside the directory that was named.

use std::io::{self, Write};
use std::path::Path;

use clap::{Command, CommandFactory as _};

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::exit::Exit;
use crate::failure::{Failure, Refusal};
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
    let written =
        std::fs::create_dir_all(directory).and_then(|()| write_pages(&program, directory));
    written.map_err(|error| {
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

fn write_pages(command: &Command, directory: &Path) -> io::Result<()> {
    // Its full name, `idcloud process get`, joined as `idcloud-process-get`.
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    let mut file = std::fs::File::create(directory.join(format!("{name}.1")))?;
    file.write_all(&page(command.clone())?)?;
    for inner in command.get_subcommands() {
        write_pages(inner, directory)?;
    }
    Ok(())
}

fn page(command: Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}
