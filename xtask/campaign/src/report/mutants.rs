//! The results of mutation testing, as `cargo xtask mutants --write` stored them.
//!
//! Must not mention an area that was not tested.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// The path of the results, from the workspace's folder.
const NOTES: &str = "xtask/campaign/mutants.json";

const INTRODUCTION: &str = "
## Whether the tests would notice

The code that decides is changed at one place at a time: a comparison turned round, a condition dropped, an answer replaced. A change that no test of
its area notices is a survivor. It needs a written reason in `xtask/campaign/mutants.toml`, or the command fails.

```sh
cargo xtask mutants
```

| area | changes that compile | noticed by a test | by hanging | survivors, each with a reason | measured |
|---|---:|---:|---:|---:|---|
";

/// The page's section; empty if no area was tested.
pub(crate) fn section() -> String {
    std::fs::read_to_string(NOTES)
        .ok()
        .and_then(|notes| table(&notes))
        .unwrap_or_default()
}

fn table(notes: &str) -> Option<String> {
    let areas: BTreeMap<String, Value> = serde_json::from_str(notes).ok()?;
    if areas.is_empty() {
        return None;
    }
    let mut section = INTRODUCTION.to_owned();
    for (name, area) in areas {
        let number = |name: &str| area.get(name)?.as_u64();
        let text = |name: &str| area.get(name)?.as_str();
        let (caught, hanging, survivors) =
            (number("caught")?, number("timedOut")?, number("survivors")?);
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            section,
            "| {} (`{name}`) | {} | {caught} | {hanging} | {survivors} | {}, `{}` |",
            text("what")?,
            caught + hanging + survivors,
            text("date")?,
            text("commit")?,
        );
    }
    Some(section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_area_that_was_tried_has_its_line_and_no_other() {
        let notes = r#"{"replay": {"what": "what may be sent again", "mutants": 9, "caught": 5, "unviable": 1, "timedOut": 2,
            "survivors": 1, "date": "today", "commit": "abc"}}"#;
        let section = table(notes).unwrap();
        let line = "| what may be sent again (`replay`) | 8 | 5 | 2 | 1 | today, `abc` |\n";
        assert!(section.ends_with(&format!("|---|\n{line}")), "{section}");
        assert_eq!(table("{}"), None);
        assert_eq!(table(r#"{"replay": {}}"#), None);
    }
}
