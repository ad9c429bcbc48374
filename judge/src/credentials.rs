//! The token of a provider: named, never written.

use std::path::PathBuf;

use switchback::judge::{Provider, variable_of};

/// A token is no longer than this.
const MAX_TOKEN: usize = 16 * 1024;

/// Where a token comes from. What it is is never printed, so this is not `Debug`.
pub enum Credentials {
    /// Nobody asks for one.
    None,
    /// Read once, from a variable.
    Token(String),
    /// Read for each look.
    File(PathBuf),
}

impl Credentials {
    /// What the command line and the plan say.
    pub fn of(
        provider: &Provider,
        variable: Option<&str>,
        file: Option<&PathBuf>,
    ) -> Result<Credentials, String> {
        if let Some(file) = file {
            let credentials = Credentials::File(file.clone());
            credentials.token()?;
            return Ok(credentials);
        }
        let of_secret = || provider.secret.as_deref().map(variable_of);
        let Some(name) = variable.map(str::to_string).or_else(of_secret) else {
            return Ok(Credentials::None);
        };
        let token = std::env::var(&name).unwrap_or_default();
        if token.trim().is_empty() {
            return Err(format!(
                "provider `{}` needs a token, and the environment variable `{name}` holds none; set it, or name another with `--token-env` or a file with `--token-file`",
                provider.name
            ));
        }
        check(&token, &format!("the environment variable `{name}`")).map(Credentials::Token)
    }

    /// The token; `None` where nobody asks for one.
    pub fn token(&self) -> Result<Option<String>, String> {
        match self {
            Credentials::None => Ok(None),
            Credentials::Token(token) => Ok(Some(token.clone())),
            Credentials::File(path) => {
                let place = format!("`{}`", path.display());
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("{place} cannot be read: {error}"))?;
                check(&text, &place).map(Some)
            }
        }
    }
}

/// A token can stand in a header, and nothing else can stand beside it there.
fn check(text: &str, place: &str) -> Result<String, String> {
    let token = text.trim();
    let plain = token.bytes().all(|b| b.is_ascii_graphic());
    if token.is_empty() || !plain || token.len() > MAX_TOKEN {
        return Err(format!(
            "what {place} holds is no token: that is one word of letters, digits and signs"
        ));
    }
    Ok(token.to_string())
}
