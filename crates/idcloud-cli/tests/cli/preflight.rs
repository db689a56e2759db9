//! `preflight`: what IDCloud would refuse is told here, a line a file, and nothing is sent.

use serde_json::{Value, json};

use super::support::{Files, Idcloud, Server, custom, png, run};

const OLD_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpYXQiOjE1MDAwMDAwMDB9.c2ln";

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Every rule that a file can break, with the code that IDCloud would answer.
#[tokio::test(flavor = "multi_thread")]
async fn each_file_has_its_rule_and_code() {
    let files = Files::new();
    let table: [(&str, &[u8], Option<&str>); 8] = [
        ("empty", b"", Some("20009")),
        ("text.txt", b"this is text, not a picture", Some("20505")),
        ("narrow.png", &png(639, 480, 99), Some("20807")),
        ("low.png", &png(640, 479, 99), Some("20807")),
        ("heavy.png", &png(720, 960, 614_401), Some("20506")),
        (
            "cut.jpg",
            b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01",
            Some("20900"),
        ),
        ("old-token", OLD_TOKEN.as_bytes(), Some("10507")),
        ("good.png", &png(640, 480, 99), None),
    ];
    let mut command = Idcloud::new(["preflight", "--format", "json"]);
    for (name, bytes, _) in table {
        command = command.arg(files.write(name, bytes));
    }
    let run = run(command).await;
    assert_eq!(run.code, 3, "{run}");
    assert_eq!(run.error()["code"], "20009", "{run}");
    assert_eq!(run.error()["delivery"], "not-sent", "{run}");
    let lines = lines(&run.stdout);
    assert_eq!(lines.len(), table.len(), "one line a file: {run}");
    for ((name, _, code), line) in table.iter().zip(&lines) {
        assert!(line["file"].as_str().unwrap().ends_with(name), "{line}");
        assert_eq!(line["accepted"], code.is_none(), "{line}");
        assert_eq!(line["violations"][0]["code"], json!(code), "{name}: {line}");
    }
    assert_eq!(
        lines[7]["base64Length"], 172,
        "128 bytes are 172 characters"
    );
}

/// A file that breaks two rules is told both.
#[tokio::test(flavor = "multi_thread")]
async fn every_broken_rule_of_a_file_is_told() {
    let files = Files::new();
    let both = files.write("both.png", &png(100, 100, 614_401));
    let run = run(Idcloud::new(["preflight"]).arg(both)).await;
    assert_eq!(run.stdout.lines().count(), 1, "{run}");
    assert!(
        run.stdout.contains("20506 ") && run.stdout.contains("20807 "),
        "{run}"
    );
    assert_eq!(run.code, 3, "{run}");
}

/// A picture and a capture token, by name and from standard input, on a machine that is not configured at all.
#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_taken_exits_with_0() {
    let files = Files::new();
    let good = run(Idcloud::new(["preflight"])
        .arg(files.path("selfie.png"))
        .arg(files.path("token.txt")))
    .await;
    assert_eq!((good.code, good.stderr.as_str()), (0, ""), "{good}");
    let ends: Vec<_> = good.stdout.lines().collect();
    assert!(
        ends[0].ends_with("selfie.png: ok (image, png, 720 x 960, 2708 characters of base64)"),
        "{good}"
    );
    assert!(ends[1].contains("token.txt: ok (capture token"), "{good}");
    let piped = run(Idcloud::new(["preflight", "-"]).stdin(png(720, 960, 9))).await;
    assert!(
        piped.code == 0 && piped.stdout.starts_with("-: ok"),
        "{piped}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_stands_for_the_files_below_it() {
    let files = Files::new();
    std::fs::create_dir_all(files.path("album/inner")).unwrap();
    files.write("album/a.png", &png(720, 960, 9));
    files.write("album/inner/b.png", &png(1, 1, 9));
    let run = run(Idcloud::new(["preflight"]).arg(files.path("album"))).await;
    assert_eq!(run.code, 3, "{run}");
    let lines: Vec<_> = run.stdout.lines().collect();
    assert!(lines[0].contains("album/a.png: ok"), "{run}");
    assert!(
        lines[1].contains("album/inner/b.png: refused: 20807"),
        "{run}"
    );
    assert!(run.stderr.contains("refuse 1 of 2 files"), "{run}");
}

/// A file that is not there fails its own line, and the others are told all the same.
#[tokio::test(flavor = "multi_thread")]
async fn one_bad_name_does_not_hide_the_rest() {
    let files = Files::new();
    std::fs::create_dir(files.path("empty")).unwrap();
    let run = run(Idcloud::new(["preflight", "--format", "json"])
        .arg(files.path("nowhere.png"))
        .arg(files.path("empty"))
        .args(["-", "-"])
        .arg(files.path("selfie.png"))
        .stdin(png(720, 960, 9)))
    .await;
    let accepted: Vec<_> = lines(&run.stdout)
        .iter()
        .map(|line| line["accepted"] == true)
        .collect();
    assert_eq!(accepted, [false, false, true, false, true], "{run}");
    assert_eq!((run.code, &run.error()["code"]), (3, &json!(null)), "{run}");
    assert_eq!(
        super::support::run(Idcloud::new(["preflight"])).await.code,
        2,
        "a file is required"
    );
}

/// Offline whatever is configured.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent() {
    let (server, files) = (Server::start().await, Files::new());
    let run = run(custom(&files, &server.url(), ["preflight"]).arg(files.path("selfie.png"))).await;
    assert_eq!((run.code, server.requests().await), (0, 0), "{run}");
}

/// The name of a file cannot control the terminal.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_files_name_is_printed_harmless() {
    let files = Files::new();
    let odd = files.write("\u{1b}[2Jodd.png", &png(720, 960, 9));
    let run = run(Idcloud::new(["preflight"]).arg(odd)).await;
    assert!(run.code == 0 && !run.stdout.contains('\u{1b}'), "{run}");
}
