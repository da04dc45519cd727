//! Settings: which source wins, and how errors are reported.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::path::PathBuf;

use platform::config::{Document as _, ForwardedHeader, Loader, LogFormat, SettingsError};
use settings::{Required, Settings};

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("anamnesis.toml");
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

fn load(loader: Loader) -> Result<Settings, SettingsError> {
    loader.load()
}

fn error_of(loader: Loader) -> String {
    load(loader).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_the_documented_file() {
    let settings = Settings::defaults().unwrap();
    assert_eq!(settings.http.listen.to_string(), "127.0.0.1:4004");
    assert_eq!(settings.http.body_limit_bytes, 262_144);
    assert_eq!(settings.telemetry.log_format, LogFormat::Pretty);
    // The printed settings have exactly the keys of the annotated file.
    let keys = |text: &str| text.parse::<toml::Table>().unwrap();
    assert_eq!(keys(&settings.to_toml_masked()), keys(Settings::DEFAULTS));
}

#[test]
fn every_setting_is_explained() {
    let mut explained = false;
    for line in Settings::DEFAULTS.lines() {
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(explained, "`{line}` has no comment above it");
        }
        explained = line.starts_with('#') || (explained && line.starts_with("retry_"));
    }
}

#[test]
fn environment_wins_over_file_and_flag_over_both() {
    let (_dir, path) = file("[http]\nlisten = \"127.0.0.1:1\"\nmax_connections = 7\n[nats]\nnamespace = \"f\"\n");
    let settings: Settings = Loader::new()
        .file(Some(path))
        .environment(variables(&[
            ("ANAMNESIS_HTTP__LISTEN", "127.0.0.1:2"),
            ("ANAMNESIS_NATS__NAMESPACE", "e"),
            ("ANAMNESIS_TELEMETRY__SAMPLE_RATIO", "0.25"),
            ("ANAMNESIS_TELEMETRY__LOG_FORMAT", "json"),
            ("HTTP__LISTEN", "ignored"),
        ]))
        .flag("--listen", "http.listen", "127.0.0.1:3")
        .load()
        .unwrap();
    assert_eq!(settings.http.listen.port(), 3);
    assert_eq!(settings.http.max_connections, 7);
    assert_eq!(settings.nats.namespace, "e");
    assert_eq!(settings.telemetry.log_format, LogFormat::Json);
    assert!((settings.telemetry.sample_ratio - 0.25).abs() < f64::EPSILON);
}

#[test]
fn a_list_is_an_array_in_a_file_and_a_text_with_commas_in_the_environment() {
    let roles = |loader: Loader| load(loader).unwrap().commands.anonymous_roles;
    assert_eq!(roles(Loader::new()), ["admin"]);
    let (_dir, path) = file("[commands]\nanonymous_roles = [\"billing\", \"patient\"]\n");
    assert_eq!(roles(Loader::new().file(Some(path))), ["billing", "patient"]);
    let named = |text| Loader::new().environment(variables(&[("ANAMNESIS_COMMANDS__ANONYMOUS_ROLES", text)]));
    assert_eq!(roles(named("billing, patient")), ["billing", "patient"]);
    assert!(roles(named("")).is_empty());
    let (_dir, path) = file("[commands]\nanonymous_roles = 7\n");
    let refused = error_of(Loader::new().file(Some(path)));
    assert!(
        refused.contains("`commands.anonymous_roles`") && refused.ends_with("must be a list of texts"),
        "{refused}"
    );
}

