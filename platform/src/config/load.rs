//! Loads the settings: defaults, then a file, then the environment, then flags. Errors name the key and its source,
//! but never the value, which may be a secret.

use std::{collections::BTreeMap, fmt, io, path::PathBuf};

use config::{Config, ConfigError, File, FileFormat};
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::TelemetrySettings;
use crate::serde_message::{self, Fault};

const PREFIX: &str = "ANAMNESIS_";
const LEVEL_SEPARATOR: &str = "__";
const FILE_VARIABLE: &str = "ANAMNESIS_CONFIG";

/// All settings of a program.
pub trait Document: DeserializeOwned {
    /// The defaults as an annotated TOML file: every setting with its unit, meaning and default. A key that is not in
    /// it does not exist.
    const DEFAULTS: &'static str;

    /// The first setting that is out of range, with its requirement. It covers what the types cannot express.
    fn out_of_range(&self) -> Option<(&'static str, &'static str)>;

    /// Logs and traces.
    fn telemetry(&self) -> &TelemetrySettings;
}

/// The source of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The file compiled into the program.
    Defaults,
    /// The operator's settings file.
    File(PathBuf),
    /// An environment variable, by its name.
    Variable(String),
    /// A command-line flag, by its name.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defaults => f.write_str("the built-in defaults"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::Flag(name) => write!(f, "the flag {name}"),
        }
    }
}

/// Why the settings could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The named file cannot be read.
    #[error("the settings file {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{origin} is not valid TOML, line {line}: {message}")]
    NotToml {
        /// The file.
        origin: Origin,
        /// The line, from 1.
        line: usize,
        /// The parser's expectation.
        message: String,
    },
    /// A key that does not exist.
    #[error("`{key}` in {origin} is not a setting; {hint}")]
    UnknownKey {
        /// The key, with its section.
        key: String,
        /// The source of the key.
        origin: Origin,
        /// A suggestion.
        hint: String,
    },
    /// Settings that the service needs are not set.
    #[error("not set: {settings}")]
    Missing {
        /// The missing keys and their variables.
        settings: String,
    },
    /// A value of the wrong type or out of its range.
    #[error("`{key}` from {origin} {must}")]
    Invalid {
        /// The key, with its section.
        key: String,
        /// The source of the value.
        origin: Origin,
        /// The requirement on the value.
        must: String,
    },
}

/// Collects the sources of the settings. Later sources override earlier ones: defaults, file, environment, flags.
#[derive(Default)]
pub struct Loader {
    file: Option<PathBuf>,
    environment: BTreeMap<String, String>,
    flags: Vec<(&'static str, &'static str, String)>,
}

impl fmt::Debug for Loader {
    /// Prints names only, because the values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader")
            .field("file", &self.file)
            .field("environment", &self.environment.keys())
            .field("flags", &self.flags.iter().map(|(flag, ..)| flag).collect::<Vec<_>>())
            .finish()
    }
}

impl Loader {
    /// A loader with the defaults only.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the settings file. `None` falls back to the file that `ANAMNESIS_CONFIG` names, if any. A named file must
    /// exist.
    pub fn file(mut self, path: Option<PathBuf>) -> Self {
        self.file = path;
        self
    }

    /// Adds environment variables. Only names that start with `ANAMNESIS_` are used.
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment
            .extend(variables.into_iter().filter(|(name, _)| name.starts_with(PREFIX)));
        self
    }

    /// Adds the environment of this process. Names and values that are not UTF-8 are ignored.
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the place the ban points to: the environment enters here"
    )]
    pub fn process_environment(self) -> Self {
        let variables = std::env::vars_os();
        self.environment(
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// Sets `key` (such as `http.listen`) to the value of the command-line flag `flag`. Flags override all other
    /// sources.
    pub fn flag(mut self, flag: &'static str, key: &'static str, value: impl Into<String>) -> Self {
        self.flags.push((flag, key, value.into()));
        self
    }

    /// Merges the sources.
    ///
    /// # Errors
    /// The file cannot be read, a key is unknown, or a value has the wrong type or is out of range.
    pub fn load<D: Document>(self) -> Result<D, SettingsError> {
        let known = flat(&parse(D::DEFAULTS, &Origin::Defaults)?);
        let mut origins = BTreeMap::new();
        let mut builder = Config::builder().add_source(File::from_str(D::DEFAULTS, FileFormat::Toml));

        let named = self
            .environment
            .get(FILE_VARIABLE)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from);
        if let Some(path) = self.file.or(named) {
            let text = std::fs::read_to_string(&path).map_err(|source| SettingsError::Unreadable {
                path: path.clone(),
                source,
            })?;
            let origin = Origin::File(path);
            for key in flat(&parse(&text, &origin)?).into_keys() {
                refuse_unknown(&known, &key, &origin)?;
                origins.insert(key, origin.clone());
            }
            builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
        }

        let variables = self.environment.into_iter().filter_map(|(name, value)| {
            let key = key_of(&known, &name)?;
            Some((key, Origin::Variable(name), value))
        });
        let flags = self
            .flags
            .into_iter()
            .map(|(flag, key, value)| (key.to_owned(), Origin::Flag(flag), value));
        for (key, origin, value) in variables.chain(flags) {
            refuse_unknown(&known, &key, &origin)?;
            builder = builder
                .set_override(&key, value)
                .map_err(|error| describe(&error, &known, &origins))?;
            origins.insert(key, origin);
        }

        let merged = builder.build().map_err(|error| describe(&error, &known, &origins))?;
        let settings: D = merged
            .try_deserialize()
            .map_err(|error| describe(&error, &known, &origins))?;
        match settings.out_of_range() {
            Some((key, must)) => Err(invalid(key.to_owned(), must.to_owned(), &origins)),
            None => Ok(settings),
        }
    }
}

