//! Writes the inputs to start from: `cargo run --example seed -- corpus`.
//!
//! They are the project's own examples and the failing and passing texts of every rule; the
//! dictionary is the vocabulary table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use switchback::rules;
use switchback::vocabulary::Place;

fn main() -> std::io::Result<()> {
    let out = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "corpus".into()));
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut seeds = Seeds { out, next: 0 };

    let mut folders = Vec::new();
    projects(&examples, &mut folders)?;
    for folder in &folders {
        let mut files = Vec::new();
        below(folder, folder, &mut files)?;
        files.sort();
        let mut whole = String::new();
        let mut sql = String::new();
        for (name, text) in &files {
            whole.push_str(&format!("--- {name}\n{text}"));
            if let Some(("sql", at)) = name.rsplit_once('.').map(|(at, ending)| (ending, at)) {
                let base = at.rsplit('/').next().unwrap_or(at);
                sql.push_str(&format!("--- {base}.sql\n{text}"));
            }
            seeds.file(name, text)?;
        }
        seeds.put("check", &whole)?;
        if !sql.is_empty() {
            seeds.put("migrations", &sql)?;
        }
    }
    for rule in rules::all() {
        for text in [rule.failing, rule.passing] {
            if text.is_empty() {
                continue;
            }
            seeds.put("check", text)?;
            for (name, text) in rules::files_of(text) {
                seeds.file(&name, &text)?;
            }
        }
    }
    for text in [
        "--- 0001_a.sql\n-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int AS $$ BEGIN; END $$;\n-- +goose StatementEnd\n-- +goose Down\nDROP FUNCTION f;\n",
        "--- 20240101120000_a.sql\n-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON t (a);\n-- migrate:down\nDROP INDEX i;\n",
        "--- V1.2__a.sql\nCREATE TABLE t (a int);\n--- U1.2__a.sql\nDROP TABLE t;\n--- R__v.sql\nCREATE VIEW v AS SELECT 1;\n--- B1__b.sql\nSELECT 1;\n--- V1.2__a.sql.conf\nexecuteInTransaction=false\n",
        "--- 2024-01-01-000000_a/up.sql\nCREATE TABLE t (a int);\n--- 2024-01-01-000000_a/down.sql\nDROP TABLE t;\n--- 2024-01-01-000000_a/metadata.toml\nrun_in_transaction = false\n",
        "--- 0001_a.sql\nDELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;\nCOPY t FROM stdin;\n1\t2\n\\.\n",
    ] {
        seeds.put("migrations", text)?;
    }
    dictionary(&seeds.out)
}

struct Seeds {
    out: PathBuf,
    next: usize,
}

impl Seeds {
    fn put(&mut self, target: &str, text: &str) -> std::io::Result<()> {
        let folder = self.out.join(target);
        fs::create_dir_all(&folder)?;
        self.next += 1;
        fs::write(folder.join(format!("seed-{:04}", self.next)), text)
    }

    fn file(&mut self, name: &str, text: &str) -> std::io::Result<()> {
        match name.rsplit('.').next() {
            Some("swb") => {
                self.put("parse", text)?;
                self.put("format", text)?;
                for query in text.split("\"\"\"").skip(1).step_by(2) {
                    self.put("promql", query)?;
                }
                Ok(())
            }
            Some("yaml" | "yml") => self.put("yaml", text),
            _ => Ok(()),
        }
    }
}

/// The folders that hold a project.
fn projects(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if folder.join("switchback.toml").exists() {
        found.push(folder.to_path_buf());
        return Ok(());
    }
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        if entry.file_type()?.is_dir() {
            projects(&entry.path(), found)?;
        }
    }
    Ok(())
}

fn below(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            below(root, &path, files)?;
        } else if let Ok(text) = fs::read_to_string(&path) {
            let name = path.strip_prefix(root).unwrap_or(&path);
            files.push((name.to_string_lossy().replace('\\', "/"), text));
        }
    }
    Ok(())
}

/// The words of the language, one a line, as libFuzzer reads them.
fn dictionary(out: &Path) -> std::io::Result<()> {
    let mut words: BTreeSet<String> = BTreeSet::new();
    for place in Place::ALL {
        for entry in place.entries() {
            words.insert(entry.word.to_string());
            words.insert(entry.example.to_string());
            for form in entry.forms {
                words.extend(
                    form.split(|c: char| !(c.is_alphanumeric() || c == '-'))
                        .filter(|word| word.len() > 1)
                        .map(str::to_string),
                );
            }
        }
    }
    words.extend(rules::all().iter().map(|rule| rule.name.to_string()));
    for word in [
        "--- ",
        "--- main.swb\n",
        "\"\"\"",
        "->",
        "..",
        "<=",
        ">=",
        " {\n",
        "}\n",
        "##",
        "5%",
        "0.1%",
        "100%",
        "1h30m",
        "900/s",
        "40M",
        "12GiB",
        "0042",
        "\\\"",
        "\u{feff}",
        "2026-12-18",
        "[a, b]",
        "(a = 1%)",
        "x3",
        "baseline",
        "value",
        "$service",
        "$version",
    ] {
        words.insert(word.to_string());
    }
    let mut text = String::from("# written by examples/seed.rs from the vocabulary table\n");
    for word in words {
        let escaped: String = word
            .bytes()
            .map(|b| match b {
                b'"' | b'\\' => format!("\\{}", b as char),
                b' '..=b'~' => (b as char).to_string(),
                _ => format!("\\x{b:02X}"),
            })
            .collect();
        text.push_str(&format!("\"{escaped}\"\n"));
    }
    fs::create_dir_all(out)?;
    fs::write(out.join("../swb.dict"), text)
}
