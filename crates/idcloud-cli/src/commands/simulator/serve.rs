//! `idcloud simulator serve`: the simulator behind a socket, until an interruption.
//!
//! Must not print a credential: credentials go into files that only their owner can read.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use idcloud_http::{Clock as _, SystemClock};
use idcloud_model::Capabilities;
use idcloud_simulator::{
    Config, KeyProfile, ManualClock, Server, Simulator, TlsIdentity, key_ring,
};
use serde::Serialize;
use tokio::net::TcpSocket;
use zeroize::Zeroizing;

use super::credentials::{self, VARIABLES_FILE, quoted};
use crate::commands::block_on;
use crate::commands::simulator::args::ServeArgs;
use crate::commands::simulator::serve_options;
use crate::config::connection::seed;
use crate::failure::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::output::Output;
use crate::verify::interrupts::Interrupts;

/// How many connections the system queues until they are accepted.
const BACKLOG: u32 = 1_024;

/// Runs the command.
pub(super) fn run(
    args: &ServeArgs,
    capabilities: Capabilities,
    rate: u16,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let refused = |refusal| Failure::usage(vec![refusal]);
    let webhook = serve_options::webhook(args).map_err(refused)?;
    let control_token = serve_options::control_token(args).map_err(refused)?;
    let kept = serve_options::kept(args);
    for number in 1..=args.tenants {
        if let Some(directory) = &args.credentials_dir {
            credentials::refuse_foreign_files(&of_tenant(directory, number), &kept)
                .map_err(refused)?;
        }
    }
    let clock = SystemClock::new();
    block_on(async {
        // From here on a signal ends the server in the same way, even during the announcement.
        interrupts.heed();
        // The port is bound now, and accepts connections only once the credentials are written: a
        // script that waits for the port then finds them.
        let socket = bound(&args.listen)
            .await
            .map_err(|error| cannot_listen(&error))?;
        let address = socket.local_addr().map_err(|error| cannot_listen(&error))?;
        let scheme = if args.tls { "https" } else { "http" };
        let url = format!("{scheme}://{}", reachable(address));
        let tls = args.tls.then(|| certificate(address)).transpose()?;
        let config = Config::new(args.seed.unwrap_or_else(|| seed(&clock))).with_identity_url(&url);
        let mut simulator = Simulator::new(serve_options::configure(config, args, rate));
        let home = simulator.tenant_id().to_owned();
        simulator.set_webhook(&home, webhook);
        for number in 1..=args.tenants {
            let tenant = tenant_id(&home, number);
            if let Some(directory) = &args.credentials_dir {
                let place = Place {
                    directory: of_tenant(directory, number),
                    url: &url,
                    authority_pem: tls.as_ref().map(TlsIdentity::authority_pem),
                };
                provision(&mut simulator, &tenant, capabilities, &place)?;
            }
        }
        let listener = socket
            .listen(BACKLOG)
            .map_err(|error| cannot_listen(&error))?;
        // It serves even if the announcement cannot be written.
        let _ = announce(&url, args.credentials_dir.as_deref(), output);
        if !address.ip().is_loopback() && !args.tls {
            let _ = output
                .note("warning: other machines can reach this simulator, and it speaks plain http");
        }
        let mut server = if args.virtual_time {
            Server::in_virtual_time(simulator, Arc::new(ManualClock::new(clock.now())))
        } else {
            Server::new(simulator, Arc::new(clock))
        };
        if let Some(token) = &control_token {
            server = server.with_control_token(token.as_str());
        }
        if let Some(identity) = tls {
            server = server.with_tls(identity);
        }
        server
            .run(listener, interrupts.reached(1))
            .await
            .map_err(|_| Failure::fault("the simulator's listener failed"))?;
        Ok(Exit::Answered)
    })?
}