#[test]
fn proxies_origins_and_addresses_are_read_from_texts() {
    let settings: Settings = Loader::new()
        .environment(variables(&[
            ("ANAMNESIS_HTTP__TRUSTED_PROXIES", "10.1.0.0/16, 192.0.2.7, fd00::/8"),
            ("ANAMNESIS_HTTP__FORWARDED_HEADER", "forwarded"),
            (
                "ANAMNESIS_HTTP__CORS__ALLOWED_ORIGINS",
                "https://clinic.example,http://localhost:3000",
            ),
            ("ANAMNESIS_HTTP__OPERATIONS_LISTEN", "127.0.0.1:4104"),
        ]))
        .load()
        .unwrap();
    let settings = settings.http;
    let proxies: Vec<_> = settings.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.1.0.0/16", "192.0.2.7/32", "fd00::/8"]);
    assert_eq!(settings.forwarded_header, ForwardedHeader::Forwarded);
    let origins: Vec<_> = settings
        .cors
        .allowed_origins
        .iter()
        .map(|origin| origin.as_str())
        .collect();
    assert_eq!(origins, ["https://clinic.example", "http://localhost:3000"]);
    assert_eq!(settings.operations_listen, Some("127.0.0.1:4104".parse().unwrap()));
    for origin in [
        "https://clinic.example/",
        "https://Clinic.example",
        "null",
        "clinic.example",
        "https://",
    ] {
        let error =
            error_of(Loader::new().environment(variables(&[("ANAMNESIS_HTTP__CORS__ALLOWED_ORIGINS", origin)])));
        assert!(error.contains("must be a list of origins"), "{origin}: {error}");
    }
}

#[test]
fn the_environment_can_name_the_file_and_an_explicit_one_wins() {
    let (_a, first) = file("[queries]\nmax_wait_ms = 1\n");
    let (_b, second) = file("[queries]\nmax_wait_ms = 2\n");
    let environment = variables(&[("ANAMNESIS_CONFIG", first.to_str().unwrap())]);
    let by_environment: Settings = Loader::new().environment(environment.clone()).load().unwrap();
    assert_eq!(by_environment.queries.max_wait_ms, 1);
    let by_flag: Settings = Loader::new()
        .environment(environment)
        .file(Some(second))
        .load()
        .unwrap();
    assert_eq!(by_flag.queries.max_wait_ms, 2);
}

#[test]
fn an_unknown_key_is_named_with_its_source() {
    let error = error_of(Loader::new().environment(variables(&[("ANAMNESIS_HTTP__LISTNE", "secret")])));
    assert!(error.starts_with("`http.listne` in the environment variable ANAMNESIS_HTTP__LISTNE is not a setting"));
    assert!(error.contains("listen") && !error.contains("secret"), "{error}");

    let (_dir, path) = file("[htp]\nlisten = \"secret\"\n");
    let error = error_of(Loader::new().file(Some(path.clone())));
    assert!(
        error.contains("`htp.listen`") && error.contains(path.to_str().unwrap()),
        "{error}"
    );
    assert!(
        error.contains("the sections are auth, billing, commands, grpc, http") && !error.contains("secret"),
        "{error}"
    );

    let error = error_of(Loader::new().environment(variables(&[("ANAMNESIS_HTTP_LISTEN", "x")])));
    assert!(error.contains("did you mean ANAMNESIS_HTTP__LISTEN?"), "{error}");
}

#[test]
fn variables_of_other_programs_are_ignored() {
    let environment = variables(&[
        ("ANAMNESIS_SERVICE_HOST", "10.0.0.1"),
        ("ANAMNESIS_PORT", "tcp://10.0.0.1:4004"),
    ]);
    load(Loader::new().environment(environment)).unwrap();
}

