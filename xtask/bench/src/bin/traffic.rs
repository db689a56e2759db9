//! Serves, or makes calls and prints their cost to this process as one line of JSON.
//!
//! Must not do anything else: this process is what is measured. The program `bench` starts it.

use std::io::Write as _;
use std::process::ExitCode;

use bench::Failure;
use bench::sides::server;
use bench::sides::traffic::Load;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((word, [])) if word == "serve" => server::serve(),
        Some((word, load)) if word == "call" => call(load),
        _ => Err("usage: traffic serve | call ADDRESS SIDE OPERATION CALLS BEFORE CALLERS".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn call(arguments: &[String]) -> Result<(), Failure> {
    let (address, load) = Load::parse(arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let cost = runtime.block_on(load.make(&address))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(&cost)?)?;
    Ok(())
}
