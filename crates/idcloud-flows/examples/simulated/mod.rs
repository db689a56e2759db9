//! The simulator in this process, which the examples run against. Nothing here verifies a person.

use std::error::Error;
use std::sync::Arc;

use idcloud_flows::http::{ApiKey, Clock, Environment, ServiceAccount, Transport};
use idcloud_flows::model::request::IdentityRequest;
use idcloud_flows::model::{Selfie, SubjectDraft};
use idcloud_flows::{IdCloud, IdCloudBuilder};
use idcloud_simulator::{Config, SharedSimulator, Simulator, SimulatorTransport};

/// A simulator with an account, and an API key that has `capabilities`.
pub(crate) struct Simulated {
    pub(crate) key: ApiKey,
    pub(crate) transport: Arc<dyn Transport>,
    account: ServiceAccount,
    clock: Arc<dyn Clock>,
}

impl Simulated {
    pub(crate) fn new(capabilities: &str, clock: Arc<dyn Clock>) -> Result<Self, Box<dyn Error>> {
        let mut simulator = Simulator::new(Config::new(7));
        let account = simulator.issue_account()?;
        let capabilities = capabilities.parse()?;
        let key = ApiKey::new(simulator.issue_api_key(capabilities), capabilities)?;
        let pem = account.private_key_pem();
        let account =
            ServiceAccount::from_pem(account.account(), account.tenant_id(), pem.as_bytes())?;
        let simulator = SharedSimulator::new(simulator);
        let transport = Arc::new(SimulatorTransport::new(simulator, Arc::clone(&clock)));
        Ok(Self {
            key,
            transport,
            account,
            clock,
        })
    }

    /// One program that uses the account.
    pub(crate) fn program(&self) -> IdCloudBuilder {
        IdCloud::builder(Environment::local(self.account.clone()))
            .transport(Arc::clone(&self.transport))
            .clock(Arc::clone(&self.clock))
    }

    /// A request about the test subject with this CPF, with a drawn picture.
    pub(crate) fn request(&self, cpf: &str) -> Result<IdentityRequest, Box<dyn Error>> {
        let draft = SubjectDraft {
            code: Some(cpf.to_owned().into()),
            name: Some("Test Subject".to_owned().into()),
            ..SubjectDraft::default()
        };
        let png = idcloud_simulator::sample_png(720, 960, b"");
        let selfie = Selfie::from_input(png.into(), self.clock.now())?;
        Ok(IdentityRequest::new(draft.parse_named()?, selfie)?)
    }
}
