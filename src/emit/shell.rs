//! Words of a POSIX shell.

/// The text as one word of `sh`, whatever it holds: in single quotes, inside which nothing has a
/// meaning. A NUL, which no argument can hold, is left out. A program may still take a word that
/// begins with `-` for an option, so values are written behind their option's `=`.
pub fn quote(text: &str) -> String {
    let plain = !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&b));
    if plain {
        return text.to_string();
    }
    format!("'{}'", text.replace('\0', "").replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_gives_back_what_was_quoted() {
        for text in [
            "", "plain", "-n", "a b", "it's", "$(id)", "`id`", "a\nb", "🦀", "\\", "!x", "*", "~",
            "a=b", "'\"'",
        ] {
            let script = format!("printf '%s.' {}", quote(text));
            let out = std::process::Command::new("sh")
                .arg("-c")
                .arg(&script)
                .output()
                .expect("sh runs");
            assert_eq!(
                String::from_utf8_lossy(&out.stdout),
                format!("{text}."),
                "{script}"
            );
        }
    }
}
