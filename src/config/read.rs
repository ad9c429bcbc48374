//! Finding and reading the file.

use std::path::{Component, Path, PathBuf};

use globset::{Glob, GlobBuilder};

use super::{Config, FILE, Level, Said, Written};
use crate::diagnostic::nearest;
use crate::rules;
use crate::source::{LineCol, LineIndex, Loader};

/// The file that counts for `folder`: the nearest one upwards, not above a repository.
pub fn find(loader: &dyn Loader, folder: &Path) -> Option<PathBuf> {
    let mut here = Some(folder);
    while let Some(folder) = here {
        let path = folder.join(FILE);
        if loader.canonical(&path).is_some() && !loader.is_folder(&path) {
            return Some(path);
        }
        if loader.canonical(&folder.join(".git")).is_some() {
            return None;
        }
        here = folder.parent();
    }
    None
}

/// Reads the file at `path`, shown as `shown`. `Err` says what is wrong with it, where, and what to
/// write instead.
pub fn read(loader: &dyn Loader, path: &Path, shown: &str) -> Result<Config, String> {
    let text = loader
        .read(path)
        .map_err(|error| format!("`{shown}` cannot be read: {}", error.reason()))?;
    let lines = LineIndex::new(&text);
    let place = |at: usize| lines.line_col(&text, u32::try_from(at).unwrap_or(u32::MAX));
    let wrong = |at: usize, what: String| {
        let LineCol { line, column } = place(at);
        format!("{shown}:{line}:{column}: {what}")
    };
    let written: Written = toml::from_str(&text).map_err(|error| {
        let said = error.message().replace('\n', "; ");
        wrong(error.span().map_or(0, |span| span.start), said)
    })?;
    let mut config = Config {
        path: Some(path.to_path_buf()),
        ..Config::default()
    };
    config.fail_on = written.fail_on.map(|limit| Said {
        line: place(limit.span().start).line,
        value: limit.into_inner(),
    });
    for pattern in written.exclude {
        let at = pattern.span().start;
        glob(pattern.get_ref()).map_err(|error| {
            wrong(
                at,
                format!(
                    "the pattern `{}` cannot be read: {}; write one like `vendor/**`",
                    pattern.get_ref(),
                    error.kind()
                ),
            )
        })?;
        config.exclude.push(Said {
            line: place(at).line,
            value: pattern.into_inner(),
        });
    }
    if let Some(baseline) = &written.baseline {
        let named = Path::new(baseline.get_ref());
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if !named.components().all(inside) {
            return Err(wrong(
                baseline.span().start,
                format!(
                    "the baseline `{}` is outside of the project; write a path below this file, like `baseline.json`",
                    baseline.get_ref()
                ),
            ));
        }
    }
    config.baseline = written.baseline.map(|baseline| Said {
        line: place(baseline.span().start).line,
        value: path
            .parent()
            .unwrap_or(Path::new(""))
            .join(baseline.get_ref()),
    });
    for (name, level) in written.rules {
        let at = name.span().start;
        let Some(rule) = rules::find(name.get_ref()) else {
            let meant = nearest(
                name.get_ref(),
                rules::all().into_iter().map(|rule| rule.name),
            );
            let meant = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`switchback explain` lists all rules".to_string(),
            };
            let name = name.get_ref();
            return Err(wrong(at, format!("there is no rule `{name}`; {meant}")));
        };
        let level_here = *level.get_ref();
        if !rule.can_allow && level_here != Level::Error {
            let what = format!(
                "`{}` stays an error: what it reports could not be read or is not decided; put the mistake right instead",
                rule.name
            );
            return Err(wrong(level.span().start, what));
        }
        let said = Said {
            value: level_here,
            line: place(at).line,
        };
        if config.rules.insert(rule.name, said).is_some() {
            let what = format!(
                "`{}` is said twice, by name and by code; keep one",
                rule.name
            );
            return Err(wrong(at, what));
        }
    }
    Ok(config)
}

/// A pattern of files; `*` stays within one folder, `**` does not.
pub(super) fn glob(text: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(text).literal_separator(true).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Limit;
    use crate::source::MemoryLoader;

    fn text(text: &str) -> Result<Config, String> {
        let loader = MemoryLoader::new().with("p/switchback.toml", text);
        read(&loader, Path::new("p/switchback.toml"), "switchback.toml")
    }

    #[test]
    fn values_come_with_their_lines() {
        let config = text(
            "fail-on = \"warning\"\nexclude = [\"vendor/\", \"*.gen.yaml\"]\n\n[rules]\nSU01 = \"advice\"\n",
        )
        .expect("it is right");
        assert_eq!(
            config.fail_on.map(|said| (said.value, said.line)),
            Some((Limit::Warning, 1))
        );
        assert_eq!(
            config.rules["mutable-tag"],
            Said {
                value: Level::Advice,
                line: 5
            }
        );
    }

    #[test]
    fn patterns_are_seen_from_the_file() {
        let config = text("exclude = [\"vendor/\", \"*.gen.yaml\"]\n").expect("it is right");
        let excluded = config.excludes();
        for (path, expected) in [
            ("p/vendor/a/b.yaml", true),
            ("p/x.gen.yaml", true),
            ("p/a/x.gen.yaml", false),
            ("q/vendor/b.yaml", false),
        ] {
            assert_eq!(excluded(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place_and_what_to_write() {
        for (wrong, said) in [
            ("fail-on = \"warn\"\n", "switchback.toml:1:11:"),
            ("fial-on = \"warning\"\n", "fail-on"),
            ("x = [\n", "switchback.toml:1:"),
            (
                "[rules]\nmutable-tags = \"off\"\n",
                "switchback.toml:2:1: there is no rule `mutable-tags`; did you mean `mutable-tag`?",
            ),
            (
                "[rules]\nyaml-syntax = \"off\"\n",
                "switchback.toml:2:15: `yaml-syntax` stays an error",
            ),
            (
                "[rules]\nSU01 = \"off\"\nmutable-tag = \"off\"\n",
                "said twice",
            ),
            ("exclude = [\"a[\"]\n", "switchback.toml:1:12: the pattern"),
        ] {
            let error = text(wrong).expect_err(wrong);
            assert!(error.contains(said), "{wrong}: {error}");
        }
    }

    #[test]
    fn the_nearest_file_counts_and_none_above_a_repository() {
        let loader = MemoryLoader::new()
            .with("r/switchback.toml", "")
            .with("r/a/switchback.toml", "")
            .with("r/a/b/x.swb", "")
            .with("r/c/.git/HEAD", "")
            .with("r/c/d/x.swb", "");
        let found = |folder: &str| find(&loader, Path::new(folder));
        assert_eq!(found("r/a/b"), Some("r/a/switchback.toml".into()));
        assert_eq!(found("r/c/d"), None);
        assert_eq!(found("r"), Some("r/switchback.toml".into()));
    }
}
