use std::process::Command;

/// Exit, and everything that is printed by a command of the program with this database.
fn run(command: &[&str], url: &str) -> (bool, String) {
    let dir = tempfile::tempdir().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_threekeys"))
        .args(command)
        .env_clear()
        .env("DATABASE_URL", url)
        .env("THREEKEYS_DATA__DIR", dir.path().join("data"))
        .output()
        .unwrap();
    (run.status.success(), String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned())
}

#[test]
fn a_password_with_unencoded_characters_is_refused_and_never_printed() {
    for (url, parts) in [
        ("postgres://u:secret%pw@127.0.0.1/db", &["secret", "%pw"][..]),
        ("postgres://u:sec ret@h/db", &["sec ret"]),
        ("postgres://u:secret/pw@h:5432/db", &["secret", "/pw"]),
        ("postgres://u:secr@tpw@h/db", &["secr@", "tpw"]),
        ("postgres://u:secret@[::1]x/db", &["secret"]),
        ("postgres://h/db?password=sec&retpw", &["retpw"]),
    ] {
        for command in [&["config", "check"][..], &["migrate"]] {
            let (well, said) = run(command, url);
            assert!(!well && said.contains("percent-encode"), "{command:?} with {url}: {said}");
            for part in parts {
                assert!(!said.contains(part), "{command:?} with {url}: {said}");
            }
        }
    }
}

#[test]
fn an_address_with_an_encoded_password_is_taken() {
    let (well, said) = run(&["config", "check"], "postgres://u:s%25e%40c%2Fr%20t@127.0.0.1:5432/db?sslmode=disable");
    assert!(well, "{said}");
}
