//! The program `traffic`: serves, or makes calls and prints their cost to its process.
//!
//! Must not run with a counting allocator: its instructions and its CPU time are measured.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::sides::bare_reqwest::BareReqwest;
use crate::sides::caller::{Caller, Operation, Side};
use crate::sides::ours::Ours;
use crate::sides::raw_hyper::RawHyper;
use crate::sides::raw_socket::RawSocket;
use crate::sides::usual_json::UsualJson;

/// The program's file.
#[derive(Debug)]
pub struct Traffic {
    program: PathBuf,
}

/// The calls to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// The side that makes them.
    pub side: Side,
    /// The operation.
    pub operation: Operation,
    /// Counted calls of each caller.
    pub calls: u32,
    /// Calls of each caller before those, which are not counted.
    pub before: u32,
    /// Concurrent callers.
    pub callers: u32,
}

/// The cost of the calls to their process.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Cost {
    /// User and system time per call, in microseconds.
    pub cpu_microseconds: f64,
    /// Page faults per call that needed no disk access.
    pub page_faults: f64,
    /// Whether base64 runs on AVX2; always true on machines where AVX2 does not apply.
    pub simd: bool,
}

impl Traffic {
    /// The program that was built with this one.
    ///
    /// # Errors
    /// It was not built.
    pub fn beside_this_program() -> Result<Self, Failure> {
        let name = format!("traffic{}", env::consts::EXE_SUFFIX);
        let program = env::current_exe()?.with_file_name(name);
        if program.is_file() {
            return Ok(Self { program });
        }
        Err("the program `traffic` is not built; `cargo xtask bench` builds it".into())
    }

    /// The path of the program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Starts a server.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn serve(&self) -> Result<Child, Failure> {
        Ok(Command::new(&self.program)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?)
    }

    /// Makes calls in a process of their own.
    ///
    /// # Errors
    /// The program fails, or prints something other than a cost.
    pub fn cost(&self, load: Load, address: &str) -> Result<Cost, Failure> {
        let output = Command::new(&self.program)
            .args(load.arguments(address))
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(format!("{} by {} failed", load.operation, load.side).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

impl Load {
    /// The program's arguments for this load.
    #[must_use]
    pub fn arguments(&self, address: &str) -> [String; 7] {
        [
            "call".to_owned(),
            address.to_owned(),
            self.side.to_string(),
            self.operation.to_string(),
            self.calls.to_string(),
            self.before.to_string(),
            self.callers.to_string(),
        ]
    }

    /// Parses the arguments, without the first.
    ///
    /// # Errors
    /// They do not describe a load.
    pub fn parse(arguments: &[String]) -> Result<(String, Self), Failure> {
        let [address, side, operation, calls, before, callers] = arguments else {
            return Err("call takes an address and a load".into());
        };
        let load = Self {
            side: side.parse()?,
            operation: operation.parse()?,
            calls: calls.parse()?,
            before: before.parse()?,
            callers: callers.parse()?,
        };
        Ok((address.clone(), load))
    }

    /// Makes the calls in this process.
    ///
    /// # Errors
    /// A call fails.
    pub async fn make(&self, address: &str) -> Result<Cost, Failure> {
        let all = 0..self.callers;
        match self.side {
            Side::Ours => {
                let ours = Ours::new(address)?;
                self.make_by(all.map(|_| ours.clone()).collect()).await
            }
            Side::RawSocket => self.make_by(vec![RawSocket::new(address)?]).await,
            Side::RawHyper => self.make_by(vec![RawHyper::new(address).await?]).await,
            Side::BareReqwest => {
                let callers: Result<_, _> = all.map(|_| BareReqwest::new(address)).collect();
                self.make_by(callers?).await
            }
            Side::UsualJson => {
                let callers: Result<_, _> = all.map(|_| UsualJson::new(address)).collect();
                self.make_by(callers?).await
            }
        }
    }

    async fn make_by<C: Caller + 'static>(&self, callers: Vec<C>) -> Result<Cost, Failure> {
        let callers = together(callers, self.operation, self.before).await?;
        let before = used()?;
        drop(together(callers, self.operation, self.calls).await?);
        let after = used()?;
        let calls = f64::from((self.calls * self.callers).max(1));
        Ok(Cost {
            cpu_microseconds: (after.microseconds - before.microseconds) / calls,
            page_faults: (after.page_faults - before.page_faults) / calls,
            simd: has_simd(),
        })
    }
}

/// The resources that this process has used since its start.
struct Used {
    microseconds: f64,
    page_faults: f64,
}

#[cfg(unix)]
fn used() -> Result<Used, Failure> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike as _;

    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let time = usage.user_time() + usage.system_time();
    Ok(Used {
        microseconds: f64::from(u32::try_from(time.num_microseconds())?),
        page_faults: f64::from(u32::try_from(usage.minor_page_faults())?),
    })
}

#[cfg(not(unix))]
fn used() -> Result<Used, Failure> {
    Err("only a Unix tells a program what it has used".into())
}

/// Makes all callers make `calls` calls each, concurrently.
async fn together<C: Caller + 'static>(
    callers: Vec<C>,
    operation: Operation,
    calls: u32,
) -> Result<Vec<C>, Failure> {
    let mut tasks = Vec::with_capacity(callers.len());
    for mut caller in callers {
        tasks.push(tokio::spawn(async move {
            caller.make(operation, calls).await?;
            Ok::<_, Failure>(caller)
        }));
    }
    let mut done = Vec::with_capacity(tasks.len());
    for task in tasks {
        done.push(task.await??);
    }
    Ok(done)
}

/// Whether the encoder has the instructions that it uses best.
#[must_use]
pub fn has_simd() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    return true;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_travels_by_arguments() {
        let load = Load {
            side: Side::BareReqwest,
            operation: Operation::Get,
            calls: 7,
            before: 3,
            callers: 2,
        };
        let arguments = load.arguments("127.0.0.1:1");
        let (word, rest) = arguments.split_first().unwrap();
        assert_eq!(word, "call");
        let (address, read) = Load::parse(rest).unwrap();
        assert_eq!(address, "127.0.0.1:1");
        assert_eq!(read, load);
        assert!(Load::parse(arguments.as_slice()).is_err());
    }
}
