//! `preflight`: reports locally what IDCloud would refuse, one line per file, and sends nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::support::{CPF, Files, Idcloud, NAME, Server, custom, drawn_selfie, png, run};

const OLD_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpYXQiOjE1MDAwMDAwMDB9.c2ln";

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Every rule that a file can break, with IDCloud's code for it.
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
    let characters = png(640, 480, 99).len().div_ceil(3) * 4;
    assert_eq!(lines[7]["base64Length"], characters);
}

/// A file that breaks two rules is reported with both.
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

/// A picture and a capture token, by name and from standard input, without any configuration.
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
        ends[0].contains("selfie.png: ok (image, png, 720 x 960, ")
            && ends[0].ends_with(" characters of base64)"),
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

/// A missing file fails on its own line, and the others are still checked.
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

/// Offline with every configuration.
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

/// Checks each file's result line.
async fn assert_judged(table: &[(&str, Vec<u8>, &str)]) {
    let files = Files::new();
    let mut command = Idcloud::new(["preflight"]);
    for (name, bytes, _) in table {
        command = command.arg(files.write(name, bytes));
    }
    let run = run(command).await;
    assert_eq!(run.code, 3, "{run}");
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines.len(), table.len(), "{run}");
    for ((name, _, expected), line) in table.iter().zip(lines) {
        assert!(
            line.contains(name) && line.contains(expected),
            "{expected}: {line}"
        );
    }
}

const TAKEN: &str = "ok (image, jpeg, 960 x 1280,";

/// Half a picture is not billed: a truncated or damaged picture is reported, and every legal one
/// passes.
#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_looked_at_to_their_end() {
    let jpeg = std::fs::read(drawn_selfie()).unwrap();
    let frame = jpeg.windows(2).position(|two| two == b"\xff\xc0").unwrap();
    let (head, rest) = jpeg.split_at(frame);
    let png = png(720, 960, 99);
    let mut wrong_sum = png.clone();
    wrong_sum[29] ^= 1;
    let apple = b"\0\0\0\x04CgBI\x50\0\x20\x02\x2b\xd5\xb3\x7f";
    let early = "20900 the image ends early";
    assert_judged(&[
        ("head.jpg", jpeg[..frame + 19].to_vec(), early),
        ("half.jpg", jpeg[..jpeg.len() / 2].to_vec(), early),
        ("fill.jpg", [head, b"\xff\xff", rest].concat(), TAKEN),
        ("more.jpg", [&jpeg[..], b"more"].concat(), TAKEN),
        ("head.png", png[..33].to_vec(), early),
        ("sum.png", wrong_sum, "20900 the image is damaged"),
        (
            "apple.png",
            [&png[..8], apple, &png[8..]].concat(),
            "20900 a PNG in Apple's own form",
        ),
    ])
    .await;
}

