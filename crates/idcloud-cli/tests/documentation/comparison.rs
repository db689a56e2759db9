//! Compares a page's output with the real output.
//! Must not accept a difference except in ids, times of day, parts that the page leaves out on
//! purpose, and the progress of a batch every ten seconds.

/// Whether the lines are equal, apart from the allowed differences.
pub(crate) fn matches(expected: &[String], printed: &[String]) -> bool {
    if let Some((line, others)) = printed.split_first()
        && is_progress(line)
        && matches(expected, others)
    {
        return true;
    }
    match expected.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first == "..." => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        Some((first, rest)) => printed.split_first().is_some_and(|(line, others)| {
            line_matches(&normal(first), &normal(line)) && matches(rest, others)
        }),
    }
}

/// Whether a line is a batch's progress, as a batch prints it every ten seconds without a terminal:
/// on a busy machine a page's batch may take that long. `note: 2 of 3 rows: 1 done, 0 ambiguous, 0
/// failed · 0.1 rows/s`.
pub(crate) fn is_progress(line: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    line.strip_prefix("note: ")
        .and_then(|line| line.split_once(" rows: "))
        .and_then(|(count, tally)| Some((count.split_once(" of ")?, tally)))
        .is_some_and(|((begun, all), tally)| {
            number(begun)
                && number(all)
                && tally.contains(" done, ")
                && tally.contains(" ambiguous, ")
        })
}

/// `[..]` stands for any text.
fn line_matches(expected: &str, line: &str) -> bool {
    let Some((before, after)) = expected.split_once("[..]") else {
        return expected == line;
    };
    line.strip_prefix(before).is_some_and(|rest| {
        (0..=rest.len())
            .filter_map(|skipped| rest.get(skipped..))
            .any(|rest| line_matches(after, rest))
    })
}

/// A line with all ids and times replaced.
fn normal(line: &str) -> String {
    const SHAPES: [(&str, &str); 3] = [
        ("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "<id>"),
        ("dddd-dd-ddTdd:dd:ddZ", "<time>"),
        ("dddd-dd-dd dd:dd:dd", "<time>"),
    ];
    let mut out = String::new();
    let mut rest = line.trim_end();
    'line: while let Some(character) = rest.chars().next() {
        for (shape, name) in SHAPES {
            if has_shape(rest, shape) {
                out.push_str(name);
                rest = &rest[shape.len()..];
                continue 'line;
            }
        }
        out.push(character);
        rest = &rest[character.len_utf8()..];
    }
    out
}

fn has_shape(text: &str, shape: &str) -> bool {
    text.len() >= shape.len()
        && shape
            .chars()
            .zip(text.chars())
            .all(|(wanted, found)| match wanted {
                'x' => found.is_ascii_hexdigit(),
                'd' => found.is_ascii_digit(),
                _ => wanted == found,
            })
}

#[test]
fn only_what_may_differ_differs() {
    let lines = |text: &str| text.lines().map(ToOwned::to_owned).collect::<Vec<_>>();
    let same = |page: &str, printed: &str| matches(&lines(page), &lines(printed));
    for (page, printed) in [
        ("a\nb", "a\nb"),
        (
            "id a69bd855-5e7d-426c-8664-6c84bbc0b962!",
            "id 00000000-0000-4000-8000-00000000000f!",
        ),
        ("at 2026-01-31T12:00:00Z", "at 2027-02-01T00:00:01Z"),
        ("took [..] ms", "took 12 ms"),
        ("a\n...\nz", "a\nb\nc\nz"),
        ("a\n...", "a"),
        (
            "a\nb",
            "a\nnote: 2 of 3 rows: 1 done, 0 ambiguous, 0 failed, 1 invalid · 0.1 rows/s\nb",
        ),
        (
            "note: 2 of 3 rows: 1 done, 0 ambiguous, 0 failed",
            "note: 2 of 3 rows: 1 done, 0 ambiguous, 0 failed",
        ),
        ("", "note: 2 of 3 rows: 1 done, 0 ambiguous, 0 failed"),
    ] {
        assert!(same(page, printed), "{page:?} {printed:?}");
    }
    for (page, printed) in [
        ("a", "b"),
        ("a", "a\nb"),
        ("a\nb", "a"),
        ("took [..] ms", "took 12 s"),
        ("a\n...\nz", "a\nb"),
        ("id a69bd855-5e7d-426c-8664-6c84bbc0b962", "id none"),
        ("a", "a\nnote: 2 of 3 rows are bad"),
        ("note: 2 of 3 rows: 1 done, 0 ambiguous, 0 failed", ""),
    ] {
        assert!(!same(page, printed), "{page:?} {printed:?}");
    }
}