/// A socket bound to the first available address of `listen`. It does not accept connections yet.
async fn bound(listen: &str) -> io::Result<TcpSocket> {
    let mut failure = io::ErrorKind::InvalidInput.into();
    for address in tokio::net::lookup_host(listen).await? {
        match bind(address) {
            Ok(socket) => return Ok(socket),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // On Unix a port otherwise stays taken for a minute after its server has ended. On Windows the
    // option would share the port with a running server.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    Ok(socket)
}

/// The id of a tenant: the first has the simulator's own id, the others the same with another end.
fn tenant_id(home: &str, number: u8) -> String {
    match (number, home.rsplit_once('-')) {
        (2.., Some((beginning, _))) => format!("{beginning}-{number:012}"),
        _ => home.to_owned(),
    }
}

/// The directory of a tenant's credentials.
fn of_tenant(directory: &Path, number: u8) -> PathBuf {
    match number {
        1 => directory.to_owned(),
        _ => directory.join(format!("tenant-{number}")),
    }
}

/// The directory of the credentials, and the addresses that they are for.
struct Place<'a> {
    directory: PathBuf,
    url: &'a str,
    authority_pem: Option<&'a str>,
}

/// Creates an account and keys for a tenant, and writes them to files.
fn provision(
    simulator: &mut Simulator,
    tenant: &str,
    capabilities: Capabilities,
    place: &Place<'_>,
) -> Result<(), Failure> {
    let account = simulator
        .issue_account_in(tenant)
        .map_err(|_| Failure::fault("the simulator could not make an RSA key"))?;
    let mut issue =
        |profile: KeyProfile| Zeroizing::new(simulator.issue_api_key_in(tenant, profile));
    // The first key is the first standard key, unless the user asks for other capabilities.
    let (first, others) = match key_ring() {
        [first, others @ ..] if capabilities.is_empty() => (first.profile(), others),
        all => (KeyProfile::new(capabilities), all),
    };
    let api_key = issue(first);
    let others: Vec<_> = others
        .iter()
        .map(|key| (key, issue(key.profile())))
        .collect();
    credentials::write(
        &place.directory,
        place.url,
        place.authority_pem,
        &account,
        (&api_key, first.capabilities()),
        &others,
    )
    .map_err(|error| cannot_write(&error))
}

/// A certificate for `localhost` and for the address that the server listens on.
fn certificate(address: SocketAddr) -> Result<TlsIdentity, Failure> {
    let names = ["localhost".to_owned(), reachable(address).ip().to_string()];
    TlsIdentity::generate(names)
        .map_err(|_| Failure::fault("the simulator could not make a certificate"))
}

/// The address to call: for an unspecified address, which listens on every interface, the loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn announce(url: &str, credentials: Option<&Path>, output: &mut Output<'_>) -> io::Result<()> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Listening<'a> {
        api_url: &'a str,
        identity_url: &'a str,
        credentials_dir: Option<PathBuf>,
    }
    let directory =
        credentials.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let object = Listening {
        api_url: url,
        identity_url: url,
        credentials_dir: directory.clone(),
    };
    output.result(&object, |to, style| {
        writeln!(to, "{} on {url}", style.good("Simulator listening"))?;
        match &directory {
            Some(directory) => {
                writeln!(to, "In another terminal, use its account with")?;
                let variables = quoted(&directory.join(VARIABLES_FILE).to_string_lossy());
                writeln!(to, "    set -a; . {variables}; set +a")?;
            }
            None => writeln!(
                to,
                "To get an account for it, serve with --credentials-dir DIR."
            )?,
        }
        writeln!(to, "Press ctrl-c to stop.")
    })
}

fn cannot_listen(error: &io::Error) -> Failure {
    let (rule, remedy) = match error.kind() {
        io::ErrorKind::AddrInUse => (
            "the address is in use",
            "choose another port, or 0 for a free one",
        ),
        io::ErrorKind::PermissionDenied => {
            ("listening there is not allowed", "choose a port above 1023")
        }
        io::ErrorKind::InvalidInput => (
            "is not a host and a port",
            "give both, such as 127.0.0.1:8080 or localhost:0",
        ),
        _ => (
            "cannot listen there",
            "choose an address of this machine, or a name that leads to one",
        ),
    };
    Failure::usage(vec![Refusal::new("--listen", rule, remedy)])
}

fn cannot_write(error: &io::Error) -> Failure {
    let rule = match error.kind() {
        io::ErrorKind::PermissionDenied => "writing there is not allowed",
        _ => "cannot be written",
    };
    Failure::usage(vec![Refusal::new(
        "--credentials-dir",
        rule,
        "choose a directory of your own",
    )])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_listens_everywhere_is_called_at_the_loopback() {
        for (listen, call) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("10.1.2.3:4", "10.1.2.3:4"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()), call.parse().unwrap());
        }
    }
}