/// A text decodes to what was encoded, or the cause is named.
#[tokio::test(flavor = "multi_thread")]
async fn texts_are_taken_as_people_have_them() {
    let base64 = STANDARD.encode(std::fs::read(drawn_selfie()).unwrap());
    let lines: Vec<_> = base64.as_bytes().chunks(76).map(<[u8]>::to_vec).collect();
    let utf16 = base64.encode_utf16().flat_map(u16::to_le_bytes);
    let token = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";
    let object = format!(r#"{{"base64":"data:image/jpeg;base64,AAAA","encrypted":"{token}"}}"#);
    let preview = format!(r#"{{"base64":"data:image/jpeg;base64,{base64}"}}"#);
    assert_judged(&[
        (
            "plus.txt",
            base64.replace('+', " ").into(),
            "20900 the base64 has a blank inside",
        ),
        (
            "mixed.txt",
            base64.replacen('+', "-", 1).into(),
            "20900 the base64 mixes two alphabets",
        ),
        (
            "twice.txt",
            format!("{base64}{base64}").into(),
            "20900 the base64 has = in the middle",
        ),
        ("lines.txt", lines.join(&b"\r\n"[..]), TAKEN),
        ("mark.txt", format!("\u{feff}{base64}\r\n").into(), TAKEN),
        ("utf16.txt", utf16.collect(), "20505 a text in UTF-16"),
        ("result.json", object.clone().into(), "ok (capture token"),
        (
            "quoted.txt",
            format!("\u{feff}\"{token}\"\n").into(),
            "ok (capture token",
        ),
        (
            "preview.json",
            preview.into(),
            "20505 the capture SDK's result without a capture token",
        ),
        (
            "broken.json",
            object[..object.len() - 3].into(),
            "20505 the capture SDK's result",
        ),
    ])
    .await;
}

/// Every command that sends a picture checks it first: a selfie, one to compare with, and a
/// document.
#[tokio::test(flavor = "multi_thread")]
async fn no_command_sends_half_a_picture() {
    const ID: &str = "80371b2a-3ac7-432e-866d-57fe37896ac6";
    let (server, files) = (Server::start().await, Files::new());
    let jpeg = std::fs::read(drawn_selfie()).unwrap();
    files.write("half.jpg", &jpeg[..jpeg.len() / 2]);
    let half = files.path("half.jpg");
    let whole = files.path("selfie.png");
    for (command, field) in [
        (
            custom(
                &files,
                &server.url(),
                ["onboard", "--cpf", CPF, "--name", NAME],
            )
            .arg("--selfie")
            .arg(&half),
            "selfie",
        ),
        (
            custom(&files, &server.url(), ["compare", "--reference-image"])
                .arg(&half)
                .arg("--selfie")
                .arg(&whole),
            "reference-image",
        ),
        (
            custom(&files, &server.url(), ["document", "capture", "--cpf", CPF])
                .args(["--purpose", "onboarding", "--auth-process-id", ID])
                .arg("--file")
                .arg(&whole)
                .arg("--file")
                .arg(&half),
            "document.files[1].data",
        ),
    ] {
        let run = run(command).await;
        assert_eq!(run.code, 3, "{run}");
        assert!(
            run.stderr
                .contains(&format!("{field}: the image ends early")),
            "{run}"
        );
    }
    assert_eq!(server.requests().await, 0);
}

/// A value that would be sent in another form is reported; values are personal data, and shown only
/// if the caller asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_looked_at_before_anything_is_sent() {
    let files = Files::new();
    let person = r#"{"cpf":"529.982.247-25","name":"Test  Subject","phone":"(11) 90000-0000","email":" a@b.example"}"#;
    let subject = files.write("person.json", person.as_bytes());
    let command = || Idcloud::new(["preflight", "--format", "json", "--subject"]).arg(&subject);
    let hidden = run(command()).await;
    assert_eq!(hidden.code, 0, "{hidden}");
    let object = hidden.object();
    super::schemas::assert_valid("preflight-subject", &object);
    let changes: Vec<_> = object["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["field"].as_str().unwrap(), change["sent"].clone()))
        .collect();
    let fields = [
        "subject.code",
        "subject.name",
        "subject.email",
        "subject.phone",
    ];
    assert_eq!(changes, fields.map(|field| (field, Value::Null)));
    for secret in ["Test  Subject", "Test Subject", "90000", "b.example", "529"] {
        assert!(!hidden.stdout.contains(secret), "{secret}: {hidden}");
    }
    let revealed = run(command().arg("--reveal").listing_codes()).await;
    assert_eq!(
        revealed.object()["changes"][1]["sent"],
        "Test Subject",
        "{revealed}"
    );
    let text = run(Idcloud::new(["preflight", "--subject"])
        .arg(&subject)
        .arg(files.path("selfie.png")))
    .await;
    assert!(
        text.stdout.contains("subject: ok")
            && text
                .stdout
                .contains("  subject.name: a run of blanks inside becomes one\n")
            && text.stdout.contains("selfie.png: ok"),
        "{text}"
    );
    files.write(
        "person.json",
        br#"{"cpf":"529.982.247-26","name":"Test Subject"}"#,
    );
    let refused = run(command()).await;
    assert_eq!(
        (refused.code, &refused.error()["code"]),
        (3, &json!("20507")),
        "{refused}"
    );
    assert_eq!(refused.object()["violations"][0]["field"], "subject.code");
}
