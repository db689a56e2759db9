//! Each promise, broken in turn.

use super::*;

fn row(number: usize, outcome: &str, id: Option<&str>) -> Row {
    Row {
        reference: format!("row-{number}"),
        outcome: outcome.to_owned(),
        process_id: id.map(ToOwned::to_owned),
    }
}

fn calm() -> Ended {
    Ended {
        what: "calm",
        codes: &[Some(0)],
        code: Some(0),
        in_time: true,
        stdout: "a b".to_owned(),
        billed: vec!["a".to_owned(), "b".to_owned()],
        ..Ended::default()
    }
}

fn good() -> Evidence {
    Evidence {
        expected: vec!["row-1".to_owned(), "row-2".to_owned()],
        rows: vec![row(1, "done", Some("a")), row(2, "done", Some("b"))],
        doubles: 0,
        ended: vec![calm()],
    }
}

type Change = fn(&mut Evidence);

/// Each promise is checked: a break is reported, and nothing else is.
#[test]
fn each_broken_promise_is_told() {
    let said = String::new();
    assert_eq!(judge(&good()), []);
    let cases: [(Change, Vec<Broken>); 10] = [
        (|it| it.doubles = 1, vec![Broken::PaidTwice(1)]),
        (
            |it| {
                it.ended[0].billed[1] = "c".to_owned();
                it.rows[1] = row(2, "ambiguous", None);
            },
            vec![Broken::Lost(1)],
        ),
        (
            |it| {
                it.ended[0].billed.remove(1);
                it.rows[1] = row(2, "ambiguous", None);
            },
            vec![Broken::NeedlessDoubt(1)],
        ),
        (
            |it| {
                it.ended[0].billed.remove(1);
                it.rows[1] = row(2, "ambiguous", None);
                it.ended[0].cut_off = 1;
            },
            vec![],
        ),
        (
            |it| it.rows[1] = row(2, "unsent", None),
            vec![
                Broken::Forgotten(1),
                Broken::Unfinished("row-2 is unsent".to_owned()),
            ],
        ),
        (
            |it| it.ended[0].code = Some(1),
            vec![Broken::WrongEnd("calm", Some(1), said.clone())],
        ),
        (
            |it| it.ended[0].code = None,
            vec![Broken::WrongEnd("calm", None, said)],
        ),
        (
            |it| {
                it.ended[0].code = None;
                it.ended[0].codes = &[None];
            },
            vec![],
        ),
        (|it| it.ended[0].in_time = false, vec![Broken::Hung("calm")]),
        (
            |it| it.ended[0].sends_nothing = true,
            vec![Broken::SentAllTheSame("calm")],
        ),
    ];
    for (change, expected) in cases {
        let mut evidence = good();
        change(&mut evidence);
        assert_eq!(judge(&evidence), expected);
    }
    let mut lost_row = good();
    lost_row.rows.remove(0);
    assert!(
        judge(&lost_row)
            .iter()
            .any(|one| matches!(one, Broken::Unfinished(_)))
    );
}

/// The losses that one run may have also excuse the next one, whose bills may belong to the earlier
/// run, and no other.
#[test]
fn what_was_cut_off_excuses_the_next_run_alone() {
    let run = |cut_off, billed: &[&str]| Ended {
        cut_off,
        billed: billed.iter().map(ToString::to_string).collect(),
        ..calm()
    };
    for (runs, expected) in [
        (vec![run(1, &["c"])], 0),
        (vec![run(1, &["c", "d"])], 1),
        (vec![run(1, &[]), run(0, &["c"])], 0),
        (vec![run(1, &["c"]), run(0, &["d"])], 1),
        (vec![run(1, &[]), run(0, &[]), run(0, &["c"])], 1),
        (vec![run(0, &["c"])], 1),
    ] {
        let mut evidence = good();
        evidence.ended = runs;
        assert_eq!(lost(&evidence), expected, "{evidence:?}");
    }
}
