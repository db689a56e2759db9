//! Every handle against the simulator, in each generation's dialect: what IDCloud documents,
//! through the real client.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::http::testing::VirtualClock;
use idcloud_flows::http::{ApiKey, CallOptions, Clock as _, Environment, ServiceAccount};
use idcloud_flows::model::request::{
    ComparisonRequest, DocumentRequest, LivenessRequest, Purpose, Reference,
};
use idcloud_flows::model::{
    Capability, CaptureToken, DocumentType, Process, ProcessId, ReusableDocumentsQuery, Selfie,
    SelfieKind, SubjectCode,
};
use idcloud_flows::{Flow, IdCloud, Report, Submission, SubmitOptions};
use idcloud_simulator::{
    Capture, Config, Dialect, Face, KeyProfile, SharedSimulator, Simulator, SimulatorTransport,
    subjects,
};

use crate::support::{image, png, process_id, request, subject};

const HOLDER: &str = "52998224725";
const NOT_HOLDER: &str = "11122230290";
const SCORED: &str = "11122230370";
const KNOWN_FROM_FRAUD: &str = "11122231504";
const NOT_THE_REFERENCE: &str = "11122232829";
const OTHER_NUMBER: &str = "11122232900";
const UNREADABLE: &str = "11122233043";

/// One tenant of its own simulator, whose keys speak one dialect.
struct Tenant {
    idcloud: IdCloud,
    simulator: SharedSimulator,
    dialect: Dialect,
    clock: Arc<VirtualClock>,
    captures: Cell<u64>,
}

impl Tenant {
    fn new(dialect: Dialect) -> Self {
        let clock = Arc::new(VirtualClock::new());
        let mut simulator = Simulator::new(Config::new(7));
        let account = simulator.issue_account().unwrap();
        let pem = account.private_key_pem();
        let account =
            ServiceAccount::from_pem(account.account(), account.tenant_id(), pem.as_bytes())
                .unwrap();
        let simulator = SharedSimulator::new(simulator);
        let transport = SimulatorTransport::new(simulator.clone(), clock.clone());
        let idcloud = IdCloud::builder(Environment::local(account))
            .transport(Arc::new(transport))
            .clock(clock.clone())
            .build()
            .unwrap();
        Self {
            idcloud,
            simulator,
            dialect,
            clock,
            captures: Cell::new(0),
        }
    }

    fn key(&self, capabilities: &str) -> ApiKey {
        let capabilities = capabilities.parse().unwrap();
        let profile = KeyProfile::new(capabilities).with_dialect(self.dialect);
        let secret = self.simulator.lock().issue_api_key(profile);
        ApiKey::new(secret, capabilities).unwrap()
    }

    fn captured(&self, face: Face) -> CaptureToken {
        let now = self.clock.now();
        // Each capture has a time of its own: a token is valid for one use.
        self.captures.set(self.captures.get() + 1);
        let moment = now - Duration::from_millis(self.captures.get());
        let token = Capture::new(&image(), moment).with_face(face).token();
        CaptureToken::parse(&token, now).unwrap()
    }

    /// The report, after a wait if the submission is pending.
    async fn report(&self, submission: Submission, key: &ApiKey) -> Report {
        match submission {
            Submission::Finished(report) => report,
            Submission::Pending(pending) => {
                let handle = self.idcloud.processes(key.clone());
                let limit = Duration::from_secs(60);
                handle.wait(pending, limit).await.unwrap()
            }
        }
    }

    /// An onboarding, and the row in which it ends.
    async fn onboard(&self, capabilities: &str, code: &str) -> (ProcessId, &'static str) {
        let key = self.key(capabilities);
        let handle = self.idcloud.identity(key.clone());
        let options = SubmitOptions::default();
        let submission = handle.submit(request(code, image()), &options).await;
        let report = self.report(submission.unwrap(), &key).await;
        assert!(report.simulated());
        (report.process().id().clone(), row(&report))
    }
}

fn row(report: &Report) -> &'static str {
    report.verdict().scenario().id()
}

