//! Nothing personal leaks: searches the program's memory for a person's data while it waits for a
//! result.

#![cfg(target_os = "linux")]

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use idcloud_http::{Clock as _, SystemClock};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::batch::HEADER;
use super::support::{Files, Idcloud, NAME, PROCESS_ID, Running, Server, custom, drawn_selfie};

/// A CPF of its own, different from the one in other tests: nothing else in this program's memory
/// has it.
const CPF: &str = "11144477735";
const DOTTED: &str = "111.444.777-35";
const EMAIL: &str = "zoraide.marker@example.org";
const PHONE: &str = "5511974749090";
/// How many pieces of the picture are searched for.
const PIECES: u8 = 25;

/// By this time the last answer has been processed, even on a busy machine; well before the wait
/// for a result ends.
const SOON: Duration = Duration::from_secs(20);

/// A piece of the picture that occurs nowhere else.
fn piece(number: u8) -> Vec<u8> {
    (0..48_u8)
        .map(|at| at.wrapping_mul(37) ^ number.wrapping_mul(59) ^ 0xa5)
        .collect()
}

/// The drawn picture with the pieces in it, each as a comment that decoders skip.
fn picture() -> Vec<u8> {
    let drawn = std::fs::read(drawn_selfie()).unwrap();
    let (start, rest) = drawn.split_at(2);
    let mut picture = start.to_vec();
    for number in 0..PIECES {
        let piece = piece(number);
        picture.extend([0xff, 0xfe, 0, u8::try_from(piece.len() + 2).unwrap()]);
        picture.extend(piece);
    }
    picture.extend(rest);
    picture
}

/// The base64 of a text that contains `piece`, for each of the three alignments.
fn in_base64(piece: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..3).map(move |before| {
        let text = STANDARD.encode([&vec![0; before], piece].concat());
        // The first and the last characters also encode bits of the neighbouring bytes.
        text.as_bytes()[4..text.len() - 4].to_vec()
    })
}

/// The data that must be gone, by name.
fn markers() -> Vec<(String, Vec<u8>)> {
    let mut markers = Vec::new();
    for number in 0..PIECES {
        let piece = piece(number);
        for text in in_base64(&piece) {
            markers.push((format!("base64 of piece {number}"), text));
        }
        markers.push((format!("piece {number}"), piece));
    }
    for (name, text) in [
        ("CPF", CPF),
        ("CPF as it was typed", DOTTED),
        ("name", NAME),
        ("e-mail", EMAIL),
        ("phone", PHONE),
    ] {
        markers.push((name.to_owned(), text.as_bytes().to_vec()));
    }
    markers
}

/// How often each of `markers` occurs in the memory of a process.
fn search(id: u32, markers: &[(String, Vec<u8>)]) -> io::Result<Vec<usize>> {
    let memory = File::open(format!("/proc/{id}/mem"))?;
    let maps = std::fs::read_to_string(format!("/proc/{id}/maps"))?;
    let mut found = vec![0; markers.len()];
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, mode) = (words.next().unwrap(), words.next().unwrap());
        // Only writable memory: mapped read-only files do not hold personal data.
        if !mode.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let start = u64::from_str_radix(start, 16).unwrap();
        let end = u64::from_str_radix(end, 16).unwrap();
        let mut content = vec![0; usize::try_from(end - start).unwrap()];
        // Some of the kernel's own pages cannot be read.
        if memory.read_exact_at(&mut content, start).is_err() {
            continue;
        }
        count(&content, markers, &mut found);
    }
    Ok(found)
}

/// Adds how often each of `markers` occurs in `content`. No marker begins with a zero.
fn count(content: &[u8], markers: &[(String, Vec<u8>)], found: &mut [usize]) {
    const PAGE: usize = 4_096;
    let mut by_first = vec![Vec::new(); 256];
    for (place, (_, marker)) in markers.iter().enumerate() {
        by_first[usize::from(marker[0])].push(place);
    }
    for (number, page) in content.chunks(PAGE).enumerate() {
        // Most of a program's memory was never written.
        if *page == [0; PAGE][..page.len()] {
            continue;
        }
        for (at, byte) in page.iter().enumerate() {
            for place in &by_first[usize::from(*byte)] {
                let rest = &content[number * PAGE + at..];
                found[*place] += usize::from(rest.starts_with(&markers[*place].1));
            }
        }
    }
}

/// The pieces that remain in the memory of a waiting run; `None` if this user may not read it.
fn left(running: &Running) -> Option<Vec<String>> {
    let mut markers = markers();
    markers.push(("the process's id".to_owned(), PROCESS_ID.into()));
    let found = match search(running.id(), &markers) {
        // The program's memory is closed to other programs of the same user, by the setting that
        // also disables core files.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return None,
        found => found.unwrap(),
    };
    let (id, found) = found.split_last().unwrap();
    // The answer has arrived once its id is in memory; before that, the search is not conclusive.
    if *id == 0 {
        return Some(vec!["no answer yet".to_owned()]);
    }
    let left = markers.iter().zip(found).filter(|(_, count)| **count > 0);
    Some(
        left.map(|((name, _), count)| format!("{name}: {count}"))
            .collect(),
    )
}

