//! The embedded simulator: no account, no network, no configuration.

use serde_json::json;

use super::support::{CPF, Files, Idcloud, NAME, PROCESS_ID, drawn_selfie, finish, png, run};

/// The subject whose verdict takes longer than this test waits.
const SLOW: &str = "11122232748";

fn first_command() -> Idcloud {
    Idcloud::new(["onboard", "--cpf", CPF, "--name", NAME, "--selfie"]).arg(drawn_selfie())
}

/// A new user's first command: a verdict, its reasons, its limits, and the mark that it was
/// simulated.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_command_tells_a_person_everything() {
    let run = run(first_command()).await;
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run}");
    assert!(run.stdout.starts_with("SIMULATED: APPROVED"), "{run}");
    for part in [
        "identity-yes-without-liveness",
        "liveness         not checked",
        "simulated: no person was verified",
    ] {
        assert!(run.stdout.contains(part), "{part}: {run}");
    }
    assert!(!run.stdout.contains('\u{1b}'), "no colour in a pipe: {run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_as_an_object() {
    let object = run(first_command().args(["--format", "json"]))
        .await
        .object();
    assert_eq!(object["environment"], "local");
    assert_eq!(object["simulated"], true);
    assert_eq!(object["decision"], "approve");
    assert_eq!(object["liveness"], "not-checked");
}

/// The configuration's precedence in the program: flag, variable, profile.
#[tokio::test(flavor = "multi_thread")]
async fn flags_beat_variables_which_beat_the_profile() {
    let profile = "[default]\nformat = \"json\"\n[person]\nformat = \"text\"\n";
    let is_json = |text: String| text.starts_with('{');
    let base = || first_command().profile(profile);
    assert!(is_json(run(base()).await.stdout));
    assert!(!is_json(
        run(base().args(["--profile", "person"])).await.stdout
    ));
    assert!(!is_json(
        run(base().env("IDCLOUD_FORMAT", "text")).await.stdout
    ));
    assert!(is_json(
        run(base()
            .env("IDCLOUD_FORMAT", "text")
            .args(["--format", "json"]))
        .await
        .stdout
    ));
    let unknown = run(base().args(["--profile", "nobody"])).await;
    assert_eq!(unknown.code, 2, "{unknown}");
}

/// Every listed subject ends as in the list, with the key and the selfie given there.
#[tokio::test(flavor = "multi_thread")]
async fn every_test_subject_ends_as_listed() {
    let listed = run(Idcloud::new(["simulator", "subjects", "--format", "json"]).listing_codes())
        .await
        .object();
    let mut running = tokio::task::JoinSet::new();
    for subject in listed.as_array().unwrap().clone() {
        running.spawn(async move {
            let files = Files::new();
            let text = |key: &str| subject[key].as_str().unwrap().to_owned();
            let selfie = match text("selfie").as_str() {
                "capture-token" => {
                    let token =
                        Idcloud::new(["simulator", "capture"]).arg(files.path("selfie.png"));
                    files.write("captured", run(token).await.stdout.as_bytes())
                }
                _ => files.path("selfie.png"),
            };
            // The CPF that no output may show is the first subject's.
            let flag = if text("code").len() == 11 {
                "--cpf"
            } else {
                "--curp"
            };
            let command = match text("capabilities").as_str() {
                "face-match" => Idcloud::new(["compare", "--reference-image"])
                    .arg(files.path("selfie.png"))
                    .arg("--selfie")
                    .arg(selfie),
                "document" => Idcloud::new(["document", "capture", "--purpose", "onboarding"])
                    .args(["--auth-process-id", PROCESS_ID, "--file"])
                    .arg(selfie),
                _ => Idcloud::new(["onboard", "--name", "Test Subject", "--selfie"]).arg(selfie),
            };
            let command = command
                .args(["--format", "json", "--wait", "8s", flag])
                .arg(text("code"))
                .arg("--capabilities")
                .arg(text("capabilities"));
            let run = run(command).await;
            let object = run.object();
            let expected = match text("code").as_str() {
                SLOW => "processing".into(),
                _ => text("scenario"),
            };
            assert_eq!(object["scenario"], expected, "{subject}: {run}");
            assert_eq!(object["simulated"], true, "{run}");
            assert!(object["unknown"].as_object().unwrap().is_empty(), "{run}");
            assert!(!run.stdout.contains(&text("code")), "{run}");
        });
    }
    finish(running).await;
}

/// A person who is not listed is like the first subject: any synthetic person can be used.
#[tokio::test(flavor = "multi_thread")]
async fn an_unlisted_person_is_the_holder() {
    let run = run(Idcloud::new([
        "onboard",
        "--cpf",
        "123.456.789-09",
        "--name",
        "N",
        "--selfie",
        "-",
        "--format",
        "json",
    ])
    .stdin(png(720, 960, 50)))
    .await;
    assert_eq!(
        run.object()["scenario"],
        json!("identity-yes-without-liveness"),
        "{run}"
    );
}
