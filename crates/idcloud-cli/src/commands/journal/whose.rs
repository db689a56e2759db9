//! Looks up a process that a person found, and compares it with the reference's person before the
//! reference is settled.
//!
//! Must not settle anything, nor take a failed lookup for a match.

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::journal::JournalKey;
use idcloud_flows::{IdCloud, Whose};
use idcloud_http::{CallOptions, Clock, SystemClock};
use idcloud_model::{Capability, ProcessId, Subject};

use crate::args::person::CodeArgs;
use crate::commands::block_on;
use crate::commands::journal::args::JournalSettleArgs;
use crate::config;
use crate::config::connection;
use crate::config::settings::Settings;
use crate::config::target::Target;
use crate::failure::Failure;
use crate::failure::call;
use crate::failure::exit::Exit;
use crate::input::Stdin;
use crate::input::subject;

/// How long the lookup may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// The person of the reference, if one is given.
///
/// # Errors
/// The given values do not describe a person.
pub(super) fn person(
    args: &mut JournalSettleArgs,
    stdin: &mut Stdin<'_>,
) -> Result<Option<Subject>, Failure> {
    let mut code = CodeArgs {
        cpf: args.cpf.take(),
        curp: None,
        subject: args.subject.take(),
    };
    subject::given(&mut code, stdin).map_err(Failure::refused_offline)
}

/// Compares the process with the person. Returns why they could not be compared, or `None`.
///
/// # Errors
/// The process is another person's.
pub(super) fn compare(
    id: &ProcessId,
    person: Option<&Subject>,
    key: &JournalKey,
    settings: &Settings,
) -> Result<Result<(), String>, Failure> {
    let Some(person) = person else {
        return Ok(Err("no person was given: --cpf or --subject".to_owned()));
    };
    let config = match config::resolve(&settings.layers, Capability::Identity) {
        Ok(config) if config.target != Target::Local => config,
        _ => return Ok(Err("no credentials are configured".to_owned())),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let connection = match connection::open(&config, &settings.layers, clock) {
        Ok(connection) => connection,
        Err(failure) => return Ok(Err(failure.message)),
    };
    let environment = connection.client.environment();
    if JournalKey::new(&environment, key.flow(), key.reference().clone()) != *key {
        return Ok(Err(
            "the credentials belong to another environment or account than the one that submitted the reference".to_owned(),
        ));
    }
    let processes = IdCloud::new(connection.client)
        .processes(connection.api_key)
        .created_for(key.flow());
    let options = CallOptions::new().with_deadline(DEADLINE);
    let look = processes.whose(id, person.code(), &options);
    match block_on(look)? {
        Ok(Whose::ThisPersons) => Ok(Ok(())),
        Ok(Whose::AnotherPersons) => Err(Failure {
            exit: Exit::RefusedHere,
            kind: "other-request",
            help: Some(
                "Check the id and the person: nothing was settled. Two ids may have been mixed up."
                    .into(),
            ),
            process_id: Some(id.as_str().into()),
            ..Failure::fault("the process that was found is another person's")
        }),
        Ok(_) => Ok(Err("IDCloud returns no person for it".to_owned())),
        Err(error) => Ok(Err(call::sentence(&error))),
    }
}
