//! Shared by these tests: people and pictures that do not exist, a client over a script, and one
//! way to ask any handle.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use idcloud_flows::http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_flows::http::{ApiKey, Environment, ServiceAccount, SignError, Signer, Transport};
use idcloud_flows::model::request::{
    ComparisonRequest, DocumentRequest, IdentityRequest, LivenessRequest, Purpose,
};
use idcloud_flows::model::{
    CaptureToken, Image, Policy, ProcessId, Scenario, Selfie, SelfieKind, Subject, SubjectDraft,
};
use idcloud_flows::{
    Flow, IdCloud, IdCloudBuilder, Pending, Report, Submission, SubmitError, SubmitOptions,
};

pub(crate) const ID: &str = "80371b2a-3ac7-432e-866d-57fe37896ac6";
pub(crate) const OTHER_ID: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const CPF: &str = "52998224725";

/// A drawn picture of 720 x 960 pixels.
pub(crate) fn png() -> Bytes {
    idcloud_simulator::sample_png(720, 960, b"").into()
}

pub(crate) fn image() -> Image {
    Image::parse(png()).unwrap()
}

pub(crate) fn token() -> CaptureToken {
    CaptureToken::parse("a.b.c", std::time::UNIX_EPOCH).unwrap()
}

pub(crate) fn selfie(kind: SelfieKind) -> Selfie {
    match kind {
        SelfieKind::CaptureToken => token().into(),
        _ => image().into(),
    }
}

pub(crate) fn subject(code: &str) -> Subject {
    let draft = SubjectDraft {
        code: Some(code.to_owned().into()),
        name: Some("Test Subject".to_owned().into()),
        ..SubjectDraft::default()
    };
    draft.parse().unwrap()
}

pub(crate) fn request(code: &str, selfie: impl Into<Selfie>) -> IdentityRequest {
    IdentityRequest::new(subject(code), selfie).unwrap()
}

pub(crate) fn comparison(selfie: Selfie) -> ComparisonRequest {
    ComparisonRequest::new(process_id(OTHER_ID), selfie)
}

pub(crate) fn document() -> DocumentRequest {
    DocumentRequest::capture(
        subject(CPF),
        Purpose::ONBOARDING,
        process_id(OTHER_ID),
        [png()],
    )
    .unwrap()
}

pub(crate) fn process_id(id: &str) -> ProcessId {
    id.parse().unwrap()
}

pub(crate) struct Signature;

#[async_trait::async_trait]
impl Signer for Signature {
    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(b"signature".to_vec())
    }
}

/// A builder of a client of `account` over `transport`.
pub(crate) fn building(transport: Arc<dyn Transport>, account: &str) -> IdCloudBuilder {
    let account = ServiceAccount::with_signer(account, OTHER_ID, Arc::new(Signature)).unwrap();
    IdCloud::builder(Environment::local(account))
        .transport(transport)
        .clock(Arc::new(VirtualClock::new()))
}

pub(crate) fn against(script: &Arc<ScriptedTransport>) -> IdCloud {
    building(Arc::clone(script) as Arc<dyn Transport>, "a")
        .build()
        .unwrap()
}

pub(crate) fn key(capabilities: &str) -> ApiKey {
    ApiKey::new("key", capabilities.parse().unwrap()).unwrap()
}

/// An answer about [`ID`].
pub(crate) fn answer(members: &str) -> Step {
    Step::json(200, format!(r#"{{"id":"{ID}",{members}}}"#))
}

/// A sample of one documented generation's wire form, with the id [`ID`].
pub(crate) fn sample(name: &str) -> Step {
    let path = format!(
        "{}/../idcloud-model/tests/samples/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).unwrap();
    let mut answer: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&text).unwrap();
    let member = if answer.contains_key("Id") {
        "Id"
    } else {
        "id"
    };
    answer.insert(member.to_owned(), ID.into());
    Step::json(200, serde_json::to_string(&answer).unwrap())
}

/// One handle, and its question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) flow: Flow,
    pub(crate) capabilities: &'static str,
    pub(crate) selfie: SelfieKind,
    pub(crate) policy: Policy,
}

impl Question {
    pub(crate) fn new(flow: Flow, capabilities: &'static str, selfie: SelfieKind) -> Self {
        Self {
            flow,
            capabilities,
            selfie,
            policy: Policy::default(),
        }
    }

    /// Submits through the flow's own handle.
    pub(crate) async fn submit(
        self,
        idcloud: &IdCloud,
        options: &SubmitOptions,
    ) -> Result<Submission, SubmitError> {
        let (key, policy) = (key(self.capabilities), self.policy);
        match self.flow {
            Flow::Identity => {
                let handle = idcloud.identity(key).with_policy(policy);
                handle
                    .submit(request(CPF, selfie(self.selfie)), options)
                    .await
            }
            Flow::BehaviorAlert => {
                let handle = idcloud.behavior_alert(key).with_policy(policy);
                handle
                    .submit(request(CPF, selfie(self.selfie)), options)
                    .await
            }
            Flow::Liveness => {
                let handle = idcloud.liveness(key).with_policy(policy);
                handle.submit(LivenessRequest::new(token()), options).await
            }
            Flow::Comparison => {
                let handle = idcloud.comparison(key).with_policy(policy);
                handle
                    .submit(comparison(selfie(self.selfie)), options)
                    .await
            }
            Flow::Document => {
                let handle = idcloud.documents(key).with_policy(policy);
                handle.submit(document(), options).await
            }
            other => panic!("no handle for {other}"),
        }
    }

    /// The row in which it ends, after at most a minute.
    pub(crate) async fn row(self, idcloud: &IdCloud) -> Scenario {
        match self
            .submit(idcloud, &SubmitOptions::default())
            .await
            .unwrap()
        {
            Submission::Finished(report) => report.verdict().scenario(),
            Submission::Pending(pending) => {
                assert_eq!(pending.flow(), self.flow);
                let handle = idcloud.processes(key(self.capabilities));
                match handle.wait(pending, Duration::from_secs(60)).await {
                    Ok(report) => report.verdict().scenario(),
                    Err(error) => error.pending().scenario(),
                }
            }
        }
    }
}

pub(crate) fn finished(submission: Submission) -> Report {
    match submission {
        Submission::Finished(report) => report,
        other @ Submission::Pending(_) => panic!("not finished: {other:?}"),
    }
}

pub(crate) fn pending(submission: Submission) -> Pending {
    match submission {
        Submission::Pending(pending) => pending,
        other @ Submission::Finished(_) => panic!("not pending: {other:?}"),
    }
}

/// The columns of one line of a table, without the blanks around them.
pub(crate) fn columns<const N: usize>(line: &str) -> [&str; N] {
    let columns: Vec<_> = line.split('|').map(str::trim).collect();
    columns.try_into().unwrap()
}
