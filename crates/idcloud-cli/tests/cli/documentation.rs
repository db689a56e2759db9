//! Help, manual pages and completions exist for every command, with an example each.

use super::support::{Idcloud, run};

/// The names of every command below `path`, as its help lists them.
async fn commands(path: &[String]) -> Vec<Vec<String>> {
    let help = run(Idcloud::new(path.iter().cloned()).arg("--help")).await;
    assert_eq!(help.code, 0, "{help}");
    let listed = help.stdout.split("\nCommands:\n").nth(1);
    let mut found = Vec::new();
    for line in listed
        .unwrap_or_default()
        .lines()
        .take_while(|line| !line.is_empty())
    {
        let Some(name) = line
            .strip_prefix("  ")
            .and_then(|line| line.split(' ').next())
        else {
            continue;
        };
        if !name.is_empty() {
            found.push([path, &[name.to_owned()]].concat());
        }
    }
    found
}

/// Every help text has an example that can be typed.
#[tokio::test(flavor = "multi_thread")]
async fn every_command_has_an_example() {
    let mut open = commands(&[]).await;
    assert!(open.len() > 4, "{open:?}");
    while let Some(path) = open.pop() {
        let help = run(Idcloud::new(path.iter().cloned()).arg("--help")).await;
        let inner = commands(&path).await;
        let example = format!("  idcloud {}", path.join(" "));
        assert!(
            !inner.is_empty()
                || help.stdout.contains("Example:\n") && help.stdout.contains(&example),
            "{help}"
        );
        open.extend(inner);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_has_a_page() {
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("man1");
    let written = run(Idcloud::new(["man", "--output-dir"]).arg(&pages)).await;
    assert_eq!(
        (written.code, written.stdout.as_str()),
        (0, ""),
        "{written}"
    );
    for path in commands(&[]).await {
        let page =
            std::fs::read_to_string(pages.join(format!("idcloud-{}.1", path.join("-")))).unwrap();
        assert!(page.contains(".SH NAME"), "{path:?}");
    }
    let printed = run(Idcloud::new(["man"])).await;
    assert_eq!(
        printed.stdout,
        std::fs::read_to_string(pages.join("idcloud.1")).unwrap()
    );
    let taken = directory.path().join("file");
    std::fs::write(&taken, "x").unwrap();
    let refused = run(Idcloud::new(["man", "--output-dir"]).arg(taken)).await;
    assert_eq!(refused.code, 2, "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn shells_get_their_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(Idcloud::new(["completions", shell])).await;
        assert!(
            script.code == 0 && script.stdout.contains("onboard"),
            "{shell}"
        );
    }
    let unknown = run(Idcloud::new(["completions", "tcsh"])).await;
    assert_eq!(unknown.code, 2, "{unknown}");
}