/// A server on which every process stays pending.
async fn pending() -> Server {
    let server = Server::start().await;
    let process = json!({"id": PROCESS_ID, "status": 1});
    server
        .on_create(ResponseTemplate::new(200).set_body_json(&process))
        .await;
    server.on_get(&[(200, process)]).await;
    server
}

/// What remains in the memory of a run that has created this many processes and waits for one.
async fn left_of(server: &Server, creates: usize, command: Idcloud) -> Option<Vec<String>> {
    let running = tokio::task::spawn_blocking(move || command.spawn())
        .await
        .unwrap();
    let clock = SystemClock::new();
    while server.creates().await < creates {
        clock.sleep(Duration::from_millis(20)).await;
    }
    // The last answer may not have arrived yet.
    let end = clock.instant() + SOON;
    let mut left = left(&running);
    while left.as_ref().is_some_and(|left| !left.is_empty()) && clock.instant() < end {
        clock.sleep(Duration::from_millis(100)).await;
        left = self::left(&running);
    }
    assert_eq!(core_limit(running.id()), "0", "core files are switched off");
    children::send(running.id(), children::Signal::SIGKILL);
    tokio::task::spawn_blocking(move || running.wait())
        .await
        .unwrap();
    left
}

fn core_limit(id: u32) -> String {
    let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    line.split_whitespace().nth(4).unwrap().to_owned()
}

fn subject() -> Value {
    json!({"cpf": DOTTED, "name": NAME, "email": EMAIL, "phone": format!("+{PHONE}")})
}

fn onboarding(files: &Files, url: &str, selfie: &Path) -> Idcloud {
    let subject = files.write("subject.json", subject().to_string().as_bytes());
    custom(files, url, ["onboard", "--wait", "10m", "--subject"])
        .arg(subject)
        .arg("--selfie")
        .arg(selfie)
}

/// While an onboarding waits for its result, neither the picture nor the person remains, in the
/// form that was read or that was sent.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_person_is_left_while_an_onboarding_waits() {
    let files = Files::new();
    let plain = files.write("selfie.jpg", &picture());
    let base64 = files.write("selfie.txt", STANDARD.encode(picture()).as_bytes());
    for selfie in [plain, base64] {
        let server = pending().await;
        let left = left_of(&server, 1, onboarding(&files, &server.url(), &selfie)).await;
        let nothing: [&str; 0] = [];
        assert_eq!(left.unwrap_or_default(), nothing, "{}", selfie.display());
    }
}

/// The same for the rows of a batch, in both forms of its input.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_rows_is_left_while_a_batch_waits() {
    let rows = |row: &dyn Fn(usize) -> String| (1..=3).map(row).collect::<String>();
    let csv =
        rows(&|number| format!("order-{number},{DOTTED},{NAME},{EMAIL},+{PHONE},selfie.jpg\n"));
    let json = rows(&|number| {
        let mut row = subject();
        row["reference"] = format!("order-{number}").into();
        row["selfie"] = "selfie.jpg".into();
        format!("{row}\n")
    });
    for (name, input) in [("in.csv", format!("{HEADER}{csv}")), ("in.jsonl", json)] {
        let (server, files) = (pending().await, Files::new());
        files.write("selfie.jpg", &picture());
        let input = files.write(name, input.as_bytes());
        let batch = custom(&files, &server.url(), ["batch", "run", "--wait", "10m"])
            .arg(input)
            .arg("--journal")
            .arg(files.path("journal.db"));
        let left = left_of(&server, 3, batch).await;
        let nothing: [&str; 0] = [];
        assert_eq!(left.unwrap_or_default(), nothing, "{name}");
    }
}

/// The same of a comparison with a picture of the caller's.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_two_pictures_is_left_while_a_comparison_waits() {
    let (server, files) = (pending().await, Files::new());
    let selfie = files.write("selfie.jpg", &picture());
    let base64 = files.write("earlier.txt", STANDARD.encode(picture()).as_bytes());
    let subject = files.write("subject.json", subject().to_string().as_bytes());
    let comparison = custom(&files, &server.url(), ["compare", "--wait", "10m"])
        .arg("--selfie")
        .arg(selfie)
        .arg("--reference-image")
        .arg(base64)
        .arg("--subject")
        .arg(subject);
    let left = left_of(&server, 1, comparison).await;
    let nothing: [&str; 0] = [];
    assert_eq!(left.unwrap_or_default(), nothing);
}

/// The same of a capture token, whose signature here is made of the picture's pieces.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_capture_token_is_left_while_a_liveness_check_waits() {
    let (server, files) = (pending().await, Files::new());
    let pieces: Vec<u8> = (0..PIECES).flat_map(piece).collect();
    let token = format!(
        "eyJhbGciOiJSUzI1NiJ9.eyJ0b2tlbiI6dHJ1ZX0.{}",
        URL_SAFE_NO_PAD.encode(pieces)
    );
    let token = files.write("token.txt", token.as_bytes());
    let liveness = custom(
        &files,
        &server.url(),
        ["liveness", "--wait", "10m", "--selfie"],
    )
    .arg(token);
    let left = left_of(&server, 1, liveness).await;
    let nothing: [&str; 0] = [];
    assert_eq!(left.unwrap_or_default(), nothing);
}
