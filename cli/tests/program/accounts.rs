//! Accounts from the command line: the first administrator, a kept sign-in, and what an operator does on the database.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Output, Stdio},
};

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{anamnesis, complaint, printed, up::Up};

const PASSWORD: &str = "marble otter sings 27";
const NO_SECOND_FACTOR: (&str, &str) = ("ANAMNESIS_AUTH__SECOND_FACTOR_ROLES", "");

/// Runs `anamnesis login` with lines of standard input.
fn login(data_dir: &Path, email: &str, lines: &[&str]) -> Output {
    let mut command = anamnesis(data_dir);
    command.args(["login", email]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    let mut stdin = child.stdin.take().expect("its input");
    for line in lines {
        writeln!(stdin, "{line}").expect("written");
    }
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

async fn me(up: &Up, token: &str) -> (u16, Value) {
    let request = reqwest::Client::new()
        .get(format!("{}/auth/me", up.url("http")))
        .bearer_auth(token.trim());
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_signs_in_with_a_password_that_is_shown_once() {
    let data = tempdir().expect("a folder");
    let up = Up::start_with(data.path(), &[], &[NO_SECOND_FACTOR]);
    let [admin] = up.sign_ins() else {
        panic!("one sign-in, not {:?}", up.sign_ins());
    };
    let email = admin["email"].as_str().expect("an address").to_owned();
    let one_time = admin["password"].as_str().expect("a password").to_owned();
    assert!(complaint(data.path(), &["token"]).contains("run `anamnesis login` first"));
    let refused = login(data.path(), &email, &["wrong"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("Sign-in failed"), "{said}");

    let signed_in = login(data.path(), &email, &[&one_time, PASSWORD]);
    assert!(
        signed_in.status.success(),
        "{}",
        String::from_utf8_lossy(&signed_in.stderr)
    );
    let kept = data.path().join("sign-in.json");
    let mode = fs::metadata(&kept).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let token = printed(data.path(), &["token"]);
    let (status, account) = me(&up, &token).await;
    assert_eq!((status, account["email"].as_str()), (200, Some(email.as_str())));

    // An old access token is refreshed.
    let text = fs::read_to_string(&kept).expect("the sign-in");
    let mut sign_in: Value = serde_json::from_str(&text).expect("JSON");
    sign_in["expires_at"] = "2020-01-01T00:00:00Z".into();
    fs::write(&kept, sign_in.to_string()).expect("written");
    let next = printed(data.path(), &["token"]);
    assert_ne!(next, token);
    assert_eq!(me(&up, &next).await.0, 200);

    printed(data.path(), &["accounts", "reset", &email]);
    assert_eq!(me(&up, &next).await.0, 401);
    up.stop();

    let up = Up::start_with(data.path(), &[], &[NO_SECOND_FACTOR]);
    assert!(up.sign_ins().is_empty(), "the password is shown only once");
    up.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_of_the_demo_clinic_signs_in_as_printed() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &["--demo"]);
    assert_eq!(up.sign_ins().len(), 6);
    for sign_in in up.sign_ins() {
        let text = |name: &str| sign_in[name].as_str().expect("a text");
        let signed_in = login(data.path(), text("email"), &[text("password")]);
        assert!(
            signed_in.status.success(),
            "{}",
            String::from_utf8_lossy(&signed_in.stderr)
        );
        let (status, account) = me(&up, &printed(data.path(), &["token"])).await;
        assert_eq!((status, &account["roles"][0]), (200, &sign_in["role"]));
    }
    up.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_manages_accounts_without_signing_in() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &[]);
    let accounts = |arguments: &[&str]| printed(data.path(), &[&["accounts"], arguments].concat());
    let created = accounts(&["create", "Ada@Clinic.example", "--role", "front-desk"]);
    assert!(
        created.contains("ada@clinic.example") && created.contains("one-time password is "),
        "{created}"
    );
    let changed = accounts(&["roles", "ada@clinic.example", "--role", "billing", "--role", "auditor"]);
    assert!(changed.contains("billing,auditor"), "{changed}");
    assert!(accounts(&["disable", "ada@clinic.example"]).contains("disabled"));
    assert!(accounts(&["enable", "ada@clinic.example"]).contains("has a one-time password"));
    accounts(&["reset-second-factor", "ada@clinic.example"]);
    let listed = accounts(&["list", "--json"]);
    let listed: Vec<Value> = listed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1]["email"], "ada@clinic.example");

    let refuse = |arguments: &[&str]| complaint(data.path(), &[&["accounts"], arguments].concat());
    assert!(refuse(&["create", "ada@clinic.example", "--role", "king"]).contains("--role must be one or more of"));
    assert!(refuse(&["create", "ADA@clinic.example", "--role", "admin"]).contains("there is an account"));
    assert!(refuse(&["disable", "admin@clinic.example"]).contains("the last administrator"));
    assert!(refuse(&["reset", "nobody@clinic.example"]).contains("there is no such account"));
    assert!(printed(data.path(), &["keys", "rotate-signing"]).starts_with("the new key signs from "));
    assert!(complaint(data.path(), &["keys", "rotate-signing"]).contains("not in use yet"));
    up.stop();
}