#[tokio::test(start_paused = true)]
async fn liveness() {
    for dialect in Dialect::ALL {
        let tenant = Tenant::new(dialect);
        let key = tenant.key("liveness");
        let handle = tenant.idcloud.liveness(key.clone());
        for (face, expected) in [
            (Face::Live, "live"),
            (Face::Spoof, "liveness-failed"),
            (Face::Unclear, "liveness-inconclusive"),
        ] {
            let request = LivenessRequest::new(tenant.captured(face)).with_subject(subject(HOLDER));
            let submission = handle.submit(request, &SubmitOptions::default()).await;
            let report = tenant.report(submission.unwrap(), &key).await;
            assert_eq!(row(&report), expected, "{dialect}");
            assert!(report.simulated());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn identity_with_everything_beside_it() {
    for dialect in Dialect::ALL {
        let tenant = Tenant::new(dialect);
        for (capabilities, code, expected) in [
            ("identity", HOLDER, "identity-yes-without-liveness"),
            ("identity", NOT_HOLDER, "identity-no"),
            (
                "identity,behavior-alert",
                HOLDER,
                "identity-yes-without-liveness",
            ),
            ("identity,behavior-alert", KNOWN_FROM_FRAUD, "alert"),
            ("identity,risk-score", SCORED, "score-high"),
            ("identity,serpro", HOLDER, "identity-yes-without-liveness"),
            (
                "identity,behavior-alert,risk-score,serpro",
                SCORED,
                "score-high",
            ),
        ] {
            let (_, found) = tenant.onboard(capabilities, code).await;
            assert_eq!(found, expected, "{dialect} {capabilities}");
        }
        let key = tenant.key("liveness,identity,behavior-alert,risk-score,serpro");
        let handle = tenant.idcloud.identity(key.clone());
        for (face, expected) in [
            (Face::Live, "identity-yes"),
            (Face::Spoof, "liveness-failed"),
        ] {
            let request = request(HOLDER, tenant.captured(face));
            let submission = handle.submit(request, &SubmitOptions::default()).await;
            let report = tenant.report(submission.unwrap(), &key).await;
            assert_eq!(row(&report), expected, "{dialect}");
            assert_eq!(report.mismatches().count(), 0, "{dialect}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn behavior_alert_alone() {
    for dialect in Dialect::ALL {
        let tenant = Tenant::new(dialect);
        let key = tenant.key("behavior-alert");
        let handle = tenant.idcloud.behavior_alert(key.clone());
        for (code, expected) in [(KNOWN_FROM_FRAUD, "alert"), (HOLDER, "unlisted")] {
            let by_image = request(code, image());
            let by_token = request(code, tenant.captured(Face::Live));
            for request in [by_image, by_token] {
                let submission = handle.submit(request, &SubmitOptions::default()).await;
                let report = tenant.report(submission.unwrap(), &key).await;
                assert_eq!(row(&report), expected, "{dialect} {code}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn comparison_by_process_and_by_image() {
    for dialect in Dialect::ALL {
        let tenant = Tenant::new(dialect);
        for by_process in [true, false] {
            for (capabilities, code, captured, expected) in [
                ("face-match", HOLDER, false, "face-match-without-liveness"),
                ("face-match", NOT_THE_REFERENCE, false, "face-mismatch"),
                ("liveness,face-match", HOLDER, true, "face-match"),
                (
                    "face-match,behavior-alert",
                    HOLDER,
                    false,
                    "face-match-without-liveness",
                ),
                (
                    "face-match,behavior-alert",
                    KNOWN_FROM_FRAUD,
                    false,
                    "alert",
                ),
            ] {
                let reference = if by_process {
                    Reference::Process(tenant.onboard("identity", code).await.0)
                } else {
                    Reference::Image(image())
                };
                let key = tenant.key(capabilities);
                let handle = tenant.idcloud.comparison(key.clone());
                let request = if captured {
                    ComparisonRequest::new(reference, tenant.captured(Face::Live))
                } else {
                    ComparisonRequest::new(reference, image())
                };
                let request = request.with_subject(subject(code));
                let submission = handle.submit(request, &SubmitOptions::default()).await;
                let report = tenant.report(submission.unwrap(), &key).await;
                assert_eq!(row(&report), expected, "{dialect} {capabilities} {code}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn documents_captured_looked_up_and_used_again() {
    for dialect in Dialect::ALL {
        let tenant = Tenant::new(dialect);
        let key = tenant.key("document");
        let documents = tenant.idcloud.documents(key.clone());
        let calls = CallOptions::default();
        let query = |code: &str| {
            let code: SubjectCode = code.parse().unwrap();
            ReusableDocumentsQuery::new(code, DocumentType::CNH)
        };
        let none = documents
            .reusable(&query(UNREADABLE), &calls)
            .await
            .unwrap();
        assert!(none.value().is_empty(), "{dialect}");
        for (code, expected) in [
            (OTHER_NUMBER, "document-mismatch"),
            (UNREADABLE, "document-unread"),
            (HOLDER, "document-matched"),
        ] {
            let (proof, _) = tenant.onboard("identity", code).await;
            let request =
                DocumentRequest::capture(subject(code), Purpose::ONBOARDING, proof, [png()]);
            let submission = documents
                .submit(request.unwrap(), &SubmitOptions::default())
                .await;
            let report = tenant.report(submission.unwrap(), &key).await;
            assert_eq!(row(&report), expected, "{dialect}");
        }
        let mut kept = Vec::new();
        for kind in DocumentType::KNOWN {
            let code: SubjectCode = HOLDER.parse().unwrap();
            let query = ReusableDocumentsQuery::new(code, kind);
            let found = documents.reusable(&query, &calls).await.unwrap();
            kept.extend(found.into_value());
        }
        let (proof, _) = tenant.onboard("identity", HOLDER).await;
        let document = kept.first().unwrap().id().clone();
        let request = DocumentRequest::reuse(subject(HOLDER), Purpose::ONBOARDING, proof, document);
        let submission = documents.submit(request, &SubmitOptions::default()).await;
        let report = tenant.report(submission.unwrap(), &key).await;
        assert_eq!(row(&report), "document-matched", "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn processes_looked_up_in_both_versions() {
    for dialect in Dialect::ALL {
        let tenant = Tenant::new(dialect);
        let key = tenant.key("identity");
        let (id, first) = {
            let handle = tenant.idcloud.identity(key.clone());
            let options = SubmitOptions::default();
            let submission = handle.submit(request(HOLDER, image()), &options).await;
            let report = tenant.report(submission.unwrap(), &key).await;
            (report.process().id().clone(), row(&report))
        };
        let processes = tenant
            .idcloud
            .processes(key.clone())
            .created_for(Flow::Identity)
            .with_selfie_kind(SelfieKind::Image);
        let calls = CallOptions::default();
        let seen = processes.report(&id, &calls).await.unwrap();
        assert_eq!(row(&tenant.report(seen, &key).await), first, "{dialect}");
        let details = processes.details(&id, &calls).await.unwrap();
        let details = tenant.report(details, &key).await;
        assert!(details.process().evidence().additional_info().is_some());

        let unknown = process_id(crate::support::OTHER_ID);
        let error = processes.report(&unknown, &calls).await.unwrap_err();
        assert_eq!(error.kind().as_str(), "not-found");
    }
}

/// Every onboarded subject of the list ends in its row in every dialect, even if evidence comes
/// later than the create.
#[tokio::test(start_paused = true)]
async fn every_subject_in_every_dialect() {
    for dialect in Dialect::ALL {
        let tenant = Tenant::new(dialect);
        for person in subjects() {
            if !person.capabilities.contains(Capability::Identity) {
                continue;
            }
            let key = tenant.key(&person.capabilities.to_string());
            let seen = Arc::new(std::sync::Mutex::new(0));
            let count = Arc::clone(&seen);
            let handle = tenant
                .idcloud
                .identity(key.clone())
                .with_observer(Arc::new(move |_: &Process| *count.lock().unwrap() += 1));
            let selfie: Selfie = match person.selfie {
                SelfieKind::CaptureToken => tenant.captured(Face::Live).into(),
                _ => image().into(),
            };
            let request = request(person.code, selfie);
            let found = match handle
                .submit(request, &SubmitOptions::default())
                .await
                .unwrap()
            {
                Submission::Finished(report) => row(&report),
                Submission::Pending(pending) => {
                    match handle.wait(pending, Duration::from_secs(70)).await {
                        Ok(report) => row(&report),
                        Err(error) => error.pending().scenario().id(),
                    }
                }
            };
            assert_eq!(found, person.scenario, "{dialect} {}", person.description);
            assert!(*seen.lock().unwrap() >= 1);
        }
    }
}
