//! Bad input: a clear error of its own, the right exit code, and nothing sent.

use std::process::Command;

use serde_json::json;

use super::support::{
    ACCOUNT, API_KEY, CPF, Files, Idcloud, NAME, Run, Server, TENANT, custom, onboard, png, run,
};

/// Runs beside a server that must not receive anything.
async fn unsent(build: impl FnOnce(&Files, &str) -> Idcloud) -> Run {
    let (server, files) = (Server::start().await, Files::new());
    let run = run(build(&files, &server.url())).await;
    assert_eq!(server.requests().await, 0, "something was sent: {run}");
    assert!(run.stdout.is_empty(), "{run}");
    run
}

fn with(files: &Files, url: &str, cpf: &str, name: &str, selfie: &str) -> Idcloud {
    custom(files, url, ["onboard", "--cpf", cpf, "--name", name])
        .env("IDCLOUD_FORMAT", "json")
        .arg("--selfie")
        .arg(files.path(selfie))
}

/// Checks the field, the rule and the remedy in the error object.
fn assert_refused(run: &Run, exit: i32, field: &str, code: Option<&str>) {
    assert_eq!(run.code, exit, "{run}");
    let error = run.error();
    assert_eq!(error["delivery"], "not-sent", "{run}");
    assert_eq!(error["attempts"], 0, "{run}");
    assert_eq!(error["code"], json!(code), "{run}");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains(&format!("{field}: ")),
        "{run}"
    );
    assert!(
        error["help"]
            .as_str()
            .unwrap()
            .contains(&format!("{field}: ")),
        "{run}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_person_is_refused() {
    for (cpf, name, field, code) in [
        ("529.982.247-26", NAME, "subject.code", "20507"),
        ("111.111.111-11", NAME, "subject.code", "20507"),
        ("1234", NAME, "subject.code", "20507"),
        ("", NAME, "subject.code", "20005"),
        (CPF, "", "subject.name", "20006"),
        (CPF, "   ", "subject.name", "20006"),
    ] {
        let run = unsent(|files, url| with(files, url, cpf, name, "selfie.png")).await;
        assert_refused(&run, 3, field, Some(code));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_selfie_is_refused() {
    let old_token = format!("eyJhbGciOiJSUzI1NiJ9.{}.c2ln", "eyJpYXQiOjE1MDAwMDAwMDB9");
    for (bytes, code) in [
        (&b""[..], "20009"),
        (b"this is text, not a picture", "20505"),
        (b"%PDF-1.7\x00\x01\x02\xff\xfe", "20505"),
        (&png(639, 480, 99), "20807"),
        (&png(640, 479, 99), "20807"),
        (&png(720, 960, 614_401), "20506"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01", "20900"),
        (old_token.as_bytes(), "10507"),
    ] {
        let run = unsent(|files, url| {
            files.write("bad", bytes);
            with(files, url, CPF, NAME, "bad")
        })
        .await;
        assert_refused(&run, 3, "selfie", Some(code));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selfie_that_cannot_be_read_is_refused_without_its_path() {
    let missing = unsent(|files, url| with(files, url, CPF, NAME, "52998224725.jpg")).await;
    assert_refused(&missing, 3, "selfie", None);
    let directory = unsent(|files, url| {
        std::fs::create_dir(files.path("album")).unwrap();
        with(files, url, CPF, NAME, "album")
    })
    .await;
    assert_refused(&directory, 3, "selfie", None);
    assert!(
        directory.error()["message"]
            .as_str()
            .unwrap()
            .contains("is a directory")
    );
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n");
    if !is_root {
        let locked = unsent(|files, url| {
            files.set_mode("selfie.png", 0o000);
            with(files, url, CPF, NAME, "selfie.png")
        })
        .await;
        assert_refused(&locked, 3, "selfie", None);
    }
}

/// All violations at once, each with its remedy, also in the text format.
#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_is_listed() {
    let run = unsent(|files, url| {
        files.write("bad", b"no picture");
        with(files, url, "529.982.247-26", "", "bad")
            .env("IDCLOUD_FORMAT", "text")
            .args(["--email", "nobody", "--phone", "12", "--subsidiary-id", "x"])
    })
    .await;
    assert_eq!(run.code, 3, "{run}");
    for field in [
        "subject.code",
        "subject.name",
        "subject.email",
        "subject.phone",
        "selfie",
        "subsidiaryId",
    ] {
        assert!(
            run.stderr.contains(&format!("error: {field}: ")),
            "{field} is missing: {run}"
        );
    }
    assert_eq!(run.stderr.matches("help: ").count(), 6, "{run}");
    assert!(run.stderr.contains("Nothing was sent"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_document_is_refused() {
    for text in [
        "",
        "{",
        "[]",
        r#"{"cpf": 52998224725, "name": "x"}"#,
        r#"{"cpf": "52998224725", "nome": "x"}"#,
    ] {
        let run = unsent(|files, url| {
            custom(
                files,
                url,
                ["onboard", "--format", "json", "--subject", "-", "--selfie"],
            )
            .arg(files.path("selfie.png"))
            .stdin(text)
        })
        .await;
        assert_refused(&run, 3, "subject", None);
    }
    let twice = unsent(|files, url| {
        custom(
            files,
            url,
            [
                "onboard",
                "--format",
                "json",
                "--subject",
                "-",
                "--selfie",
                "-",
            ],
        )
        .stdin("{}")
    })
    .await;
    assert_eq!(twice.code, 2, "{twice}");
}

/// A key that cannot sign, or that other users could have copied.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_private_key_is_refused() {
    let elliptic = "-----BEGIN PRIVATE KEY-----\n\
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n\
        OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n\
        1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n\
        -----END PRIVATE KEY-----\n";
    for text in [
        "",
        "hello",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        elliptic,
    ] {
        let run = unsent(|files, url| {
            files.write("key.pem", text.as_bytes());
            onboard(files, url)
                .arg("--selfie")
                .arg(files.path("selfie.png"))
        })
        .await;
        assert_refused(&run, 3, "IDCLOUD_PRIVATE_KEY_FILE", None);
    }
    for mode in [0o644, 0o640, 0o604] {
        let run = unsent(|files, url| {
            files.set_mode("key.pem", mode);
            onboard(files, url)
                .arg("--selfie")
                .arg(files.path("selfie.png"))
        })
        .await;
        assert_refused(&run, 3, "IDCLOUD_PRIVATE_KEY_FILE", None);
        assert!(run.stderr.contains("chmod 600"), "{run}");
    }
}

/// A forgotten variable must never lead to a simulated approval.
#[tokio::test(flavor = "multi_thread")]
async fn credentials_without_an_environment_are_a_usage_error() {
    let person = [
        "onboard", "--format", "json", "--cpf", CPF, "--name", NAME, "--selfie", "-",
    ];
    for (name, value) in [
        ("IDCLOUD_ACCOUNT", ACCOUNT),
        ("IDCLOUD_TENANT_ID", TENANT),
        ("IDCLOUD_PRIVATE_KEY_FILE", "/key.pem"),
        ("IDCLOUD_API_KEY", API_KEY),
    ] {
        let run = run(Idcloud::new(person)
            .env(name, value)
            .stdin(png(720, 960, 9)))
        .await;
        assert_refused(&run, 2, "--env", None);
        assert!(
            run.error()["message"].as_str().unwrap().contains(name),
            "{run}"
        );
    }
    let flag = run(Idcloud::new(person)
        .args(["--account", ACCOUNT])
        .stdin(png(720, 960, 9)))
    .await;
    assert_refused(&flag, 2, "--env", None);
    let profile = Idcloud::new(person)
        .profile("[default]\naccount = \"tester\"\n")
        .stdin(png(720, 960, 9));
    assert_refused(&run(profile).await, 2, "--env", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_to_another_machine_is_a_usage_error() {
    for url in [
        "http://api.example.com",
        "http://10.0.0.1:8080",
        "ftp://localhost",
        "nonsense",
        "http://127.0.0.1:99999",
    ] {
        for flag in ["--api-url", "--identity-url"] {
            let run = unsent(|files, own| {
                onboard(files, own)
                    .args([flag, url])
                    .arg("--selfie")
                    .arg(files.path("selfie.png"))
            })
            .await;
            assert_refused(&run, 2, flag, None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_certificate_that_is_none_is_a_usage_error() {
    let run = unsent(|files, url| {
        let text = files.write("ca.pem", b"no certificate");
        onboard(files, url)
            .arg("--ca-file")
            .arg(text)
            .arg("--selfie")
            .arg(files.path("selfie.png"))
    })
    .await;
    assert_refused(&run, 2, "--ca-file", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_credential_is_a_usage_error() {
    for (variable, field) in [
        ("IDCLOUD_ACCOUNT", "--account"),
        ("IDCLOUD_TENANT_ID", "--tenant-id"),
        ("IDCLOUD_PRIVATE_KEY_FILE", "--private-key-file"),
        ("IDCLOUD_API_KEY", "--api-key-file"),
        ("IDCLOUD_API_URL", "--api-url"),
    ] {
        let run = unsent(|files, url| {
            onboard(files, url)
                .env(variable, "")
                .arg("--selfie")
                .arg(files.path("selfie.png"))
        })
        .await;
        assert_refused(&run, 2, field, None);
    }
}

/// A value is named by its source: the error about a variable does not name a flag.
#[tokio::test(flavor = "multi_thread")]
async fn an_unusable_setting_is_named_where_it_stands() {
    for (variable, value) in [
        ("IDCLOUD_API_URL", "http://api.example.com"),
        ("IDCLOUD_IDENTITY_URL", "nonsense"),
        ("IDCLOUD_API_KEY", "two words"),
        ("IDCLOUD_API_KEY", "schlüssel"),
        ("IDCLOUD_ACCOUNT", "two words"),
        ("IDCLOUD_CA_FILE", "/nonexistent/ca.pem"),
    ] {
        let run = unsent(|files, url| {
            onboard(files, url)
                .env(variable, value)
                .arg("--selfie")
                .arg(files.path("selfie.png"))
        })
        .await;
        assert_refused(&run, 2, variable, None);
        let run = unsent(|files, url| {
            files.write("api.key", b"two words");
            files.set_mode("api.key", 0o600);
            onboard(files, url)
                .arg("--api-key-file")
                .arg(files.path("api.key"))
                .arg("--selfie")
                .arg(files.path("selfie.png"))
        })
        .await;
        assert_refused(&run, 2, "--api-key-file", None);
    }
    let run = unsent(|files, url| {
        onboard(files, url)
            .env("IDCLOUD_API_KEY", "")
            .profile("[default]\napi-key-file = \"/nonexistent/api.key\"\n")
            .arg("--selfie")
            .arg(files.path("selfie.png"))
    })
    .await;
    assert_refused(&run, 2, "api-key-file in the profile", None);
}

/// Only the owner may read secrets, and only the owner may change where they are sent.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_others_may_use_are_refused() {
    let with_key = |files: &Files, url: &str, mode: u32| {
        files.write("api.key", API_KEY.as_bytes());
        files.set_mode("api.key", mode);
        onboard(files, url)
            .arg("--api-key-file")
            .arg(files.path("api.key"))
            .arg("--selfie")
            .arg(files.path("nowhere"))
    };
    for mode in [0o640, 0o604, 0o644] {
        let run = unsent(|files, url| with_key(files, url, mode)).await;
        assert_refused(&run, 3, "--api-key-file", None);
        assert!(run.stderr.contains("chmod 600"), "{run}");
    }
    let good = unsent(|files, url| with_key(files, url, 0o400)).await;
    assert_refused(&good, 3, "selfie", None);
    let changeable = unsent(|files, url| {
        with_key(files, url, 0o600)
            .profile("[default]\nrate = 5\n")
            .profile_mode(0o666)
    })
    .await;
    assert_refused(&changeable, 2, "profile file", None);
}

/// A mistake on the command line echoes neither a secret nor a person.
#[tokio::test(flavor = "multi_thread")]
async fn a_slip_on_the_command_line_is_not_echoed() {
    for slip in [
        &["52998224725"][..],
        &["--cfp=52998224725"],
        &["--api-key", API_KEY],
        &["--wait", NAME],
    ] {
        for format in ["text", "json"] {
            let run = unsent(|files, url| {
                onboard(files, url)
                    .env("IDCLOUD_FORMAT", format)
                    .args(["--selfie", "x"])
                    .args(slip.iter().copied())
            })
            .await;
            assert_eq!(run.code, 2, "{run}");
            assert!(!run.stderr.is_empty(), "{run}");
        }
    }
}