fn parse(text: &str, origin: &Origin) -> Result<Table, SettingsError> {
    text.parse::<Table>().map_err(|error| SettingsError::NotToml {
        origin: origin.clone(),
        line: error
            .span()
            .map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count()),
        message: error.message().to_owned(),
    })
}

/// All settings of a table by their dotted names.
fn flat(table: &Table) -> BTreeMap<String, Value> {
    let mut settings = BTreeMap::new();
    for (name, value) in table {
        match value {
            Value::Table(section) => {
                settings.extend(
                    flat(section)
                        .into_iter()
                        .map(|(key, value)| (format!("{name}.{key}"), value)),
                );
            }
            value => {
                settings.insert(name.clone(), value.clone());
            }
        }
    }
    settings
}

/// The key that a variable sets, or `None` if the variable is not ours. A name in `ANAMNESIS_` without a level
/// separator may belong to another program (Kubernetes sets `ANAMNESIS_SERVICE_HOST` for a service of that name). If
/// it is one of our keys with an underscore missing, the wrong name is returned, and then refused with a hint.
fn key_of(known: &BTreeMap<String, Value>, name: &str) -> Option<String> {
    let rest = name.strip_prefix(PREFIX)?.to_lowercase();
    if rest.contains(LEVEL_SEPARATOR) {
        return Some(rest.replace(LEVEL_SEPARATOR, "."));
    }
    known.keys().any(|key| key.replace('.', "_") == rest).then_some(rest)
}

/// The environment variable that sets a key.
#[must_use]
pub fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', LEVEL_SEPARATOR).to_uppercase())
}

fn refuse_unknown(known: &BTreeMap<String, Value>, key: &str, origin: &Origin) -> Result<(), SettingsError> {
    if known.contains_key(key) {
        return Ok(());
    }
    let hint = match known.keys().find(|known| known.replace('.', "_") == key) {
        Some(meant) => format!("did you mean {}?", variable(meant)),
        None => hint_by_section(known, key),
    };
    Err(SettingsError::UnknownKey {
        key: key.to_owned(),
        origin: origin.clone(),
        hint,
    })
}

fn hint_by_section(known: &BTreeMap<String, Value>, key: &str) -> String {
    let section = key.split('.').next().unwrap_or_default();
    let keys: Vec<&str> = known
        .keys()
        .filter_map(|known| known.strip_prefix(section)?.strip_prefix('.'))
        .collect();
    if keys.is_empty() {
        let mut sections: Vec<&str> = known.keys().filter_map(|known| known.split('.').next()).collect();
        sections.dedup();
        format!("the sections are {}", sections.join(", "))
    } else {
        format!("[{section}] has {}", keys.join(", "))
    }
}

/// Derives the requirement on a value from the type of its default, because the library's own text quotes the value.
fn describe(error: &ConfigError, known: &BTreeMap<String, Value>, origins: &BTreeMap<String, Origin>) -> SettingsError {
    if let ConfigError::NotFound(path) = error
        && let Some((list, name)) = path.rsplit_once(']')
    {
        let name = name.trim_start_matches('.');
        return invalid(format!("{list}]"), format!("must have `{name}`"), origins);
    }
    let key = match error {
        ConfigError::Type { key: Some(key), .. } | ConfigError::At { key: Some(key), .. } => key.clone(),
        _ => String::new(),
    };
    let must = match known.get(&key) {
        Some(Value::Integer(_)) => "must be a whole number, 0 or more".to_owned(),
        Some(Value::Float(_)) => "must be a number".to_owned(),
        Some(Value::Boolean(_)) => "must be true or false".to_owned(),
        _ => expected(error),
    };
    invalid(key, must, origins)
}

fn expected(error: &ConfigError) -> String {
    match error {
        ConfigError::Type { expected, .. } => serde_message::must_be(expected),
        ConfigError::At { error, .. } => expected(error),
        ConfigError::Message(message) => match serde_message::read(message) {
            Fault::Invalid(must) => must,
            Fault::Missing(name) => format!("must have `{name}`"),
            Fault::Unknown(name, known) => format!("has no `{name}`, but {}", known.join(", ")),
            Fault::Duplicate(_) => "is not valid".to_owned(),
        },
        _ => "is not valid".to_owned(),
    }
}

fn invalid(key: String, must: String, origins: &BTreeMap<String, Origin>) -> SettingsError {
    // The origin of an element is the origin of its list. The library leaves out the dot after an element.
    let list = key.split('[').next().unwrap_or_default();
    let origin = origins.get(list).cloned().unwrap_or(Origin::Defaults);
    let key = match key.split_once(']') {
        Some((element, field)) if !field.is_empty() => format!("{element}].{}", field.trim_start_matches('.')),
        _ => key,
    };
    SettingsError::Invalid { key, origin, must }
}