#[test]
fn a_wrong_value_is_named_with_its_source_and_not_shown() {
    let cases = [
        (
            "ANAMNESIS_HTTP__MAX_CONNECTIONS",
            "hunter2",
            "`http.max_connections` from the environment variable ANAMNESIS_HTTP__MAX_CONNECTIONS must be a whole number, 0 or more",
        ),
        (
            "ANAMNESIS_HTTP__MAX_CONNECTIONS",
            "0",
            "`http.max_connections` from the environment variable ANAMNESIS_HTTP__MAX_CONNECTIONS must be 1 or more",
        ),
        (
            "ANAMNESIS_HTTP__LISTEN",
            "hunter2",
            "`http.listen` from the environment variable ANAMNESIS_HTTP__LISTEN must be an address such as 127.0.0.1:4004",
        ),
        (
            "ANAMNESIS_TELEMETRY__LOG_FORMAT",
            "hunter2",
            "`telemetry.log_format` from the environment variable ANAMNESIS_TELEMETRY__LOG_FORMAT must be pretty or json",
        ),
        (
            "ANAMNESIS_TELEMETRY__SAMPLE_RATIO",
            "hunter2",
            "`telemetry.sample_ratio` from the environment variable ANAMNESIS_TELEMETRY__SAMPLE_RATIO must be a number",
        ),
        (
            "ANAMNESIS_POSTGRES__LIST_LOCALE",
            "'; DROP",
            "`postgres.list_locale` from the environment variable ANAMNESIS_POSTGRES__LIST_LOCALE must be a language tag \
             such as und, sv or de-u-co-phonebk",
        ),
        (
            "ANAMNESIS_NATS__REPLICAS",
            "2",
            "`nats.replicas` from the environment variable ANAMNESIS_NATS__REPLICAS must be 1, 3 or 5",
        ),
        (
            "ANAMNESIS_HTTP__TRUSTED_PROXIES",
            "10.0.0.0/8, hunter2",
            "`http.trusted_proxies` from the environment variable ANAMNESIS_HTTP__TRUSTED_PROXIES must be a list of \
             addresses or blocks of addresses, such as 10.0.0.0/8",
        ),
        (
            "ANAMNESIS_HTTP__FORWARDED_HEADER",
            "x-real-ip",
            "`http.forwarded_header` from the environment variable ANAMNESIS_HTTP__FORWARDED_HEADER must be \
             x-forwarded-for or forwarded",
        ),
        (
            "ANAMNESIS_HTTP__RATE_LIMITS__ADDRESS_READS__BURST",
            "0",
            "`http.rate_limits.address_reads.burst` from the environment variable \
             ANAMNESIS_HTTP__RATE_LIMITS__ADDRESS_READS__BURST must be from 1 to 10000000",
        ),
        (
            "ANAMNESIS_HTTP__CORS__ALLOWED_ORIGINS",
            "*",
            "`http.cors.allowed_origins` from the environment variable ANAMNESIS_HTTP__CORS__ALLOWED_ORIGINS must be a \
             list of origins in lower case and without a path, such as https://clinic.example",
        ),
        (
            "ANAMNESIS_HTTP__OPERATIONS_LISTEN",
            "hunter2",
            "`http.operations_listen` from the environment variable ANAMNESIS_HTTP__OPERATIONS_LISTEN must be an \
             address such as 127.0.0.1:4004",
        ),
        (
            "ANAMNESIS_TLS__KEY",
            "/etc/ssl/clinic.key",
            "`tls.key` from the environment variable ANAMNESIS_TLS__KEY must be set if tls.certificate is, and only then",
        ),
    ];
    for (name, value, expected) in cases {
        assert_eq!(
            error_of(Loader::new().environment(variables(&[(name, value)]))),
            expected
        );
    }
    let (_dir, path) = file("[http]\nlisten = [\"hunter2\"]\n");
    let error = error_of(Loader::new().file(Some(path)));
    assert!(
        error.contains("`http.listen` from the file") && !error.contains("hunter2"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_missing_or_not_toml_is_refused_without_quoting_it() {
    let error = error_of(Loader::new().file(Some(PathBuf::from("/nowhere/anamnesis.toml"))));
    assert!(error.contains("/nowhere/anamnesis.toml cannot be read"), "{error}");
    let (_dir, path) = file("[commands]\nemail_pepper = hunter2\n");
    let error = error_of(Loader::new().file(Some(path)));
    assert!(error.contains("line 2") && !error.contains("hunter2"), "{error}");
}

#[test]
fn secrets_do_not_show() {
    let settings: Settings = Loader::new()
        .environment(variables(&[
            ("ANAMNESIS_POSTGRES__URL", "postgres://clinic:hunter2@db/anamnesis"),
            ("ANAMNESIS_NATS__URL", "nats://clinic:hunter2@nats:4222"),
            ("ANAMNESIS_COMMANDS__EMAIL_PEPPER", "hunter2"),
        ]))
        .load()
        .unwrap();
    let printed = settings.to_toml_masked();
    assert!(printed.contains("postgres://clinic:********@db/anamnesis"), "{printed}");
    assert!(!printed.contains("hunter2") && !format!("{settings:?}").contains("hunter2"));
    assert_eq!(settings.commands.email_pepper.expose(), "hunter2");
}

#[test]
fn fee_rules_are_read_from_a_file_and_an_error_names_its_rule() {
    let (_dir, path) = file(
        "[billing.fees]\namount = { minor = 12000, currency = \"EUR\" }\n\
         [[billing.fees.rules]]\nspecialty = \"Cardiology\"\namount = { minor = 20000, currency = \"EUR\" }\n\
         [[billing.fees.rules]]\nfrom_minutes = 30\namount = { minor = 0, currency = \"EUR\" }\n",
    );
    let fees = load(Loader::new().file(Some(path))).expect("settings").billing.fees;
    assert_eq!((fees.amount.currency.as_str(), fees.amount.minor), ("EUR", 12_000));
    let rules: Vec<_> = fees
        .rules
        .iter()
        .map(|rule| (rule.specialty.as_deref(), rule.from_minutes, rule.amount.minor))
        .collect();
    assert_eq!(rules, [(Some("Cardiology"), 0, 20_000), (None, 30, 0)]);

    for (rule, expected) in [
        (
            "amount_minor = 1",
            "has no `amount_minor`, but specialty, from_minutes, amount",
        ),
        ("from_minutes = 1", "must have `amount`"),
        (
            "amount = { minor = \"much\", currency = \"EUR\" }",
            "[0].amount.minor` from",
        ),
        ("amount = { minor = 1 }", "must have `amount.currency`"),
    ] {
        let (_dir, path) = file(&format!("[[billing.fees.rules]]\n{rule}\n"));
        let error = error_of(Loader::new().file(Some(path.clone())));
        assert!(error.starts_with("`billing.fees.rules[0]"), "{error}");
        assert!(
            error.contains(path.to_str().unwrap()) && error.contains(expected),
            "{error}"
        );
        assert!(!error.contains("much"), "{error}");
    }
}

#[test]
fn a_fee_can_be_set_in_the_environment() {
    let settings: Settings = Loader::new()
        .environment(variables(&[
            ("ANAMNESIS_BILLING__FEES__AMOUNT__MINOR", "9900"),
            ("ANAMNESIS_BILLING__FEES__AMOUNT__CURRENCY", "CHF"),
        ]))
        .load()
        .unwrap();
    let amount = settings.billing.fees.amount;
    assert_eq!((amount.minor, amount.currency.as_str()), (9_900, "CHF"));
}

#[test]
fn missing_settings_are_named_with_their_variables() {
    let settings: Settings = Loader::new()
        .environment(variables(&[("ANAMNESIS_NATS__URL", "nats://127.0.0.1:4222")]))
        .load()
        .unwrap();
    settings.require(&[Required::NatsUrl]).unwrap();
    let all = [Required::NatsUrl, Required::PostgresUrl, Required::MasterKeys];
    assert_eq!(
        settings.require(&all).unwrap_err().to_string(),
        "not set: `postgres.url` (ANAMNESIS_POSTGRES__URL), `sealing.master_keys` (ANAMNESIS_SEALING__MASTER_KEYS) or \
         `sealing.master_keys_file` (ANAMNESIS_SEALING__MASTER_KEYS_FILE)"
    );
    let pepper = settings.require(&[Required::EmailPepper]).unwrap_err().to_string();
    assert_eq!(
        pepper,
        "not set: `commands.email_pepper` (ANAMNESIS_COMMANDS__EMAIL_PEPPER)"
    );
}
