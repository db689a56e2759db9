//! Compares what a page shows with what was printed.
//! Lets nothing differ but ids, times of day and what the page leaves out on purpose.

/// Whether the lines are equal as far as they can be.
pub(crate) fn matches(expected: &[String], printed: &[String]) -> bool {
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

/// `[..]` stands for anything.
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

/// A line whose ids and times are all the same.
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
    ] {
        assert!(!same(page, printed), "{page:?} {printed:?}");
    }
}
